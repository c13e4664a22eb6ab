/// Slows down guessing of PINs: after some wrong ones from one address, further calls from there to that room are
/// refused unread for a while. Nobody else notices.
///
/// A right PIN clears nothing, for who knows the participants' PIN may be after the moderators'. Wrong ones are
/// forgiven after an hour without any.
package struct PINThrottle: Sendable {
    private struct Record {
        var failures = 0
        /// PINs that rooms are looking at.
        var underWay = 0
        var lastFailure: Duration = .zero
        var blockedUntil: Duration = .zero
    }

    private struct Key: Hashable {
        let address: String
        let room: RoomKey
    }

    private var records: [Key: Record] = [:]

    package init() {}

    /// Takes note of a PIN from `address` that is about to be looked at; ``settled(_:_:isWrong:at:)`` follows.
    ///
    /// - Returns: Whether it may be: not while the address is blocked, nor while others under way might block it.
    package mutating func begins(_ address: String, _ room: RoomKey, at now: Duration) -> Bool {
        let key = Key(address: address, room: room)
        var record = records[key] ?? Record()
        if record.underWay == 0, now - record.lastFailure >= Self.memory { record = Record() }
        guard now >= record.blockedUntil, record.underWay == 0 || record.failures + record.underWay < Self.freeFailures
        else { return false }
        if records[key] == nil, records.count >= Self.mostRecords { forgetOldest() }
        record.underWay += 1
        records[key] = record
        return true
    }

    /// What came of it. From the fifth wrong PIN on each doubles the wait, from 10 s to 10 min.
    package mutating func settled(_ address: String, _ room: RoomKey, isWrong: Bool, at now: Duration) {
        let key = Key(address: address, room: room)
        guard var record = records[key] else { return }
        record.underWay = max(0, record.underWay - 1)
        if isWrong {
            record.failures += 1
            record.lastFailure = now
            if record.failures >= Self.freeFailures {
                let doublings = min(record.failures - Self.freeFailures, 6)
                record.blockedUntil = now + min(.seconds(10 << doublings), .seconds(600))
            }
        }
        records[key] = record.failures == 0 && record.underWay == 0 ? nil : record
    }

    private mutating func forgetOldest() {
        guard let oldest = records.min(by: { $0.value.blockedUntil < $1.value.blockedUntil }) else { return }
        records[oldest.key] = nil
    }

    private static let freeFailures = 5
    private static let mostRecords = 4_096
    private static let memory: Duration = .seconds(3_600)
}
