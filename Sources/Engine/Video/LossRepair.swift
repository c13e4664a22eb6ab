package import Wire

/// Gets back what was lost on the way from the sender: which numbers are missing, when to ask for them (NACK, RFC 4585
/// §6.2.1), and when to stop hoping. A bounded list; nothing allocates after `init`.
package struct LossRepair {
    private struct Missing {
        var number: Int64
        var since: Instant
        var next: Instant
        var requests = 0

        func isHopeless(at now: Instant, canRequest: Bool) -> Bool {
            let age = now.nanoseconds(since: since)
            guard canRequest else { return age >= LossRepair.patienceWithoutRequests }
            return age >= LossRepair.patience || requests >= LossRepair.mostRequests && now >= next
        }

        func isDue(at now: Instant, highest: Int64) -> Bool {
            now >= next || requests == 0 && highest &- number >= LossRepair.laterPackets
        }
    }

    /// Packets asked for, repeats not counted, and those that nobody could give.
    package private(set) var requested = 0
    package private(set) var abandoned = 0

    /// Without NACK there is no asking, only waiting for packets that took another way.
    private let canRequest: Bool
    /// In rising order.
    private var missing: [Missing] = []
    private var hasGivenUp = false

    package init(canRequest: Bool) {
        self.canRequest = canRequest
        missing.reserveCapacity(Self.mostMissing)
    }

    package var isIdle: Bool { missing.isEmpty && !hasGivenUp }

    /// Notes numbers that were jumped over.
    package mutating func note(_ gap: Range<Int64>, at now: Instant) {
        guard !gap.isEmpty else { return }
        guard gap.count + missing.count <= Self.mostMissing else {
            // Nothing brings back that much in time: a key frame does.
            abandon(missing.count + gap.count)
            missing.removeAll(keepingCapacity: true)
            return
        }
        for number in gap {
            missing.append(Missing(number: number, since: now, next: now.advanced(byNanoseconds: Self.tolerance)))
        }
    }

    /// Notes that `number` has come after all.
    package mutating func received(_ number: Int64) {
        guard let index = index(of: number) else { return }
        missing.remove(at: index)
    }

    /// Whether `number` may still come.
    package func isPending(_ number: Int64) -> Bool { index(of: number) != nil }

    /// Stops caring for everything below `number`, which nobody reads any more.
    package mutating func forget(below number: Int64) {
        missing.removeAll { $0.number < number }
    }

    package mutating func forgetAll() {
        missing.removeAll(keepingCapacity: true)
        hasGivenUp = false
    }

    /// Lists what to ask for now, in rising order.
    ///
    /// - Parameters:
    ///   - highest: The highest number that has come.
    ///   - roundTrip: To the sender and back; asking again before that is of no use.
    ///   - lost: Gets the sender's 16-bit numbers.
    /// - Returns: Whether something has been given up since the last call.
    package mutating func advance(
        to now: Instant, highest: Int64, roundTrip: Duration, into lost: inout [UInt16]
    ) -> Bool {
        let pause = max(Self.shortestPause, min(roundTrip.wholeNanoseconds, Self.patience))
        let count = missing.count
        let canRequest = canRequest
        missing.removeAll { $0.isHopeless(at: now, canRequest: canRequest) }
        abandon(count - missing.count)
        for index in missing.indices where canRequest && missing[index].isDue(at: now, highest: highest) {
            if missing[index].requests == 0 { requested &+= 1 }
            missing[index].requests += 1
            missing[index].next = now.advanced(byNanoseconds: pause)
            lost.append(UInt16(truncatingIfNeeded: missing[index].number))
        }
        defer { hasGivenUp = false }
        return hasGivenUp
    }

    private mutating func abandon(_ count: Int) {
        guard count > 0 else { return }
        abandoned &+= count
        hasGivenUp = true
    }

    /// The list is sorted and short; it is searched only while something is missing.
    private func index(of number: Int64) -> Int? {
        guard let first = missing.first, let last = missing.last, (first.number...last.number).contains(number) else {
            return nil
        }
        return missing.firstIndex { $0.number == number }
    }

    /// A packet that comes within this time or with fewer than so many behind it was only overtaken.
    private static let tolerance: Int64 = 20_000_000
    private static let laterPackets: Int64 = 3
    private static let shortestPause: Int64 = 60_000_000
    private static let mostRequests = 8
    private static let patience: Int64 = 500_000_000
    private static let patienceWithoutRequests: Int64 = 60_000_000
    private static let mostMissing = 128
}
