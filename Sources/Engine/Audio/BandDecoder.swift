import Native
import RTC

/// Decodes a telephone's codecs, G.711 at 8 kHz or G.722 at 16, and brings them to 48 kHz without a seam.
///
/// The resampler is as old as the stream: each packet goes on where the one before ended, lost ones being made up
/// (``GapFiller``) in front of it. It holds 3 ms of the voice back.
struct BandDecoder: ~Copyable {
    private var resampler: Resampler
    private var g722: G722Decoder?
    private var gap: GapFiller
    /// A packet's samples before they are resampled.
    private let band: PCMBuffer
    private let ratio: Int

    /// - Parameter rate: Hz, 8000 or 16 000.
    init(rate: Int) throws(CoderError) {
        let resampler = try Self.resampler(from: rate)
        let g722 = try Self.decoder(at: rate)
        self.resampler = resampler
        self.g722 = g722
        gap = GapFiller(rate: rate)
        band = PCMBuffer(count: rate * Self.longest / 1000)
        ratio = 48_000 / rate
    }

    /// Decodes one packet into the front of `out`, six times or three as long.
    mutating func decode(_ payload: Span<UInt8>, _ codec: AudioCodec, into out: PCMBuffer) {
        let count = expand(payload, codec)
        band.withMutableSpan { all in
            var frame = all._mutatingExtracting(0..<count)
            gap.play(&frame)
        }
        resample(count, into: out)
    }

    /// Fills 20 ms of `out` with what might have come.
    mutating func conceal(into out: PCMBuffer) {
        let count = AudioInput.frame / ratio
        band.withMutableSpan { all in
            var frame = all._mutatingExtracting(0..<count)
            gap.fill(&frame)
        }
        resample(count, into: out)
    }

    /// Another voice comes.
    mutating func reset() {
        gap.reset()
        g722?.reset()
    }

    /// Returns how many samples ``band`` holds then.
    private mutating func expand(_ payload: Span<UInt8>, _ codec: AudioCodec) -> Int {
        band.withMutableSpan { samples in
            switch codec {
            case .pcmu: G711.muLaw.decode(payload, into: &samples)
            case .pcma: G711.aLaw.decode(payload, into: &samples)
            case .g722: g722?.decode(payload, into: &samples) ?? 0
            case .opus: 0
            }
        }
    }

    private mutating func resample(_ count: Int, into out: PCMBuffer) {
        let length = min(count * ratio, out.count)
        band.withSpan { samples in
            out.withMutableSpan { all in
                var target = all._mutatingExtracting(0..<length)
                let written = (try? resampler.convert(samples.extracting(0..<count), into: &target))?.written ?? 0
                for index in written..<length { target[index] = 0 }
            }
        }
    }

    private static func resampler(from rate: Int) throws(CoderError) -> Resampler {
        do throws(SpeexError) { return try Resampler.steady(from: rate, to: 48_000) } catch { throw .resampler(error) }
    }

    private static func decoder(at rate: Int) throws(CoderError) -> G722Decoder? {
        guard rate == AudioCodec.g722.sampleRate else { return nil }
        do { return try G722Decoder() } catch { throw .outOfMemory }
    }

    /// Milliseconds in one packet.
    private static let longest = 120
}

extension Resampler {
    /// One that turns a frame of 20 ms into exactly 20 ms, from the first on: it is fed the silence that it looks ahead.
    static func steady(from source: Int, to target: Int) throws(SpeexError) -> Resampler {
        var resampler = try Resampler(from: source, to: target)
        let silence = [Int16](repeating: 0, count: resampler.lookahead)
        var nothing = [Int16](repeating: 0, count: 8)
        var out = nothing.mutableSpan
        _ = try resampler.convert(silence.span, into: &out)
        return resampler
    }
}
