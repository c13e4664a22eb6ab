import Native

/// What is done to one member's voice on request, before it is measured.
final class VoiceCare {
    private var preprocessor: Preprocessor
    /// The last frame's end is still in there.
    private var hasRest = false

    init() throws(SpeexError) { preprocessor = try Preprocessor() }

    /// - Parameter score: The mean absolute sample to aim at; `nil` leaves the loudness alone.
    func set(autoGain score: Int?, denoises: Bool) { preprocessor.set(score, denoises) }

    /// Changes the frame of this tick.
    ///
    /// - Parameter isHeard: There is something in it; else it is silent.
    /// - Returns: Whether there is something in it now.
    func process(_ pcm: PCMBuffer, isHeard: Bool) -> Bool {
        guard isHeard || hasRest else { return false }
        if !isHeard { pcm.silence() }
        preprocessor.process(pcm)
        hasRest = isHeard
        return true
    }

    private struct Preprocessor: ~Copyable {
        private var voice: VoicePreprocessor

        init() throws(SpeexError) { voice = try VoicePreprocessor() }

        mutating func set(_ score: Int?, _ denoises: Bool) {
            voice.setAutoGain(score: score)
            voice.setDenoise(denoises)
        }

        mutating func process(_ pcm: PCMBuffer) { Self.process(pcm, with: &voice) }

        private static func process(_ pcm: PCMBuffer, with voice: inout VoicePreprocessor) {
            pcm.withMutableSpan { voice.process(&$0) }
        }
    }
}
