/// Slows down guessing of PINs: after some wrong ones from one address, further calls from there to that room are
/// refused unread for a while. Nobody else notices.
package struct PINThrottle: Sendable {
    private struct Record {
        var failures = 0
        var blockedUntil: Duration = .zero
    }

    private struct Key: Hashable {
        let address: String
        let room: RoomKey
    }

    private var records: [Key: Record] = [:]

    package init() {}

    /// Whether a PIN from `address` is to be looked at now.
    package func allows(_ address: String, _ room: RoomKey, at now: Duration) -> Bool {
        guard let record = records[Key(address: address, room: room)] else { return true }
        return now >= record.blockedUntil
    }

    /// Takes note of a wrong PIN. From the fifth on each doubles the wait, from 10 s to 10 min.
    package mutating func failed(_ address: String, _ room: RoomKey, at now: Duration) {
        let key = Key(address: address, room: room)
        if records.count >= Self.mostRecords, records[key] == nil { forgetOldest() }
        var record = records[key] ?? Record()
        record.failures += 1
        if record.failures >= Self.freeFailures {
            let doublings = min(record.failures - Self.freeFailures, 6)
            record.blockedUntil = now + min(.seconds(10 << doublings), .seconds(600))
        }
        records[key] = record
    }

    /// A right PIN clears the record.
    package mutating func passed(_ address: String, _ room: RoomKey) {
        records[Key(address: address, room: room)] = nil
    }

    private mutating func forgetOldest() {
        guard let oldest = records.min(by: { $0.value.blockedUntil < $1.value.blockedUntil }) else { return }
        records[oldest.key] = nil
    }

    private static let freeFailures = 5
    private static let mostRecords = 4_096
}
