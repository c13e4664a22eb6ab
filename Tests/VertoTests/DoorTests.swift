import Calls
import Conference
import Testing
import Verto
import Wire

/// Every command at every door: the moderator channel, `fsapi`, `jsapi` and the control socket spell it alike and give
/// the same answer, in the words of conference.md §5.
struct DoorTests {
    /// What is said: the verb, the member it is for, the words behind; and what is said before it, for rooms in which
    /// something has happened already.
    struct Row: Sendable, CustomStringConvertible {
        let verb: String
        let id: String
        let words: [String]
        let before: [String]
        let answer: String

        init(
            _ verb: String, _ id: String = "", _ words: [String] = [], after before: [String] = [], says answer: String
        ) {
            (self.verb, self.id, self.words, self.before, self.answer) = (verb, id, words, before, answer)
        }

        var line: String { ([verb] + (id.isEmpty ? [] : [id]) + words).joined(separator: " ") }
        var description: String { line }
    }

    static let rows: [Row] = [
        // §5.2
        Row("count", says: "3"),
        Row("list", "", ["count"], says: "3"),
        Row("list", "", ["pretty"], says: "3) Cy (3)\n2) Bo (2)\n1) Al (1)\n"),
        Row("get", "", ["max_members"], says: "0"),
        Row("get", "", ["nonsense"], says: "get <parameter-name>"),
        Row("get", "", ["is_locked"], says: ""),
        Row("get", "", ["is_locked"], after: ["lock"], says: "locked"),
        Row("set", "", ["max_members", "9"], says: "0"),
        Row("set", "", ["max_members", "8"], after: ["set max_members 9"], says: "9"),
        Row("getvar", "", ["color"], says: ""),
        Row("getvar", "", ["color"], after: ["setvar color blue"], says: "blue"),
        Row("setvar", "", ["color", "blue"], says: "+OK\n"),
        Row("get-uuid", "2", says: "b"),
        // §5.3
        Row("mute", "2", says: "+OK mute 2\n"),
        Row("mute", "2", ["quiet"], says: "+OK mute 2\n"),
        Row("mute", "99", says: "-ERR Non-Existant ID 99\n"),
        Row("mute", "name=x", says: "-ERR Non-Existant member\n"),
        Row("mute", "non_moderator", says: "+OK mute 3\n+OK mute 2\nSkipping moderator (member id 1).\n"),
        Row("unmute", "2", says: "+OK unmute 2\n"),
        Row("tmute", "2", after: ["mute 2"], says: "+OK unmute 2\n"),
        Row("deaf", "all", says: "+OK deaf 3\n+OK deaf 2\n+OK deaf 1\n"),
        Row("undeaf", "last", says: "+OK undeaf 3\n"),
        Row("hold", "2", says: "+OK hold 2\n"),
        Row("hold", "2", ["missing.wav"], says: "-ERR File: missing.wav not found.\n"),
        Row("unhold", "2", says: "+OK unhold 2\n"),
        Row("volume_in", "2", ["up"], says: "+OK Volume IN 2 = 1\n"),
        Row("volume_in", "2", ["9"], says: "+OK Volume IN 2 = 4\n"),
        Row("volume_out", "2", ["down"], says: "+OK Volume OUT 2 = -1\n"),
        Row("volume_out", "2", ["loud"], says: "volume_out <member_id>|all|last|non_moderator [up|down|<level>]"),
        Row("energy", "2", ["300"], says: "Energy 2 = 300\n"),
        Row("auto-energy", "2", ["400"], says: "2 = Auto-Energy: 400 Energy: 0\n"),
        Row("energy", "2", ["900"], after: ["auto-energy 2 400"], says: "Energy 2 = 900\nauto-energy disabled for 2\n"),
        Row("agc", "2", ["1500"], says: "Agc 2 = 1500\n"),
        Row("hand", "2", ["up"], says: "+OK hand up 2\n"),
        Row("denoise", "2", ["on"], says: "+OK denoise 2 = on\n"),
        Row("position", "2", ["1:0:0"], says: "-ERR not supported\n"),
        Row("floor", "2", says: "+OK floor 2\n"),
        Row("floor", "3", after: ["floor 2"], says: "-ERR floor is held by 2\n"),
        Row("floor", "2", after: ["floor 2"], says: "+OK floor none\n"),
        Row("dtmf", "2", ["12#"], says: "+OK sent 12# to 2\n"),
        Row("dtmf", "2", ["xyz"], says: "-ERR Invalid input!\n"),
        Row("relate", "", ["1", "2,3", "nospeak"], says: "+OK 1->2 nospeak set\n+OK 1->3 nospeak set\n"),
        Row("relate", "", ["1", "2", "clear"], says: "-ERR relationship 1->2 not found.\n"),
        Row("relate", "", ["1", "2", "clear"], after: ["relate 1 2 nohear"], says: "+OK relationship 1->2 cleared.\n"),
        Row("relate", says: "+OK No relationships\n"),
        Row("relate", "", [], after: ["relate 1 2 nohear"], says: "1 -> 2 SPEAK NOHEAR NOSENDVIDEO\n"),
        // §5.4
        Row("kick", "3", says: "+OK kicked 3\n"),
        Row("kick", "3", ["missing.wav"], says: "-ERR File: missing.wav not found.\n"),
        Row("hup", "3", says: "+OK hup 3\n"),
        Row("lock", says: "+OK 3500 locked\n"),
        Row("unlock", says: "+OK 3500 unlocked\n"),
        Row("pin", "", ["4711"], says: "+OK Pin for conference 3500 set: 4711\n"),
        Row("pin", "", ["mod", "815"], says: "+OK Moderator Pin for conference 3500 set: 815\n"),
        Row("pin", "", ["secret"], says: "pin <pin#>|mod <pin#>"),
        Row("nopin", says: "+OK Pin for conference 3500 deleted\n"),
        Row("dial", "", ["user/1009"], says: "+OK Call Requested: result: [SUCCESS]\n"),
        Row("dial", says: "-ERR Bad Args\n"),
        Row("bgdial", says: "-ERR Bad Args\n"),
        // §5.5
        Row("play", "", ["welcome.wav"], says: "+OK (play) Playing file welcome.wav\n"),
        Row("play", "", ["welcome.wav", "async"], says: "+OK (play) Playing file welcome.wav\n"),
        Row("play", "", ["welcome.wav", "2"], says: "+OK (play) Playing file welcome.wav to member 2\n"),
        Row("play", "", ["welcome.wav", "99"], says: "-ERR Member: 99 not found.\n"),
        Row("play", "", ["missing.wav"], says: "-ERR (play) File: missing.wav not found.\n"),
        Row("play", "", ["/etc/passwd"], says: "-ERR (play) File: /etc/passwd not found.\n"),
        Row("play", "", ["../x.wav"], says: "-ERR (play) File: ../x.wav not found.\n"),
        Row("play", "", ["http://example.com/x.wav"], says: "-ERR (play) File: http://example.com/x.wav not found.\n"),
        Row("play", "", ["tone_stream://%(100,0,500)"], says: "+OK (play) Playing file tone_stream://%(100,0,500)\n"),
        Row("stop", says: "+OK Stopped 0 files.\n"),
        Row("stop", "", ["all"], after: ["play a.wav", "play b.wav"], says: "+OK Stopped 2 files.\n"),
        Row("pause_play", says: ""),
        Row("pause_play", "", [], after: ["play a.wav"], says: "+OK Pause\n"),
        Row("pause_play", "", [], after: ["play a.wav", "pause_play"], says: "+OK Resume\n"),
        Row("play_status", says: "-ERR Nothing is playing\n"),
        Row("play_status", "", [], after: ["play a.wav"], says: "+OK 0/1000 a.wav\n"),
        Row("file_seek", "", ["+500"], after: ["play a.wav"], says: "+OK seek to position 24000\n"),
        Row("file_seek", "", ["500"], says: ""),
        Row("file-vol", "", ["6"], says: "-ERR File not playing\n"),
        Row("file-vol", "", ["6"], after: ["play a.wav"], says: "+OK volume changed\n"),
        Row("say", says: "-ERR (say) Error! No text.\n"),
        Row("say", "", ["hello", "you"], says: "-ERR (say) Error!\n"),
        Row("saymember", "2", says: "-ERR (saymember) No Text!\n"),
        Row("saymember", "2", ["hello"], says: "-ERR (saymember) Error!\n"),
        Row("moh", "", ["on"], says: "+OK moh\n"),
        Row("moh", says: "-ERR invalid moh param\n"),
        Row("enter_sound", "", ["on"], says: "+OK 3500 enter sounds on (none)\n"),
        Row("enter_sound", "", ["file", "hi.wav"], says: "+OK 3500 enter sounds on (hi.wav)\n"),
        Row("enter_sound", says: "-ERR Not enough args\n"),
        Row("exit_sound", "", ["file"], says: "-ERR No filename specified\n"),
        Row("exit_sound", "", ["loud"], says: "-ERR Bad args\n"),
        Row("exit_sound", "", ["off"], says: "+OK 3500 exit sounds off (none)\n"),
        // §5.6
        Row("record", "", ["talk.wav"], says: "+OK Record file talk.wav\n"),
        Row("record", "", ["talk"], says: "+OK Record file talk.opus\n"),
        Row(
            "record", "", ["talk.wav"], after: ["record talk.wav"],
            says: "-ERR file [talk.wav] is already being used for recording.\n"),
        Row("record", "", ["/tmp/x.wav"], says: "-ERR file [/tmp/x.wav] cannot be used for recording.\n"),
        Row("record", "", ["a/../../x.wav"], says: "-ERR file [a/../../x.wav] cannot be used for recording.\n"),
        Row("norecord", "", ["all"], says: "+OK Stopped recording 0 file(s)\n"),
        Row(
            "norecord", "", ["all"], after: ["record a.wav"],
            says: "Stopped recording file a.wav\n+OK Stopped recording 1 file(s)\n"),
        Row("norecord", "", ["a.wav"], says: "-ERR non-existant recording 'a.wav'\n"),
        Row("chkrecord", says: "-ERR Conference is not being recorded.\n"),
        Row("check_record", "", [], after: ["record a.wav"], says: "+OK Record file a.wav\n"),
        Row("pause", "", ["a.wav"], after: ["record a.wav"], says: "+OK Pause recording file a.wav\n"),
        Row("pause", "", ["a.wav"], says: "-ERR non-existant recording 'a.wav'\n"),
        Row(
            "resume", "", ["a.wav"], after: ["record a.wav", "pause a.wav"], says: "+OK Resume recording file a.wav\n"),
        Row("recording", "", ["start", "a.wav"], says: "+OK Record file a.wav\n"),
        Row("recording", "", ["check"], after: ["record a.wav"], says: "+OK Record file a.wav\n"),
        Row("recording", "", ["pause", "a.wav"], after: ["record a.wav"], says: "+OK Pause recording file a.wav\n"),
        Row(
            "recording", "", ["stop", "all"], after: ["recording start a.wav"],
            says: "Stopped recording file a.wav\n+OK Stopped recording 1 file(s)\n"),
        // §5.7
        Row("vmute", "2", says: "+OK vmute 2\n"), Row("unvmute", "2", says: "+OK unvmute 2\n"),
        Row("tvmute", "2", says: "+OK vmute 2\n"),
        Row("vblind", "2", says: "+OK vblind 2\n"), Row("unvblind", "2", says: "+OK unvblind 2\n"),
        Row("tvblind", "2", says: "+OK vblind 2\n"),
        Row("vid-floor", "2", ["force"], says: "vid-floor <member_id|last> [force]"),
        Row("clear-vid-floor", says: "+OK floor Cleared\n"),
        Row("vid-res-id", "2", ["presenter"], says: notMixing),
        Row("vid-bandwidth", "", ["500"], says: "-ERR Bandwidth not set\n"),
        Row("vid-layout", "", ["1x1"], says: notMixing), Row("vid-role-id", "", ["2", "x"], says: notMixing),
        Row("vid-banner", "", ["2", "x"], says: notMixing), Row("vid-canvas", "", ["2", "1"], says: notMixing),
        Row("vid-watching-canvas", "", ["2", "1"], says: notMixing), Row("vid-layer", "", ["2", "1"], says: notMixing),
        Row("vid-write-png", "", ["/tmp/x.png"], says: notMixing),
    ]

