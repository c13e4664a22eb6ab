import Native
import Testing

struct OpusPacketTests {
    /// RFC 6716 §3.1, table 2: samples at 48 kHz of one frame for each configuration.
    static let frameSizes: [Int] =
        [480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920, 2880]  // SILK
        + [480, 960, 480, 960]  // hybrid
        + (0..<4).flatMap { _ in [120, 240, 480, 960] }  // CELT

    @Test(arguments: 0..<32)
    func readsTheDurationOfEachConfiguration(configuration: Int) {
        let toc = UInt8(configuration << 3)
        let size = Self.frameSizes[configuration]
        #expect(duration([toc]) == size)
        #expect(duration([toc | 4, 0]) == size)  // stereo
        #expect(duration([toc | 1, 1, 2]) == 2 * size)
        #expect(duration([toc | 2, 1, 2]) == 2 * size)
        for count in 1...48 {
            // RFC 6716 §3.2.5: 120 ms at most.
            #expect(duration([toc | 3, UInt8(count)]) == (count * size <= 5760 ? count * size : nil))
        }
    }

    @Test func refusesWhatHasNoDuration() {
        #expect(duration([]) == nil)
        #expect(duration([0x03]) == nil)  // frame count missing
        #expect(duration([0x03, 0]) == nil)  // no frames
    }

    /// The bits of the first frame byte, RFC 6716 §4.2.3: VAD for each 20 ms, then LBRR, for each channel.
    static let flagRows: [(what: String, packet: [UInt8], hasFEC: Bool)] = [
        ("20 ms mono, VAD only", [1 << 3, 0b1000_0000], false),
        ("20 ms mono, LBRR", [1 << 3, 0b0100_0000], true),
        ("10 ms mono, LBRR", [0 << 3, 0b0100_0000], true),
        ("40 ms mono, two VAD", [2 << 3, 0b1100_0000], false),
        ("40 ms mono, LBRR", [2 << 3, 0b0010_0000], true),
        ("60 ms mono, three VAD", [3 << 3, 0b1110_0000], false),
        ("60 ms mono, LBRR", [3 << 3, 0b0001_0000], true),
        ("20 ms stereo, both VAD", [1 << 3 | 4, 0b1010_0000], false),
        ("20 ms stereo, LBRR of mid", [1 << 3 | 4, 0b0100_0000], true),
        ("20 ms stereo, LBRR of side", [1 << 3 | 4, 0b0001_0000], true),
        ("60 ms stereo, all VAD", [3 << 3 | 4, 0b1110_1110], false),
        ("60 ms stereo, LBRR of side", [3 << 3 | 4, 0b0000_0001], true),
        ("hybrid 20 ms, LBRR", [13 << 3, 0b0100_0000], true),
        ("hybrid 10 ms, no LBRR", [12 << 3, 0b1011_1111], false),
        ("CELT has none", [31 << 3, 0xFF], false),
        ("TOC alone", [1 << 3], false),
        ("two frames of one size", [1 << 3 | 1, 0x40, 0], true),
        ("two frames, the first's length in front", [1 << 3 | 2, 1, 0x40, 0], true),
        ("three frames of one size", [1 << 3 | 3, 3, 0x40, 0, 0], true),
        ("padding after the count", [1 << 3 | 3, 0x41, 2, 0x40, 0, 0], true),
        ("an empty first frame", [1 << 3 | 2, 0, 0x40], false),
        ("a length beyond the packet", [1 << 3 | 2, 200, 0x40], false),
    ]

    @Test(arguments: flagRows)
    func seesTheFECFlag(row: (what: String, packet: [UInt8], hasFEC: Bool)) {
        #expect(OpusPacket.hasInbandFEC(row.packet.span) == row.hasFEC, "\(row.what)")
    }

    @Test(arguments: flagRows)
    func everyPrefixIsRead(row: (what: String, packet: [UInt8], hasFEC: Bool)) {
        for length in row.packet.indices {
            let prefix = Array(row.packet[..<length])
            _ = OpusPacket.hasInbandFEC(prefix.span)
            _ = OpusPacket.duration(prefix.span)
        }
    }

    private func duration(_ packet: [UInt8]) -> Int? { OpusPacket.duration(packet.span) }
}
