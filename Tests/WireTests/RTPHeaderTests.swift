import Testing
import Wire

struct RTPHeaderTests {
    typealias Row = (what: String, packet: String, payload: Range<Int>?)

    static let rows: [Row] = [
        ("twelve bytes and no more", "806fb798 00002710 2e5715f9", 12..<12),
        ("a payload", "806fb798 00002710 2e5715f9 f8fffe", 12..<15),
        ("two contributors", "826fb798 00002710 2e5715f9 00000001 00000002 f8", 20..<21),
        ("one-byte extension", "906fb798 00002710 2e5715f9 bede0001 51aa0000 f8fffe", 20..<23),
        ("empty extension", "906fb798 00002710 2e5715f9 bede0000 f8fffe", 16..<19),
        ("contributor and extension", "916fb798 00002710 2e5715f9 00000001 bede0001 51aa0000 f8", 24..<25),
        ("padding", "a06fb798 00002710 2e5715f9 f8fffe 000003", 12..<15),
        ("padding and nothing else", "a06fb798 00002710 2e5715f9 00000004", 12..<12),
        ("eleven bytes", "806fb798 00002710 2e5715", nil),
        ("version 1", "406fb798 00002710 2e5715f9", nil),
        ("contributors longer than the packet", "826fb798 00002710 2e5715f9 00000001", nil),
        ("extension longer than the packet", "906fb798 00002710 2e5715f9 bede0002 51aa0000", nil),
        ("extension header cut", "906fb798 00002710 2e5715f9 bede00", nil),
        ("padding of none", "a06fb798 00002710 2e5715f9 f8fffe00", nil),
        ("padding into the header", "a06fb798 00002710 2e5715f9 f8fffe05", nil),
        ("padding without any byte behind the header", "a06fb798 00002710 2e571501", nil),
    ]

    @Test(arguments: rows)
    func findsThePayload(row: Row) {
        let packet = hex(row.packet)
        #expect((try? RTPHeader(parsing: packet.span))?.payload == row.payload, "\(row.what)")
    }

    @Test func readsTheFixedFields() throws {
        let header = try RTPHeader(parsing: hex("80efb798 00002710 fe5715f9").span)
        #expect(header.marker)
        #expect(header.payloadType == 111)
        #expect(header.sequence == 0xB798)
        #expect(header.timestamp == 10_000)
        #expect(header.ssrc == SSRC(0xFE57_15F9))
        #expect(header.extensionProfile == nil)
    }

    @Test func saysWhatIsWrong() {
        #expect(throws: RTPError.truncated(needed: 12, had: 0)) { try RTPHeader(parsing: [UInt8]().span) }
        #expect(throws: RTPError.badVersion(0)) { try RTPHeader(parsing: [UInt8](repeating: 0, count: 12).span) }
        #expect(throws: RTPError.badPadding(9)) {
            try RTPHeader(parsing: hex("a06fb798 00002710 2e5715f9 00000009").span)
        }
        #expect(throws: RTPError.truncated(needed: 24, had: 20)) {
            try RTPHeader(parsing: hex("906fb798 00002710 2e5715f9 bede0002 51aa0000").span)
        }
    }

    @Test func writesWhatItReads() throws {
        var packet = [UInt8](repeating: 0xFF, count: 14)
        var span = packet.mutableSpan
        RTPHeader.write(
            marker: true, payloadType: 96, sequence: 0xFFFE, timestamp: 0x8000_0001, ssrc: SSRC(7), to: &span)
        #expect(packet == hex("80e0fffe 80000001 00000007 ffff"))
        let header = try RTPHeader(parsing: packet.span)
        #expect(header.marker && header.payloadType == 96 && header.sequence == 0xFFFE)
        #expect(header.timestamp == 0x8000_0001 && header.ssrc == SSRC(7) && header.payload == 12..<14)
    }

    @Test func readsTheSourceOfAProtectedPacket() {
        #expect(RTPHeader.ssrc(of: hex("a06fb798 00002710 2e5715f9").span) == SSRC(0x2E57_15F9))
        #expect(RTPHeader.ssrc(of: hex("a06fb798 00002710 2e5715").span) == nil)
    }

    /// Contributor, one-byte extension, payload and padding.
    static let full = hex("b16fb798 00002710 2e5715f9 00000001 bede0002 10aa4131 30000000 f8fffe 000003")

    @Test(arguments: full.indices)
    func survivesEveryShorterPrefix(length: Int) {
        let prefix = Array(Self.full[..<length])
        // The full packet announces padding, whose count any last byte may be: it throws or it fits.
        if let header = try? RTPHeader(parsing: prefix.span) {
            #expect(header.payloadEnd <= length && header.payloadOffset <= header.payloadEnd)
        }
        #expect(length >= 28 || (try? RTPHeader(parsing: prefix.span)) == nil)
    }

    @Test func survivesNoise() {
        for input in hostileInputs(seed: 2, like: Self.full) {
            _ = DatagramKind(of: input.span)
            guard let header = try? RTPHeader(parsing: input.span) else { continue }
            #expect(header.payloadOffset <= header.payloadEnd && header.payloadEnd <= input.count)
            for id: UInt8 in 0...16 {
                let element = header.extensionElement(id, in: input.span)
                #expect(element.map { header.extensionRange.contains($0.lowerBound) || $0.isEmpty } ?? true)
                #expect(element.map { $0.upperBound <= header.extensionRange.upperBound } ?? true)
            }
        }
    }
}
