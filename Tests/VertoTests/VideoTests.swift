import Conference
import Testing
import Verto
import Wire

/// What clients see and say about video, with a real room behind it.
struct VideoTests {
    static let mod = "conference-mod.3500@example.com"
    static let live = "conference-liveArray.3500@example.com"

    /// A moderator with a camera (1), who is on screen, one without (2), and a watcher (3).
    private func room(_ rig: Rig) -> (boss: ConnectionID, guest: ConnectionID) {
        let (boss, guest) = (rig.login("1001"), rig.login("1002"))
        rig.enter(boss, "a", flags: .moderator, video: .both)
        rig.enter(guest, "b")
        rig.enter(rig.login("1003"), "c", video: .sendOnly)
        for channel in [Self.mod, Self.live] {
            _ = rig.ask(boss, "verto.subscribe", ["eventChannel": .string(channel)])
        }
        _ = rig.take(boss)
        return (boss, guest)
    }

    /// Column 4 of the row of this call, as somebody who bootstraps gets it.
    private func status(_ rig: Rig, _ callID: String) -> String? {
        let board = rig.login("board")
        _ = rig.ask(board, "verto.subscribe", ["eventChannel": .string(Self.live)])
        let bootstrap: JSON = ["liveArray": ["command": "bootstrap", "context": .string(Self.live), "name": "3500"]]
        rig.request(board, "verto.broadcast", ["eventChannel": .string(Self.live), "data": bootstrap])
        let rows = rig.takeEvents(board, on: Self.live).first { $0["action"]?.string == "bootObj" }?["data"]?.array
        return rows?.first { $0.array?.first?.string == callID }?.array?.last?.array?[4].string
    }

    @Test func theStatusIsThatOfTheOriginal() {
        let rig = Rig()
        _ = room(rig)
        let audio =
            #""audio":{"muted":false,"deaf":false,"onHold":false,"talking":false,"floor":false,"energyScore":0}"#
        let layers = #""reservationID":null,"roleID":null,"videoLayerID":-1,"canvasID":0,"watchingCanvasID":0"#
        #expect(
            status(rig, "a")
                == "{\(audio),"
                + #""video":{"visible":true,"noRecover":false,"avatarPresented":false,"mediaFlow":"sendRecv","#
                + #""muted":false,"floor":true,\#(layers)},"oldStatus":"ACTIVE VIDEO (FLOOR)"}"#)
        #expect(status(rig, "b") == #"{\#(audio),"video":false,"oldStatus":"ACTIVE"}"#)
        #expect(
            status(rig, "c")
                == "{\(audio),"
                + #""video":{"visible":false,"noRecover":false,"avatarPresented":false,"mediaFlow":"sendOnly","#
                + #""muted":true,"floor":false,\#(layers)},"oldStatus":"ACTIVE VIDEO (BLIND)"}"#)
    }

    @Test func whatIsNotAlwaysThereHasItsPlace() {
        let rig = Rig()
        let (boss, _) = room(rig)
        rig.invite(boss, "d", ["destination_number": "3500", "recoverCall": false])
        rig.join("d", flags: .joinVideoFloor, video: .both)
        let text = status(rig, "d") ?? ""
        #expect(text.contains(#""visible":true,"noRecover":true,"avatarPresented":false"#))
        #expect(text.contains(#""floor":true,"floorLocked":true,"reservationID":null"#))
    }

    typealias Row = (command: String, id: JSON, value: JSON, line: String, response: String)

    static let rows: [Row] = [
        ("vmute", 1, .null, "vmute 1", "+OK vmute 1\n"),
        ("unvmute", 1, "quiet", "unvmute 1 quiet", "+OK unvmute 1\n"),
        ("tvmute", 1, .null, "tvmute 1", "+OK vmute 1\n"),
        ("tvmute", "non_moderator", .null, "tvmute non_moderator", "+OK vmute 2\nSkipping moderator (member id 1).\n"),
        ("vmute", 3, .null, "vmute 3", ""),
        ("vmute", 9, .null, "vmute 9", "-ERR Non-Existant ID 9\n"),
        ("vblind", 1, .null, "vblind 1", "+OK vblind 1\n"),
        ("unvblind", 1, .null, "unvblind 1", "+OK unvblind 1\n"),
        ("tvblind", 1, .null, "tvblind 1", "+OK vblind 1\n"),
        ("vid-floor", 1, "force", "vid-floor 1 force", "+OK floor 1\n"),
        ("vid-floor", 1, .null, "vid-floor 1", "-ERR floor is held by 1\n"),
        ("vid-floor", 2, "force", "vid-floor 2 force", "vid-floor <member_id|last> [force]"),
        ("vid-floor", .null, "force", "vid-floor force", "vid-floor <member_id|last> [force]"),
        ("clear-vid-floor", .null, .null, "clear-vid-floor", "+OK floor Cleared\n"),
        ("vid-res-id", 1, "presenter", "vid-res-id 1 presenter", "-ERR Conference is not in mixing mode\n"),
        ("vid-res-id", "all", "clear", "vid-res-id all clear", "-ERR Conference is not in mixing mode\n"),
        ("vid-bandwidth", 1, "800", "vid-bandwidth 1 800", "+OK Set Bandwidth 1 = 800\n"),
        ("vid-bandwidth", .null, 800, "vid-bandwidth 800", "+OK Set Bandwidth 1 = 800\n"),
        ("vid-bandwidth", .null, "auto", "vid-bandwidth auto", "+OK Set Bandwidth 1 = auto\n"),
        ("vid-bandwidth", 2, "800", "vid-bandwidth 2 800", "-ERR Bandwidth not set\n"),
        (
            "vid-bandwidth", 1, "fast", "vid-bandwidth 1 fast",
            "vid-bandwidth [<member_id>|all|last|non_moderator] <kb/s>|auto|clear"
        ),
    ]