    private static let notMixing = "-ERR Conference is not in mixing mode\n"
    private static let mod = "conference-mod.3500@example.com"

    /// A room of three, of whom the first moderates and may use every door.
    private static func room(_ before: [String] = []) -> (Rig, ConnectionID) {
        let rig = Rig(
            users: Rig.users + [
                Rig.user(
                    "all",
                    [
                        "jsonrpc-allowed-fsapi": "conference", "jsonrpc-allowed-jsapi": "fsapi,conference",
                    ])
            ])
        let c = rig.login("all", session: "S")
        let names = [(c, "a", "Al", "1"), (rig.login("1002"), "b", "Bo", "2"), (rig.login("1003"), "c", "Cy", "3")]
        for (c, call, name, number) in names {
            rig.invite(c, call, ["caller_id_name": .string(name), "caller_id_number": .string(number)])
            rig.join(call, flags: call == "a" ? .moderator : [])
        }
        _ = rig.ask(c, "verto.subscribe", ["eventChannel": .string(mod)])
        for line in before { rig.control("conference 3500 \(line)") }
        _ = rig.take(c)
        return (rig, c)
    }

    private static func channel(_ rig: Rig, _ c: ConnectionID, _ row: Row) -> String? {
        var data: JSONObject = ["application": "conf-control", "command": .string(row.verb)]
        data["id"] = row.id.isEmpty ? .null : Int64(row.id).map { .integer($0) } ?? .string(row.id)
        data["value"] = .array(row.words.map { .string($0) })
        rig.request(c, "verto.broadcast", ["eventChannel": .string(mod), "data": .object(data)])
        return rig.takeEvents(c, on: mod).first?["response"]?.string
    }

