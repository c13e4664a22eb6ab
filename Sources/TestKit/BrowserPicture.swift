package import RTC
package import Wire

/// One picture a browser receives: how its packets arrive, and which are missing.
package struct BrowserPicture: Sendable {
    /// Place of the m-line.
    package let line: Int
    /// What the answer announced.
    package let ssrcs: StreamSSRCs
    package internal(set) var reception = ReceptionStatistics()
    /// Packets that came on RTX, padding not counted.
    package internal(set) var repaired = 0
    /// Sequence numbers asked for, repeats counted.
    package internal(set) var requested = 0

    private var extender = SequenceExtender()
    private var missing: [Missing] = []

    private struct Missing {
        let number: Int64
        var nextRequest: Instant
        var requests = 0
    }

    init(line: Int, ssrcs: StreamSSRCs) {
        self.line = line
        self.ssrcs = ssrcs
    }

    /// Numbers that did not come, and are still waited for.
    package var missingCount: Int { missing.count }

    mutating func received(_ header: RTPHeader, isRepair: Bool, at now: Instant) {
        if isRepair {
            repaired += 1
        } else {
            reception.received(
                sequence: header.sequence, timestamp: header.timestamp, at: now, clockRate: 90_000)
        }
        let before = extender.highest
        let number = extender.extend(header.sequence)
        missing.removeAll { $0.number == number }
        guard let before, number > before + 1, number - before < Self.mostMissing else { return }
        let due = now.advanced(by: Self.patience)
        for lost in (before + 1)..<number { missing.append(Missing(number: lost, nextRequest: due)) }
        if missing.count > Int(Self.mostMissing) { missing.removeFirst(missing.count - Int(Self.mostMissing)) }
    }

    /// Numbers to ask for now, the oldest first.
    mutating func requests(at now: Instant) -> [UInt16] {
        var lost: [UInt16] = []
        for index in missing.indices where now >= missing[index].nextRequest {
            lost.append(UInt16(truncatingIfNeeded: missing[index].number))
            missing[index].nextRequest = now.advanced(by: Self.repetition)
            missing[index].requests += 1
        }
        missing.removeAll { $0.requests > Self.mostRequests }
        requested += lost.count
        return lost
    }

    private static let mostMissing: Int64 = 512
    /// How browsers ask (`media.md` §1.8).
    private static let patience: Duration = .milliseconds(34)
    private static let repetition: Duration = .milliseconds(110)
    private static let mostRequests = 27
}
