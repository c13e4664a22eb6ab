/// What a room waits for, and until when; the earliest is known without looking.
struct RoomTimers: Sendable {
    enum Timer: Hashable, Sendable {
        /// When a room has done without its mandatory members for its grace.
        case end
        /// When nobody may have spoken for too long.
        case silence
        case heartbeat
        case talkReport(MemberID)
        /// When a member's keys mean what they mean, for no further one came.
        case keys(MemberID)
    }

    private var deadlines: [Timer: Duration] = [:]

    private(set) var earliest: Duration?

    /// Sets a timer anew, or cancels it.
    mutating func set(_ timer: Timer, to deadline: Duration?) {
        let old = deadlines[timer]
        guard old != deadline else { return }
        deadlines[timer] = deadline
        if old == earliest {
            earliest = deadlines.values.min()
        } else if let deadline {
            earliest = earliest.map { min($0, deadline) } ?? deadline
        }
    }

    subscript(timer: Timer) -> Duration? { deadlines[timer] }

    /// Takes out one timer that is due, the earliest first.
    mutating func next(at now: Duration) -> Timer? {
        guard let earliest, earliest <= now else { return nil }
        guard let due = deadlines.first(where: { $0.value == earliest })?.key else { return nil }
        set(due, to: nil)
        return due
    }

    mutating func cancelAll() { self = RoomTimers() }
}
