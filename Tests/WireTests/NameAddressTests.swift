import Testing
import Wire

struct NameAddressTests {
    typealias Row = (text: String, name: String?, uri: String, parameters: String, isValid: Bool)

    static let rows: [Row] = [
        (
            #""A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s"#, "A. G. Bell", "sip:agb@bell-telephone.com",
            ";tag=a48s", true
        ),
        (
            "sip:+12125551212@server.phone2net.com;tag=887s", nil, "sip:+12125551212@server.phone2net.com", ";tag=887s",
            true
        ),
        (
            "Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8", "Anonymous", "sip:c8oqz84zk7z@privacy.org", ";tag=hyh8",
            true
        ),
        (
            #""Mr. Watson" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600"#, "Mr. Watson",
            "sip:watson@worcester.bell-telephone.com", ";q=0.7;expires=3600", true
        ),
        (#""a \"b\" \\" <sip:a@b>"#, #"a "b" \"#, "sip:a@b", "", true),
        (#""" <sip:a@b>"#, nil, "sip:a@b", "", true),
        ("Jörg Müller <sip:a@b>", "Jörg Müller", "sip:a@b", "", true),
        ("Büro (2. Stock) <sip:a@b>", "Büro (2. Stock)", "sip:a@b", "", true),
        ("<sip:a@b;lr>;x=\"<,;>\"", nil, "sip:a@b;lr", ";x=\"<,;>\"", true),
        ("<sip:a@b> ; tag = 1 ; lr", nil, "sip:a@b", ";tag=1;lr", true),
        ("<tel:+1>", nil, "tel:+1", "", true),
        ("<sip:a@b", nil, "", "", false), ("sip:a@b>", nil, "", "", false), ("\"x <sip:a@b>", nil, "", "", false),
        ("\"x\" sip:a@b", nil, "", "", false), ("x, y <sip:a@b>", nil, "", "", false), ("", nil, "", "", false),
        ("<>", nil, "", "", false), ("x", nil, "", "", false), ("<sip:a@b> x", nil, "", "", false),
        ("<sip:a@b>;", nil, "", "", false), ("<sip:a@b>;;x", nil, "", "", false),
        ("<sip:a@b>;x=\"y", nil, "", "", false),
        ("sip:a@b?c=d", nil, "", "", false), ("sip:a@b, sip:c@d", nil, "", "", false),
        ("< sip:a@b >", nil, "", "", false),
        ("<sip:a@b>, <sip:c@d>", nil, "", "", false), ("<sip:a@<b>>", nil, "", "", false),
    ]

    @Test(arguments: rows)
    func readsOneAddress(row: Row) {
        let address = NameAddress(parsing: row.text)
        #expect((address != nil) == row.isValid)
        guard let address, row.isValid else { return }
        #expect(address.displayName == row.name)
        #expect(address.uri.text == row.uri && address.parameters.text == row.parameters)
        let again = NameAddress(parsing: address.text)
        #expect(again?.uri == address.uri && again?.parameters == address.parameters)
        #expect(again?.displayName == address.displayName)
    }

    @Test func setsTheTag() {
        var address = NameAddress(displayName: "x\"y", SIPURI(user: "a", host: "b"))
        #expect(address.tag == nil && NameAddress(parsing: "<sip:a@b>;tag=")?.tag == nil)
        address.tag = "1"
        #expect(address.text == #""x\"y" <sip:a@b>;tag=1"#)
        address.tag = nil
        #expect(address.text == #""x\"y" <sip:a@b>"#)
    }

    @Test func quotesValuesThatNeedIt() {
        var parameters = SIPParameters()
        parameters["+sip.instance"] = "<urn:uuid:1>"
        parameters["received"] = "2001:db8::1"
        parameters["lr"] = ""
        #expect(parameters.text == #";+sip.instance="<urn:uuid:1>";received=2001:db8::1;lr"#)
        #expect(parameters["+SIP.Instance"] == "<urn:uuid:1>" && parameters["LR"] == "" && parameters["x"] == nil)
    }

    @Test func survivesDamage() {
        for (index, row) in Self.rows.enumerated() where row.isValid {
            for input in hostileInputs(seed: UInt64(index) &+ 20, like: Array(row.text.utf8), count: 1000) {
                guard let address = NameAddress(parsing: String(decoding: input, as: UTF8.self)) else { continue }
                #expect(NameAddress(parsing: address.text)?.uri == address.uri)
            }
        }
    }
}
