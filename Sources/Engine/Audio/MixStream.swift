import Native
import RTC

/// One distinct mix in one codec, encoded once however many hear it: an encoder and the packet of this tick.
///
/// A mix in which nobody is heard is encoded for a moment, so that every decoder settles. Then Opus needs nothing but
/// one repeated silent frame every 400 ms, which keeps paths and players alive; telephones, who take a missing packet
/// for a lost one, get the silent frame in every tick.
final class MixStream {
    /// Frames that went through the encoder.
    private(set) var encodedFrames = 0
    let codec: AudioCodec
    /// Nothing has been heard for so long that the packet says nothing: comfort noise may take its place.
    var isSettled: Bool { coder.isSettled }

    private var coder: Coder

    init(_ settings: AudioSettings, codec: AudioCodec = .opus) throws(CoderError) {
        self.codec = codec
        coder = try Coder(settings, codec)
    }

    /// Encodes this tick. `false`: there is nothing to send.
    func encode(_ mix: PCMBuffer, isSilent: Bool) -> Bool {
        guard coder.isDue(isSilent: isSilent) else { return coder.repeats }
        encodedFrames &+= 1
        return mix.withSpan { coder.encode($0) }
    }

    /// Lends the packet of this tick.
    func withPacket(_ body: (Span<UInt8>) -> Void) { coder.withPacket(body) }

    /// Continues where `other` is: a listener who changes from one to the other hears no seam (`media.md` §7.4).
    ///
    /// - Precondition: Both are of one codec.
    func `continue`(from other: MixStream) {
        precondition(codec == other.codec, "streams of different codecs")
        coder.continue(from: other.coder)
    }

    /// Prepares for lossy receivers, or stops doing so.
    func setExpectedLoss(percent: Int) { coder.encoder.setExpectedLoss(percent: percent) }

    private struct Coder: ~Copyable {
        var encoder: FrameEncoder
        private var bytes = [UInt8](repeating: 0, count: FrameEncoder.longest)
        private var count = 0
        private var quietTicks: Int
        private let isContinuous: Bool

        init(_ settings: AudioSettings, _ codec: AudioCodec) throws(CoderError) {
            encoder = try FrameEncoder(codec, settings)
            quietTicks = Self.settlingTicks - 1  // a silent room begins with one frame to repeat
            isContinuous = codec != .opus
        }

        /// Counts the tick. `false`: it is silent and every decoder knows.
        mutating func isDue(isSilent: Bool) -> Bool {
            quietTicks = isSilent ? quietTicks + 1 : 0
            return quietTicks <= Self.settlingTicks
        }

        /// The last silent packet is to be sent once more.
        var repeats: Bool { count > 0 && (isContinuous || quietTicks % Self.keepAliveTicks == 0) }

        var isSettled: Bool { quietTicks > Self.settlingTicks }

        mutating func encode(_ pcm: Span<Int16>) -> Bool {
            count = Self.encode(pcm, with: &encoder, into: &bytes)
            return count > 0
        }

        private static func encode(
            _ pcm: Span<Int16>, with encoder: inout FrameEncoder, into bytes: inout [UInt8]
        ) -> Int {
            var out = bytes.mutableSpan
            return encoder.encode(pcm, into: &out)
        }

        func withPacket(_ body: (Span<UInt8>) -> Void) { body(bytes.span.extracting(0..<count)) }

        mutating func `continue`(from other: borrowing Coder) {
            encoder.continue(from: other.encoder)
            quietTicks = other.quietTicks
            count = other.count
            for index in 0..<count { bytes[index] = other.bytes[index] }
        }

        private static let settlingTicks = 10
        private static let keepAliveTicks = 20
    }
}

/// How mixes are encoded.
package struct AudioSettings: Sendable, Equatable {
    /// Bits per second for each channel: with fewer for both together libopus lets the sides melt into one.
    package var bitrate: Int
    /// 0 to 10 (libopus).
    package var complexity: Int
    /// How many members are mixed at once; the others' sound is not in the mix.
    package var loudest: Int
    /// 1, or 2 where voices have positions.
    package var channels: Int

    package init(bitrate: Int = 32_000, complexity: Int = 5, loudest: Int = 12, channels: Int = 1) {
        self.bitrate = bitrate
        self.complexity = complexity
        self.loudest = loudest
        self.channels = channels
    }
}
