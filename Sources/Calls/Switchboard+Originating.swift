/// Calling others: one dial string at a time, group by group, until somebody answers.
extension Switchboard {
    // MARK: Who wants to call

    /// The `bridge` application.
    mutating func dial(_ dialString: DialString, for id: LegID, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg else { return [] }
        let options = DialOptions(
            dialled: dialString.variables, own: leg.variables,
            exported: Assignment.exported(from: leg.variables), fallback: limits.ringTimeout)
        let domain = leg.variables["domain_name"] ?? (leg.domain.isEmpty ? directory.defaultDomain : leg.domain)
        let attempt = Attempt(
            id: AttemptID(rawValue: nextSerial()), origin: .leg(id), caller: leg.shownIdentity, context: leg.context,
            options: options, groups: destinations(of: dialString, domain: domain).reversed(), until: now)
        attempts[attempt.id] = attempt
        calls[id]?.activity = .dialling(attempt.id)
        let steps = proceed(attempt.id, at: now)
        guard options.ringsBackAtOnce, attempts[attempt.id] != nil else { return steps }
        return steps + ringBack(to: id, at: now)
    }

    /// Calls whom `dialString` names and, when somebody answers, runs what `origination` says. What becomes of it
    /// comes as one ``CallStep/originated(_:_:)``, perhaps among the steps returned here.
    package mutating func originate(
        _ dialString: String, _ origination: Origination, at now: Duration
    ) -> (id: OriginationID, steps: [CallStep]) {
        let serial = nextSerial()
        let id = OriginationID(serial)
        // The text is somebody's own: what opens an account is no word in it.
        let text = Template(parsing: dialString).expanded(call: functions) { name in
            Self.opensAccounts(name) ? nil : dialplan.global(name)
        }
        guard let dial = try? DialString(parsing: text) else { return (id, [.originated(id, .failed(.invalidURL))]) }
        let options = DialOptions(
            dialled: dial.variables, own: origination.variables, exported: origination.variables,
            fallback: origination.timeout ?? limits.ringTimeout)
        let context = if case .destination(_, let context) = origination.target { context } else { "default" }
        attempts[AttemptID(rawValue: serial)] = Attempt(
            id: AttemptID(rawValue: serial), origin: .api(id), origination: origination,
            caller: Identity(name: origination.callerIDName, number: origination.callerIDNumber), context: context,
            options: options,
            groups: destinations(of: dial, domain: origination.domain ?? directory.defaultDomain).reversed(),
            until: now)
        let steps = proceed(AttemptID(rawValue: serial), at: now)
        return (id, settled(steps, at: now))
    }

    private static func opensAccounts(_ variable: String) -> Bool {
        let name = variable.asciiLowercased
        return name.contains("password") || name.contains("secret")
    }

    /// Stops a call of the API that nobody has answered.
    package mutating func cancel(_ id: OriginationID, at now: Duration) -> [CallStep] {
        guard let attempt = attempts.values.first(where: { $0.origin == .api(id) }) else { return [] }
        let steps = abandon(attempt.id, .originatorCancel, at: now) + [.originated(id, .failed(.originatorCancel))]
        return settled(steps, at: now)
    }

    // MARK: Group by group

    /// Calls the next group until one has somebody to ring.
    private mutating func proceed(_ id: AttemptID, at now: Duration) -> [CallStep] {
        var steps: [CallStep] = []
        while var attempt = attempts[id], attempt.ringing.isEmpty {
            guard let group = attempt.groups.popLast() else {
                return steps + fail(id, attempt.cause ?? .destinationOutOfOrder, at: now)
            }
            attempt.until = now + attempt.options.timeout
            attempt.progressUntil = attempt.options.progressTimeout.map { now + $0 }
            attempt.hasProgress = false
            attempts[id] = attempt
            for destination in group { steps += place(destination, of: id, at: now) }
        }
        return steps
    }

