import Calls
import Testing

struct DialStringTests {
    typealias Target = DialString.Target
    typealias Row = (text: String, variables: [String: String], groups: [[Target]])

    static let user = Target(endpoint: "user", address: "1000")
    static let other = Target(endpoint: "verto.rtc", address: "1001@example.com")

    static let rows: [Row] = [
        ("user/1000", [:], [[user]]),
        (" user/1000 , verto.rtc/1001@example.com ", [:], [[user, other]]),
        ("user/1000|verto.rtc/1001@example.com", [:], [[user], [other]]),
        ("user/1000,,verto.rtc/1001@example.com,", [:], [[user, other]]),
        ("{a=1,b=2}user/1000", ["a": "1", "b": "2"], [[user]]),
        ("{a=1}{b=2}user/1000", ["a": "1", "b": "2"], [[user]]),
        ("<a=1>user/1000", ["a": "1"], [[user]]),
        ("{a='1,2'}user/1000", ["a": "1,2"], [[user]]),
        (#"{a=1\,2}user/1000"#, ["a": "1,2"], [[user]]),
        ("{a=it's}user/1000", ["a": "it's"], [[user]]),
        ("{^^:a=1,2:b=x@y}user/1000", ["a": "1,2", "b": "x@y"], [[user]]),
        ("{a={b|c,d}}user/1000", ["a": "{b|c,d}"], [[user]]),
        ("{a}user/1000", [:], [[user]]),
        (
            "[leg_timeout=5,x=a|b]user/1000,verto.rtc/1001@example.com", [:],
            [[Target(endpoint: "user", address: "1000", variables: ["leg_timeout": "5", "x": "a|b"]), other]]
        ),
        ("verto.rtc/u:12-34", [:], [[Target(endpoint: "verto.rtc", address: "u:12-34")]]),
        ("error/user_not_registered", [:], [[Target(endpoint: "error", address: "user_not_registered")]]),
        ("VERTO.rtc/a/b", [:], [[Target(endpoint: "verto.rtc", address: "a/b")]]),
        // The stock directory's, after both functions found nothing and one client.
        (
            "{^^:sip_invite_domain=d:presence_id=1@d},verto.rtc/u:x", ["sip_invite_domain": "d", "presence_id": "1@d"],
            [[Target(endpoint: "verto.rtc", address: "u:x")]]
        ),
    ]

    @Test(arguments: rows)
    func readsVariablesGroupsAndTargets(row: Row) throws {
        let dial = try DialString(parsing: row.text)
        #expect(dial.variables == row.variables)
        #expect(dial.groups == row.groups)
    }

    @Test func readsDialStringsSideBySide() throws {
        let text = "<a=1,b=1>{b=2}user/1000:_:{c=':_:'}user/1000|verto.rtc/1001@example.com:_: :_:[d=4]user/1000"
        let dial = try DialString(parsing: text)
        #expect(dial.variables == ["a": "1", "b": "2"] && dial.groups == [[Self.user]])
        #expect(dial.others.map(\.variables) == [["a": "1", "b": "1", "c": ":_:"], ["a": "1", "b": "1"]])
        #expect(dial.others[0].groups == [[Self.user], [Self.other]])
        #expect(dial.others[1].groups == [[Target(endpoint: "user", address: "1000", variables: ["d": "4"])]])
        #expect(dial.others.allSatisfy { $0.others.isEmpty })
    }

    typealias Bad = (text: String, error: DialStringError)

    static let bad: [Bad] = [
        ("", .empty), ("{a=1}", .empty), (",|,", .empty), ("1000", .notAnAddress("1000")),
        ("/1000", .notAnAddress("/1000")), ("user/", .notAnAddress("user/")), ("{a=1", .unclosedBracket("{")),
        ("[a=1user/1000", .unclosedBracket("[")),
        (Array(repeating: "user/1", count: 65).joined(separator: ","), .tooLong),
        (Array(repeating: "user/1", count: 65).joined(separator: "|"), .tooLong), (":_:", .empty),
        (Array(repeating: "user/1", count: 65).joined(separator: ":_:"), .tooLong), ("user/1:_:2", .notAnAddress("2")),
        ("user/" + String(repeating: "1", count: 20_000), .tooLong),
    ]

    @Test(arguments: bad)
    func refusesWhatItCannotRead(row: Bad) {
        #expect(throws: row.error) { try DialString(parsing: row.text) }
    }

    @Test func survivesRandomText() {
        var seed: UInt64 = 11
        let alphabet = Array("{}[]<>,|'\\^:=/ua1 ")
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<16 {
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(seed >> 33) % alphabet.count])
            }
            guard let dial = try? DialString(parsing: text) else { continue }
            #expect(!dial.groups.isEmpty && dial.groups.allSatisfy { !$0.isEmpty })
        }
    }
}
