import Testing
import Wire

struct RTPHeaderWritingTests {
    typealias Row = (
        what: String, mid: ExtensionElement?, rid: ExtensionElement?, orientation: ExtensionElement?, extension: String
    )

    static let rows: [Row] = [
        ("nothing", nil, nil, nil, ""),
        ("MID of one byte", ExtensionElement(id: 4, text: "1"), nil, nil, "bede0001 40310000"),
        ("MID of three bytes: no padding", ExtensionElement(id: 14, text: "abc"), nil, nil, "bede0001 e2616263"),
        ("MID of four bytes", ExtensionElement(id: 1, text: "abcd"), nil, nil, "bede0002 13616263 64000000"),
        ("orientation alone", nil, nil, ExtensionElement(id: 13, byte: 0x03), "bede0001 d0030000"),
        (
            "MID and orientation", ExtensionElement(id: 4, text: "1"), nil, ExtensionElement(id: 13, byte: 0x03),
            "bede0001 4031d003"
        ),
        (
            "all three", ExtensionElement(id: 4, text: "video"), ExtensionElement(id: 10, text: "q"),
            ExtensionElement(id: 13, byte: 0), "bede0003 44766964 656fa071 d0000000"
        ),
        (
            "the longest", ExtensionElement(id: 1, text: "0123456789abcdef"), nil, nil,
            "bede0005 1f303132 33343536 37383961 62636465 66000000"
        ),
    ]

    @Test(arguments: rows)
    func writesTheExtension(row: Row) throws {
        var packet = [UInt8](repeating: 0xEE, count: 80)
        var span = packet.mutableSpan
        let size = RTPHeader.write(
            marker: true, payloadType: 96, sequence: 0xFFFE, timestamp: 0x8000_0001, ssrc: SSRC(7), mid: row.mid,
            rid: row.rid, orientation: row.orientation, to: &span)
        let head = row.extension.isEmpty ? "80e0fffe 80000001 00000007" : "90e0fffe 80000001 00000007"
        #expect(Array(packet[..<size]) == hex(head + row.extension), "\(row.what)")
        #expect(packet[size...].allSatisfy { $0 == 0xEE })
        #expect(size == RTPHeader.size(mid: row.mid, rid: row.rid, orientation: row.orientation))
        let header = try RTPHeader(parsing: packet.span)
        #expect(header.payloadOffset == size && header.sequence == 0xFFFE && header.marker)
        for element in [row.mid, row.rid, row.orientation].compactMap(\.self) {
            let place = header.extensionElement(element.id, in: packet.span)
            #expect(place.map { Array(packet[$0]) } == element.value)
        }
        #expect(header.textElement(row.mid?.id ?? 9, in: packet.span) == row.mid.map { text($0) })
    }

    private func text(_ element: ExtensionElement) -> String { String(decoding: element.value, as: UTF8.self) }

    @Test func noElementWithoutRoomForIt() {
        #expect(ExtensionElement(id: 0, text: "1") == nil && ExtensionElement(id: 15, text: "1") == nil)
        #expect(ExtensionElement(id: 0, byte: 1) == nil && ExtensionElement(id: 15, byte: 1) == nil)
        #expect(ExtensionElement(id: 1, text: "") == nil)
        #expect(ExtensionElement(id: 1, text: "0123456789abcdefg") == nil)
        #expect(ExtensionElement(id: 1, value: [7]) == ExtensionElement(id: 1, byte: 7))
        #expect(ExtensionElement(id: 1, value: Array(0...15))?.value == Array(0...15))
    }

    @Test(
        arguments: [
            ("bede0001 a0710000", "q"), ("bede0001 a1716800", "qh"), ("10000001 0a017100", "q"),
            ("10000001 0a000000", nil), ("bede0001 a0200000", nil), ("bede0001 a0800000", nil),
            ("bede0001 40310000", nil),
        ] as [(String, String?)]
    )
    func readsNames(extension: String, name: String?) throws {
        let packet = hex("906fb798 00002710 2e5715f9" + `extension` + "f8fffe")
        #expect(try RTPHeader(parsing: packet.span).textElement(10, in: packet.span) == name)
    }
}

struct RetransmissionTests {
    /// An RTX packet with MID and padding.
    static let packet = hex("b0e10005 0000aaaa 00000002 bede0001 40310000 fffe 9080 8001 10 000003")

    @Test func findsTheOriginal() throws {
        let header = try RTPHeader(parsing: Self.packet.span)
        #expect(Retransmission.originalSequence(of: Self.packet.span.extracting(header.payload)) == 0xFFFE)
        let found = header.original(in: Self.packet.span, payloadType: 96, ssrc: SSRC(1))
        let original = try #require(found)
        #expect(original.sequence == 0xFFFE && original.payloadType == 96 && original.ssrc == SSRC(1))
        #expect(original.timestamp == 0xAAAA && original.marker)
        #expect(Array(Self.packet[original.payload]) == hex("9080 8001 10"))
        #expect(original.textElement(4, in: Self.packet.span) == "1")
    }

    @Test func paddingHasNoOriginal() throws {
        for payload in ["", "000004", "ff"] {
            let padding = payload == "000004"
            let packet = hex((padding ? "a0" : "80") + "610005 0000aaaa 00000002" + (padding ? "00000004" : payload))
            let header = try RTPHeader(parsing: packet.span)
            #expect(header.original(in: packet.span, payloadType: 96, ssrc: SSRC(1)) == nil)
        }
        // Nor has a packet that is shorter than the one the header is from.
        let header = try RTPHeader(parsing: Self.packet.span)
        let short = Self.packet.span.extracting(..<20)
        #expect(header.original(in: short, payloadType: 96, ssrc: SSRC(1)) == nil)
    }

    @Test func writesWhatItReads() {
        var payload = hex("ffff 9010")
        var span = payload.mutableSpan
        Retransmission.write(originalSequence: 0x1234, to: &span)
        #expect(payload == hex("1234 9010"))
        #expect(Retransmission.originalSequence(of: payload.span) == 0x1234)
    }
}
