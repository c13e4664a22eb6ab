extension Switchboard {
    // MARK: A call comes in

    mutating func invite(_ leg: Leg, at now: Duration) -> [CallStep] {
        if let cause = refusal(of: leg) { return [.refuse(leg.id, cause)] }
        let route = dialplan.route(leg.attributes, in: leg.context)
        var run = LegRun(leg: leg)
        run.pending = route.applications.reversed()
        run.leg.variables = route.variables
        calls[leg.id] = run
        guard !route.applications.isEmpty else { return end(leg.id, .noRouteDestination) }
        return resume(leg.id, at: now)
    }

    /// Why `leg` is not let in. FreeSWITCH answers each of the first three with DESTINATION_OUT_OF_ORDER.
    private func refusal(of leg: Leg) -> HangupCause? {
        guard acceptsCalls, calls[leg.id] == nil, calls.count < limits.legs else { return .destinationOutOfOrder }
        let owner = leg.owner
        guard calls.values.count(where: { $0.leg.owner == owner }) < limits.legsPerUser else {
            return .destinationOutOfOrder
        }
        let destination = leg.destination.unicodeScalars
        guard destination.count <= CallLimits.destinationLength,
            destination.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return .invalidNumberFormat }
        return nil
    }

    // MARK: Applications, one at a time

    /// Runs applications until one blocks or none is left.
    mutating func resume(_ id: LegID, at now: Duration) -> [CallStep] {
        calls[id]?.activity = .idle
        var steps: [CallStep] = []
        while let run = calls[id], run.activity == .idle {
            guard let next = run.pending.last else { return steps + end(id, .normalClearing) }
            calls[id]?.pending.removeLast()
            let call = dialplan.expand(next, for: run.leg.attributes)
            do {
                steps += start(try Application(call), of: id, at: now)
            } catch {
                steps += refuse(call, error, of: id)
            }
        }
        return steps
    }

    private mutating func start(_ application: Application, of id: LegID, at now: Duration) -> [CallStep] {
        switch application {
        case .answer: return answer(id, at: now)
        case .preAnswer: return preAnswer(id, at: now)
        case .echo:
            calls[id]?.activity = .echoing
            return preAnswer(id, at: now) + [.echo(id)]
        case .conference(let argument):
            calls[id]?.activity = .inConference
            let variables = calls[id]?.leg.variables ?? [:]
            return answer(id, at: now) + [.enterConference(id, argument: argument, variables: variables)]
        case .playback(let playback): return play(playback, to: id, at: now)
        case .sleep(let time):
            calls[id]?.activity = .sleeping(until: now + time)
            return []
        case .assign(let assignments):
            for assignment in assignments { calls[id]?.leg.assign(assignment) }
            return []
        case .log(let level, let text): return [.log(id, level, text)]
        case .hangup(let cause): return end(id, cause)
        case .skip: return []
        }
    }

    private mutating func play(_ playback: Playback, to id: LegID, at now: Duration) -> [CallStep] {
        if case .file(let name) = playback { return [.log(id, .warning, "playback of '\(name)' is not supported")] }
        let steps = preAnswer(id, at: now)
        guard calls[id]?.leg.isMediaUp == true else {
            calls[id]?.activity = .waitingForMedia(playback)
            return steps
        }
        calls[id]?.activity = .playing
        return steps + [.play(id, playback)]
    }

    private mutating func answer(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], run.leg.state != .answered else { return [] }
        calls[id]?.mediaStarted = run.mediaStarted ?? now
        calls[id]?.leg.state = .answered
        return [.answer(id)]
    }

    private mutating func preAnswer(_ id: LegID, at now: Duration) -> [CallStep] {
        guard calls[id]?.leg.state == .routing else { return [] }
        calls[id]?.mediaStarted = now
        calls[id]?.leg.state = .early
        return [.preAnswer(id)]
    }

    /// What FreeSWITCH has and we do not ends the call, so that nobody is left in silence; so does bad data.
    private mutating func refuse(_ call: ApplicationCall, _ error: ApplicationError, of id: LegID) -> [CallStep] {
        switch error {
        case .notSupported(let name):
            return [.log(id, .err, "\(call.origin): application '\(name)' is not supported")]
                + end(id, .facilityNotImplemented)
        case .badData(let name, let reason):
            return [.log(id, .err, "\(call.origin): \(name): \(reason)")] + end(id, .normalTemporaryFailure)
        }
    }

    // MARK: What happens to a live leg

    mutating func mediaIsUp(_ id: LegID, at now: Duration) -> [CallStep] {
        calls[id]?.leg.isMediaUp = true
        guard case .waitingForMedia(let playback)? = calls[id]?.activity else { return [] }
        calls[id]?.activity = .playing
        return [.play(id, playback)]
    }

    mutating func applicationDone(_ id: LegID, at now: Duration) -> [CallStep] {
        switch calls[id]?.activity {
        case .playing, .echoing, .inConference: resume(id, at: now)
        case .idle, .sleeping, .waitingForMedia, nil: []
        }
    }

    mutating func conferenceEnded(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], run.activity == .inConference else { return [] }
        let goesOn = run.leg.variables["hangup_after_conference"].map { !$0.isAffirmative } ?? false
        return goesOn ? resume(id, at: now) : end(id, .normalClearing)
    }

    /// Only an answered call that may be recovered outlives its socket.
    mutating func detach(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg else { return [] }
        guard leg.isAnswered else { return end(id, .destinationOutOfOrder) }
        guard leg.isRecoverable else { return end(id, .normalClearing) }
        if !leg.isDetached { calls[id]?.leg.detachedSince = now }
        return []
    }

    mutating func fire(_ timer: LegRun.Timer, of id: LegID, at now: Duration) -> [CallStep] {
        switch timer {
        case .sleep: resume(id, at: now)
        case .media: end(id, .mediaTimeout)
        case .detach: end(id, .recoveryOnTimerExpire)
        }
    }

    mutating func end(_ id: LegID, _ cause: HangupCause) -> [CallStep] {
        calls.removeValue(forKey: id) == nil ? [] : [.hangUp(id, cause)]
    }
}

extension Leg {
    fileprivate mutating func assign(_ assignment: Assignment) { assignment.apply(to: &variables) }
}
