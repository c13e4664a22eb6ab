/// How long an Opus packet plays, from its first two bytes (RFC 6716 §3.1 and §3.2).
package enum OpusDuration {
    /// Samples at 48 kHz of one channel; `nil` for an empty packet, no frames, or more than 120 ms.
    package static func samples(in packet: Span<UInt8>) -> Int? {
        guard packet.count > 0 else { return nil }
        let frames: Int
        switch packet[0] & 3 {
        case 0: frames = 1
        case 1, 2: frames = 2
        default:
            guard packet.count > 1 else { return nil }
            frames = Int(packet[1] & 0x3F)
        }
        let samples = frames * samplesInFrame(packet[0] >> 3)
        return (1...longest).contains(samples) ? samples : nil
    }

    /// By configuration (RFC 6716 table 2).
    private static func samplesInFrame(_ configuration: UInt8) -> Int {
        switch configuration {
        case ..<12: [480, 960, 1920, 2880][Int(configuration & 3)]  // SILK
        case ..<16: [480, 960][Int(configuration & 1)]  // hybrid
        default: [120, 240, 480, 960][Int(configuration & 3)]  // CELT
        }
    }

    /// 120 ms.
    package static let longest = 5760
}