    private static func fsapi(_ rig: Rig, _ c: ConnectionID, _ row: Row) -> String? {
        rig.ask(c, "fsapi", ["cmd": "conference", "arg": .string("3500 \(row.line)")])["result"]?["message"]?.string
    }

    private static func jsapi(_ rig: Rig, _ c: ConnectionID, _ row: Row) -> String? {
        let data: JSONObject = ["arg": .string("3500 \(row.line)")]
        return rig.ask(c, "jsapi", ["command": "conference", "data": .object(data)])["result"]?["message"]?.string
    }

    private static func control(_ rig: Rig, _ c: ConnectionID, _ row: Row) -> String? {
        rig.control("conference 3500 \(row.line)")
    }

    private static let doors: [(name: AuditEntry.Door, door: @Sendable (Rig, ConnectionID, Row) -> String?)] = [
        (.moderatorChannel, channel), (.fsapi, fsapi), (.jsapi, jsapi), (.ctl, control),
    ]

    @Test(arguments: rows)
    func saysTheSameAtEveryDoor(row: Row) {
        for (name, door) in Self.doors {
            let (rig, c) = Self.room(row.before)
            #expect(door(rig, c, row) == row.answer, "\(name)")
            #expect(rig.audit.last?.door == name)
        }
        #expect(Set(Self.doors.map(\.name)) == Set(AuditEntry.Door.allCases))
    }

