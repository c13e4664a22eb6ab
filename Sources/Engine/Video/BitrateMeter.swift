package import Wire

/// Bits per second over the last second or two, in steps of 125 ms.
package struct BitrateMeter {
    private var buckets = InlineArray<16, UInt32>(repeating: 0)
    /// The step that is being filled, counted from instant 0.
    private var step = Int64.min
    private var sum: UInt64 = 0
    /// Steps that are counted: fewer until the window is full, so that a stream shows its rate soon.
    private var filled: Int64 = 0

    package init() {}

    package mutating func add(_ bytes: Int, at now: Instant) {
        advance(to: now)
        let slot = Self.slot(step)
        let bytes = UInt32(clamping: bytes)
        let (total, isTooMuch) = buckets[slot].addingReportingOverflow(bytes)
        guard !isTooMuch else { return }
        buckets[slot] = total
        sum &+= UInt64(bytes)
    }

    /// 0 when nothing came for the whole window.
    package mutating func rate(at now: Instant) -> UInt64 {
        advance(to: now)
        guard filled > 0 else { return 0 }
        return sum &* 8 &* 1_000 / UInt64(max(filled, Self.leastFilled) * Self.stepMilliseconds)
    }

    private mutating func advance(to now: Instant) {
        let current = now.nanoseconds / (Self.stepMilliseconds * 1_000_000)
        guard current != step else { return }
        guard sum > 0, current > step, current &- step < Self.steps else {
            guard current > step || sum == 0 else { return }  // a time that runs backwards is a caller's mistake
            buckets = InlineArray(repeating: 0)
            (step, sum, filled) = (current, 0, 1)
            return
        }
        while step < current {
            step += 1
            let slot = Self.slot(step)
            sum &-= UInt64(buckets[slot])
            buckets[slot] = 0
            filled = min(filled + 1, Self.steps)
        }
    }

    private static func slot(_ step: Int64) -> Int { Int(truncatingIfNeeded: step & (steps - 1)) }

    private static let steps: Int64 = 16
    private static let stepMilliseconds: Int64 = 125
    /// A key frame alone is no rate.
    private static let leastFilled: Int64 = 4
}
