package import Wire

/// When the rooms of a loop tick: start + n × 20 ms, staggered over ten phases so that they do not queue behind each
/// other.
package struct TickSchedule<Owner: Hashable> {
    private struct Phase {
        var owners: [Owner] = []
        /// The next tick; kept while the phase is empty, so that the grid never moves.
        var deadline: Instant
    }

    private var phases: [Phase]
    private var homes: [Owner: Int] = [:]

    package init(startingAt now: Instant) {
        phases = (0..<Self.phaseCount).map { index in
            Phase(deadline: now.advanced(byNanoseconds: Int64(index) * Self.phaseStep))
        }
    }

    /// The next tick of all, `nil` when there is nothing to tick.
    package var nextDeadline: Instant? { phases.lazy.filter { !$0.owners.isEmpty }.map(\.deadline).min() }

    /// Gives `owner` the emptiest phase.
    package mutating func add(_ owner: Owner, at now: Instant) {
        guard homes[owner] == nil else { return }
        let index = phases.indices.min { phases[$0].owners.count < phases[$1].owners.count } ?? 0
        homes[owner] = index
        // A phase in use keeps its deadline: it may be due right now, and its owners must not lose that tick.
        if phases[index].owners.isEmpty {
            phases[index].deadline = Self.next(after: phases[index].deadline, at: now)
        }
        phases[index].owners.append(owner)
    }

    package mutating func remove(_ owner: Owner) {
        guard let index = homes.removeValue(forKey: owner) else { return }
        phases[index].owners.removeAll { $0 == owner }
    }

    /// The owners of the most overdue phase and when they were due; the phase is set to its next tick.
    package mutating func due(at now: Instant) -> (owners: [Owner], deadline: Instant)? {
        var found: Int?
        for (index, phase) in phases.enumerated() where !phase.owners.isEmpty && phase.deadline <= now {
            if let other = found, phases[other].deadline <= phase.deadline { continue }
            found = index
        }
        guard let found else { return nil }
        let deadline = phases[found].deadline
        let next = deadline.advanced(byNanoseconds: Self.interval)
        let missed = now.nanoseconds(since: next) / Self.interval
        // After a stall of more than three ticks the missed ones are skipped, not made up for.
        phases[found].deadline = missed > Self.mostCatchUp ? Self.next(after: next, at: now) : next
        return (phases[found].owners, deadline)
    }

    /// The first moment of a phase's grid that is not before `now`.
    private static func next(after deadline: Instant, at now: Instant) -> Instant {
        let behind = now.nanoseconds(since: deadline)
        guard behind > 0 else { return deadline }
        return deadline.advanced(byNanoseconds: (behind + interval - 1) / interval * interval)
    }

    private static var interval: Int64 { 20_000_000 }
    private static var phaseCount: Int { 10 }
    private static var phaseStep: Int64 { interval / Int64(phaseCount) }
    private static var mostCatchUp: Int64 { 3 }
}
