import CSpeexDSP

/// Takes noise out of one voice and keeps it equally loud, with speexdsp. Move-only: one owner, freed once, never locked.
///
/// Works on frames of 20 ms at 48 kHz and gives each back 20 ms later: after the last frame of a voice one of silence
/// brings the rest. About 90 kB.
@safe package struct VoicePreprocessor: ~Copyable {
    private let state: OpaquePointer

    /// Does nothing until told to.
    package init() throws(SpeexError) {
        guard let state = unsafe speex_preprocess_state_init(CInt(Self.frame), 48_000) else { throw .outOfMemory }
        unsafe self.state = state
        set(SPEEX_PREPROCESS_SET_DENOISE, 0)
        set(SPEEX_PREPROCESS_SET_AGC, 0)
    }

    deinit { unsafe speex_preprocess_state_destroy(state) }

    /// Takes steady noise down, by 15 dB at most.
    package mutating func setDenoise(_ isOn: Bool) { set(SPEEX_PREPROCESS_SET_DENOISE, isOn ? 1 : 0) }

    /// Brings speech to one loudness, slowly, up by 30 dB at most; `nil` stops.
    ///
    /// - Parameter score: The mean absolute sample of speech to aim at, 1 to 4600; what ``PCM/meanAbsolute(_:)`` says.
    package mutating func setAutoGain(score: Int?) {
        set(SPEEX_PREPROCESS_SET_AGC, score == nil ? 0 : 1)
        if let score { set(SPEEX_PREPROCESS_SET_AGC_TARGET, Self.level(score: min(score, 32_767))) }
    }

    /// Changes one frame in place.
    ///
    /// - Precondition: `pcm` is ``frame`` samples.
    package mutating func process(_ pcm: inout MutableSpan<Int16>) {
        precondition(pcm.count == Self.frame, "frames of 20 ms")
        unsafe pcm.withUnsafeMutableBufferPointer { samples in
            guard let start = samples.baseAddress else { return }
            _ = unsafe speex_preprocess_run(state, start)
        }
    }

    private func set(_ request: Int32, _ value: Int32) {
        var value = value
        _ = unsafe speex_preprocess_ctl(state, request, &value)
    }

    /// The library counts loudness in its own way; for voices its level is about seven times the score.
    private static func level(score: Int) -> Int32 { Int32(max(1, min(score * 7, 32_768))) }

    /// 20 ms at 48 kHz.
    package static let frame = 960
}
