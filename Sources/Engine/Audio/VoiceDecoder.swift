import Native
import RTC

/// Decodes one source's packets into 48 kHz, whichever of the agreed codecs each is in.
///
/// Opus keeps its own memory; the telephone codecs get theirs from ``BandDecoder``. Where the source goes over from one
/// codec to another, what the first would have said next is blended into the second's beginning.
struct VoiceDecoder: ~Copyable {
    private var opus: OpusDecoder?
    private var narrow: BandDecoder?
    private var wide: BandDecoder?
    /// Whose memory the voice is in.
    private var current: Chain?
    /// The voice in memory is not the next packet's, and would end with a click.
    private var isCut = false
    /// The next packet is the first for a while.
    private var isCold = true
    private var scratch: DecodeScratch

    /// What goes on without a seam: both laws of G.711 are one.
    private enum Chain { case opus, narrow, wide }

    init(scratch: DecodeScratch) { self.scratch = scratch }

    mutating func move(to scratch: DecodeScratch) { self.scratch = scratch }

    /// Samples at 48 kHz in a packet; `nil` when it is none, or holds more than 120 ms.
    static func duration(of payload: Span<UInt8>, _ codec: AudioCodec) -> Int? {
        guard codec != .opus else { return OpusPacket.duration(payload) }
        // 64 kb/s, all of them; less than 2.5 ms is not worth a place.
        let samples = payload.count * 6
        return samples >= 120 && samples <= DecodeScratch.longest ? samples : nil
    }

    /// Makes what `codecs` need. Opus decoders, ten times as large, wait until somebody speaks.
    mutating func prepare(for codecs: [AudioCodec]) {
        for codec in codecs {
            switch Self.chain(of: codec) {
            case .opus: break
            case .narrow: if narrow == nil { narrow = try? BandDecoder(rate: 8_000) }
            case .wide: if wide == nil { wide = try? BandDecoder(rate: 16_000) }
            }
        }
    }

    /// `false`: there is no decoder for that.
    mutating func canDecode(_ codec: AudioCodec) -> Bool {
        switch Self.chain(of: codec) {
        case .opus:
            if opus == nil { opus = try? OpusDecoder() }
            return opus != nil
        case .narrow: return narrow != nil
        case .wide: return wide != nil
        }
    }

    /// What is decoded next begins out of silence.
    mutating func rest() { isCold = true }

    /// What is decoded next is another voice. A telephone's is faded or blended away, Opus fades by itself; `isAbrupt`
    /// asks for it with both.
    mutating func cut(isAbrupt: Bool) {
        guard let current, isAbrupt || current != .opus else { return reset() }
        isCut = true
    }

    /// Decodes one packet into the front of `out`. What does not decode is a loss.
    mutating func decode(_ payload: Span<UInt8>, _ codec: AudioCodec, into out: PCMBuffer) {
        let chain = Self.chain(of: codec)
        let isSeam = current != nil && (isCut || current != chain)
        if isSeam { conceal(into: scratch.ending) }
        if isCut { reset() }
        current = chain
        switch chain {
        case .opus:
            let isDecoded = out.withMutableSpan { pcm in (try? opus?.decode(payload, into: &pcm)) != nil }
            if !isDecoded { conceal(into: out) }
        case .narrow: narrow?.decode(payload, codec, into: out)
        case .wide: wide?.decode(payload, codec, into: out)
        }
        if isSeam { blend(scratch.ending, into: out) } else if isCold, chain != .opus { softenStart(of: out) }
        isCold = false
    }

    /// Fills the front of `out` with 20 ms of what might have come.
    mutating func conceal(into out: PCMBuffer) {
        switch current {
        case .narrow: narrow?.conceal(into: out)
        case .wide: wide?.conceal(into: out)
        case .opus, nil:
            let isConcealed = out.withMutableSpan { pcm in (try? opus?.conceal(into: &pcm)) != nil }
            if !isConcealed { out.silence() }
        }
    }

    /// Fills `out` with the 20 ms lost just before `next`, from its copy if there is one.
    mutating func recover(from next: Span<UInt8>, _ codec: AudioCodec, into out: PCMBuffer) {
        guard codec == .opus, current == .opus else { return conceal(into: out) }
        let isRecovered = out.withMutableSpan { pcm in (try? opus?.decodeFEC(next, into: &pcm)) != nil }
        if !isRecovered { conceal(into: out) }
    }

    /// Lets a voice that was cut off fade within 20 ms. `false`: there is none.
    mutating func end(into out: PCMBuffer) -> Bool {
        guard isCut else { return false }
        conceal(into: out)
        out.withMutableSpan { PCM.fadeOut(&$0) }
        reset()
        return true
    }

    /// Another source comes.
    mutating func reset() {
        opus?.reset()
        narrow?.reset()
        wide?.reset()
        (current, isCut, isCold) = (nil, false, true)
    }

    /// A telephone codec begins in the middle of a wave.
    private func softenStart(of out: PCMBuffer) {
        out.withMutableSpan { all in
            var start = all._mutatingExtracting(0..<Self.seam)
            PCM.fadeIn(&start)
        }
    }

    private func blend(_ old: PCMBuffer, into new: PCMBuffer) {
        old.withSpan { from in
            new.withMutableSpan { to in
                for index in 0..<Self.seam {
                    let weight = Int32(truncatingIfNeeded: index)
                    let length = Int32(truncatingIfNeeded: Self.seam)
                    let sum = Int32(from[index]) &* (length &- weight) &+ Int32(to[index]) &* weight
                    to[index] = Int16(truncatingIfNeeded: sum / length)
                }
            }
        }
    }

    private static func chain(of codec: AudioCodec) -> Chain {
        switch codec {
        case .opus: .opus
        case .pcmu, .pcma: .narrow
        case .g722: .wide
        }
    }

    /// 2.5 ms, which the shortest packet has.
    private static let seam = 120
}
