import Calls
import Conference
import Testing
import Verto
import Wire

/// The control socket: the text API for whoever runs the server.
struct ControlTests {
    private static func room() -> (Rig, ConnectionID) {
        let rig = Rig()
        let c = rig.login("1001")
        rig.enter(c, "a", flags: .moderator)
        rig.enter(rig.login("1002"), "b")
        _ = rig.take(c)
        return (rig, c)
    }

    typealias Row = (line: String, text: String)

    static let rows: [Row] = [
        ("conference 3500 count", "2"), ("conference 3500@example.com count", "2"),
        ("  conference   3500 mute 2 \n", "+OK mute 2\n"), ("conference count", "1"),
        ("conference 3500 kick 9", "-ERR Non-Existant ID 9\n"),
        ("conference 4000 lock", "-ERR Conference 4000 not found\n"),
        ("conference", "Conference command, not specified.\nTry 'help'\n"),
        ("CONFERENCE 3500 LOCK", "+OK 3500 locked\n"),
        ("nonsense x", "-ERR nonsense Command not found!\n"), ("", "-ERR  Command not found!\n"),
        ("conference 3500 set max_members 9", "0"),  // which only operators may
    ]

    @Test(arguments: rows)
    func aLineIsAnsweredInTheWordsOfTheTextAPI(row: Row) {
        let (rig, _) = Self.room()
        #expect(rig.control(row.line) == row.text)
    }

    @Test func theAuditLogKnowsWhoItWas() {
        let (rig, _) = Self.room()
        rig.control("conference 3500 mute 2", by: "uid 1000")
        let entry = rig.audit.last
        #expect(entry?.who == "uid 1000" && entry?.address == "" && entry?.door == .ctl)
        #expect(entry?.room == "3500@example.com" && entry?.result == .done("+OK mute 2"))
    }

    @Test func linesUnderWayAreBoundedAndAnsweredEach() {
        let rig = Rig { $0.pendingControls = 2 }
        rig.enter(rig.login("1001"), "a")
        rig.answersCommands = false
        for _ in 0..<3 { rig.control("conference 3500 lock") }
        #expect(rig.controlled.map(\.text) == ["-ERR Too many commands\n"])
        rig.completeCommands()
        #expect(rig.controlled.count == 3)
        rig.control("conference 3500 lock")
        rig.wait(.seconds(11))
        #expect(rig.controlled.last?.text == "-ERR Timeout\n")
        rig.answersCommands = true
        #expect(rig.control("conference 3500 unlock") == "+OK 3500 unlocked\n")
    }

    @Test func digitsOfPINsAreNothingForTheLog() {
        let (rig, c) = Self.room()
        #expect(rig.control("conference 3500 pin 4711") == "+OK Pin for conference 3500 set: 4711\n")
        rig.control("conference 3500 pin 47x11")
        let mod = "conference-mod.3500@example.com"
        _ = rig.ask(c, "verto.broadcast", ["eventChannel": .string(mod), "data": ["command": "pin", "value": "4712"]])
        #expect(rig.audit.count == 3)
        #expect(rig.audit.allSatisfy { !"\($0)".contains("471") && !"\($0)".contains("47x") })
    }

    @Test func aListOfAllRoomsAsksEveryRoom() {
        let (rig, _) = Self.room()
        rig.enter(rig.login("1003"), "c", "4000")
        let summary = rig.control("conference list summary") ?? ""
        #expect(summary.hasPrefix("+OK Conference 3500 (2 members rate: 48000 flags: "))
        #expect(summary.contains("\n+OK Conference 4000 (1 member rate: 48000 flags: "))
        #expect(rig.control("conference list")?.split(separator: "\n").count == 5)
        let json = try? JSON(parsing: rig.control("conference json_list compact") ?? "")
        #expect(json?.array?.map { $0["conference_name"]?.string } == ["3500", "4000"])
        #expect(rig.control("conference xml_list")?.contains("name=\"4000\"") == true)
        rig.answersCommands = false
        rig.control("conference list summary")
        rig.leave("c")  // the room ends, and answers nothing
        rig.completeCommands()
        #expect(rig.controlled.last?.text.split(separator: "\n").count == 1)
        rig.answersCommands = true
        #expect(Rig().control("conference list") == "+OK No active conferences.\n")
    }
}
