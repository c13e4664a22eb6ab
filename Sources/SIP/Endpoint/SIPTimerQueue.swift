import Calls
import Wire

/// Every timer of calls and requests: a heap of times, the earliest of which is due next.
///
/// A timer that moves to a later time is left where it is; its owner looks at the clock when it fires and schedules it
/// anew. What is left behind by cancelled timers is swept out when it is more than what is alive.
struct SIPTimerQueue: Sendable {
    enum Timer: Hashable, Sendable {
        /// One of a call's own deadlines has come.
        case call(LegID)
        /// A gateway has something to do.
        case gateway(String)
        /// A name that is not found in time.
        case lookup(ResolveToken)
        /// A half message on a stream.
        case stream(SIPConnectionID)
        /// Nobody can answer that INVITE any more.
        case placed(InviteName)
        /// Nobody has said what becomes of a text.
        case text(SIPRequestToken)
        /// No further 2xx can come.
        case late(ClientTransactionID)
    }

    private struct Entry: Sendable {
        var at: Instant
        var timer: Timer
    }

    private var heap: [Entry] = []
    private var scheduled: [Timer: Instant] = [:]

    /// The earliest time at which something may be due; `nil` without timers.
    var deadline: Instant? { heap.first?.at }
    var count: Int { scheduled.count }

    /// Makes `timer` fire at `at`, or earlier when it was to fire earlier.
    mutating func schedule(_ timer: Timer, at: Instant) {
        if let earlier = scheduled[timer], earlier <= at { return }
        scheduled[timer] = at
        heap.append(Entry(at: at, timer: timer))
        siftUp(from: heap.count - 1)
        sweep()
    }

    mutating func cancel(_ timer: Timer) {
        guard scheduled.removeValue(forKey: timer) != nil else { return }
        sweep()
    }

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

    /// Constant time per cancelled timer, taken together.
    private mutating func sweep() {
        guard heap.count > 64, heap.count > 2 * scheduled.count else { return }
        heap = scheduled.map { Entry(at: $0.value, timer: $0.key) }.sorted { $0.at < $1.at }
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
            var smallest = index
            if 2 * index + 1 < heap.count, heap[2 * index + 1].at < heap[smallest].at { smallest = 2 * index + 1 }
            if 2 * index + 2 < heap.count, heap[2 * index + 2].at < heap[smallest].at { smallest = 2 * index + 2 }
            guard smallest != index else { return }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}
