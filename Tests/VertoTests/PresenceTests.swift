import Calls
import Testing
import Verto
import Wire

/// `presence.<uid>` and `user.<uid>`: verto.md §6.2, §6.6, §11.1 S17.
struct PresenceTests {
    /// `w` and `w2` may watch; `far` may too, in another domain; `o` has no list.
    static let users: [User] = {
        let lists = ["jsonrpc-allowed-event-channels": "presence,user,demo"]
        let far = User(
            id: "far", domain: "example.org",
            parameters: ["password": "secret", "jsonrpc-allowed-methods": "verto"].merging(lists) { $1 })
        return ["w", "w2"].map { Rig.user($0, lists) } + [Rig.user("o"), Rig.user("1001"), far]
    }()

    private static func leg(_ id: String, _ direction: Leg.Direction = .inbound, user: String = "1001@example.com")
        -> Leg
    {
        Leg(
            id: LegID(id), kind: .verto(session: "a-secret-session-of-1001"), direction: direction, callerIDName: "Ann",
            callerIDNumber: "1001", calleeIDName: "Bob", calleeIDNumber: "1002", destination: "1002", user: user)
    }

    @Test func aChangeIsToldToWhoeverMayWatch() {
        let rig = Rig(users: Self.users)
        let (all, one, out) = (rig.login("w"), rig.login("w2"), rig.login("o"))
        #expect(rig.ask(all, "verto.subscribe", ["eventChannel": "presence"]).isResult)
        #expect(rig.ask(one, "verto.subscribe", ["eventChannel": "presence.1001@example.com"]).isResult)
        for channel in ["presence", "presence.1001@example.com", "user", "user.1001@example.com"] {
            #expect(!rig.ask(out, "verto.subscribe", ["eventChannel": .string(channel)]).isResult)
        }
        rig.presence(Self.leg("call"), .ringing)
        rig.presence(Self.leg("call"), .active)
        let events = rig.take(all)
        #expect(
            events.last?["params"]?["data"]?.text == """
                {"channelCallState":"ACTIVE","originalChannelCallState":"RINGING","callerUserName":"1001@example.com",\
                "callerIDName":"Ann","callerIDNumber":"1001","calleeIDName":"Bob","calleeIDNumber":"1002",\
                "channelUUID":"call","presenceCallDirection":"inbound","channelPresenceID":"1001@example.com"}
                """)
        #expect(events.last?["params"]?["eventChannel"]?.string == "presence.1001@example.com")
        #expect(events.last?["params"]?["subscribedChannel"]?.string == "presence")
        #expect(events.map { $0["params"]?["eventSerno"]?.int } == [0, 1])
        #expect(rig.take(one).count == 2)
        #expect(rig.take(out).isEmpty)
    }

    @Test func nobodySeesAnotherDomain() {
        let rig = Rig(users: Self.users + [Rig.user("any", ["jsonrpc-allowed-event-channels": "__ANY__"])])
        let far = rig.connect()
        rig.request(far, "login", ["login": "far@example.org", "passwd": "secret", "sessid": "F"])
        #expect(rig.ask(far, "verto.subscribe", ["eventChannel": "presence"]).isResult)
        #expect(rig.ask(far, "verto.subscribe", ["eventChannel": "user"]).isResult)
        for channel in ["presence.1001@example.com", "user.1001@example.com"] {
            #expect(!rig.ask(far, "verto.subscribe", ["eventChannel": .string(channel)]).isResult)
        }
        let any = rig.login("any")
        #expect(!rig.ask(any, "verto.subscribe", ["eventChannel": "presence.far@example.org"]).isResult)
        _ = rig.take(far)
        rig.presence(Self.leg("call"), .active)
        _ = rig.login("1001")
        #expect(rig.take(far).isEmpty)
        rig.presence(Self.leg("far-call", user: "far@example.org"), .active)
        #expect(rig.take(far).count == 1)
    }

    @Test func aNewSubscriberIsToldHowThingsAre() {
        let rig = Rig(users: Self.users)
        rig.presence(Self.leg("one"), .active)
        rig.presence(Self.leg("two", .outbound), .ringing)
        rig.presence(Self.leg("over"), .active)
        rig.presence(Self.leg("over"), .hangup)
        rig.presence(Self.leg("far", user: "far@example.org"), .active)
        let (all, one) = (rig.login("w"), rig.login("w2"))
        rig.request(all, "verto.subscribe", ["eventChannel": "presence"])
        let messages = rig.take(all)
        #expect(messages.first?["result"] != nil)  // before the events
        #expect(messages.dropFirst().map { $0["params"]?["data"]?["channelUUID"]?.string } == ["one", "two"])
        #expect(messages.last?["params"]?["data"]?["channelCallState"]?.string == "RINGING")
        #expect(messages.last?["params"]?["eventSerno"]?.int == 1)
        rig.request(all, "verto.subscribe", ["eventChannel": "presence"])
        #expect(rig.take(all).count == 1)  // told already
        rig.request(one, "verto.subscribe", ["eventChannel": "presence.1001@example.com"])
        #expect(rig.take(one).count == 3)
        rig.presence(Self.leg("one"), .held)
        #expect(rig.take(one).last?["params"]?["data"]?["originalChannelCallState"]?.string == "ACTIVE")
    }

    @Test func presenceMayBeSwitchedOff() {
        let rig = Rig({ $0.tellsPresence = false }, users: Self.users)
        let c = rig.login("w")
        _ = rig.ask(c, "verto.subscribe", ["eventChannel": "presence"])
        rig.presence(Self.leg("call"), .active)
        #expect(rig.take(c).isEmpty)
    }

    @Test func whatIsToldAtOnceIsBounded() {
        let rig = Rig({ $0.replayedEvents = 5 }, users: Self.users)
        for n in 0..<20 { rig.presence(Self.leg("call-\(n)"), .active) }
        let c = rig.login("w")
        rig.request(c, "verto.subscribe", ["eventChannel": "presence"])
        #expect(rig.take(c).count == 6)
        #expect(rig.counts[.presenceShed] == 1)
    }

    @Test func registrationsAreCounted() {
        let rig = Rig(users: Self.users)
        let c = rig.login("w")
        rig.request(c, "verto.subscribe", ["eventChannel": "user"])
        #expect(
            rig.take(c).dropFirst().map { $0["params"]?["data"]?.text } == [
                #"{"action":"registered","user":"w@example.com","count":1}"#
            ])
        let (first, second) = (rig.login("1001", session: "A"), rig.login("1001", session: "B"))
        _ = rig.login("1001", session: "B")  // the same client again
        rig.disconnect(first)
        rig.disconnect(second)
        #expect(
            rig.take(c).map { $0["params"]?["data"]?.text } == [
                #"{"action":"registered","user":"1001@example.com","count":1}"#,
                #"{"action":"registered","user":"1001@example.com","count":2}"#,
                #"{"action":"unregistered","user":"1001@example.com","count":1}"#,
            ])
    }

    @Test func nobodyButTheServerSpeaksThere() {
        let rig = Rig(users: Self.users)
        let (liar, victim) = (rig.login("w"), rig.login("w2"))
        for channel in ["presence.1001@example.com", "presence", "user", "Presence.1001@example.com"] {
            _ = rig.ask(victim, "verto.subscribe", ["eventChannel": .string(channel)])
            _ = rig.take(victim)
            let answer = rig.ask(
                liar, "verto.broadcast",
                ["eventChannel": .string(channel), "localBroadcast": true, "data": ["channelCallState": "HANGUP"]])
            #expect(answer["result"]?["message"]?.string == "Permission Denied.")
            #expect(rig.take(victim).isEmpty)
        }
    }

    @Test func aSessionThatStandsWhereANumberShouldIsNotShown() {
        let rig = Rig(users: Self.users)
        let secret = "7d3f0c1e-secret-session"
        _ = rig.login("1001", session: secret)
        let (c, callee) = (rig.login("w"), rig.login("w2", session: "short"))
        _ = rig.ask(c, "verto.subscribe", ["eventChannel": "presence"])
        rig.presence(
            Leg(
                id: LegID("x"), kind: .verto(session: secret), callerIDNumber: "1001", calleeIDNumber: secret,
                destination: secret, user: "1001@example.com"), .active)
        rig.place(
            PlacedCall(leg: LegID("leg"), session: "short", sdp: "x", callerIDNumber: secret, calleeIDNumber: secret))
        rig.news("leg", .display(name: "Ann", number: secret))
        let seen = (rig.takeBytes(c) + rig.takeBytes(callee)).map { String(decoding: $0, as: UTF8.self) }
        #expect(seen.count == 3)
        #expect(!seen.contains { $0.contains(secret) })
    }
}
