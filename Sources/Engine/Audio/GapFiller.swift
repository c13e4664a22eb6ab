import Glibc
import Native

/// Makes up what was lost of a voice without a memory of its own: the last period of its pitch again and again, fainter
/// each time, and a soft way back into what comes next.
///
/// G.711 and G.722 have no concealment. This is in the manner of G.711 Appendix I, without its delay: the seams between
/// periods are bent towards each other instead of laid over each other.
struct GapFiller: ~Copyable {
    private let rate: Int
    /// What was played last, made up or not.
    private let history: PCMBuffer
    /// The period that is repeated, in the front of it.
    private let period: PCMBuffer
    private var length = 0
    /// The next sample of the period.
    private var phase = 0
    /// What is missing where its end meets its beginning.
    private var step: Int32 = 0
    /// Samples made up in a row.
    private var filled = 0

    /// - Parameter rate: Hz.
    init(rate: Int) {
        self.rate = rate
        history = PCMBuffer(count: rate / 25)
        period = PCMBuffer(count: rate * Self.longestPitch / 1000)
    }

    /// Takes a frame that came; behind a made-up one its first 4 ms are blended with what would have come next.
    mutating func play(_ frame: inout MutableSpan<Int16>) {
        if filled > 0 { blend(into: &frame) }
        filled = 0
        remember(frame.span)
    }

    /// Fills `frame` with what might have come.
    mutating func fill(_ frame: inout MutableSpan<Int16>) {
        if filled == 0 { begin() }
        for index in 0..<frame.count { frame[index] = next() }
        remember(frame.span)
    }

    /// The voice before is no longer this one's.
    mutating func reset() {
        history.silence()
        filled = 0
    }

    private mutating func blend(into frame: inout MutableSpan<Int16>) {
        let count = min(frame.count, rate * Self.blending / 1000)
        for index in 0..<count {
            let (made, came) = (Int32(next()), Int32(frame[index]))
            let weight = Int32(truncatingIfNeeded: index + 1)
            let total = Int32(truncatingIfNeeded: count + 1)
            frame[index] = Int16(truncatingIfNeeded: (made &* (total &- weight) &+ came &* weight) / total)
        }
    }

    private mutating func next() -> Int16 {
        let bend = Int32(truncatingIfNeeded: rate / 500)
        var sample = Int32(period.withSpan { $0[phase] })
        let place = Int32(truncatingIfNeeded: phase)
        if place < bend { sample &+= step &* (bend &- place) / bend }
        phase = phase + 1 < length ? phase + 1 : 0
        filled += 1
        return Int16(truncatingIfNeeded: (max(-32_768, min(32_767, sample)) &* gain) >> 12)
    }

    /// Full for 10 ms, none after 60.
    private var gain: Int32 {
        let past = filled - rate / 100
        guard past > 0 else { return 4_096 }
        return max(0, 4_096 &- Int32(truncatingIfNeeded: past * 4_096 / (rate / 20)))
    }

    private mutating func begin() {
        length = pitch()
        (phase, filled) = (0, 0)
        let start = history.count - length
        history.withSpan { past in
            period.withMutableSpan { period in for index in 0..<length { period[index] = past[start + index] } }
            step = Int32(past[past.count - 1]) &- Int32(past[start - 1])
        }
    }

    /// The distance, in samples, at which the last 20 ms resemble what was before them most.
    private func pitch() -> Int {
        history.withSpan { past in
            let window = past.count / 2
            let stride = rate / 8_000
            let shortest = rate * Self.shortestPitch / 1000
            var (best, found): (Float, Int) = (0, rate * Self.longestPitch / 1000)
            for lag in shortest...(rate * Self.longestPitch / 1000) {
                var (product, energy): (Float, Float) = (0, 1)
                for index in Swift.stride(from: past.count - window, to: past.count, by: stride) {
                    let (now, before) = (Float(past[index]), Float(past[index - lag]))
                    product += now * before
                    energy += before * before
                }
                let likeness = product / energy.squareRoot()
                if likeness > best { (best, found) = (likeness, lag) }
            }
            return found
        }
    }

    private func remember(_ frame: borrowing Span<Int16>) {
        history.withMutableSpan { past in
            let new = min(frame.count, past.count)
            let kept = past.count - new
            for index in 0..<kept { past[index] = past[index + new] }
            for index in 0..<new { past[kept + index] = frame[frame.count - new + index] }
        }
    }

    /// Milliseconds: voices of 66 to 200 Hz, and what is higher by several of its periods.
    private static let shortestPitch = 5
    private static let longestPitch = 15
    private static let blending = 4
}
