/// A new call that takes the place of one there is (INVITE with Replaces, RFC 3891).
extension Switchboard {
    /// Lets `leg`, inbound and not yet known, stand where `old` stood: at the other end of its bridge, where the one
    /// who called it waits, or else at the same extension. Whether the new one may is the door's to know, and so is
    /// what it answers to a call that it may not take.
    package mutating func takeOver(_ old: LegID, by leg: Leg, at now: Duration) -> [CallStep] {
        if let cause = refusal(of: leg) { return [.refuse(leg.id, cause)] }
        guard let former = calls[old] else { return [.refuse(leg.id, .invalidCallReference)] }
        calls[leg.id] = LegRun(leg: leg, at: now)
        var steps = presence(of: leg.id, .ringing)
        if former.leg.bridgedTo != nil {
            steps += takeBridge(of: old, leg.id, at: now)
        } else if former.activity == .offered, let attempt = former.attempt {
            steps += pickUp(old, of: attempt, leg.id, at: now)
        } else {
            steps += end(old, .attendedTransfer, at: now)
            steps += jump(leg.id, to: former.leg.destination, former.leg.context, at: now)
        }
        return settled(steps, at: now)
    }

    /// The other side keeps its route, and goes on in it when this bridge is over.
    private mutating func takeBridge(of old: LegID, _ id: LegID, at now: Duration) -> [CallStep] {
        let (far, parted) = part(old)
        guard let far else { return parted }
        return parted + end(old, .attendedTransfer, at: now) + answer(id, at: now)
            + unite(far, id, introduces: true, at: now)
    }

    /// Whoever takes a ringing call is the one who answers it.
    private mutating func pickUp(
        _ old: LegID, of attempt: AttemptID, _ id: LegID, at now: Duration
    ) -> [CallStep] {
        guard let winner = attempts.removeValue(forKey: attempt) else { return end(id, .normalClearing, at: now) }
        calls[old]?.attempt = nil
        var steps = end(old, .pickedOff, at: now) + answer(id, at: now)
        for loser in winner.ringing where loser != old { steps += end(loser, .loseRace, at: now) }
        return steps + settle(winner, on: id, introduces: true, at: now)
    }
}
