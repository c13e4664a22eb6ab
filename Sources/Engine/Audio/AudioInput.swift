package import Native
package import RTC
package import Wire

/// What a peer says: reorders, gates, decodes and repairs its stream into one frame of 20 ms for each tick.
///
/// Packets arrive when they like; frames leave with the room's clock. Streams that claim silence stay in the jitter
/// buffer undecoded, and the last of them warm the decoder up when a voice begins, so that its first syllable is heard.
package final class AudioInput {
    /// The frame of this tick; meaningful when ``take(at:isWanted:)`` said so.
    package let pcm = PCMBuffer(count: AudioInput.frame)
    package var counters: JitterBuffer.Counters { jitter.counters }
    /// Frames decoded, for the benchmark that proves that silent streams cost none.
    package private(set) var decodedFrames = 0

    /// Comfort noise is heard, where the sender asks for it: only who speaks with one alone misses it.
    package var makesNoise = false

    private var jitter = JitterBuffer()
    private var gate: LevelGate
    private var decoder: VoiceDecoder
    /// What one tick of the sender's clock is at 48 kHz.
    private var scale: UInt32 = 1
    /// The sender's silence, while it is one with a sound.
    private var noise: ComfortNoise?
    /// The decoder has seen the packets just before the next one.
    private var isWarm = false
    /// Samples of a packet longer than a frame that later ticks play.
    private var stash: PCMBuffer?
    private var stashStart = 0
    private var stashEnd = 0
    /// Samples of undecoded packets still to pass.
    private var silentSamples = 0
    private var scratch: DecodeScratch

    package init(energyLevel: Int, scratch: DecodeScratch) {
        gate = LevelGate(energyLevel: energyLevel)
        decoder = VoiceDecoder(scratch: scratch)
        self.scratch = scratch
    }

    /// Makes the decoders of what may come, so that no packet has to.
    package func prepare(for codecs: [AudioCodec]) { decoder.prepare(for: codecs) }

    package func setEnergyLevel(_ energyLevel: Int) { gate.setEnergyLevel(energyLevel) }

    /// The score of the last frame was low: the jitter buffer may drop a frame here unheard.
    package func noteQuiet(_ isQuiet: Bool) { jitter.isQuiet = isQuiet }

    /// Another media loop goes on with it, whose room this is.
    func move(to scratch: DecodeScratch) {
        self.scratch = scratch
        decoder.move(to: scratch)
    }

    /// The packets that follow are another source's.
    package func restart() { restart(isAbrupt: false) }

    private func restart(isAbrupt: Bool) {
        jitter.restart()
        if isWarm { decoder.cut(isAbrupt: isAbrupt) } else { decoder.reset() }
        (isWarm, silentSamples, stashStart, stashEnd, noise) = (false, 0, 0, 0, nil)
    }

    /// Takes one packet. What its codec does not allow is dropped here, so that the decoder sees only what its header
    /// allows.
    ///
    /// - Parameter timestamp: By the codec's clock.
    package func insert(
        _ payload: Span<UInt8>, as content: AudioContent = .sound(.opus), sequence: UInt16, timestamp: UInt32,
        level: Int?, at now: Instant
    ) {
        var (duration, level, payload) = (0, level, payload)
        switch content {
        case .sound(let codec):
            follow(codec)
            guard !payload.isEmpty else { break }
            guard let samples = VoiceDecoder.duration(of: payload, codec), samples <= DecodeScratch.longest
            else { return }
            duration = samples
        case .comfortNoise:
            guard !payload.isEmpty else { break }
            (duration, level) = (Self.frame, Int(payload[0] & 0x7F))
        case .other: payload = payload.extracting(0..<0)
        }
        jitter.insert(
            payload, as: content, sequence: sequence, timestamp: timestamp &* scale, duration: duration, level: level,
            at: now)
    }

    /// Another clock means another count of time.
    private func follow(_ codec: AudioCodec) {
        let scale: UInt32 = codec == .opus ? 1 : 6
        guard scale != self.scale else { return }
        restart(isAbrupt: true)
        self.scale = scale
    }

    /// Plays this tick's 20 ms. `true`: ``pcm`` holds sound; `false`: nothing was said, nothing was decoded.
    ///
    /// - Parameter isWanted: `false` for muted members: time passes, nothing is decoded.
    package func take(at now: Instant, isWanted: Bool) -> Bool {
        jitter.beginTick(at: now)
        var filled = 0
        var isHeard = false
        while filled < Self.frame {
            if stashEnd > stashStart {
                filled += unstash(at: filled)
                isHeard = true
            } else if silentSamples > 0 {
                let count = min(silentSamples, Self.frame - filled)
                silentSamples -= count
                if noise != nil, makesNoise { isHeard = true }
                filled = silence(count, at: filled)
            } else {
                let heard = step(&filled, isWanted: isWanted)
                isHeard = isHeard || heard
            }
        }
        return isHeard && isWanted
    }

    /// Plays the next thing of the jitter buffer.
    private func step(_ filled: inout Int, isWanted: Bool) -> Bool {
        switch jitter.take() {
        case .pause:
            guard decoder.end(into: scratch.first) else { return skip(Self.frame) }
            copy(scratch.first, Self.frame, to: &filled)
            return true
        case .packet(let slot):
            return play(slot, &filled, isWanted: isWanted)
        case .merge(let slot, let next):
            return merge(slot, next, &filled, isWanted: isWanted)
        case .recover(let slot):
            guard isWarm, isWanted else { return skip(Self.frame) }
            recover(slot)
            copy(scratch.first, Self.frame, to: &filled)
            return true
        case .conceal:
            guard isWarm, isWanted else { return skip(Self.frame) }
            conceal(into: scratch.first)
            copy(scratch.first, Self.frame, to: &filled)
            return true
        }
    }

    /// Lets `samples` pass unheard.
    private func skip(_ samples: Int) -> Bool {
        isWarm = false
        silentSamples += samples
        return false
    }

    private func play(_ slot: Int, _ filled: inout Int, isWanted: Bool) -> Bool {
        let duration = jitter.duration(of: slot)
        guard case .sound(let codec) = jitter.content(of: slot) else { return beginNoise(slot) }
        noise = nil
        guard isWanted, !jitter.isDTX(slot), gate.isOpen(level: jitter.level(of: slot)), decoder.canDecode(codec)
        else {
            return skip(duration)
        }
        if !isWarm { warmUp() }
        if duration == Self.frame, filled == 0 {
            decode(slot, into: pcm)
            filled = Self.frame
        } else {
            decode(slot, into: scratch.long)
            copy(scratch.long, duration, to: &filled)
        }
        return true
    }

    /// Two frames become one, to take 20 ms out of the delay in the middle of speech.
    private func merge(_ slot: Int, _ next: Int, _ filled: inout Int, isWanted: Bool) -> Bool {
        guard isWanted, gate.isOpen(level: jitter.level(of: slot)), canDecode(slot), canDecode(next) else {
            return skip(Self.frame)
        }
        if !isWarm { warmUp() }
        decode(slot, into: scratch.first)
        decode(next, into: scratch.second)
        scratch.first.withSpan { from in
            scratch.second.withSpan { to in
                scratch.blend.withMutableSpan { PCM.crossfade(into: &$0, from: from, to: to) }
            }
        }
        copy(scratch.blend, Self.frame, to: &filled)
        return true
    }

    /// The sender says nothing from here on, with this noise.
    private func beginNoise(_ slot: Int) -> Bool {
        var noise = self.noise ?? ComfortNoise()
        noise.setLevel(jitter.level(of: slot) ?? 127)
        self.noise = noise
        return skip(jitter.duration(of: slot))
    }

    private func canDecode(_ slot: Int) -> Bool {
        guard case .sound(let codec) = jitter.content(of: slot) else { return false }
        return decoder.canDecode(codec)
    }

    /// Runs the last packets of the silence through the decoder; without any the voice fades in from a cold start.
    private func warmUp() {
        isWarm = true
        for distance in stride(from: Int64(Self.warmUpPackets), to: 0, by: -1) {
            guard let slot = jitter.played(before: distance), canDecode(slot) else { continue }
            decode(slot, into: scratch.long)
        }
        decoder.rest()
    }

    private func decode(_ slot: Int, into out: PCMBuffer) {
        decodedFrames &+= 1
        guard case .sound(let codec) = jitter.content(of: slot) else { return out.silence() }
        jitter.payloads.withSlot(slot) { decoder.decode($0, codec, into: out) }
    }

    private func conceal(into out: PCMBuffer) { decoder.conceal(into: out) }

    private func recover(_ slot: Int) {
        guard case .sound(let codec) = jitter.content(of: slot) else { return conceal(into: scratch.first) }
        jitter.payloads.withSlot(slot) { decoder.recover(from: $0, codec, into: scratch.first) }
    }

    // MARK: Pieces of a frame

    private func silence(_ count: Int, at filled: Int) -> Int {
        if noise != nil, makesNoise {
            pcm.withMutableSpan { noise?.fill(&$0, from: filled, count: count) }
            return filled + count
        }
        pcm.withMutableSpan { out in for index in filled..<(filled + count) { out[index] = 0 } }
        return filled + count
    }

    private func copy(_ source: PCMBuffer, _ count: Int, to filled: inout Int) {
        let start = filled
        let fitting = min(count, Self.frame - start)
        source.withSpan { from in
            pcm.withMutableSpan { out in for index in 0..<fitting { out[start + index] = from[index] } }
        }
        filled += fitting
        guard count > fitting else { return }
        let stash = self.stash ?? PCMBuffer(count: DecodeScratch.longest)
        self.stash = stash
        source.withSpan { from in
            stash.withMutableSpan { out in for index in fitting..<count { out[index - fitting] = from[index] } }
        }
        (stashStart, stashEnd) = (0, count - fitting)
    }

    private func unstash(at filled: Int) -> Int {
        guard let stash else { return 0 }
        let count = min(stashEnd - stashStart, Self.frame - filled)
        let start = stashStart
        stash.withSpan { from in
            pcm.withMutableSpan { out in for index in 0..<count { out[filled + index] = from[start + index] } }
        }
        stashStart += count
        return count
    }

    /// Samples in a tick: 20 ms at 48 kHz.
    package static let frame = 960
    private static let warmUpPackets = 3
}

/// Room to decode into, shared by all inputs of one media loop.
package final class DecodeScratch {
    package let first = PCMBuffer(count: AudioInput.frame)
    package let second = PCMBuffer(count: AudioInput.frame)
    package let blend = PCMBuffer(count: AudioInput.frame)
    package let long = PCMBuffer(count: DecodeScratch.longest)
    /// Of a voice that another one follows.
    let ending = PCMBuffer(count: AudioInput.frame)

    package init() {}

    /// 120 ms, the longest Opus packet (RFC 6716 §2.1.4).
    package static let longest = 5_760
}
