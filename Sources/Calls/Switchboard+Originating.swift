/// Calling others: who wants to, and what they get.
extension Switchboard {
    /// The `bridge` application.
    mutating func dial(_ dialString: DialString, for id: LegID, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg else { return [] }
        let exported = Assignment.exported(from: leg.variables)
        let courses = ([dialString] + dialString.others).map { dial in
            Course(
                dial,
                DialOptions(
                    dialled: dial.variables, own: leg.variables, exported: exported, fallback: limits.ringTimeout),
                at: now)
        }
        let domain = leg.variables["domain_name"] ?? (leg.domain.isEmpty ? directory.defaultDomain : leg.domain)
        let caller = CallerView(
            identity: leg.shownIdentity, context: leg.context, domain: domain, maxForwards: max(0, leg.hopsLeft - 1),
            headers: leg.customHeaders, supplied: leg.suppliedVariables(exportedAs: exported))
        let attempt = Attempt(
            id: AttemptID(rawValue: nextSerial()), origin: .leg(id), caller: caller, courses: courses)
        calls[id]?.activity = .dialling(attempt.id)
        let steps = begin(attempt, at: now)
        guard courses.contains(where: \.options.ringsBackAtOnce), attempts[attempt.id] != nil else { return steps }
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
        let courses = ([dial] + dial.others).map { dial in
            Course(
                dial,
                DialOptions(
                    dialled: dial.variables, own: origination.variables, exported: origination.variables,
                    fallback: origination.timeout ?? limits.ringTimeout),
                at: now)
        }
        let context = if case .destination(_, let context) = origination.target { context } else { "default" }
        let caller = CallerView(
            identity: Identity(name: origination.callerIDName, number: origination.callerIDNumber), context: context,
            domain: origination.domain ?? directory.defaultDomain, maxForwards: Leg.mostForwards)
        let attempt = Attempt(
            id: AttemptID(rawValue: serial), origin: .api(id), origination: origination, caller: caller,
            courses: courses)
        return (id, settled(begin(attempt, at: now), at: now))
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

    // MARK: Somebody answers

    mutating func farEndAnswered(
        _ id: LegID, _ name: String?, _ number: String?, at now: Duration
    ) -> [CallStep] {
        guard let run = calls[id], let attemptID = run.attempt,
            let attempt = attempts.removeValue(forKey: attemptID)
        else { return [] }
        calls[id]?.attempt = nil
        calls[id]?.redirectedTo = []
        calls[id]?.answeredAt = now
        calls[id]?.mediaStarted = now
        calls[id]?.leg.state = .answered
        if let name = Identity.clean(name) { calls[id]?.leg.calleeIDName = name }
        if let number = Identity.clean(number) { calls[id]?.leg.calleeIDNumber = number }
        var steps = presence(of: id, .active)
        for loser in attempt.ringing where loser != id { steps += end(loser, .loseRace, at: now) }
        return steps + settle(attempt, on: id, introduces: attempt.hasNewOrigin, at: now)
    }

    /// Gives whoever waits for the attempt the one who answered.
    mutating func settle(_ attempt: Attempt, on id: LegID, introduces: Bool, at now: Duration) -> [CallStep] {
        switch attempt.origin {
        case .leg(let origin): reached(id, by: origin, introduces: introduces, at: now)
        case .api(let api): [.originated(api, .answered(id))] + begin(id, attempt.origination, at: now)
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

    // MARK: Nobody does

    mutating func bridgeFailed(_ id: LegID, _ attempt: Attempt, at now: Duration) -> [CallStep] {
        guard let variables = calls[id]?.leg.variables else { return [] }
        let cause = attempt.cause
        calls[id]?.leg.variables["originate_disposition"] = cause.name
        calls[id]?.leg.variables["originate_failed_cause"] = cause.name
        calls[id]?.leg.variables["DIALSTATUS"] = cause.dialStatus
        calls[id]?.leg.variables["last_bridge_proto_specific_hangup_cause"] = attempt.protocolCause
        if let steps = follow(attempt.redirection, id, at: now) { return steps }
        guard !attempt.endsCaller else { return end(id, cause, at: now) }
        if let target = Self.transferOnFail(variables["transfer_on_fail"], cause) {
            return jump(id, to: target.destination, target.context, at: now)
        }
        guard Self.goesOn(after: cause, variables) else { return end(id, cause, at: now) }
        calls[id]?.causeAtEnd = cause
        goOn(id)
        return []
    }

    /// FreeSWITCH goes on in the dialplan when `continue_on_fail` allows, and when nobody answered unless the dialplan
    /// says anything about failures.
    private static func goesOn(after cause: HangupCause, _ variables: [String: String]) -> Bool {
        if cause == .attendedTransfer { return false }
        if CauseList(parsing: variables["failure_causes"]).contains(cause) { return false }
        if CauseList(parsing: variables["continue_on_fail"]).contains(cause) { return true }
        guard variables["continue_on_fail"] == nil, variables["failure_causes"] == nil else { return false }
        return [.noAnswer, .noUserResponse, .originatorCancel].contains(cause)
    }

    /// `causes destination [XML [context]]`.
    private static func transferOnFail(
        _ text: String?, _ cause: HangupCause
    ) -> (destination: String, context: String?)? {
        let words = (text ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count > 1, CauseList(parsing: words[0]).contains(cause) else { return nil }
        return (words[1], words.count > 3 ? words[3] : nil)
    }
}

extension Leg {
    static let mostForwards = 70

    /// How many hops are left, with what the dialplan says in `max_forwards`. It cannot ask for more.
    var hopsLeft: Int {
        guard let own = variables["max_forwards"].flatMap({ Int($0.trimmed) }) else { return maxForwards }
        return max(0, min(own, maxForwards))
    }

    /// What the legs it calls by SIP say too: its `X-` headers, unless `sip_copy_custom_headers` is false.
    fileprivate var customHeaders: [String: String] {
        guard variables["sip_copy_custom_headers"]?.isAffirmative ?? true else { return [:] }
        return variables.filter { $0.key.asciiLowercased.hasPrefix("sip_h_x-") }
    }

    /// Of the variables that others get, those that hold text of the caller's, fit for a dial string.
    fileprivate func suppliedVariables(exportedAs exported: [String: String]) -> [String: String] {
        var supplied: [String: String] = [:]
        for name in exported.keys {
            supplied[name] = suppliedVariables[name] ?? suppliedVariables[Assignment.notLocal + name]
        }
        return supplied
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
        case .destinationOutOfOrder, .invalidProfile: "INVALIDARGS"
        default: name
        }
    }
}
