import Wire

/// How much of a rate is left: a bucket that fills up again. The rate is the owner's, so that a bucket is two words.
struct RateBucket: Sendable {
    private var tokens: Double
    private(set) var filledAt: Instant

    init(burst: Double, at now: Instant) { (tokens, filledAt) = (burst, now) }

    /// Takes one token, or returns false when there is none.
    mutating func take(rate: Double, burst: Double, at now: Instant) -> Bool {
        let elapsed = max(0, now.nanoseconds(since: filledAt))
        tokens = min(burst, tokens + Double(elapsed) * rate / 1e9)
        filledAt = max(filledAt, now)
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}

/// Failures, one of which is forgotten per step of time.
struct FailureLevel: Sendable {
    private var level = 0
    private var at = Instant(nanoseconds: 0)

    func value(at now: Instant, forgiving step: Duration) -> Int {
        max(0, level - Int(max(0, now.nanoseconds(since: at)) / max(1, step.wholeNanoseconds)))
    }

    /// Returns the level after `count` more failures.
    mutating func raise(by count: Int, at now: Instant, forgiving step: Duration) -> Int {
        level = value(at: now, forgiving: step) + count
        at = now
        return level
    }

    mutating func clear() { level = 0 }
}
