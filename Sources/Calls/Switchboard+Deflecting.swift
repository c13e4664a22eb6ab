/// Far ends that are sent elsewhere with their call: a REFER of ours.
extension Switchboard {
    /// The `deflect` application. Whoever is no answered SIP leg cannot be sent away, and goes on.
    mutating func deflect(_ id: LegID, to target: String, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg else { return [] }
        guard leg.kind.isSIP, leg.isAnswered, Self.isDestination(target) else {
            return [.log(id, .warning, "only answered SIP calls can be deflected")]
        }
        calls[id]?.activity = .deflecting(until: now + Self.deflectionPatience)
        return [.deflect(id, to: target)]
    }

    /// `uuid_deflect`: takes the leg out of what it is in and sends it away. `false`: it is no answered SIP leg.
    package mutating func deflect(_ id: LegID, to target: String, at now: Duration) -> (steps: [CallStep], can: Bool) {
        guard let leg = calls[id]?.leg, leg.kind.isSIP, leg.isAnswered, Self.isDestination(target) else {
            return ([], false)
        }
        var steps = interrupt(id, at: now)
        calls[id]?.pending = []
        steps += deflect(id, to: target, at: now)
        return (settled(steps, at: now), true)
    }

    /// It has gone, or its route goes on.
    mutating func deflected(_ id: LegID, hasLeft: Bool, at now: Duration) -> [CallStep] {
        guard case .deflecting = calls[id]?.activity else { return [] }
        guard !hasLeft else { return end(id, .blindTransfer, at: now) }
        goOn(id)
        return []
    }

    /// The other may ring for a while before the far end tells.
    private static let deflectionPatience: Duration = .seconds(60)
}
