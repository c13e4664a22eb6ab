import Glibc
import Native
import RTC

/// Packets of 20 ms that are sent over and over, encoded once for everybody.
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
    ///   - bitrate: Of Opus, as `application`.
    ///   - warmUp: Encodes the samples this many times and keeps the last, for a loop without a seam.
    init(
        encoding samples: [Int16], as codec: AudioCodec = .opus, bitrate: Int,
        application: OpusEncoder.Application = .voip, warmUp: Int = 1
    ) throws {
        let frames = samples.count / Self.frame
        packets = PacketSlots(slots: max(1, frames), slotSize: Self.longestPacket)
        var coder = try LoopCoder(codec, bitrate: bitrate, application: application)
        let sound = try coder.resampled(samples)
        let length = codec.sampleRate / 50
        var packet = [UInt8](repeating: 0, count: Self.longestPacket)
        for _ in 0..<max(1, warmUp) {
            for index in 0..<frames {
                var room = packet.mutableSpan
                let count = try coder.encode(sound.span.extracting(index * length..<(index + 1) * length), into: &room)
                _ = packets.store(packet.span.extracting(0..<count), in: index)
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

/// One encoder, whichever the codec has.
private struct LoopCoder: ~Copyable {
    private let codec: AudioCodec
    private var opus: OpusEncoder
    private var g722: G722Encoder

    init(_ codec: AudioCodec, bitrate: Int, application: OpusEncoder.Application) throws {
        let opus = try OpusEncoder(bitrate: bitrate, complexity: 5, application: application)
        let g722 = try G722Encoder()
        self.codec = codec
        self.opus = opus
        self.g722 = g722
    }

    /// From 48 kHz to what the codec takes.
    func resampled(_ samples: [Int16]) throws -> [Int16] {
        guard codec.sampleRate != 48_000 else { return samples }
        return try Resampler.convert(samples.span, from: 48_000, to: codec.sampleRate)
    }

    mutating func encode(_ frame: Span<Int16>, into packet: inout MutableSpan<UInt8>) throws(OpusError) -> Int {
        switch codec {
        case .opus: try opus.encode(frame, into: &packet)
        case .pcmu: G711.muLaw.encode(frame, into: &packet)
        case .pcma: G711.aLaw.encode(frame, into: &packet)
        case .g722: g722.encode(frame, into: &packet)
        }
    }
}