    private mutating func place(_ destination: DialDestination, of id: AttemptID, at now: Duration) -> [CallStep] {
        guard let attempt = attempts[id] else { return [] }
        guard case .verto(let session, let user) = destination.reach else {
            if case .nobody(let cause) = destination.reach { attempts[id]?.note(cause) }
            return []
        }
        let leg = outboundLeg(to: session, of: user, destination.variables, in: attempt)
        if let cause = refusal(ofOutbound: leg) {
            attempts[id]?.note(cause)
            return []
        }
        var run = LegRun(leg: leg, at: now)
        run.activity = .offered
        run.attempt = id
        run.ringsUntil = DialOptions.seconds(leg.variables["leg_timeout"]).map { now + $0 }
        run.progressUntil = DialOptions.seconds(leg.variables["leg_progress_timeout"]).map { now + $0 }
        calls[leg.id] = run
        attempts[id]?.ringing.append(leg.id)
        var like: LegID?
        if case .leg(let origin) = attempt.origin { like = origin }
        return presence(of: leg.id, .dialing) + [.call(Outgoing(leg: leg, like: like))]
    }

    private func refusal(ofOutbound leg: Leg) -> HangupCause? {
        guard acceptsCalls else { return .systemShutdown }
        guard calls.count < limits.legs else { return .switchCongestion }
        return hasPlace(for: leg.owner) ? nil : .userBusy
    }

    // MARK: News from the far ends

