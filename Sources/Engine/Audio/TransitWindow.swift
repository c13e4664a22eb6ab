import Wire

/// The slowest packets of the last seconds: what the playout delay has to cover.
///
/// *Transit* is the arrival less the media time, in nanoseconds from an unknown origin; only differences mean anything.
/// Two halves of fixed length are kept, so a peak is remembered for one to two of them.
struct TransitWindow {
    private var current: Int64?
    private var previous: Int64?
    private var turn = Instant(nanoseconds: 0)

    /// The largest transit; `nil` before the first packet.
    var slowest: Int64? {
        guard let current else { return previous }
        return max(current, previous ?? current)
    }

    /// At least one whole half has been seen: a small ``slowest`` is no accident.
    var isSettled: Bool { previous != nil }

    mutating func note(_ transit: Int64, at now: Instant) {
        // Another clock, not another delay.
        if let slowest, (transit &- slowest).magnitude > Self.plausibleChange { self = TransitWindow() }
        if current == nil, previous == nil { turn = now.advanced(by: Self.half) }
        if now >= turn {
            // After a long silence even the younger half is history: clocks have drifted apart since.
            previous = now >= turn.advanced(by: Self.memory) ? nil : current
            current = nil
            turn = now.advanced(by: Self.half)
        }
        current = max(current ?? transit, transit)
    }

    private static let half: Duration = .milliseconds(2500)
    private static let memory: Duration = .seconds(10)
    private static let plausibleChange: UInt64 = 2_000_000_000
}
