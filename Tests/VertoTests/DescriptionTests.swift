import Conference
import Testing
import Verto
import Wire

/// `conference.<address>`: conference.md §4.5.
struct DescriptionTests {
    private static let channel = "conference.3500@example.com"
    private static let watcher = Rig.user("w", ["jsonrpc-allowed-event-channels": "conference"])

    private static func watching() -> (Rig, ConnectionID, RoomKey) {
        let rig = Rig(users: Rig.users + [watcher])
        let c = rig.login("w", session: "W")
        #expect(rig.ask(c, "verto.subscribe", ["eventChannel": .string(channel)]).isResult)
        rig.invite(rig.login("1001"), "a", ["caller_id_name": "Ann"])
        rig.join("a")
        return (rig, c, RoomKey(name: "3500", domain: Rig.domain))
    }

    private static func bootstrap(_ rig: Rig, _ c: ConnectionID, _ action: String = "bootstrap") -> JSON? {
        rig.request(
            c, "verto.broadcast", ["eventChannel": .string(channel), "data": ["action": .string(action)]])
        return rig.take(c).last?["params"]
    }

    @Test func whoComesAndGoesIsTold() {
        let (rig, c, room) = Self.watching()
        rig.news(.membersChanged(room))
        let event = rig.take(c).first?["params"]
        #expect(event?["subscribedChannel"]?.string == Self.channel)
        #expect(
            event?["data"]?.text == """
                {"entity":"3500@example.com","conferenceDescription":"Parley Conference","conferenceState":"active",\
                "userCount":"1","users":[{"entity":"1001@example.com","displayText":"Ann","status":"connected",\
                "joinTime":"2023-11-14T22:13:21Z","memberId":"1","rtpAudioDirection":"sendrecv","variables":{}}],\
                "oldUsers":[]}
                """)
        #expect(rig.audit.isEmpty)
    }

    @Test func changesWhileTheRoomIsAskedAreToldTogether() {
        let (rig, c, room) = Self.watching()
        rig.answersCommands = false
        for _ in 0..<5 { rig.news(.membersChanged(room)) }
        #expect(rig.waitingCommands == 1)
        rig.completeCommands()
        #expect(rig.waitingCommands == 1)
        rig.completeCommands()
        #expect(rig.waitingCommands == 0)
        #expect(rig.take(c).count == 2)
    }

    @Test func nobodyIsAskedForNobody() {
        let (rig, c, room) = Self.watching()
        rig.answersCommands = false
        rig.disconnect(c)
        rig.news(.membersChanged(room))
        #expect(rig.waitingCommands == 0)
    }

    @Test func aBootstrapIsAnsweredToItsSenderAlone() {
        let (rig, c, _) = Self.watching()
        let other = rig.login("w")
        _ = rig.ask(other, "verto.subscribe", ["eventChannel": .string(Self.channel)])
        let event = Self.bootstrap(rig, c)
        #expect(event?["sessid"]?.string == "W")
        #expect(event?["data"]?["action"]?.string == "conferenceDescription")
        #expect(event?["data"]?["userCount"]?.string == "1")
        #expect(rig.take(other).isEmpty)
        #expect(
            Self.bootstrap(rig, c, "x")?["data"]?.text
                == #"{"error":"Invalid action","action":"conferenceDescription"}"#)
        rig.leave("a")
        #expect(
            Self.bootstrap(rig, c)?["data"]?.text == """
                {"conferenceDescription":"Parley Conference","conferenceState":"inactive","users":[],"oldUsers":[],\
                "action":"conferenceDescription"}
                """)
    }

    @Test func aMemberAloneMayNotWatch() {
        let (rig, _, _) = Self.watching()
        let c = rig.login("1002")
        rig.enter(c, "b")
        #expect(!rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.channel)]).isResult)
        #expect(Self.bootstrap(rig, c) == nil)
    }
}