    @Test(arguments: rows)
    func aModeratorGetsTheDocumentedResponse(row: Row) {
        let rig = Rig()
        let (boss, _) = room(rig)
        let data: JSONObject = ["command": .string(row.command), "id": row.id, "value": row.value]
        _ = rig.ask(boss, "verto.broadcast", ["eventChannel": .string(Self.mod), "data": .object(data)])
        let response = rig.takeEvents(boss, on: Self.mod).first
        #expect(response?["conf-command"]?.string == "3500 \(row.line)")
        #expect(response?["response"]?.string == row.response)
        #expect(rig.audit.last?.command == "3500 \(row.line)")
    }

    @Test func theFloorButtonIsAToggleAndTheRowSaysSo() {
        let rig = Rig()
        let (boss, _) = room(rig)
        let data: JSONObject = ["command": "vid-floor", "id": 1, "value": "force"]
        for (reply, locked) in [("+OK floor 1\n", true), ("+OK floor none\n", false)] {
            _ = rig.ask(boss, "verto.broadcast", ["eventChannel": .string(Self.mod), "data": .object(data)])
            let events = rig.take(boss).compactMap { $0["params"]?["data"] }
            #expect(events.last?["response"]?.string == reply)
            let row = events.last { $0["action"]?.string == "modify" }?["data"]?.array?[4].string ?? ""
            #expect(row.contains(#""floorLocked":true"#) == locked)
        }
    }

    @Test(arguments: ["vmute", "vid-floor", "clear-vid-floor", "vid-res-id", "vid-bandwidth"])
    func aParticipantMayNot(command: String) {
        let rig = Rig()
        let (_, guest) = room(rig)
        let data: JSONObject = ["command": .string(command), "id": 1, "value": "force"]
        let answer = rig.ask(guest, "verto.broadcast", ["eventChannel": .string(Self.mod), "data": .object(data)])
        #expect(answer["result"]?["message"]?.string == "Permission Denied.")
        #expect(rig.audit.last?.result == .refused("Permission Denied"))
        #expect(status(rig, "a")?.contains(#""floor":true,"reservationID""#) == true)
    }

    @Test func listsSayWhoHasVideo() {
        let rig = Rig()
        _ = room(rig)
        let op = rig.login("op", session: "OP")
        func text(_ line: String) -> String {
            rig.ask(op, "fsapi", ["cmd": "conference", "arg": .string(line)])["result"]?["message"]?.string ?? ""
        }
        let words = text("3500 list").split(separator: "\n").map {
            $0.split(separator: ";", omittingEmptySubsequences: false)[5]
        }
        #expect(words == ["hear|speak|video", "hear|speak", "hear|speak|video|vid-floor|moderator"])
        let conference = (try? JSON(parsing: text("3500 json_list")))?.array?.first
        let flags = conference?["members"]?.array?.compactMap { $0["flags"] } ?? []
        #expect(flags.map { $0["has_video"] } == [true, false, true])
        #expect(flags.map { $0["can_see"] } == [true, true, true])
        #expect(conference?["video_floor_packets"]?.int == 0 && conference?["max_bw_in"]?.int == 0)
        #expect(text("3500 xml_list").contains("<has_video>true</has_video>"))
    }

    @Test func aSharedScreenIsNobody() {
        let rig = Rig()
        let (boss, _) = room(rig)
        rig.invite(boss, "s", ["destination_number": "3500-screen", "screenShare": true])
        _ = rig.take(boss)
        rig.join("s", flags: .joinVideoFloor, video: .receiveOnly)
        let events = rig.take(boss).compactMap { $0["params"] }
        #expect(!events.contains { $0["pvtData"] != nil })
        #expect(events.compactMap { $0["data"]?["hashKey"]?.string } == ["a"])  // lost the floor
        #expect(rig.rooms.values.first?.videoFloorHolder == rig.member("s"))
        #expect(rig.rooms.values.first?.count == 3)
        rig.leave("s")
        #expect(status(rig, "a")?.contains("VIDEO (FLOOR)") == true)
    }
}
