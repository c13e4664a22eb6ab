import Glibc

/// Something that codecs and talk detectors take for speech: voiced syllables through formants, fricatives, short pauses.
///
/// A pulse train and noise through two resonators that glide from vowel to vowel, about four syllables a second. There is
/// a gap in the spectrum around 3 kHz, where a ``ToneDetector`` can listen under any number of voices.
package struct SyntheticSpeech {
    private var random: SeededGenerator
    private let pitch: Double
    private var phase = 0.0
    private var filters = Formants()
    private var notches = [Notch(), Notch()]

    /// - Parameter voice: Each number speaks in another pitch and with other words.
    package init(voice: UInt64) {
        random = SeededGenerator(seed: voice)
        pitch = Double.random(in: 95...220, using: &random)
    }

    /// `seconds` of 48 kHz audio whose loudest second is about `rms`; no pause is longer than 200 ms.
    package mutating func samples(seconds: Double, rms: Double = 2600) -> [Int16] {
        var signal: [Double] = []
        let count = Int(seconds * Self.rate)
        signal.reserveCapacity(count + 24_000)
        while signal.count < count {
            for _ in 0..<Int.random(in: 4...7, using: &random) { appendSyllable(to: &signal) }
            appendSilence(seconds: Double.random(in: 0.10...0.18, using: &random), to: &signal)
        }
        signal.removeSubrange(count...)
        let scale = rms / max(Self.loudest(signal), 1e-9)
        return signal.map { Int16(clamping: Int(($0 * scale).rounded())) }
    }

    private mutating func appendSyllable(to signal: inout [Double]) {
        if Int.random(in: 0..<3, using: &random) == 0 { appendFricative(to: &signal) }
        let count = Int(Double.random(in: 0.12...0.26, using: &random) * Self.rate)
        let from = vowel
        let to = vowel
        let melody = Double.random(in: 0.85...1.2, using: &random)
        for index in 0..<count {
            let place = Double(index) / Double(count)
            if index.isMultiple(of: 48) { filters.tune(from, to, place) }
            phase += pitch * melody * (1.08 - 0.16 * place) / Self.rate
            var source = noise * 0.02
            if phase >= 1 {
                phase -= 1
                source += 1
            }
            signal.append(notched(filters.process(source)) * Self.envelope(place))
        }
        appendSilence(seconds: Double.random(in: 0.01...0.05, using: &random), to: &signal)
    }

    private mutating func appendFricative(to signal: inout [Double]) {
        let count = Int(Double.random(in: 0.04...0.08, using: &random) * Self.rate)
        var last = 0.0
        for index in 0..<count {
            let white = noise
            let high = white - last  // a first difference: little below 4 kHz
            last = white
            signal.append(notched(high * 0.4) * Self.envelope(Double(index) / Double(count)))
        }
    }

    private mutating func appendSilence(seconds: Double, to signal: inout [Double]) {
        for _ in 0..<Int(seconds * Self.rate) { signal.append(notched(noise * 0.001)) }
    }

    private var vowel: (Double, Double) {
        mutating get {
            (Double.random(in: 300...800, using: &random), Double.random(in: 900...2100, using: &random))
        }
    }

    private var noise: Double {
        mutating get { Double.random(in: -1...1, using: &random) }
    }

    private mutating func notched(_ sample: Double) -> Double {
        var sample = sample
        for index in notches.indices { sample = notches[index].process(sample) }
        return sample
    }

    /// Up in the first fifth, down in the last third.
    private static func envelope(_ place: Double) -> Double { min(1, place * 5, (1 - place) * 3) }

    /// The greatest RMS of all seconds.
    private static func loudest(_ signal: [Double]) -> Double {
        let length = min(signal.count, Int(rate))
        return stride(from: 0, through: signal.count - length, by: max(1, length / 2)).map { start in
            (signal[start..<start + length].reduce(0) { $0 + $1 * $1 } / Double(max(1, length))).squareRoot()
        }.max() ?? 0
    }

    private static let rate = 48_000.0
}

/// Two resonators in parallel.
private struct Formants {
    private var first = Resonator()
    private var second = Resonator()

    mutating func tune(_ from: (Double, Double), _ to: (Double, Double), _ place: Double) {
        first.tune(frequency: from.0 + (to.0 - from.0) * place, bandwidth: 90)
        second.tune(frequency: from.1 + (to.1 - from.1) * place, bandwidth: 130)
    }

    mutating func process(_ sample: Double) -> Double { first.process(sample) + 0.5 * second.process(sample) }
}

/// Two poles.
private struct Resonator {
    private var (a, b, gain) = (0.0, 0.0, 1.0)
    private var (one, two) = (0.0, 0.0)

    mutating func tune(frequency: Double, bandwidth: Double) {
        let radius = exp(-.pi * bandwidth / 48_000)
        a = 2 * radius * cos(2 * .pi * frequency / 48_000)
        b = radius * radius
        gain = 1 - radius
    }

    mutating func process(_ sample: Double) -> Double {
        (one, two) = (gain * sample + a * one - b * two, one)
        return one
    }
}

/// A gap of about 900 Hz at 3 kHz.
private struct Notch {
    private var (x1, x2, y1, y2) = (0.0, 0.0, 0.0, 0.0)

    mutating func process(_ x: Double) -> Double {
        let zeros = x - 2 * Self.cosine * x1 + x2
        let y = zeros + 2 * Self.radius * Self.cosine * y1 - Self.radius * Self.radius * y2
        (x1, x2, y1, y2) = (x, x1, y, y1)
        return y
    }

    private static let cosine: Double = cos(2 * Double.pi * 3000 / 48_000)
    private static let radius: Double = exp(-Double.pi * 900 / 48_000)
}
