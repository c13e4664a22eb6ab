package import Calls
package import Native
import RTC
package import Wire

/// One running call that is in no room: it hears itself, or tones, or silence.
package final class SoloCall {
    package enum Program: Sendable, Equatable {
        /// The caller's own sound, until told otherwise.
        case echo
        case play(Playback)
    }

    package enum Progress { case running, ended }

    package let leg: MediaLeg

    private let isEcho: Bool
    private let stream: MixStream
    private var source: Source

    private enum Source {
        case echo
        case tones(ToneGenerator)
        /// Ticks left; `nil` has no end.
        case silence(Int?)

        var isEcho: Bool {
            if case .echo = self { return true }
            return false
        }
    }

    package init(leg: MediaLeg, program: Program) throws(OpusError) {
        self.leg = leg
        isEcho = program == .echo
        stream = try MixStream(AudioSettings())
        switch program {
        case .echo: source = .echo
        case .play(.tones(let script)): source = .tones(ToneGenerator(script))
        case .play(.silence(let duration, _)): source = .silence(duration.map { Int($0 / .milliseconds(20)) })
        case .play(.file): source = .silence(0)
        }
    }

    /// The call is out of it again.
    package func end(at now: Instant) { leg.video?.show(nil, in: 0, at: now) }

    /// One tick of 20 ms.
    package func advance(to now: Instant) -> Progress {
        let isHeard = leg.input.take(at: now, isWanted: source.isEcho)
        guard leg.peer.isConnected else { return .running }
        if isEcho, let video = leg.video { video.show(video.source, in: 0, at: now) }
        defer { leg.output.pass(UInt32(AudioInput.frame)) }
        switch source {
        case .echo:
            if !isHeard { leg.input.pcm.silence() }
            send(isSilent: !isHeard)
        case .silence(let left):
            leg.output.pause()
            guard let left else { return .running }
            guard left > 0 else { return .ended }
            source = .silence(left - 1)
        case .tones(var generator):
            source = .silence(nil)  // one owner, or its phases are copied
            let hasMore = leg.input.pcm.withMutableSpan { generator.fill(&$0) }
            source = .tones(generator)
            send(isSilent: false)
            if !hasMore { return .ended }
        }
        return .running
    }

    private func send(isSilent: Bool) {
        guard stream.encode(leg.input.pcm, isSilent: isSilent) else { return leg.output.pause() }
        stream.withPacket { leg.output.send($0, through: leg.peer) }
    }
}
