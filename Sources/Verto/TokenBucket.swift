package import Wire

/// How often something may happen: `burst` at once, then `rate` a second.
package struct TokenBucket: Sendable {
    private let rate: Double
    private let burst: Double
    private var tokens: Double
    private var filledAt: Instant

    /// - Parameters:
    ///   - rate: Tokens a second.
    ///   - burst: The most that can be saved up.
    package init(rate: Double, burst: Double, at now: Instant) {
        (self.rate, self.burst, tokens, filledAt) = (rate, burst, burst, now)
    }

    /// Takes `count` tokens, or none and returns false when there are not as many.
    package mutating func take(_ count: Int = 1, at now: Instant) -> Bool {
        let elapsed = max(0, now.nanoseconds(since: filledAt))
        tokens = min(burst, tokens + Double(elapsed) * rate / 1e9)
        filledAt = max(filledAt, now)
        guard tokens >= Double(count) else { return false }
        tokens -= Double(count)
        return true
    }
}
