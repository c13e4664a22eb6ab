/// Finds out when a key frame is complete: every packet from the one that starts it to the one with the marker.
///
/// Watches the newest key frame that has started; packets may come in any order.
struct KeyFrameFinder {
    /// The first packet of the newest key frame that is not complete, and the first one that is missing of it.
    private var start: Int64?
    private var missing: Int64 = 0
    private var timestamp: UInt32 = 0
    private var newest = Int64.min

    /// Notes `record`, which is in `log` by now.
    ///
    /// - Returns: The key frame that became complete.
    mutating func insert(_ record: PacketRecord, in log: borrowing PacketLog) -> ClosedRange<Int64>? {
        if record.startsKeyFrame, record.sequence > newest {
            newest = record.sequence
            (start, missing, timestamp) = (record.sequence, record.sequence, record.timestamp)
        }
        guard let start, record.sequence == missing else { return nil }
        while let next = log.record(missing) {
            guard belongs(next, to: start) else {
                self.start = nil
                return nil
            }
            if next.marker, next.content == .picture {
                self.start = nil
                return start...missing
            }
            missing &+= 1
        }
        return nil
    }

    /// A packet of another time, another start or nothing to be read: the frame has no end, and will not get one.
    private func belongs(_ record: PacketRecord, to start: Int64) -> Bool {
        switch record.content {
        case .padding: true
        case .unusable: false
        case .picture: record.timestamp == timestamp && (record.sequence == start || !record.startsFrame)
        }
    }
}
