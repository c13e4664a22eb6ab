import Conference
import Testing
import Verto
import Wire

/// Commands through the moderator channel and the text API, with a real room behind them.
struct ModeratorVerbTests {
    static let mod = "conference-mod.3500@example.com"

    /// A moderator (member 1) and two participants (2, 3); all three watch the moderator channel if they may.
    private func room(_ rig: Rig) -> (boss: ConnectionID, guest: ConnectionID, op: ConnectionID) {
        let (boss, guest, op) = (rig.login("1001"), rig.login("1002"), rig.login("op", session: "OP"))
        rig.enter(boss, "a", flags: .moderator)
        rig.enter(guest, "b")
        rig.enter(rig.login("1003"), "c")
        for c in [boss, guest, op] {
            _ = rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.mod)])
            _ = rig.take(c)
        }
        return (boss, guest, op)
    }

    private func command(_ rig: Rig, _ c: ConnectionID, _ data: JSONObject) -> JSON {
        rig.ask(c, "verto.broadcast", ["eventChannel": .string(Self.mod), "data": .object(data)])
    }

    typealias Row = (what: String, data: JSONObject, response: String)

    static let rows: [Row] = [
        ("mute", ["command": "mute", "id": 2], #""conf-command":"3500 mute 2","response":"+OK mute 2\n""#),
        (
            "stock toggle", ["application": "conf-control", "command": "tmute", "id": 2, "value": .null],
            #""conf-command":"3500 tmute 2","response":"+OK mute 2\n""#
        ),
        (
            "upper case", ["command": "UNMUTE", "id": "2", "value": "quiet"],
            #""conf-command":"3500 unmute 2 quiet","response":"+OK unmute 2\n""#
        ),
        ("deaf", ["command": "deaf", "id": 2], #""conf-command":"3500 deaf 2","response":"+OK deaf 2\n""#),
        ("undeaf", ["command": "undeaf", "id": 2], #""conf-command":"3500 undeaf 2","response":"+OK undeaf 2\n""#),
        (
            "gain", ["command": "volume_in", "id": 2, "value": "up"],
            #""conf-command":"3500 volume_in 2 up","response":"+OK Volume IN 2 = 1\n""#
        ),
        (
            "volume", ["command": "volume_out", "id": 2, "value": ["down"]],
            #""conf-command":"3500 volume_out 2 down","response":"+OK Volume OUT 2 = -1\n""#
        ),
        (
            "level", ["command": "energy", "id": 2, "value": 300],
            #""conf-command":"3500 energy 2 300","response":"Energy 2 = 300\n""#
        ),
        ("floor", ["command": "floor", "id": 2], #""conf-command":"3500 floor 2","response":"+OK floor 2\n""#),
        ("kick", ["command": "kick", "id": 3], #""conf-command":"3500 kick 3","response":"+OK kicked 3\n""#),
        ("hup", ["command": "hup", "id": 3], #""conf-command":"3500 hup 3","response":"+OK hup 3\n""#),
        ("lock", ["command": "lock", "id": .null], #""conf-command":"3500 lock","response":"+OK 3500 locked\n""#),
        ("unlock", ["command": "unlock"], #""conf-command":"3500 unlock","response":"+OK 3500 unlocked\n""#),
        (
            "all", ["command": "mute", "id": "non_moderator"],
            #""conf-command":"3500 mute non_moderator","response":"+OK mute 3\n+OK mute 2\nSkipping moderator (member id 1).\n""#
        ),
        (
            "nobody", ["command": "mute", "id": 99],
            #""conf-command":"3500 mute 99","response":"-ERR Non-Existant ID 99\n""#
        ),
        (
            "variable", ["command": "mute", "id": "name=x"],
            #""conf-command":"3500 mute name=x","response":"-ERR Non-Existant member\n""#
        ),
        (
            "no id", ["command": "mute", "value": "quiet"],
            #""conf-command":"3500 mute quiet","response":"mute <member_id>|all|last|non_moderator [quiet]""#
        ),
        (
            "zero", ["command": "mute", "id": 0],
            #""conf-command":"3500 mute","response":"mute <member_id>|all|last|non_moderator [quiet]""#
        ),
        (
            "bad level", ["command": "volume_in", "id": 2, "value": "loud"],
            #""conf-command":"3500 volume_in 2 loud","response":"volume_in <member_id>|all|last|non_moderator [up|down|<level>]""#
        ),
        (
            "an id is one word", ["command": "mute", "id": "2 3"],
            #""conf-command":"3500 mute 2 3","response":"mute <member_id>|all|last|non_moderator [quiet]""#
        ),
        (
            "layouts", ["command": "list-videoLayouts", "id": .null, "value": .null],
            #""conf-command":"list-videoLayouts","response":"OK","responseData":[]"#
        ),
        (
            "canvas", ["command": "canvasInfo"],
            #""conf-command":"canvasInfo","response":"OK","responseData":[{"canvasID":0,"totalLayers":0,"layersUsed":0,"layoutFloorID":-1,"layoutName":""}]"#
        ),
        ("unknown", ["command": "vid-fps", "value": "30"], #""error":"Invalid Command""#),
        ("transfer", ["command": "transfer", "id": 2, "value": ["x", "inline", "y"]], #""error":"Invalid Command""#),
        ("transfer", ["command": "transfer", "value": "2000"], #""error":"Invalid Command""#),
        (
            "files", ["command": "play", "value": "/etc/passwd"],
            #""conf-command":"3500 play /etc/passwd","response":"-ERR (play) File: /etc/passwd not found.\n""#
        ),
        (
            "canvas", ["command": "vid-layout", "value": "1x1"],
            #""conf-command":"3500 vid-layout 1x1","response":"-ERR Conference is not in mixing mode\n""#
        ),
        ("nothing", [:], #""error":"Invalid Command""#),
        ("no text", ["command": ["mute"], "id": 2], #""error":"Invalid Command""#),
    ]

    @Test(arguments: rows)
    func aModeratorGetsOneResponse(row: Row) {
        let rig = Rig()
        let (boss, _, op) = room(rig)
        #expect(command(rig, boss, row.data)["result"]?["code"] == nil)
        let responses = rig.takeEvents(boss, on: Self.mod)
        #expect(responses.map(\.text) == [#"{"action":"response",\#(row.response)}"#], "\(row.what)")
        #expect(rig.take(op).isEmpty)  // `op` is no member and has no list: not subscribed
    }

    private static let flags = "running|answered|enforce_min|dynamic|exit_sound|enter_sound|livearray_sync|json_status"

    typealias Line = (line: String, text: String)

    static let lines: [Line] = [
        ("", "Conference command, not specified.\nTry 'help'\n"),
        ("3500", "Conference command, not specified.\nTry 'help'\n"),
        ("3500 nonsense", "-ERR Conference command 'nonsense' not found.\n"),
        ("3500 transfer 2 x", "transfer <conference_name> <member id> [...<member id>]"),
        ("4000 count", "-ERR Conference 4000 not found\n"),
        ("3500 count", "3"),
        ("3500@example.com count", "3"),
        ("3500@example.org count", "-ERR Conference 3500 not found\n"),
        ("count", "1"),
        (
            "list summary",
            "+OK Conference 3500 (3 members rate: 48000 flags: \(Self.flags))\n"
        ),
        ("3500 mute", "mute <member_id>|all|last|non_moderator [quiet]"),
        ("3500 mute 0", "mute <member_id>|all|last|non_moderator [quiet]"),
        ("3500 mute a=b", "-ERR Non-Existant member\n"),
        ("3500  mute   2  quiet", "+OK mute 2\n"),
        ("3500 'mute' '2'", "+OK mute 2\n"),
        ("3500 kick last", "+OK kicked 3\n"),
        ("3500 volume_in 2", "+OK Volume IN 2 = 0\n"),
        ("3500 volume_in 2 9", "+OK Volume IN 2 = 4\n"),
        ("3500 get is_locked", ""),
        ("3500 get rate", "48000"),
        ("3500 get nothing", "get <parameter-name>"),
        ("3500 set max_members 10", "0"),
        ("3500 list count", "3"),
        ("3500 floor 2", "+OK floor 2\n"),
    ]

    @Test(arguments: lines)
    func theTextAPIAnswersInTheWordsOfScripts(row: Line) {
        let rig = Rig()
        let (_, _, op) = room(rig)
        let answer = rig.ask(op, "fsapi", ["cmd": "conference", "arg": .string(row.line)])
        #expect(answer["result"]?["message"]?.string == row.text)
        #expect(answer["result"]?["sessid"]?.string == "OP")
    }

    @Test func listsHaveTheFieldsOfTheOriginal() {
        let rig = Rig()
        let (_, _, op) = room(rig)
        rig.talk("b", true)
        func text(_ line: String) -> String {
            rig.ask(op, "fsapi", ["cmd": "conference", "arg": .string(line)])["result"]?["message"]?.string ?? ""
        }
        let lines = text("3500 list").split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last == "1;;a;;0000000000;hear|speak|moderator;0;0;0")
        #expect(lines.dropFirst().first == "2;;b;;0000000000;hear|speak|talking;0;0;0")
        #expect(text("3500 list delim |").split(separator: "\n").last?.hasPrefix("1||a||") == true)
        let json = try? JSON(parsing: text("3500 json_list"))
        let conference = json?.array?.first
        #expect(conference?["conference_name"]?.string == "3500")
        #expect(conference?["member_count"]?.int == 3)
        #expect(conference?["members"]?.array?.count == 3)
        #expect(conference?["members"]?.array?.last?["flags"]?["is_moderator"] == true)
        let xml = try? XMLDocument.parse(Array(text("3500 xml_list").utf8), file: "xml_list")
        #expect(xml?.first?.name == "conferences")
        #expect(xml?.first?.children.first?["name"] == "3500")
    }

    @Test func jsapiHasTheSameCommandsForThoseAllowed() {
        let rig = Rig()
        let (_, guest, op) = room(rig)
        #expect(rig.ask(op, "jsapi", ["command": "status", "data": [:]])["result"]?["systemStatus"]?.string == "ready")
        let nested: JSONObject = ["command": "fsapi", "data": ["cmd": "conference", "arg": "3500 count"]]
        #expect(rig.ask(op, "jsapi", nested)["result"]?["message"]?.string == "3")
        let direct: JSONObject = ["command": "conference", "data": ["arg": "3500 mute 2"]]
        #expect(rig.ask(op, "jsapi", direct)["result"]?["message"]?.string == "+OK mute 2\n")
        #expect(rig.ask(op, "fsapi", ["cmd": "status"])["result"]?["message"]?.string?.hasPrefix("UP ") == true)
        #expect(rig.ask(op, "fsapi", [:])["result"]?["message"]?.string == "INVALID CALL")
        #expect(rig.ask(op, "jsapi", ["command": "status"]).errorCode == -32602)  // no data
        for method in ["jsapi", "fsapi"] {
            let params: JSONObject = ["command": "status", "data": [:], "cmd": "conference", "arg": "3500 kick all"]
            #expect(rig.ask(guest, method, params).errorCode == -32602)
        }
        #expect(rig.ask(op, "fsapi", ["cmd": "system", "arg": "rm"]).errorCode == -32602)
        #expect(rig.rooms.values.first?.count == 3)
    }

    @Test func aParticipantHasNoSayThroughAnyDoor() {
        let rig = Rig()
        let (boss, guest, _) = room(rig)
        #expect(
            command(rig, guest, ["command": "mute", "id": 1])["result"]?["message"]?.string == "Permission Denied.")
        #expect(rig.take(boss).isEmpty)
        let entry = rig.audit.last
        #expect(entry?.who == "1002@example.com")
        #expect(entry?.address == "192.0.2.1")
        #expect(entry?.member == MemberID(2))
        #expect(entry?.room == "3500@example.com")
        #expect(entry?.command == "3500 mute 1")
        #expect(entry?.door == .moderatorChannel)
        #expect(entry?.result == .refused("Permission Denied"))
    }

    @Test(arguments: ["fsapi", "jsapi"])
    func aGuestAtATextDoorLeavesAnAuditLine(method: String) {
        let command: JSONObject = ["cmd": "conference", "arg": "3500 kick all"]
        let params: JSONObject = method == "fsapi" ? command : ["command": "fsapi", "data": .object(command)]
        let rig = Rig()
        let (_, guest, _) = room(rig)
        #expect(rig.ask(guest, method, params).errorCode == -32602)
        #expect(rig.audit.last?.who == "1002@example.com")
        #expect(rig.audit.last?.command == "conference 3500 kick all")
        #expect(rig.audit.last?.door.rawValue == method)
        #expect(rig.audit.last?.result == .refused("Permission Denied"))
    }

    @Test func aMethodThatIsNotAllowedAtAllLeavesAnAuditLineToo() {
        let echoing = Rig.user("x", ["jsonrpc-allowed-methods": "echo"])
        let rig = Rig(users: Rig.users + [echoing])
        let x = rig.login("x")
        #expect(!rig.ask(x, "fsapi", ["cmd": "conference", "arg": "3500 kick all"]).isResult)
        #expect(rig.audit.last?.command == "conference 3500 kick all")
        #expect(!rig.ask(x, "verto.broadcast", [:]).isResult)
        #expect(rig.audit.count == 1)
    }

    @Test func seeingTheModeratorChannelIsNotModerating() {
        // `board` may watch conference-mod by its list; that gives it no voice, in the room or outside.
        let rig = Rig()
        let (boss, _, _) = room(rig)
        let board = rig.login("board")
        #expect(rig.ask(board, "verto.subscribe", ["eventChannel": .string(Self.mod)]).isResult)
        _ = command(rig, board, ["command": "kick", "id": "all"])
        _ = command(rig, board, ["command": "list-videoLayouts"])
        #expect(rig.take(board).isEmpty)
        rig.enter(board, "d")
        _ = rig.take(board)
        _ = command(rig, board, ["command": "kick", "id": "all"])
        #expect(rig.takeEvents(board, on: Self.mod).last?["response"]?.string == "-ERR Permission Denied\n")
        #expect(rig.rooms.values.first?.count == 4)
        #expect(rig.audit.count == 3)
        #expect(rig.audit.allSatisfy { if case .refused = $0.result { true } else { false } })
        _ = command(rig, boss, ["command": "mute", "id": 2])
        #expect(rig.takeEvents(board, on: Self.mod).count == 1)
    }

    @Test func anOperatorNeedsNoCall() {
        let operating = Rig.user(
            "x",
            [
                "jsonrpc-allowed-fsapi": "conference", "jsonrpc-allowed-event-channels": "conference-mod",
            ])
        let rig = Rig(users: Rig.users + [operating])
        _ = room(rig)
        let x = rig.login("x")
        _ = rig.ask(x, "verto.subscribe", ["eventChannel": .string(Self.mod)])
        _ = command(rig, x, ["command": "kick", "id": 3])
        #expect(rig.takeEvents(x, on: Self.mod).first?["response"]?.string == "+OK kicked 3\n")
        #expect(rig.audit.last?.result == .done("+OK kicked 3"))
        #expect(rig.audit.last?.member == nil)
    }

    @Test func theRoomIsAskedForTheRoleEveryTime() {
        let rig = Rig()
        let (boss, _, _) = room(rig)
        rig.answersCommands = false
        _ = command(rig, boss, ["command": "mute", "id": 2])
        rig.leave("a")  // before the room gets to it
        rig.completeCommands()
        #expect(rig.rooms.values.first?.snapshot.contains { $0.row.status.muted } == false)
        #expect(command(rig, boss, ["command": "mute", "id": 2])["result"]?["message"]?.string == "Permission Denied.")
    }

    @Test func commandsUnderWayAreBounded() {
        let rig = Rig { $0.pendingCommands = 3 }
        let (boss, _, _) = room(rig)
        rig.answersCommands = false
        for _ in 0..<5 { _ = command(rig, boss, ["command": "mute", "id": 2]) }
        #expect(rig.waitingCommands == 3)
        rig.completeCommands()
        rig.wait(.seconds(20))
        rig.answersCommands = true
        _ = rig.take(boss)
        _ = command(rig, boss, ["command": "unmute", "id": 2])
        #expect(rig.takeEvents(boss, on: Self.mod).first?["response"]?.string == "+OK unmute 2\n")
    }
}
