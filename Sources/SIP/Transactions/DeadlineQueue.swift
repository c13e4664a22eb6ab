package import Wire

/// When something is to happen to whom: one instant per id, the earliest first, equal ones in the order they were set.
///
/// A binary heap in which old entries stay until they come to the top or there are more of them than of live ones.
package struct DeadlineQueue<ID: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        let at: Instant
        let serial: UInt64
        let id: ID

        func isBefore(_ other: Entry) -> Bool { at == other.at ? serial < other.serial : at < other.at }
    }

    private struct Mark: Sendable {
        let at: Instant
        let serial: UInt64
    }

    private var heap: [Entry] = []
    private var live: [ID: Mark] = [:]
    private var lastSerial: UInt64 = 0

    package init() {}

    /// The earliest instant; `nil` when there is none.
    package var first: Instant? { heap.first?.at }
    package var count: Int { live.count }
    /// Entries in memory, old ones included: at most twice ``count`` and a few.
    package var storedCount: Int { heap.count }

    package subscript(id: ID) -> Instant? { live[id]?.at }

    /// Sets or, with `nil`, takes away the instant of `id`.
    /// - Complexity: O(log count) on average.
    package mutating func set(_ id: ID, _ instant: Instant?) {
        guard live[id]?.at != instant else { return }
        if let instant {
            lastSerial &+= 1
            live[id] = Mark(at: instant, serial: lastSerial)
            push(Entry(at: instant, serial: lastSerial, id: id))
        } else {
            live[id] = nil
        }
        if heap.count > 2 * live.count + Self.slack { rebuild() }
        dropOld()
    }

    /// Takes out the first id whose instant has come.
    package mutating func next(by now: Instant) -> ID? {
        guard let top = heap.first, top.at <= now else { return nil }
        live[top.id] = nil
        pop()
        dropOld()
        return top.id
    }

    private mutating func dropOld() {
        while let top = heap.first, live[top.id]?.serial != top.serial { pop() }
    }

    private mutating func rebuild() {
        heap = live.map { Entry(at: $0.value.at, serial: $0.value.serial, id: $0.key) }.sorted { $0.isBefore($1) }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
            if left + 1 < heap.count, heap[left + 1].isBefore(heap[least]) { least = left + 1 }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private static var slack: Int { 64 }
}
