package import Calls
package import Native
import RTC
package import Wire

/// One running call that is in no room: it hears itself, or a sound, or tones, or silence.
package final class SoloCall {
    package enum Program: Sendable {
        /// The caller's own sound, until told otherwise.
        case echo
        /// Tones or silence. A file ends at once: whoever has loaded it plays it as ``sound(_:loops:)``.
        case play(Playback)
        /// A loaded file; `loops` is how often, `nil` for ever.
        case sound(Native.Sound, loops: Int?)
    }

    package enum Progress { case running, ended }

    package let leg: MediaLeg

    private var stream: MixStream
    /// `nil` for an echo.
    private let player: SoundPlayer?
    private let isEcho: Bool

    package init(leg: MediaLeg, program: Program) throws(CoderError) {
        self.leg = leg
        stream = try MixStream(AudioSettings(), codec: leg.codec)
        switch program {
        case .echo: (isEcho, player) = (true, nil)
        case .play(let playback): (isEcho, player) = (false, SoundPlayer(playback))
        case .sound(let sound, let loops): (isEcho, player) = (false, SoundPlayer(sound, loops: loops))
        }
    }

    /// The call is out of it again.
    package func end(at now: Instant) { leg.video?.show(nil, in: 0, at: now) }

    /// One tick of 20 ms.
    package func advance(to now: Instant) -> Progress {
        let isHeard = leg.input.take(at: now, isWanted: isEcho)
        guard leg.peer.isConnected else { return .running }
        defer { leg.passFrame() }
        if stream.codec != leg.codec { followCodec() }
        if isEcho {
            if let video = leg.video { video.show(video.source, in: 0, at: now) }
            if !isHeard { leg.input.pcm.silence() }
            send(leg.input.pcm, isSilent: !isHeard)
            return .running
        }
        guard let player else { return .ended }
        player.advance()
        if player.hasFrame { send(player.frame, isSilent: false) } else { leg.sendNothing() }
        return player.hasEnded ? .ended : .running
    }

    private func send(_ pcm: PCMBuffer, isSilent: Bool) {
        guard leg.sendsAudio, stream.encode(pcm, isSilent: isSilent) else { return leg.sendNothing() }
        stream.withPacket { leg.send($0, saysNothing: stream.isSettled) }
    }

    /// Another offer was answered with another codec: this one tick makes an encoder.
    private func followCodec() {
        if let stream = try? MixStream(AudioSettings(), codec: leg.codec) { self.stream = stream }
    }
}
