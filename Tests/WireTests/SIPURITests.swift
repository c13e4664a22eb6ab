import Testing
import Wire

struct SIPURITests {
    typealias Row = (text: String, user: String?, host: String, port: UInt16?, parameters: String, isValid: Bool)

    static let rows: [Row] = [
        ("sip:alice@atlanta.com", "alice", "atlanta.com", nil, "", true),
        ("sip:alice:secretword@atlanta.com;transport=tcp", "alice", "atlanta.com", nil, ";transport=tcp", true),
        ("sips:alice@atlanta.com?subject=project%20x&priority=urgent", "alice", "atlanta.com", nil, "", true),
        ("sip:+1-212-555-1212:1234@gateway.com;user=phone", "+1-212-555-1212", "gateway.com", nil, ";user=phone", true),
        ("sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", nil, "atlanta.com", nil, ";method=REGISTER", true),
        ("sip:alice;day=tuesday@atlanta.com", "alice;day=tuesday", "atlanta.com", nil, "", true),
        ("sip:192.0.2.4:5060", nil, "192.0.2.4", 5060, "", true),
        ("sip:[2001:db8::10]:5070;lr", nil, "2001:db8::10", 5070, ";lr", true),
        ("sip:*21#@example.com", "*21#", "example.com", nil, "", true),
        ("sip:a_b@my_pbx", "a_b", "my_pbx", nil, "", true),
        (
            "tel:+1-201-555-0123;phone-context=example.com", "+1-201-555-0123", "", nil, ";phone-context=example.com",
            true
        ),
        ("", nil, "", nil, "", false), ("sip", nil, "", nil, "", false), ("sip:", nil, "", nil, "", false),
        ("sip:@example.com", nil, "", nil, "", false), ("sip:a@", nil, "", nil, "", false),
        ("sip:a@b@c", nil, "", nil, "", false), ("sip:a b@c", nil, "", nil, "", false),
        ("sip:a@b:", nil, "", nil, "", false), ("sip:a@b:x", nil, "", nil, "", false),
        ("sip:a@b:0", nil, "", nil, "", false), ("sip:a@b:65536", nil, "", nil, "", false),
        ("sip:a@[2001:db8::10", nil, "", nil, "", false), ("sip:a@2001:db8::10", nil, "", nil, "", false),
        ("sip:a@[192.0.2.1]", nil, "", nil, "", false), ("sip:a@b;", nil, "", nil, "", false),
        ("sip:a@b;=1", nil, "", nil, "", false), ("sip:a@b?", nil, "", nil, "", false),
        ("sip:a%4@b", nil, "", nil, "", false), ("sip:a%zz@b", nil, "", nil, "", false),
        ("sip:a@b;x=%", nil, "", nil, "", false), ("<sip:a@b>", nil, "", nil, "", false),
        ("sip:a\"@b", nil, "", nil, "", false), (" sip:a@b", nil, "", nil, "", false),
        ("sip:a@b ", nil, "", nil, "", false), ("1sip:a@b", nil, "", nil, "", false),
        ("tel:", nil, "", nil, "", false), ("mailto:", nil, "", nil, "", false),
        ("http://a b", nil, "", nil, "", false),
    ]

    @Test(arguments: rows)
    func readsAndWrites(row: Row) {
        let uri = SIPURI(parsing: row.text)
        #expect((uri != nil) == row.isValid)
        guard let uri, row.isValid else { return }
        #expect(uri.user == row.user && uri.host == row.host && uri.port == row.port)
        #expect(uri.parameters.text == row.parameters && uri.text == row.text)
    }

    @Test func readsItsParts() {
        let uri = SIPURI(parsing: "SIPS:alice:secretword@atlanta.com;Transport=TCP;lr?subject=project%20x&p")
        #expect(uri?.scheme == .sips && uri?.password == "secretword" && uri?.transport == "tcp")
        #expect(uri?.isLooseRouter == true)
        #expect(uri?.headers == [SIPParameter("subject", "project%20x"), SIPParameter("p")])
    }

    /// RFC 3261 §19.1.4, its own examples first.
    static let pairs: [(String, String, Bool)] = [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true
        ),
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false),
        ("sip:a@b", "sips:a@b", false), ("sip:a@b", "sip:b", false), ("sip:a:@b", "sip:a@b", false),
        ("sip:a%3Bb@c", "sip:a;b@c", false), ("sip:a%3bb@c", "sip:a%3Bb@c", true),
        ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8:0::1]", true), ("sip:a%2541@b", "sip:a%41@b", false),
        ("tel:+1-201-555-0123", "tel:+12015550123", true), ("tel:+1", "tel:+2", false),
        ("sip:a@b;maddr=1.2.3.4", "sip:a@b", false), ("sip:a@b;ttl=1", "sip:a@b", false),
        ("sip:a@b;user=phone", "sip:a@b", false), ("sip:a@b;method=INVITE", "sip:a@b", false),
    ]

    @Test(arguments: pairs)
    func comparesWhatIsMeant(left: String, right: String, isEqual: Bool) throws {
        let (left, right) = (try #require(SIPURI(parsing: left)), try #require(SIPURI(parsing: right)))
        #expect(left.isEquivalent(to: right) == isEqual && right.isEquivalent(to: left) == isEqual)
    }

    @Test func escapesWhatAUserPartCannotHold() {
        #expect(SIPURI.escaped(user: "I have @spaces\r\n%") == "I%20have%20%40spaces%0D%0A%25")
        #expect(SIPURI.escaped(user: "*21#;ü") == "*21%23;%C3%BC")
        #expect(SIPURI.escaped(headerValue: "a@b;to-tag=1") == "a%40b%3Bto-tag%3D1")
        for text in ["", "a b", "%41", "ü\0x", "<sip:x@y>;a=b?c&d"] {
            #expect(SIPURI(user: SIPURI.escaped(user: text), host: "h").unescapedUser == text)
        }
    }

    @Test func survivesDamage() {
        for (index, row) in Self.rows.enumerated() where row.isValid {
            for input in hostileInputs(seed: UInt64(index) &+ 3261, like: Array(row.text.utf8), count: 2000) {
                guard let uri = SIPURI(parsing: String(decoding: input, as: UTF8.self)) else { continue }
                #expect(SIPURI(parsing: uri.text) == uri)
            }
        }
    }
}
