import Testing
import Wire

struct JSONTests {
    static let values: [(text: String, value: JSON)] = [
        ("null", .null), ("true", true), (" \t\r\nfalse ", false), ("[]", []), ("{}", [:]), (#""""#, ""),
        ("0", 0), ("-0", 0), ("12", 12), ("-7", -7), ("[1,2 , 3]", [1, 2, 3]),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        // Beyond 64 bits: as near as a double comes.
        ("9223372036854775808", 9_223_372_036_854_775_808.0), ("-9223372036854775809", -9_223_372_036_854_775_808.0),
        ("1.0", 1.0), ("1.5e3", 1500.0), ("1E-2", 0.01), ("2e+2", 200.0), ("-0.5", -0.5), ("1e-400", 0.0),
        (#"{"a":{"b":[null]}}"#, ["a": ["b": [.null]]]),
        (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
        (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""é€😀""#, "é€😀"), (#""\u0000""#, "\u{0}"),
        (#""\uD83D\uDE00!""#, "😀!"),
        // Half a pair, in every place.
        (#""\uD83D""#, "\u{FFFD}"), (#""\uDE00x""#, "\u{FFFD}x"), (#""\uD83Dx""#, "\u{FFFD}x"),
        (#""\uD83D\n""#, "\u{FFFD}\n"), (#""\uD83D\u0041""#, "\u{FFFD}A"),
        (#""\uD83D\uD83D\uDE00""#, "\u{FFFD}😀"), (#""\uDE00\uD83D""#, "\u{FFFD}\u{FFFD}"),
    ]

    @Test(arguments: values)
    func reads(text: String, value: JSON) throws {
        #expect(try JSON(parsing: text) == value)
        #expect(try JSON(parsing: value.text) == value)
    }

    typealias Refusal = (text: String, reason: JSONError.Reason, offset: Int)

    static let refusals: [Refusal] = [
        ("", .endOfText, 0), ("  ", .endOfText, 2), ("{", .endOfText, 1), ("[1,", .endOfText, 3),
        ("\"a", .endOfText, 2),
        ("\"\\", .endOfText, 2), ("\"\\u00", .endOfText, 5), ("tru", .endOfText, 3), ("-", .badNumber, 1),
        ("trux", .unexpected(0x78), 3), ("{a:1}", .unexpected(0x61), 1), ("{\"a\" 1}", .unexpected(0x31), 5),
        ("[1 2]", .unexpected(0x32), 3), ("[1,]", .unexpected(0x5D), 3), ("{\"a\":1,}", .unexpected(0x7D), 7),
        ("[,]", .unexpected(0x2C), 1), ("'a'", .unexpected(0x27), 0), ("\"\n\"", .unexpected(0x0A), 1),
        ("\"a\\n\u{1}\"", .unexpected(0x01), 4), ("\u{FEFF}1", .unexpected(0xEF), 0), ("NaN", .unexpected(0x4E), 0),
        ("01", .badNumber, 2), ("-01", .badNumber, 3), ("1.", .badNumber, 2), ("1e", .badNumber, 2),
        ("1e+", .badNumber, 3), ("+1", .unexpected(0x2B), 0), (".5", .unexpected(0x2E), 0),
        ("1e400", .numberTooLarge, 0), ("0x10", .trailingBytes, 1), ("1 1", .trailingBytes, 2),
        ("{}}", .trailingBytes, 2),
        ("\"\\x\"", .badEscape, 1), ("\"\\u00g0\"", .badEscape, 5), ("// a\n1", .unexpected(0x2F), 0),
    ]

    @Test(arguments: refusals)
    func refusesAndSaysWhere(row: Refusal) {
        #expect(throws: JSONError(reason: row.reason, offset: row.offset), "\(row.text)") {
            try JSON(parsing: row.text)
        }
    }

    @Test(
        arguments: ["80", "c0af", "c3", "c328", "eda080", "f0808080", "f4908080", "fe"]
    )
    func refusesWhatIsNotUTF8(bytes: String) {
        let plain = [UInt8(ascii: "\"")] + hex(bytes) + [UInt8(ascii: "\"")]
        #expect(throws: JSONError(reason: .badUTF8, offset: 1)) { try JSON(parsing: plain) }
        let escaped = Array("\"\\n".utf8) + hex(bytes) + [UInt8(ascii: "\"")]
        #expect(throws: JSONError(reason: .badUTF8, offset: 1)) { try JSON(parsing: escaped) }
    }

    @Test func boundsTheDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSON(parsing: nested(64))
        #expect(throws: JSONError(reason: .tooDeep, offset: 64)) { try JSON(parsing: nested(65)) }
        _ = try JSON(parsing: "[[],[],{}]", maximumDepth: 2)
        #expect(throws: JSONError(reason: .tooDeep, offset: 5)) {
            try JSON(parsing: #"{"a":{"b":1}}"#, maximumDepth: 1)
        }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1_000_000)) }
    }

    @Test func writesWithoutSpaceAndInOrder() {
        let json: JSON = [
            "z": 1, "a": [true, .null, 2.5], "text": "\"\\/\n\r\t\u{8}\u{C}\u{1}\u{1F}\u{7F}é😀", "e": [:],
        ]
        #expect(
            json.text
                == #"{"z":1,"a":[true,null,2.5],"text":"\"\\/\n\r\t\b\f\u0001\u001f"# + "\u{7F}é😀"
                + #"","e":{}}"#
        )
        #expect(JSON.number(.infinity).text == "null")
        #expect(JSON.number(.nan).text == "null")
        var bytes: [UInt8] = [0x20]
        JSON.integer(.min).write(into: &bytes)
        #expect(bytes == Array(" -9223372036854775808".utf8))
    }

    @Test func looksMembersUp() throws {
        let json = try JSON(parsing: #"{"callid":1,"callID":2,"CALLID":3,"Método":4,"a":5,"a":6}"#)
        #expect(json["callID"] == 2)
        #expect(json["callid"] == 1)
        #expect(json["CallID"] == 1)
        #expect(json["a"] == 5)
        #expect(json["A"] == 5)
        #expect(json["método"] == 4)
        #expect(json["mÉtodo"] == nil)
        #expect(json["b"] == nil)
        #expect(JSON.array([])["a"] == nil)
        #expect(json.object?.count == 6)
        #expect(json.text == #"{"callid":1,"callID":2,"CALLID":3,"Método":4,"a":5,"a":6}"#)
    }

    @Test func changesMembers() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["b"] = 3
        object["A"] = 4
        #expect(object == ["a": 1, "b": 3, "A": 4])
        object.append(5, for: "b")
        object["b"] = nil
        #expect(object.members.map(\.key) == ["a", "A"])
        #expect(object.members.map(\.value) == [1, 4])
        object["a"] = nil
        object["A"] = nil
        #expect(object.isEmpty)
    }

    @Test func givesTypedValues() {
        #expect(JSON.integer(3).int == 3)
        #expect(JSON.number(3).int == 3)
        #expect(JSON.number(3.5).int == nil)
        #expect(JSON.number(1e300).int == nil)
        #expect(JSON.string("3").int == nil)
        #expect(JSON.integer(3).double == 3)
        #expect(JSON.integer(3).string == nil)
        #expect(JSON.bool(true).bool == true)
        #expect(JSON.integer(1).bool == nil)
        #expect(JSON.null.isNull)
        #expect(JSON.array([1]).array == [1])
        #expect(JSON.object(["a": 1]).object?["a"] == 1)
    }

    static let invite = Array(
        #"{"jsonrpc":"2.0","method":"verto.invite","params":{"sdp":"v=0\r\no=-","x":[1,-2.5e3,true,null,"\uD83D\uDE00é"]},"id":7}"#
            .utf8
    )

    @Test(arguments: invite.indices)
    func refusesEveryShorterPrefix(length: Int) {
        #expect(throws: JSONError.self) { try JSON(parsing: Array(Self.invite[..<length])) }
    }

    @Test func survivesNoise() throws {
        for input in hostileInputs(seed: 5, like: Self.invite) {
            guard let json = try? JSON(parsing: input) else { continue }
            #expect(try JSON(parsing: json.bytes) == json)
        }
    }
}
