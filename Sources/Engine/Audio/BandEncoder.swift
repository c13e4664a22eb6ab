import Native
import RTC

/// Brings 48 kHz down to a telephone's 8 or 16 kHz and encodes it: 160 bytes for 20 ms, G.711 and G.722 alike.
///
/// The resampler looks 3 ms ahead, so that much of a frame comes in the next one.
struct BandEncoder: ~Copyable {
    private let codec: AudioCodec
    private var resampler: Resampler
    private var g722: G722Encoder?
    /// Samples at the codec's rate.
    private let band: PCMBuffer
    /// The frame before, at 48 kHz: all that the resampler remembers is in it.
    private let past = PCMBuffer(count: AudioInput.frame)
    /// Where two channels become one.
    private let middle: PCMBuffer?

    init(_ codec: AudioCodec, channels: Int) throws(CoderError) {
        let resampler = try Self.resampler(to: codec.sampleRate)
        let g722 = try Self.wideEncoder(for: codec)
        self.codec = codec
        self.resampler = resampler
        self.g722 = g722
        band = PCMBuffer(count: codec.sampleRate / 50)
        middle = channels == 1 ? nil : PCMBuffer(count: AudioInput.frame)
    }

    mutating func encode(_ pcm: Span<Int16>, into bytes: inout MutableSpan<UInt8>) -> Int {
        guard let middle else {
            past.copy(from: pcm)
            convert(pcm)
            return compress(into: &bytes)
        }
        middle.withMutableSpan { out in
            for index in 0..<out.count {
                out[index] = Int16(truncatingIfNeeded: (Int32(pcm[2 * index]) &+ Int32(pcm[2 * index + 1])) >> 1)
            }
        }
        middle.withSpan { frame in
            past.copy(from: frame)
            convert(frame)
        }
        return compress(into: &bytes)
    }

    /// Goes on where `other` is, to the bit.
    mutating func `continue`(from other: borrowing BandEncoder) {
        other.past.withSpan { frame in
            past.copy(from: frame)
            convert(frame)
        }
        switch other.g722 {
        case .some(let theirs): g722?.copyState(of: theirs)
        case .none: break
        }
    }

    /// Fills ``band``.
    private mutating func convert(_ frame: Span<Int16>) {
        band.withMutableSpan { out in
            let written = (try? resampler.convert(frame, into: &out))?.written ?? 0
            for index in written..<out.count { out[index] = 0 }
        }
    }

    private mutating func compress(into bytes: inout MutableSpan<UInt8>) -> Int {
        band.withSpan { samples in
            switch codec {
            case .pcmu: G711.muLaw.encode(samples, into: &bytes)
            case .pcma: G711.aLaw.encode(samples, into: &bytes)
            case .g722: g722?.encode(samples, into: &bytes) ?? 0
            case .opus: 0
            }
        }
    }

    private static func resampler(to rate: Int) throws(CoderError) -> Resampler {
        do throws(SpeexError) { return try Resampler.steady(from: 48_000, to: rate) } catch { throw .resampler(error) }
    }

    private static func wideEncoder(for codec: AudioCodec) throws(CoderError) -> G722Encoder? {
        guard codec == .g722 else { return nil }
        do { return try G722Encoder() } catch { throw .outOfMemory }
    }
}
