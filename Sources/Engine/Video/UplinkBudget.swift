package import Wire

/// What a sender is allowed to send (REMB), from what those who watch it can take.
package struct UplinkBudget {
    /// Whose line decides.
    package enum Policy: String, Sendable {
        /// The slowest: nobody gets more than the line takes, and all suffer with one.
        case lowest
        case average
        /// The fastest: slower ones are served lower layers or fewer frames.
        case highest
    }

    package var policy = Policy.average
    /// The room's and the sender's own limit, in bits per second.
    package var ceiling: UInt64 = UplinkBudget.usualCeiling
    /// A simulcast is several streams: the highest needs this much more beside it.
    private let hasLayers: Bool

    private var sum: UInt64 = 0
    private var watchers: UInt64 = 0
    private var extreme: UInt64?
    private var sent: (value: UInt64, at: Instant)?

    package init(hasLayers: Bool = false) { self.hasLayers = hasLayers }

    /// Begins to count watchers.
    package mutating func begin() { (sum, watchers, extreme) = (0, 0, nil) }

    /// Counts one watcher.
    package mutating func add(capacity: UInt64) {
        let capacity = min(capacity, ceiling)
        sum &+= min(capacity, UInt64(UInt32.max) << 8)
        watchers &+= 1
        switch policy {
        case .lowest: extreme = min(extreme ?? capacity, capacity)
        case .highest: extreme = max(extreme ?? capacity, capacity)
        case .average: break
        }
    }

    /// Bits per second for the sender.
    package var bitrate: UInt64 {
        guard watchers > 0 else { return min(Self.unseen, ceiling) }
        let shared = min(extreme ?? sum / watchers, ceiling)
        let all = hasLayers && shared > Self.lowestLayer ? min(shared &+ shared / 2, Self.most) : shared
        return max(all, min(Self.least, ceiling))
    }

    /// The REMB to send now: once a second without change, at once with one of more than a tenth.
    package mutating func take(at now: Instant) -> UInt64? {
        let value = bitrate
        if let sent {
            let change = value > sent.value ? value - sent.value : sent.value - value
            guard change > sent.value / 10 || now.nanoseconds(since: sent.at) >= Self.interval else { return nil }
        }
        sent = (value, now)
        return value
    }

    package static let usualCeiling: UInt64 = 2_500_000
    /// Enough to keep the encoder and the congestion control alive, and to answer with a key frame.
    package static let unseen: UInt64 = 150_000
    private static let least: UInt64 = 100_000
    /// Where browsers turn on the second layer.
    private static let lowestLayer: UInt64 = 250_000
    private static let most: UInt64 = 20_000_000
    /// A little less than the second within which one must come, as ticks are 20 ms apart.
    private static let interval: Int64 = 960_000_000
}
