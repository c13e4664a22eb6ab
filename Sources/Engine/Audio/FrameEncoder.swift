import Native
import RTC

/// Encodes sound, 20 ms of 48 kHz at a time, into frames of one codec.
struct FrameEncoder: ~Copyable {
    let codec: AudioCodec
    private var opus: OpusEncoder?
    private var band: BandEncoder?

    init(_ codec: AudioCodec, _ settings: AudioSettings) throws(CoderError) {
        self.codec = codec
        if codec == .opus {
            opus = try Self.opus(settings)
        } else {
            band = try BandEncoder(codec, channels: settings.channels)
        }
    }

    /// Encodes one frame into the front of `bytes`. Returns its length, 0 when it failed.
    mutating func encode(_ pcm: Span<Int16>, into bytes: inout MutableSpan<UInt8>) -> Int {
        if opus != nil { return (try? opus?.encode(pcm, into: &bytes)) ?? 0 }
        return band?.encode(pcm, into: &bytes) ?? 0
    }

    /// Continues where `other`, of the same codec, is: a decoder that goes from one to the other hears no seam.
    mutating func `continue`(from other: borrowing FrameEncoder) {
        switch other.opus {
        case .some(let theirs): opus?.copyState(of: theirs)
        case .none: break
        }
        switch other.band {
        case .some(let theirs): band?.continue(from: theirs)
        case .none: break
        }
    }

    /// Prepares for lossy receivers, or stops doing so. Only Opus can.
    mutating func setExpectedLoss(percent: Int) {
        opus?.setInbandFEC(percent > 0)
        opus?.setExpectedLoss(percent: percent)
    }

    private static func opus(_ settings: AudioSettings) throws(CoderError) -> OpusEncoder {
        do throws(OpusError) {
            return try OpusEncoder(
                channels: settings.channels, bitrate: settings.bitrate * settings.channels,
                complexity: settings.complexity, application: .voip)
        } catch {
            throw .opus(error)
        }
    }

    /// The longest frame, and one byte (RFC 6716 §3.4).
    static let longest = 1_276
}
