import Native
import RTC
import Wire

/// One direction of a ``CallPair``: what one call says, to the other.
///
/// While both speak the same codec packets are passed on as they come (``AudioRelay``). Otherwise they go through the
/// jitter buffer and the decoder as in a room, and every tick one frame is encoded for the other side. An offer that is
/// answered in the middle of the call decides anew, as does a packet that the other side could not decode; the other
/// side hears one source of ours all the time.
final class AudioPassage {
    private let source: MediaLeg
    private let target: MediaLeg
    /// While frames are encoded.
    private var stream: MixStream?
    /// What the choice was made for.
    private var revisions: (source: Int, target: Int) = (0, 0)

    init(from source: MediaLeg, to target: MediaLeg, at now: Instant) {
        (self.source, self.target) = (source, target)
        source.input.restart()
        source.relay = AudioRelay(to: target)
        target.setClock(target.output.timestamp, at: now)
        choose(isForeign: false, at: now)
    }

    var isTranscoding: Bool { stream != nil }

    func setHeld(_ isHeld: Bool) {
        source.relay?.setHeld(isHeld)
        if isHeld { target.output.pause() }
    }

    /// One tick of 20 ms.
    func advance(to now: Instant) {
        let isForeign = source.relay?.needsTranscoding == true
        if isForeign || revisions != (source.revision, target.revision) { choose(isForeign: isForeign, at: now) }
        guard let stream else { return }
        let isHeld = source.relay?.isHeld == true
        let isHeard = source.input.take(at: now, isWanted: !isHeld)
        defer { target.passFrame() }
        guard !isHeld, target.sendsAudio, target.peer.isConnected else {
            target.packer?.drop()
            return target.output.pause()
        }
        if !isHeard { source.input.pcm.silence() }
        guard stream.encode(source.input.pcm, isSilent: !isHeard) else { return target.sendNothing() }
        stream.withPacket { target.send($0, saysNothing: stream.isSettled) }
    }

    /// The calls are each for themselves again.
    func end(at now: Instant) {
        source.relay = nil
        source.input.makesNoise = false
        source.input.restart()
        target.stopClock(at: now)
        target.output.pause()
    }

    /// Decides how sound goes on.
    ///
    /// - Parameter isForeign: The source sends something that the target cannot decode, whatever was agreed to first.
    private func choose(isForeign: Bool, at now: Instant) {
        revisions = (source.revision, target.revision)
        guard isForeign || source.codec != target.codec else { return relay(at: now) }
        // Made in the one tick after an answer: no other one allocates.
        guard stream?.codec != target.codec, let new = try? MixStream(AudioSettings(), codec: target.codec)
        else { return }
        if stream == nil {
            source.input.restart()
            source.input.makesNoise = true
            source.relay?.setTranscoding(true)
            target.stopClock(at: now)
        }
        stream = new
        target.output.pause()
    }

    private func relay(at now: Instant) {
        guard stream != nil else { return }
        stream = nil
        source.input.makesNoise = false
        source.input.restart()
        source.relay?.setTranscoding(false)
        target.setClock(target.output.timestamp, at: now)
    }
}
