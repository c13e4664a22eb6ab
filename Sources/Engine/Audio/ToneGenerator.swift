import Calls
import Glibc

/// Makes the sound of a `tone_stream://` script, 48 kHz.
struct ToneGenerator {
    private let script: ToneScript
    private var index = 0
    private var repeatsLeft: Int
    private var loopsLeft: Int?
    /// Samples into the current tone and its pause.
    private var position = 0
    private var phases: [Double]

    init(_ script: ToneScript) {
        self.script = script
        loopsLeft = script.loops
        repeatsLeft = script.tones.first?.repeats ?? 1
        phases = Array(repeating: 0, count: script.tones.map(\.frequencies.count).max() ?? 0)
    }

    /// Fills one frame; `false` when the script has ended.
    mutating func fill(_ pcm: inout MutableSpan<Int16>) -> Bool {
        for sample in 0..<pcm.count {
            guard index < script.tones.count else {
                pcm[sample] = 0
                continue
            }
            pcm[sample] = next(script.tones[index])
        }
        return index < script.tones.count
    }

    private mutating func next(_ tone: ToneScript.Tone) -> Int16 {
        let on = Self.samples(tone.on)
        let off = Self.samples(tone.off)
        var value = 0.0
        if position < on {
            for (number, frequency) in tone.frequencies.enumerated() {
                phases[number] += frequency / 48_000
                if phases[number] >= 1 { phases[number] -= 1 }
                value += sin(phases[number] * 2 * .pi)
            }
            value *= Self.amplitude(tone.volume) / Double(max(1, tone.frequencies.count))
        }
        position += 1
        if position >= on + off { advance() }
        return Int16(max(-32_767, min(32_767, value)))
    }

    private mutating func advance() {
        position = 0
        repeatsLeft -= 1
        guard repeatsLeft <= 0 else { return }
        index += 1
        if index >= script.tones.count {
            if let left = loopsLeft {
                loopsLeft = left - 1
                guard left > 1 else { return }
            }
            index = 0
        }
        repeatsLeft = script.tones[index].repeats
    }

    private static func samples(_ duration: Duration) -> Int { max(0, Int(duration / .microseconds(1)) * 48 / 1_000) }

    /// `volume` is in dB below full scale, as the script says it.
    private static func amplitude(_ volume: Double) -> Double { 32_767 * pow(10, min(0, volume) / 20) }
}
