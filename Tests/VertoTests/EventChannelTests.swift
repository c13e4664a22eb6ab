import Conference
import Testing
import Verto
import Wire

/// Subscriptions, permissions, grants and delivery (verto.md §6, conference.md §1.9, §1.10).
struct EventChannelTests {
    static let array = "conference-liveArray.3500@example.com"
    static let mod = "conference-mod.3500@example.com"
    static let chat = "conference-chat.3500@example.com"
    static let info = "conference-info.3500@example.com"

    private func subscribe(_ rig: Rig, _ c: ConnectionID, _ channel: JSON) -> String {
        let answer = rig.ask(c, "verto.subscribe", ["eventChannel": channel])
        return (answer["result"] ?? answer["error"])?.text ?? ""
    }

    @Test func answersInTheShapesClientsRead() {
        let rig = Rig()
        let c = rig.login("board", session: "S")
        #expect(subscribe(rig, c, "demo") == #"{"subscribedChannels":["demo"],"sessid":"S"}"#)
        #expect(subscribe(rig, c, "demo") == #"{"subscribedChannels":["demo"],"sessid":"S"}"#)  // §9.3
        #expect(
            subscribe(rig, c, ["demo", "secret", 5, "demo.sub"]) == """
                {"subscribedChannels":["demo","demo.sub"],"unauthorizedChannels":["secret"],"sessid":"S"}
                """)
        #expect(subscribe(rig, c, ["secret"]) == #"{"unauthorizedChannels":["secret"]}"#)
        #expect(subscribe(rig, c, []) == "{}")
        #expect(subscribe(rig, c, .null) == "{}")
        #expect(subscribe(rig, c, ["a": 1]) == "{}")
        let answer = rig.ask(c, "verto.unsubscribe", ["eventChannel": ["demo", "secret"]])
        #expect(
            answer["result"]?.text
                == #"{"unsubscribedChannels":["demo"],"notSubscribedChannels":["secret"],"sessid":"S"}"#)
        #expect(
            rig.ask(c, "verto.unsubscribe", ["eventChannel": "demo"])["error"]?.text
                == #"{"notSubscribedChannels":["demo"]}"#)
        #expect(rig.ask(c, "verto.unsubscribe", [:])["result"]?.text == #"{"sessid":"S"}"#)
    }

    typealias Row = (user: String, channel: String, isAllowed: Bool)

    static let permissions: [Row] = [
        ("1001", "demo", false), ("1001", "conference-liveArray.3500@example.com", false), ("1001", "presence", false),
        ("1001", "conference", false), ("1001", "", false), ("1001", "FSevent.heartbeat", false),
        ("board", "conference-liveArray.3500@example.com", true), ("board", "conference-liveArray", true),
        ("board", "CONFERENCE-LIVEARRAY.x", true), ("board", "conference-chat.3500@example.com", false),
        ("board", "conference-rooms.example.com", true), ("board", "conference.3500@example.com", false),
        ("board", "demo.sub.sub", true), ("board", "demonstration", false), ("board", ".demo", false),
        ("any", "whatever", true), ("any", "FSevent", false), ("any", "FSevent.custom::x", false),
        ("any", "fsevent.x", false),
    ]

    @Test(arguments: permissions)
    func asksTheUsersList(row: Row) {
        let rig = Rig()
        let c = rig.login(row.user)
        let answer = rig.ask(c, "verto.subscribe", ["eventChannel": .string(row.channel)])
        #expect(answer.isResult == row.isAllowed, "\(row.user) \(row.channel)")
    }

    @Test func aCallsOwnUUIDIsAChannelButNoNameThatOnlyLooksLikeOne() {
        let rig = Rig()
        let (c, other) = (rig.login("1001"), rig.login("1002"))
        let uuid = "0C6B7B0E-aaaa-4bbb-8ccc-0123456789ab"
        rig.invite(c, uuid)
        rig.invite(c, "conference-liveArray")
        rig.invite(c, "conference-mod.3500@example.com")
        #expect(rig.ask(c, "verto.subscribe", ["eventChannel": .string(uuid)]).isResult)
        #expect(!rig.ask(other, "verto.subscribe", ["eventChannel": .string(uuid)]).isResult)
        #expect(!rig.ask(c, "verto.subscribe", ["eventChannel": "conference-liveArray"]).isResult)
        #expect(!rig.ask(c, "verto.subscribe", ["eventChannel": "conference-mod.3500@example.com"]).isResult)
    }

    @Test func aParticipantIsToldItsChannelsAndNothingOfTheModerators() {
        let rig = Rig { $0.privateEventMembers = [("hipchatURL", "https://x")] }
        let c = rig.login("1001", session: "S")
        rig.enter(c, "call")
        let event = rig.take(c).last?["params"]
        #expect(
            event?.text == """
                {"pvtData":{"callID":"call","action":"conference-liveArray-join",\
                "laChannel":"\(Self.array)","laName":"3500","role":"participant","chatID":"conf+3500@example.com",\
                "conferenceMemberID":"1","canvasCount":0,"chatChannel":"\(Self.chat)","infoChannel":"\(Self.info)",\
                "hipchatURL":"https://x"},"eventChannel":"S","eventType":"channelPvtData"}
                """)
        #expect(
            subscribe(rig, c, [.string(Self.array), .string(Self.chat), .string(Self.info), .string(Self.mod)]) == """
                {"subscribedChannels":["\(Self.array)","\(Self.chat)","\(Self.info)"],\
                "unauthorizedChannels":["\(Self.mod)"],"sessid":"S"}
                """)
    }

    @Test func aModeratorIsToldTheModeratorChannelToo() {
        let rig = Rig()
        let c = rig.login("1001")
        rig.enter(c, "call", flags: .moderator)
        let data = rig.take(c).last?["params"]?["pvtData"]
        #expect(data?["role"]?.string == "moderator")
        #expect(data?["modChannel"]?.string == Self.mod)
        #expect(rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.mod)]).isResult)
    }

    @Test func leavingTakesGrantsAndSubscriptions() {
        let rig = Rig()
        let (c, other) = (rig.login("1001"), rig.login("1002"))
        rig.enter(c, "call")
        rig.enter(other, "other")
        _ = subscribe(rig, c, .string(Self.array))
        rig.leave("call")
        let messages = rig.take(c)
        #expect(messages.compactMap { $0["params"]?["data"]?["action"]?.string } == ["del"])
        #expect(messages.last?["params"]?["pvtData"]?["action"]?.string == "conference-liveArray-part")
        rig.talk("other", true)
        #expect(rig.take(c).isEmpty)
        #expect(subscribe(rig, c, .string(Self.array)) == #"{"unauthorizedChannels":["\#(Self.array)"]}"#)
    }

    @Test func grantsAreCountedPerCall() {
        let rig = Rig()
        let c = rig.login("1001")
        rig.enter(c, "first")
        rig.enter(c, "second")
        _ = subscribe(rig, c, .string(Self.array))
        rig.leave("first")
        _ = rig.take(c)
        rig.talk("second", true)
        #expect(rig.takeEvents(c, on: Self.array).count == 1)
        rig.leave("second")
        #expect(!rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.array)]).isResult)
    }

    @Test func aListKeepsWhatACallGaveToo() {
        let rig = Rig()
        let (board, other) = (rig.login("board"), rig.login("1001"))
        rig.enter(other, "other")
        rig.enter(board, "call")
        _ = subscribe(rig, board, .string(Self.array))
        rig.leave("call")
        _ = rig.take(board)
        rig.talk("other", true)
        #expect(rig.takeEvents(board, on: Self.array).count == 1)
    }

    @Test func aScreenShareIsToldNothingAndTakesNothing() {
        let rig = Rig()
        let c = rig.login("1001")
        rig.enter(c, "call")
        _ = subscribe(rig, c, .string(Self.chat))
        rig.invite(c, "share", ["screenShare": true])
        _ = rig.take(c)
        rig.join("share")
        rig.leave("share")
        #expect(rig.take(c).allSatisfy { $0["params"]?["pvtData"] == nil })
        #expect(rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.chat)]).isResult)
    }

    @Test func byeFollowsThePartAndTheGrantsAreGone() {
        let rig = Rig()
        let (c, other) = (rig.login("1001"), rig.login("1002"))
        rig.enter(other, "other")
        rig.enter(c, "call")
        _ = rig.take(c)
        rig.request(c, "verto.bye", ["dialogParams": ["callID": "call"]])
        let messages = rig.take(c)
        #expect(messages.first?["result"]?["message"]?.string == "CALL ENDED")
        #expect(messages.last?["params"]?["pvtData"]?["action"]?.string == "conference-liveArray-part")
        #expect(messages.count == 2)
        #expect(!rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.chat)]).isResult)
    }

    @Test func theEndOfARoomTakesItsGrants() {
        let rig = Rig()
        let c = rig.login("1001")
        rig.enter(c, "call")
        rig.news(.closed(RoomKey(name: "3500", domain: "example.com")))
        #expect(!rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.chat)]).isResult)
    }

    @Test func subscriptionsEndWithTheConnection() {
        let rig = Rig()
        let (first, second) = (rig.login("board"), rig.login("board"))
        _ = subscribe(rig, first, "demo")
        _ = subscribe(rig, second, "demo")
        rig.disconnect(first)
        rig.request(second, "verto.broadcast", ["eventChannel": "demo", "localBroadcast": true, "data": 1])
        #expect(rig.take(first).isEmpty)
        #expect(rig.take(second).count == 2)
    }

    @Test func thereIsALimitToSubscriptions() {
        let rig = Rig { $0.subscriptions = 3 }
        let c = rig.login("any")
        #expect(subscribe(rig, c, ["a", "b", "c", "d"]).contains(#""subscribedChannels":["a","b","c"]"#))
        #expect(subscribe(rig, c, "e") == #"{"unauthorizedChannels":["e"]}"#)
        #expect(subscribe(rig, c, "a").contains(#""subscribedChannels":["a"]"#))
        _ = rig.ask(c, "verto.unsubscribe", ["eventChannel": "a"])
        #expect(subscribe(rig, c, "e").contains("subscribedChannels"))
        #expect(subscribe(rig, c, .string(String(repeating: "x", count: 300))).contains("unauthorized"))
    }

    @Test func exactAndParentSubscribersGetOneCopyWithTheirOwnSerial() {
        let rig = Rig()
        let (both, parent, exact) = (rig.login("any"), rig.login("any"), rig.login("any"))
        let chat = "conference-chat.9@example.com"
        for c in [both, parent, exact] { _ = subscribe(rig, c, .string(chat)) }
        _ = rig.ask(parent, "verto.unsubscribe", ["eventChannel": .string(chat)])
        _ = subscribe(rig, parent, "conference-chat")
        _ = subscribe(rig, both, "conference-chat")
        for text in ["1", "2"] {
            rig.request(
                exact, "verto.broadcast",
                [
                    "eventChannel": .string(chat), "data": ["action": "send", "message": .string(text)],
                ])
        }
        for (c, subscription) in [(both, chat), (parent, "conference-chat"), (exact, chat)] {
            let events = rig.take(c).filter { $0.method == "verto.event" }.compactMap { $0["params"] }
            #expect(events.map { $0["eventSerno"]?.int } == [0, 1])
            #expect(events.allSatisfy { $0["subscribedChannel"]?.string == subscription })
            #expect(events.allSatisfy { $0["eventChannel"]?.string == chat })
        }
    }
}
