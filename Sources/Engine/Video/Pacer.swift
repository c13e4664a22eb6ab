package import Wire

/// Spreads bursts towards one receiver: a key frame that lies ready in the log, a gap that has just been filled.
///
/// A virtual clock (RFC 2697's idea): each packet moves the time at which the line is free again, and up to ``burst`` of
/// unused time is kept.
package struct Pacer {
    /// Bits per second.
    private var rate: Int64 = Pacer.highestRate
    private var free = Int64.min

    package init() {}

    /// Follows what the receiver can take: key frames come at four times the stream's rate.
    package mutating func follow(capacity: UInt64) {
        let most = UInt64(Self.highestRate) / 4
        rate = max(Int64(clamping: min(capacity, most)) * 4, Self.lowestRate)
    }

    package func allows(at now: Instant) -> Bool { free <= now.nanoseconds }

    package mutating func sent(_ bytes: Int, at now: Instant) {
        let earliest = now.nanoseconds &- Self.burst
        free = max(free, earliest) &+ Int64(bytes) &* 8 &* 1_000_000_000 / rate
    }

    /// 60 kB take 60 ms, and 250 ms in the worst case.
    private static let highestRate: Int64 = 8_000_000
    private static let lowestRate: Int64 = 2_000_000
    private static let burst: Int64 = 20_000_000
}