    mutating func farEndRings(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], let attempt = run.attempt, !run.isRinging else { return [] }
        calls[id]?.isRinging = true
        attempts[attempt]?.hasProgress = true
        let steps = presence(of: id, .ringing)
        guard case .leg(let origin)? = attempts[attempt]?.origin else { return steps }
        return steps + ringBack(to: origin, at: now)
    }

    /// Early media go to the caller, from the first who has any.
    mutating func farEndSendsMedia(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], let attempt = run.attempt, run.leg.state == .calling else { return [] }
        calls[id]?.isRinging = true
        calls[id]?.leg.state = .early
        attempts[attempt]?.hasProgress = true
        var steps = presence(of: id, .early)
        guard let rules = attempts[attempt], case .leg(let origin) = rules.origin, !rules.options.ignoresEarlyMedia,
            calls[origin]?.connectedTo == nil
        else { return steps }
        steps += stopBackground(of: origin) + preAnswer(origin, at: now)
        return steps + connect(origin, id)
    }

    mutating func farEndAnswered(
        _ id: LegID, _ name: String?, _ number: String?, at now: Duration
    ) -> [CallStep] {
        guard let run = calls[id], let attemptID = run.attempt,
            let attempt = attempts.removeValue(forKey: attemptID)
        else { return [] }
        calls[id]?.attempt = nil
        calls[id]?.answeredAt = now
        calls[id]?.mediaStarted = now
        calls[id]?.leg.state = .answered
        if let name = Identity.clean(name) { calls[id]?.leg.calleeIDName = name }
        if let number = Identity.clean(number) { calls[id]?.leg.calleeIDNumber = number }
        var steps = presence(of: id, .active)
        for loser in attempt.ringing where loser != id { steps += end(loser, .loseRace, at: now) }
        switch attempt.origin {
        case .leg(let origin):
            return steps + reached(id, by: origin, introduces: attempt.hasNewOrigin, at: now)
        case .api(let api): return steps + [.originated(api, .answered(id))] + begin(id, attempt.origination, at: now)
        }
    }

    private mutating func reached(
        _ id: LegID, by origin: LegID, introduces: Bool, at now: Duration
    ) -> [CallStep] {
        calls[origin]?.leg.variables["originate_disposition"] = "SUCCESS"
        calls[origin]?.leg.variables["DIALSTATUS"] = "SUCCESS"
        calls[origin]?.leg.variables["bridge_uuid"] = id.rawValue
        calls[origin]?.leg.variables["originate_failed_cause"] = nil
        calls[origin]?.ownsBridge = true
        return stopBackground(of: origin) + answer(origin, at: now)
            + unite(origin, id, introduces: introduces, at: now)
    }

    /// What the API wanted of whoever answers.
    private mutating func begin(_ id: LegID, _ origination: Origination?, at now: Duration) -> [CallStep] {
        switch origination?.target {
        case .destination(let destination, let context): return jump(id, to: destination, context, at: now)
        case .application(let name, let data):
            let origin = Origin(file: "originate", line: 1)
            let text = Template(literal: data)
            calls[id]?.pending = [RoutedApplication(name: name, data: text, origin: origin)]
            goOn(id)
            return []
        case nil: return end(id, .normalClearing, at: now)
        }
    }

    // MARK: Ends of an attempt

    /// A leg of the attempt is gone, and `cause` says why.
    mutating func lost(_ leg: LegID, of id: AttemptID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard let attempt = attempts[id] else { return [] }
        attempts[id]?.ringing.removeAll { $0 == leg }
        attempts[id]?.note(cause)
        guard attempt.options.failsOnSingleReject.contains(cause) else { return proceed(id, at: now) }
        attempts[id]?.groups = []
        attempts[id]?.cause = cause
        return endRinging(of: id, .originatorCancel, at: now) + proceed(id, at: now)
    }

    /// The present group has rung long enough.
    mutating func timeOut(_ id: AttemptID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard attempts[id] != nil else { return [] }
        attempts[id]?.note(cause)
        return endRinging(of: id, cause, at: now) + proceed(id, at: now)
    }

    /// Ends the present group, which says nothing about the callee.
    private mutating func endRinging(of id: AttemptID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        let ringing = attempts[id]?.ringing ?? []
        attempts[id]?.ringing = []
        var steps: [CallStep] = []
        for leg in ringing {
            calls[leg]?.attempt = nil
            steps += end(leg, cause, at: now)
        }
        return steps
    }

    /// Nobody waits for the attempt any more.
    mutating func abandon(_ id: AttemptID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard let attempt = attempts.removeValue(forKey: id) else { return [] }
        return attempt.ringing.flatMap { end($0, cause, at: now) }
    }

    private mutating func fail(_ id: AttemptID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard let attempt = attempts.removeValue(forKey: id) else { return [] }
        switch attempt.origin {
        case .api(let api): return [.originated(api, .failed(cause))]
        case .leg(let origin): return stopBackground(of: origin) + bridgeFailed(origin, cause, at: now)
        }
    }

    private mutating func bridgeFailed(_ id: LegID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard let variables = calls[id]?.leg.variables else { return [] }
        calls[id]?.leg.variables["originate_disposition"] = cause.name
        calls[id]?.leg.variables["originate_failed_cause"] = cause.name
        calls[id]?.leg.variables["DIALSTATUS"] = cause.dialStatus
        guard Self.goesOn(after: cause, variables) else { return end(id, cause, at: now) }
        calls[id]?.causeAtEnd = cause
        goOn(id)
        return []
    }

    /// FreeSWITCH goes on in the dialplan when nobody answered, and else only when `continue_on_fail` allows.
    private static func goesOn(after cause: HangupCause, _ variables: [String: String]) -> Bool {
        if CauseList(parsing: variables["failure_causes"]).contains(cause) { return false }
        if CauseList(parsing: variables["continue_on_fail"]).contains(cause) { return true }
        return [.noAnswer, .noUserResponse, .originatorCancel].contains(cause)
    }
}

extension HangupCause {
    /// The variable `DIALSTATUS` of a leg whose `bridge` failed.
    fileprivate var dialStatus: String {
        switch self {
        case .userBusy: "BUSY"
        case .noAnswer, .noUserResponse, .allottedTimeout, .progressTimeout: "NOANSWER"
        case .originatorCancel: "CANCEL"
        case .callRejected: "DONTCALL"
        case .unallocatedNumber, .invalidNumberFormat, .noRouteDestination: "INVALIDARGS"
        case .switchCongestion, .normalCircuitCongestion: "CONGESTION"
        default: "CHANUNAVAIL"
        }
    }
}
