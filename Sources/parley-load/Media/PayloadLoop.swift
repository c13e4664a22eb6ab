import Glibc
import Native

/// Opus packets of 20 ms that are sent over and over, encoded once for everybody.
///
/// Owned by the media thread.
final class PayloadLoop {
    /// RFC 6464 levels.
    private(set) var levels: [UInt8] = []
    /// The first frame loud enough to start talking at once: 400 over a threshold of 100 (mean of magnitudes).
    private(set) var firstLoud: Int?
    private let packets: PacketSlots

    var count: Int { packets.slots }

    /// - Parameters:
    ///   - samples: 48 kHz, a whole number of frames.
    ///   - warmUp: Encodes the samples this many times and keeps the last, for a loop without a seam.
    init(
        encoding samples: [Int16], bitrate: Int, application: OpusEncoder.Application = .voip, warmUp: Int = 1
    ) throws(OpusError) {
        let frames = samples.count / Self.frame
        packets = PacketSlots(slots: max(1, frames), slotSize: Self.longestPacket)
        var encoder = try OpusEncoder(bitrate: bitrate, complexity: 5, application: application)
        var packet = [UInt8](repeating: 0, count: Self.longestPacket)
        for _ in 0..<max(1, warmUp) {
            for index in 0..<frames {
                let frame = samples.span.extracting(index * Self.frame..<(index + 1) * Self.frame)
                var room = packet.mutableSpan
                let length = try encoder.encode(frame, into: &room)
                _ = packets.store(packet.span.extracting(0..<length), in: index)
            }
        }
        for index in 0..<frames {
            let frame = samples.span.extracting(index * Self.frame..<(index + 1) * Self.frame)
            levels.append(Self.level(of: frame))
            if firstLoud == nil, PCM.meanAbsolute(frame) >= 500 { firstLoud = index }
        }
    }

    /// Packets as they are, all of one level.
    init(packets list: [[UInt8]], level: UInt8) {
        packets = PacketSlots(slots: max(1, list.count), slotSize: Self.longestPacket)
        for (index, packet) in list.enumerated() { _ = packets.store(packet.span, in: index) }
        levels = [UInt8](repeating: level, count: packets.slots)
    }

    func withPacket<R>(_ index: Int, _ body: (Span<UInt8>) throws -> R) rethrows -> R {
        try packets.withSlot(index, body)
    }

    /// −dBov of the RMS (RFC 6464 §3), 0 to 127.
    private static func level(of frame: Span<Int16>) -> UInt8 {
        var sum = 0.0
        for index in frame.indices { sum += Double(frame[index]) * Double(frame[index]) }
        let rms = (sum / Double(max(1, frame.count))).squareRoot()
        guard rms > 0 else { return 127 }
        return UInt8(max(0, min(127, (-20 * log10(rms / 32_768)).rounded())))
    }

    static let frame = 960
    private static let longestPacket = 1275
}
