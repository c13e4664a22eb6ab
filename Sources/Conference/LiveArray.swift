/// One change of a live array.
package struct Delta: Equatable, Sendable {
    package enum Change: Equatable, Sendable {
        /// A new row, always the last.
        case add(key: String, row: Row, at: Int)
        case modify(key: String, row: Row)
        /// With the row as it was.
        case remove(key: String, row: Row)
        /// The array is gone.
        case clear
    }

    /// Rises by one a delta from 1, so a watcher that missed one knows to start again from the snapshot;
    /// ``unnumbered`` for `clear`.
    package let serial: Int
    package let change: Change

    package init(serial: Int, change: Change) {
        self.serial = serial
        self.change = change
    }

    /// The serial of messages that are not part of the sequence (conference.md §2.4).
    package static let unnumbered = -1
}

/// The rows of a room in order of joining, numbered change by change (conference.md §2).
package struct LiveArray: Sendable {
    package struct Entry: Equatable, Sendable {
        package let key: String
        package let row: Row

        package init(key: String, row: Row) {
            self.key = key
            self.row = row
        }
    }

    private var rows: [String: Row] = [:]
    private var order: [String] = []

    /// The serial of the last delta, 0 before the first: the snapshot holds every delta up to it.
    package private(set) var serial = 0

    package init() {}

    /// Adds or replaces the row at `key`. Returns `nil`, and tells nobody, when nothing changed.
    package mutating func set(_ row: Row, for key: String) -> Delta? {
        switch rows.updateValue(row, forKey: key) {
        case row: return nil
        case .some: return delta(.modify(key: key, row: row))
        case nil:
            order.append(key)
            return delta(.add(key: key, row: row, at: order.count - 1))
        }
    }

    /// Takes the row at `key` away; `nil` when there is none.
    package mutating func remove(_ key: String) -> Delta? {
        guard let row = rows.removeValue(forKey: key) else { return nil }
        order.removeAll { $0 == key }
        return delta(.remove(key: key, row: row))
    }

    /// Empties the array and starts the numbering again.
    package mutating func clear() -> Delta {
        self = LiveArray()
        return Delta(serial: Delta.unnumbered, change: .clear)
    }

    /// Every row, in order of joining.
    package var snapshot: [Entry] {
        order.compactMap { key in rows[key].map { Entry(key: key, row: $0) } }
    }

    package subscript(key: String) -> Row? { rows[key] }

    private mutating func delta(_ change: Delta.Change) -> Delta {
        serial += 1
        return Delta(serial: serial, change: change)
    }
}
