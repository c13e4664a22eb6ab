import Wire

/// Every timer of the endpoint: a heap of times, the earliest of which is the endpoint's deadline.
///
/// A timer that moves to a later time is left where it is; its owner looks at the clock when it fires and schedules
/// it anew. So a message that merely postpones a `verto.ping` costs nothing.
struct Timers {
    enum Timer: Hashable {
        /// A connection's pre-auth, ping, idle, login-expiry or speed test time is up.
        case connection(ConnectionID)
        /// A lost session's reservation ends.
        case session(SessionID)
        /// A room has not answered a command.
        case command(RequestToken)
        /// The server has not answered a request about a call.
        case callRequest(RequestToken)
        /// The calls have not answered a question of the text API.
        case query(RequestToken)
        /// The server has made no offers for the calls of a client that is back.
        case reattach(ConnectionID)
        /// A call that was hung up is still not reported as ended.
        case releasing(String)
    }

    private struct Entry {
        var at: Instant
        var timer: Timer
    }

    private var heap: [Entry] = []
    private var scheduled: [Timer: Instant] = [:]

    /// The earliest time at which something may be due; `nil` without timers.
    var deadline: Instant? { heap.first?.at }

    /// Makes `timer` fire at `at`, or earlier when it was to fire earlier.
    mutating func schedule(_ timer: Timer, at: Instant) {
        if let earlier = scheduled[timer], earlier <= at { return }
        scheduled[timer] = at
        heap.append(Entry(at: at, timer: timer))
        siftUp(from: heap.count - 1)
    }

    mutating func cancel(_ timer: Timer) { scheduled[timer] = nil }

    /// The next timer that is due at `now`; it is no longer scheduled.
    mutating func popDue(at now: Instant) -> Timer? {
        while let first = heap.first, first.at <= now {
            removeFirst()
            guard scheduled[first.timer] == first.at else { continue }  // cancelled, or moved to an earlier time
            scheduled[first.timer] = nil
            return first.timer
        }
        return nil
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        while index > 0, heap[index].at < heap[(index - 1) / 2].at {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var index = 0
        while true {
            let children = [2 * index + 1, 2 * index + 2].filter { $0 < heap.count }
            guard let child = children.min(by: { heap[$0].at < heap[$1].at }), heap[child].at < heap[index].at else {
                return
            }
            heap.swapAt(index, child)
            index = child
        }
    }
}