    @Test func theTableHasEveryCommandOfTheRoom() {
        let elsewhere: Set = ["json_list", "xml_list", "transfer"]  // lists below, `transfer` differs by door
        #expect(Set(Command.names).subtracting(Self.rows.map(\.verb)) == elsewhere)
    }

    @Test func aCallInTheBackgroundHasANumber() {
        let row = Row("bgdial", "", ["user/1009"], says: "")
        for (name, door) in Self.doors {
            let (rig, c) = Self.room()
            #expect(door(rig, c, row)?.hasPrefix("+OK Job-UUID: ") == true, "\(name)")
        }
    }

    @Test(arguments: ["json_list", "json_list compact", "xml_list", "list", "list summary", "list delim |"])
    func listsAreTheSameEverywhere(line: String) {
        let words = line.split(separator: " ").map(String.init)
        let row = Row(words[0], "", Array(words.dropFirst()), says: "")
        let texts = Self.doors.map { _, door in
            let (rig, c) = Self.room(["record tape.wav", "pause tape.wav", "setvar color blue"])
            return door(rig, c, row) ?? ""
        }
        #expect(Set(texts).count == 1 && texts[0].count > 20, "\(texts)")
        if words[0] == "json_list", let room = (try? JSON(parsing: texts[0]))?.array?.first {
            #expect(room["recording"] == true && room["variables"]?["color"]?.string == "blue")
            let node = room["members"]?.array?.last
            #expect(node?["type"]?.string == "recording_node" && node?["record_path"]?.string == "tape.wav")
            #expect(node?["status"]?.string == "paused")
            #expect(texts[0].contains("\n\t") != (words.count > 1))
        } else if words[0] == "xml_list" {
            #expect(texts[0].contains("<member type=\"recording_node\"><record_path>tape.wav</record_path>"))
        }
    }

