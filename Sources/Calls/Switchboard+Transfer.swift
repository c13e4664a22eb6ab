extension Switchboard {
    // MARK: For clients and moderators

    /// A blind transfer (reference §4.9): the far leg goes to `destination`, this one is hung up.
    ///
    /// Between clients the far leg is routed in its own context. As soon as one of the two is a SIP leg, it is routed
    /// where the one who asks may dial by itself: a REFER opens nothing that its sender could not call. Then
    /// `destination` may be a URI; only its user counts, and it must lead somewhere.
    package mutating func transfer(
        _ id: LegID, to destination: String, at now: Duration
    ) throws(TransferRefusal) -> [CallStep] {
        guard let leg = calls[id]?.leg else { throw .noSuchCall }
        guard leg.bridgedTo != nil else { throw .notBridged }
        var destination = destination
        if leg.kind.isSIP {
            guard let contact = SIPContact(parsing: destination) else { throw .badDestination }
            destination = contact.user
        }
        guard !destination.isEmpty, Self.isDestination(destination) else { throw .badDestination }
        let context = transferContext(of: id)
        if let context, let far = leg.bridgedTo, !leads(destination, in: context, for: far) { throw .badDestination }
        var (far, steps) = part(id)
        steps += end(id, .normalClearing, at: now)
        if let far { steps += send(far, to: destination, context, at: now) }
        return settled(steps, at: now)
    }

    /// Where a transfer that this leg asks for is routed; `nil` is the far leg's own context.
    private func transferContext(of id: LegID) -> String? {
        guard let leg = calls[id]?.leg else { return nil }
        let far = leg.bridgedTo.flatMap { calls[$0]?.leg }
        guard leg.kind.isSIP || far?.kind.isSIP == true else { return nil }
        return leg.variables["force_transfer_context"] ?? leg.homeContext
    }

    /// An attended transfer (reference §4.9): the far ends of two calls of one client are connected with each other.
    /// The client's own legs are hung up. Whether both legs are of one client is the door's to know.
    package mutating func replace(
        _ id: LegID, with other: LegID, at now: Duration
    ) throws(TransferRefusal) -> [CallStep] {
        guard let first = calls[id] else { throw .noSuchCall }
        guard id != other, let second = calls[other] else { throw .invalidLeg }
        guard first.leg.bridgedTo != other, first.activity != .offered, second.activity != .offered else {
            throw .failed
        }
        var steps: [CallStep] = []
        // Who follows a leg to where it is goes there the way it did; between clients, in a context of its own.
        let stays = first.leg.bridgedTo == nil ? first.leg : second.leg
        let place = stays.kind.isSIP ? stays.context : nil
        switch (first.leg.bridgedTo, second.leg.bridgedTo) {
        case (let far?, let target?):
            steps += part(id).steps + part(other).steps
            steps += end(id, .normalClearing, at: now)
            steps += join(far, target, at: now)
            steps += end(other, .attendedTransfer, at: now)
        case (let far?, nil):
            steps += part(id).steps
            steps += end(id, .normalClearing, at: now)
            if case .dialling(let attempt) = second.activity {
                steps += take(over: attempt, from: other, by: far, music: holdMusic(of: first.leg), at: now)
                steps += end(other, .normalClearing, at: now)
            } else {
                steps += end(other, .attendedTransfer, at: now)
                steps += send(far, to: second.leg.destination, place, at: now)
            }
        case (nil, let far?):
            steps += part(other).steps
            steps += end(id, .attendedTransfer, at: now)
            steps += end(other, .attendedTransfer, at: now)
            steps += send(far, to: first.leg.destination, place, at: now)
        case (nil, nil): throw .failed
        }
        return settled(steps, at: now)
    }

    /// Sends this leg itself to an extension of its context, out of whatever it is in: the moderator's `transfer`.
    /// A leg that was offered and is not answered stays where it is.
    package mutating func redirect(_ id: LegID, to destination: String, at now: Duration) -> [CallStep] {
        guard let run = calls[id], run.activity != .offered else { return [] }
        guard !destination.isEmpty, Self.isDestination(destination) else { return [] }
        let steps = interrupt(id, at: now)
        return settled(steps + send(id, to: destination, at: now), at: now)
    }

    // MARK: For the dialplan

    /// The `transfer` application. A leg that has jumped too often is in a loop.
    mutating func jump(_ id: LegID, to destination: String, _ context: String?, at now: Duration) -> [CallStep] {
        guard let run = calls[id] else { return [] }
        calls[id]?.transfers += 1
        guard run.transfers < limits.transfers else {
            return [.log(id, .err, "transferred \(run.transfers) times")] + end(id, .exchangeRoutingError, at: now)
        }
        guard Self.isDestination(destination) else { return end(id, .invalidNumberFormat, at: now) }
        if let context { calls[id]?.leg.context = context }
        calls[id]?.leg.destination = destination
        return route(id, at: now)
    }

    // MARK: Parts

    /// As ``jump(_:to:_:at:)``, on somebody's wish and not in a loop.
    private mutating func send(
        _ id: LegID, to destination: String, _ context: String? = nil, at now: Duration
    ) -> [CallStep] {
        calls[id]?.transfers = 0
        calls[id]?.ownsBridge = false
        return jump(id, to: destination, context, at: now)
    }

    /// Two far ends whose own routes are over.
    private mutating func join(_ first: LegID, _ second: LegID, at now: Duration) -> [CallStep] {
        for id in [first, second] {
            calls[id]?.pending = []
            calls[id]?.ownsBridge = false
        }
        return unite(first, second, introduces: true, at: now)
    }

    /// `id` waits from now on for the one whom `former` calls.
    private mutating func take(
        over attempt: AttemptID, from former: LegID, by id: LegID, music: Playback?, at now: Duration
    ) -> [CallStep] {
        var steps = stopBackground(of: former)
        calls[former]?.activity = .parked(until: nil)
        calls[id]?.activity = .dialling(attempt)
        calls[id]?.pending = []
        calls[id]?.ownsBridge = false
        attempts[attempt]?.origin = .leg(id)
        attempts[attempt]?.hasNewOrigin = true
        steps += ringBack(to: id, at: now)
        return calls[id]?.background == nil ? steps + play(music, behind: id, at: now) : steps
    }

    /// Takes the leg out of what it waits for.
    mutating func interrupt(_ id: LegID, at now: Duration) -> [CallStep] {
        switch calls[id]?.activity {
        case .playing, .echoing: return [.stopPlaying(id)]
        case .inConference: return [.leaveConference(id)]
        case .dialling(let attempt):
            return abandon(attempt, .originatorCancel, at: now) + part(id).steps
        case .bridged:
            let (far, steps) = part(id)
            return steps + (far.map { released($0, .normalClearing, at: now) } ?? [])
        case .idle, .sleeping, .waitingForMedia, .parked, .deflecting, .offered, nil: return []
        }
    }
}
