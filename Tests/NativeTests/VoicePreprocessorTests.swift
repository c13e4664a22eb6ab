import Native
import Testing

struct VoicePreprocessorTests {
    /// Noise with something like syllables in it: bursts of a harmonic sound, four in a second.
    private func speech(level: Double, noise: Double, seconds: Int) -> [Int16] {
        var random = SystemRandomNumberGenerator()
        var phase = 0.0
        return (0..<seconds * 48_000).map { index in
            phase += 140.0 / 48_000
            let place = phase.truncatingRemainder(dividingBy: 1)
            let isVoiced = index / 6_000 % 2 == 0
            let voice = isVoiced ? level * (place < 0.3 ? 1 - place / 0.15 : -1 + (place - 0.3) / 0.35) : 0
            return Int16(clamping: Int(voice + Double.random(in: -noise...noise, using: &random)))
        }
    }

    /// The mean absolute sample of each half second of what comes out.
    private func run(
        _ sound: [Int16], _ settings: (inout VoicePreprocessor) -> Void
    ) throws -> [(voice: Int, pause: Int)] {
        var preprocessor = try VoicePreprocessor()
        settings(&preprocessor)
        let frame = PCMBuffer(count: 960)
        var scores: [(voice: Int, pause: Int)] = []
        var (voice, pause) = ([Int](), [Int]())
        for start in stride(from: 0, through: sound.count - 960, by: 960) {
            frame.copy(from: sound.span.extracting(start..<start + 960))
            frame.withMutableSpan { preprocessor.process(&$0) }
            let score = frame.withSpan { PCM.meanAbsolute($0) }
            // 20 ms late, and frames that are half of either are left out.
            let place = (start - 960) % 12_000
            if (960...4_000).contains(place) { voice.append(score) }
            if (7_200...10_000).contains(place) { pause.append(score) }
            guard voice.count >= 8 else { continue }
            scores.append((voice.reduce(0, +) / voice.count, pause.reduce(0, +) / max(1, pause.count)))
            (voice, pause) = ([], [])
        }
        return scores
    }

    @Test func leavesSoundAsItIsUntilTold() throws {
        let sound = speech(level: 3_000, noise: 100, seconds: 4)
        let scores = try run(sound) { _ in }
        let last = try #require(scores.last)
        #expect((1_200...1_800).contains(last.voice), "\(last)")
        #expect((35...65).contains(last.pause), "\(last)")
    }

    @Test func takesNoiseOutAndLeavesTheVoice() throws {
        let sound = speech(level: 4_000, noise: 300, seconds: 8)
        let scores = try run(sound) { $0.setDenoise(true) }
        let last = try #require(scores.last)
        #expect(last.pause < 60, "noise of 150 is \(last.pause)")
        #expect(last.voice > 1_200, "\(last)")
    }

    @Test(arguments: [300.0, 1_000, 12_000])
    func bringsEveryVoiceToTheSameLoudness(level: Double) throws {
        let sound = speech(level: level, noise: 2, seconds: 40)
        let scores = try run(sound) { $0.setAutoGain(score: 1_100) }
        let last = try #require(scores.last)
        #expect((800...1_400).contains(last.voice), "\(last)")
    }
}
