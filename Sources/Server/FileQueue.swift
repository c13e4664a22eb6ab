import Dispatch
import Synchronization

/// Hands what is appended, in order and in batches, to work that may wait for the disk, one batch at a time and never
/// on a thread of the task pool.
///
/// A batch is whatever has come while the one before it was worked on, so that a slow disk syncs for many at once.
final class FileQueue<Item: Sendable>: Sendable {
    private struct State {
        var waiting: [Item] = []
        var isWorking = false
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue
    private let limit: Int
    private let work: @Sendable ([Item]) -> Void

    /// - Parameter limit: Items that may wait; a batch being worked on does not count.
    init(_ label: String, limit: Int, work: @escaping @Sendable ([Item]) -> Void) {
        queue = DispatchQueue(label: label)
        self.limit = limit
        self.work = work
    }

    /// - Returns: False when there is no room, and after ``close()``: the item is not taken.
    func append(_ item: Item) -> Bool {
        let (isTaken, begins) = state.withLock { state in
            guard !state.isClosed, state.waiting.count < limit else { return (false, false) }
            state.waiting.append(item)
            defer { state.isWorking = true }
            return (true, !state.isWorking)
        }
        if begins { queue.async { self.drain() } }
        return isTaken
    }

    /// Takes nothing more, and returns once all that was taken is worked on.
    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.isWorking { state.closers.append(continuation) }
                return !state.isWorking
            }
            if isIdle { continuation.resume() }
        }
    }

    private func drain() {
        while true {
            let (batch, closers) = state.withLock { state in
                let taken = (state.waiting, state.waiting.isEmpty ? state.closers : [])
                if state.waiting.isEmpty { (state.isWorking, state.closers) = (false, []) }
                state.waiting = []
                return taken
            }
            for closer in closers { closer.resume() }
            if batch.isEmpty { return }
            work(batch)
        }
    }
}
