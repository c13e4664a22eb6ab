import Wire

/// How long it takes from a member's first loud packet to the row that says so, at each dashboard.
struct TalkMeter {
    /// Milliseconds.
    private(set) var delays: [Double] = []
    /// Talk spurts that began in the window.
    private(set) var spurts = 0
    /// Rows that should have come before the next spurt began, and did not.
    private(set) var missed = 0

    private struct Spurt {
        let start: Instant
        var waiting: Int
    }

    private var current: [String: Spurt] = [:]

    /// - Parameter watchers: How many dashboards watch the room.
    mutating func starts(_ callID: String, watchers: Int, at now: Instant) {
        if let last = current[callID] { missed += last.waiting }
        guard watchers > 0 else { return }
        spurts += 1
        current[callID] = Spurt(start: now, waiting: watchers)
    }

    /// A dashboard's row changed from silent to talking.
    mutating func sees(_ callID: String, at now: Instant) {
        guard let spurt = current[callID], spurt.waiting > 0 else { return }
        delays.append(now.milliseconds(since: spurt.start))
        current[callID]?.waiting -= 1
    }
}
