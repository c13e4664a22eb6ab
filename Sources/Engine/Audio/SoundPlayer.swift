import Calls
import Native

/// Plays one sound, or tones, a frame for each tick: once or over and over, from any place, louder or softer.
///
/// Where it begins, pauses, jumps or is stopped in the middle it fades over a frame, so that nothing clicks.
final class SoundPlayer {
    /// What there is to hear in this tick, if ``hasFrame``.
    let frame = PCMBuffer(count: AudioInput.frame)
    private(set) var hasFrame = false
    /// Nothing comes after this tick.
    private(set) var hasEnded = false
    /// Stands still, behind one fading frame.
    var isPaused = false
    /// Q12, see `PCM.unityGain`.
    var gain: Int

    private var source: Source
    /// Of the whole sound, this time included; `nil` has no end.
    private var loopsLeft: Int?
    /// The last tick was heard at full strength.
    private var isSounding = false
    private var isStopping = false
    private var fadesIn: Bool

    private enum Source {
        case sound(Sound, position: Int)
        case tones(ToneGenerator)
        /// Samples left; `nil` has no end.
        case silence(Int?)
    }

    /// - Parameters:
    ///   - loops: How often; `nil` for ever.
    ///   - position: The first sample.
    init(_ sound: Sound, loops: Int? = 1, from position: Int = 0, gain: Int = PCM.unityGain) {
        source = .sound(sound, position: max(0, min(position, sound.count)))
        self.gain = gain
        loopsLeft = loops
        fadesIn = position > 0
        hasEnded = sound.count == 0
    }

    /// Plays what is made and not loaded. `nil` for a file.
    ///
    /// - Parameter gain: Of tones.
    init?(_ playback: Playback, gain: Int = PCM.unityGain) {
        switch playback {
        case .tones(let script): source = .tones(ToneGenerator(script))
        case .silence(let duration, _): source = .silence(duration.map { Int($0 / .microseconds(125)) * 6 })
        case .file: return nil
        }
        self.gain = gain
        loopsLeft = 1
        fadesIn = false
    }

    /// Ends it, behind one fading frame.
    func stop() { isStopping = true }

    /// Goes on at `sample`, or ends where there are not so many. Tones go on as they are.
    func seek(to sample: Int) {
        guard case .sound(let sound, _) = source else { return }
        source = .sound(sound, position: max(0, min(sample, sound.count)))
        fadesIn = true
    }

    /// Plays the next 20 ms.
    func advance() {
        hasFrame = false
        guard !hasEnded else { return }
        let fadesOut = isStopping || isPaused
        if !fadesOut || isSounding {
            hasFrame = frame.withMutableSpan { fill(&$0, fadesOut: fadesOut) }
        }
        isSounding = !fadesOut
        if fadesOut { fadesIn = true }
        if isStopping { hasEnded = true }
    }

    /// `false`: there is nothing to hear.
    private func fill(_ pcm: inout MutableSpan<Int16>, fadesOut: Bool) -> Bool {
        switch source {
        case .sound(let sound, let position):
            fill(&pcm, with: sound, from: position)
        case .tones(var generator):
            source = .silence(nil)  // one owner, or its phases are copied
            hasEnded = !generator.fill(&pcm)
            source = .tones(generator)
        case .silence(let left):
            guard let left else { return false }
            source = .silence(max(0, left - pcm.count))
            hasEnded = left <= pcm.count
            return false
        }
        PCM.scale(&pcm, gain: gain)
        if fadesIn { PCM.fadeIn(&pcm) }
        if fadesOut { PCM.fadeOut(&pcm) }
        fadesIn = false
        return true
    }

    private func fill(_ pcm: inout MutableSpan<Int16>, with sound: Sound, from start: Int) {
        var position = start
        var filled = 0
        while filled < pcm.count, !hasEnded {
            let count = sound.copy(from: position, into: &pcm, at: filled)
            position += count
            filled += count
            guard position >= sound.count else { continue }
            if startsAgain() { position = 0 } else { hasEnded = true }
        }
        for index in filled..<pcm.count { pcm[index] = 0 }
        source = .sound(sound, position: position)
    }

    private func startsAgain() -> Bool {
        guard let left = loopsLeft else { return true }
        loopsLeft = left - 1
        return left > 1
    }
}
