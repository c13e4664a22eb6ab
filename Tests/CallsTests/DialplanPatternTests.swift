import Calls
import Testing

struct DialplanPatternTests {
    typealias Row = (pattern: String, subject: String, captures: [String]?)

    /// Expressions of the vanilla FreeSWITCH dialplan and of ours.
    static let rows: [Row] = [
        (#"^(30\d{2})$"#, "3012", ["3012", "3012"]),
        (#"^(30\d{2})$"#, "30123", nil),
        (#"^9(888|8888|1616|3232)$"#, "91616", ["91616", "1616"]),
        (#"^88(\d{4})$|^\*0(.*)$"#, "*0abc", ["*0abc", "", "abc"]),
        (#"^((?!6000)60\d{2})$"#, "6000", nil),
        (#"^((?!6000)60\d{2})$"#, "6001", ["6001", "6001"]),
        (#"^\+?1?(\d{10})$"#, "+15551234567", ["+15551234567", "5551234567"]),
        (#"fifo\=(\d+)"#, "x;fifo=12", ["fifo=12", "12"]),
        (#"^\*69$|^869$|^lcr$"#, "lcr", ["lcr"]),
        (#"callpark"#, "my-callpark-x", ["callpark"]),
        (#"^(3[0-9]{3})(-screen)?$"#, "3500-screen", ["3500-screen", "3500", "-screen"]),
        (#"^(3[0-9]{3})(-screen)?$"#, "3500", ["3500", "3500", ""]),
        (#"^[0-9a-zA-Z._-]{1,64}$"#, "a-room.1", ["a-room.1"]),
        (#"/^ECHO$/i"#, "echo", ["echo"]),
        (#"^ECHO$"#, "echo", nil),
        ("", "anything", [""]),
        (
            #"^<sip:callpark@${domain_name};orbit=(\d+)>"#, "<sip:callpark@example.com;orbit=5>",
            ["<sip:callpark@example.com;orbit=5>", "5"]
        ),
        // A value from a call is text, not an expression: the dot in the domain is a dot.
        (#"^${domain_name}$"#, "exampleXcom", nil),
        (#"^${evil}$"#, "anything", nil),
        (#"^${evil}$"#, ".*|(a+)+", [".*|(a+)+"]),
        // ASCII digits only, and no line end slipped past the anchor.
        (#"^\d+$"#, "٣٤", nil),
        (#"^\d+$"#, "12\n", nil),
    ]

    @Test(arguments: rows)
    func matches(row: Row) throws {
        let values = ["domain_name": "example.com", "evil": ".*|(a+)+"]
        let pattern = try DialplanPattern(parsing: row.pattern)
        #expect(pattern.captures(in: row.subject) { values[$0] } == row.captures)
    }

    @Test(arguments: ["^(\\d+", "a{2,1}", "[z-a]", "*", "(?<=x)y", "^\\d{3,2}${x}$"])
    func refusesAnExpressionThatIsNotOne(text: String) {
        #expect(throws: PatternError.self) { try DialplanPattern(parsing: text) }
    }

    @Test(arguments: [
        "(a+)+", "^(\\d+)*x$", "^(?:\\d|1)+x$", "^(a?){30}$", "((ab)*)*", "^(\\d{2,5})+$", "(.*,)*", "^([a-z]+)*?$",
    ])
    func refusesWhatCouldRunForEver(text: String) {
        #expect(throws: PatternError.self) { try DialplanPattern(parsing: text) }
    }

    @Test func refusesAnExpressionThatIsTooLongOrTooDeep() {
        #expect(throws: PatternError.tooLong(limit: 1_024)) {
            try DialplanPattern(parsing: String(repeating: "a", count: 1_025))
        }
        #expect(throws: PatternError.tooCostly) {
            try DialplanPattern(parsing: String(repeating: "(", count: 100) + String(repeating: ")", count: 100))
        }
    }

    /// The dearest expressions that are let in, each on the worst text of every length.
    @Test(arguments: [
        "^(.*)x$", "^(.*)(.*)x$", "^(.*)(.*)(.*)x$", "^.*.*.*.*x$", "(.*)(.*)x", "^1?1?1?1?1?1?(.*)(.*)x$",
        "^.*.*.*.*.*x$",
    ])
    func takesBoundedTimeOnAnyDestination(text: String) throws {
        let pattern = try DialplanPattern(parsing: text)
        let clock = ContinuousClock()
        for length in [20, 30, 42, 60, 101, 150, 200, 256] {
            let subject = String(repeating: "1", count: length)
            let time = clock.measure { _ = pattern.captures(in: subject) { _ in nil } }
            #expect(time < .seconds(5), "\(text) on \(length) characters took \(time)")
        }
    }

    @Test func runsASimpleExpressionOnTheLongestDestination() throws {
        let pattern = try DialplanPattern(parsing: "^(.*)-(.*)$")
        let subject = String(repeating: "1", count: 255) + "-"
        #expect(pattern.captures(in: subject) { _ in nil }?.count == 3)
        #expect(pattern.captures(in: subject + "1") { _ in nil } == nil)
    }
}
