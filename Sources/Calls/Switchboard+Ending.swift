extension Switchboard {
    /// Ends a leg, and what hangs on it: the calls it makes, its bridge, its part in an attempt.
    ///
    /// - Parameter isReleased: The far end hung up by itself.
    mutating func end(
        _ id: LegID, _ cause: HangupCause, isReleased: Bool = false, at now: Duration
    ) -> [CallStep] {
        var steps: [CallStep] = []
        if case .dialling(let attempt)? = calls[id]?.activity {
            steps += abandon(attempt, .originatorCancel, at: now)
        }
        let (far, parted) = part(id)
        steps += parted
        guard let run = calls.removeValue(forKey: id) else { return [] }
        usage.release(id)
        if let presence = Presence(of: run.leg, .hangup) { steps.append(.presence(presence)) }
        steps.append(.record(CallRecord(of: run, cause: cause, at: now)))
        steps.append(isReleased ? .release(id, cause) : .hangUp(id, cause))
        if let far {
            calls[far]?.leg.variables["last_bridge_proto_specific_hangup_cause"] = run.leg.protocolCause
            steps += released(far, cause, at: now)
        }
        if let attempt = run.attempt { steps += lost(run, of: attempt, cause, at: now) }
        return steps
    }

    /// A client that clears a ringing call has rejected it (reference §5.14). By SIP the cause says what it was.
    mutating func farEndHungUp(_ id: LegID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard let run = calls[id] else { return [] }
        let isRefusal = run.activity == .offered && cause == .normalClearing && !run.leg.kind.isSIP
        return end(id, isRefusal ? .callRejected : cause, isReleased: true, at: now)
    }

    // MARK: Lost media, lost sockets

    /// The media of a client that may come back are expected to break.
    mutating func mediaFailed(_ id: LegID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg, !(leg.isDetached && leg.outlivesItsSocket) else { return [] }
        return end(id, cause, at: now)
    }

    mutating func mediaLost(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg, !leg.isDetached else { return [] }
        guard leg.outlivesItsSocket else { return end(id, .normalClearing, at: now) }
        if calls[id]?.mediaLostAt == nil { calls[id]?.mediaLostAt = now }
        return []
    }

    /// Only an answered call that may be recovered outlives its socket (reference §3.8).
    mutating func detach(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg else { return [] }
        guard leg.isAnswered else { return end(id, .destinationOutOfOrder, at: now) }
        guard leg.isRecoverable else { return end(id, .normalClearing, at: now) }
        if !leg.isDetached { calls[id]?.leg.detachedSince = now }
        calls[id]?.mediaLostAt = nil
        return []
    }

    /// The client is back with new media, whether or not we had noticed that it was gone.
    mutating func reattach(_ id: LegID, at now: Duration) -> [CallStep] {
        guard calls[id]?.leg.isAnswered == true else { return [] }
        calls[id]?.leg.detachedSince = nil
        calls[id]?.mediaLostAt = nil
        calls[id]?.leg.isMediaUp = false
        calls[id]?.mediaStarted = now
        calls[id]?.mediaPatience = limits.reattachedMedia
        return calls[id]?.leg.bridgedTo == nil ? [] : display(id)
    }

    mutating func fire(_ timer: LegRun.Timer, of id: LegID, at now: Duration) -> [CallStep] {
        switch timer {
        case .sleep:
            goOn(id)
            return []
        case .media: return end(id, .mediaTimeout, at: now)
        case .detach: return end(id, .recoveryOnTimerExpire, at: now)
        case .lostMedia: return end(id, .normalClearing, at: now)
        case .leg: return end(id, .allottedTimeout, at: now)
        case .progress: return end(id, .progressTimeout, at: now)
        case .park: return end(id, .noAnswer, at: now)
        case .deflection: return deflected(id, hasLeft: false, at: now)
        }
    }

    /// Tells those who watch the leg's user of its state.
    func presence(of id: LegID, _ state: Presence.State) -> [CallStep] {
        guard let leg = calls[id]?.leg, let presence = Presence(of: leg, state) else { return [] }
        return [.presence(presence)]
    }
}

extension Leg {
    fileprivate var outlivesItsSocket: Bool { isAnswered && isRecoverable }
}
