import Glibc

/// Finds where a tone of one frequency begins in 48 kHz audio, to a millisecond, whatever voices lie under it.
///
/// The power at the frequency (Goertzel) in 5 ms blocks with a Hann window, every 1.25 ms. An onset is where it rises
/// through the threshold after 100 ms below.
package struct ToneDetector {
    private let window: [Float]
    private let coefficient: Float
    private let threshold: Float
    private var history: [Float]
    private var sinceHop = 0
    private var before: Float = 0
    private var hopsSinceTone = ToneDetector.quietHopsNeeded
    private var samples = 0

    /// - Parameters:
    ///   - frequency: In Hz; voices should have nothing within 400 Hz of it.
    ///   - amplitude: Of the tone as sent, in samples; found from a third of it on.
    package init(frequency: Double, amplitude: Double) {
        let size = Self.block
        window = (0..<size).map { Float(0.5 - 0.5 * cos(2 * .pi * (Double($0) + 0.5) / Double(size))) }
        coefficient = Float(2 * cos(2 * .pi * frequency / 48_000))
        let peak = amplitude / 3 * Double(size) / 4  // Σ window / 2 is size / 4
        threshold = Float(peak * peak)
        history = [Float](repeating: 0, count: size)
    }

    /// Takes the next samples.
    ///
    /// - Returns: Where the tone begins, in samples from the start of `frame`; may be negative, by a block at most.
    package mutating func process(_ frame: Span<Int16>) -> Double? {
        var onset: Double?
        for index in frame.indices {
            history[samples % Self.block] = Float(frame[index])
            samples += 1
            sinceHop += 1
            guard sinceHop == Self.hop else { continue }
            sinceHop = 0
            if let fraction = hop(), onset == nil {
                let center = Double(index) + 1 - Double(Self.block) / 2
                onset = center - (1 - fraction) * Double(Self.hop)
            }
        }
        return onset
    }

    /// One more block. Returns how far between the last block and this one the power went through the threshold.
    private mutating func hop() -> Double? {
        let power = self.power
        defer { before = power }
        guard power >= threshold else {
            hopsSinceTone += 1
            return nil
        }
        let wasQuiet = hopsSinceTone >= Self.quietHopsNeeded
        hopsSinceTone = 0
        guard wasQuiet else { return nil }
        let (low, high, level) = (before.squareRoot(), power.squareRoot(), threshold.squareRoot())
        return Double((level - low) / (high - low))
    }

    private var power: Float {
        var (one, two): (Float, Float) = (0, 0)
        let start = samples % Self.block
        for index in 0..<Self.block {
            let place = start + index
            let sample = history[place < Self.block ? place : place - Self.block]
            (one, two) = (sample * window[index] + coefficient * one - two, one)
        }
        return one * one + two * two - coefficient * one * two
    }

    private static let block = 240
    private static let hop = 60
    /// 100 ms.
    private static let quietHopsNeeded = 80
}