    /// On the channel a member's call goes to an extension; in the text API members go to another room.
    @Test func transferIsTwoThings() {
        let (rig, c) = Self.room()
        rig.request(
            c, "verto.broadcast",
            ["eventChannel": .string(Self.mod), "data": ["command": "transfer", "id": 2, "value": "2000"]])
        #expect(
            rig.takeEvents(c, on: Self.mod).map(\.text) == [
                #"{"action":"response","conf-command":"2000","response":"+OK Call transferred to 2000"}"#
            ])
        #expect(rig.audit.last?.command == "3500 transfer 2 2000")
        rig.request(
            c, "verto.broadcast",
            ["eventChannel": .string(Self.mod), "data": ["command": "transfer", "id": 99, "value": ["2000"]]])
        #expect(rig.takeEvents(c, on: Self.mod).first?["response"]?.string == "-ERR Non-Existant ID 99\n")
        for line in ["conference 3500 transfer 4000 3 99", "conference 3500 transfer 4000 3 99"] {
            let (rig, _) = Self.room()
            #expect(
                rig.control(line)
                    == "+OK Member '3' sent to conference 4000.\n-ERR No Member 99 in conference 3500.\n")
        }
    }

    /// What a participant may not do it may not do at any door that it can reach.
    @Test(arguments: Command.names.filter { $0 != "count" })
    func aParticipantIsRefusedByTheRoom(verb: String) {
        let rig = Rig()
        let board = rig.login("board")  // may speak on the channel by its list
        rig.enter(rig.login("1001"), "a", flags: .moderator)
        rig.enter(board, "b")
        _ = rig.take(board)
        let row = Self.rows.first { $0.verb == verb && !$0.answer.hasPrefix("-ERR") }
        var data: JSONObject = ["command": .string(verb), "id": 1]
        if let row { data["value"] = .array(row.words.map { .string($0) }) }
        if verb == "bgdial" { data["value"] = "user/1009" }
        if verb == "transfer" { data["value"] = "2000" }
        if verb == "position" { data["value"] = "1:0:0" }
        if ["say", "saymember", "vid-res-id"].contains(verb) { data["value"] = "x" }
        if verb == "vid-bandwidth" { data["id"] = .null }
        if verb == "vid-bandwidth" { data["value"] = "500" }
        rig.request(board, "verto.broadcast", ["eventChannel": .string(Self.mod), "data": .object(data)])
        _ = rig.ask(board, "verto.subscribe", ["eventChannel": .string(Self.mod)])
        #expect(rig.audit.last?.result == .refused("-ERR Permission Denied"), "\(verb)")
        #expect(rig.audit.last?.who == "board@example.com")
        #expect(rig.ask(board, "fsapi", ["cmd": "conference", "arg": .string("3500 \(verb) 1")]).errorCode == -32602)
    }

    @Test func aCapabilityOpensOneCommandAndTheChannel() {
        let helper = Rig.user("helper", ["conference-capabilities": "mute, lock"])
        let rig = Rig(users: Rig.users + [helper])
        let c = rig.login("helper", session: "S")
        rig.enter(rig.login("1001"), "a", flags: .moderator)
        rig.enter(c, "b")
        let join = rig.take(c).last { $0["params"]?["pvtData"] != nil }?["params"]?["pvtData"]
        #expect(join?["role"]?.string == "participant")
        #expect(join?["modChannel"]?.string == Self.mod)
        #expect(rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.mod)]).isResult)
        #expect(Self.channel(rig, c, Row("mute", "1", says: "")) == "+OK mute 1\n")
        #expect(Self.channel(rig, c, Row("lock", says: "")) == "+OK 3500 locked\n")
        #expect(Self.channel(rig, c, Row("kick", "1", says: "")) == "-ERR Permission Denied\n")
        #expect(rig.ask(c, "fsapi", ["cmd": "conference", "arg": "3500 mute 1"]).errorCode == -32602)
    }
}
