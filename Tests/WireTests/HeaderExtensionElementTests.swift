import Testing
import Wire

struct HeaderExtensionElementTests {
    typealias Row = (what: String, extension: String, id: UInt8, value: String?)

    static let rows: [Row] = [
        ("one byte, first", "bede0001 10aa0000", 1, "aa"),
        ("one byte, second after padding", "bede0002 10aa0042 31303000", 4, "313030"),
        (
            "one byte, sixteen bytes long", "bede0005 3f000102 03040506 0708090a 0b0c0d0e 0f000000", 3,
            "000102030405060708090a0b0c0d0e0f"
        ),
        ("one byte, not there", "bede0001 10aa0000", 2, nil),
        ("id 0 is padding", "bede0001 00000000", 0, nil),
        ("id 15 ends the list", "bede0002 f0aa10bb 00000000", 1, nil),
        ("id 15 is never found", "bede0001 f0aa0000", 15, nil),
        ("one byte, longer than the extension", "bede0001 13aa0000", 1, nil),
        ("one byte, another before it too long", "bede0001 1320aa00", 2, nil),
        ("two bytes, first", "10000001 0101aa00", 1, "aa"),
        ("two bytes, application bits", "100f0001 0101aa00", 1, "aa"),
        ("two bytes, empty value", "10000001 01000000", 1, ""),
        ("two bytes, after padding and an empty one", "10000002 00020001 02aabb00", 1, "aabb"),
        ("two bytes, id over 14", "10000001 c801aa00", 200, "aa"),
        ("two bytes, id 15 is nothing special", "10000001 0f01aa00", 15, "aa"),
        ("two bytes, length missing", "10000001 00000001", 1, nil),
        ("two bytes, longer than the extension", "10000001 0103aa00", 1, nil),
        ("two bytes, not there", "10000001 0101aa00", 2, nil),
        ("another profile", "beef0001 10aa0000", 1, nil),
        ("no element", "bede0000", 1, nil),
    ]

    @Test(arguments: rows)
    func findsTheValue(row: Row) throws {
        let packet = hex("906fb798 00002710 2e5715f9" + row.extension + "f8fffe")
        let header = try RTPHeader(parsing: packet.span)
        let range = header.extensionElement(row.id, in: packet.span)
        #expect(range.map { Array(packet[$0]) } == row.value.map { hex($0) }, "\(row.what)")
    }

    @Test func findsNothingWithoutAnExtensionOrInAShorterPacket() throws {
        let plain = hex("806fb798 00002710 2e5715f9 10aa0000")
        #expect(try RTPHeader(parsing: plain.span).extensionElement(1, in: plain.span) == nil)
        let packet = hex("906fb798 00002710 2e5715f9 bede0001 10aa0000")
        let header = try RTPHeader(parsing: packet.span)
        #expect(header.extensionElement(1, in: packet.span.extracting(..<18)) == nil)
    }

    @Test func readsTheAudioLevel() {
        #expect(AudioLevel(byte: 0xFF).dBov == 127)
        #expect(AudioLevel(byte: 0xFF).voice)
        #expect(AudioLevel(byte: 0x08).dBov == 8)
        #expect(!AudioLevel(byte: 0x08).voice)
    }
}
