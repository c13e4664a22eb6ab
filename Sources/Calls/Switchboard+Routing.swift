extension Switchboard {
    // MARK: A call comes in

    mutating func invite(_ leg: Leg, at now: Duration) -> [CallStep] {
        if let cause = refusal(of: leg) { return [.refuse(leg.id, cause)] }
        calls[leg.id] = LegRun(leg: leg, at: now)
        return presence(of: leg.id, .ringing) + route(leg.id, at: now)
    }

    /// Why `leg` is not let in. FreeSWITCH answers each of the first three with DESTINATION_OUT_OF_ORDER.
    func refusal(of leg: Leg) -> HangupCause? {
        guard acceptsCalls, calls[leg.id] == nil, calls.count < limits.legs else { return .destinationOutOfOrder }
        guard hasPlace(for: leg) else { return .destinationOutOfOrder }
        return Self.isDestination(leg.destination) ? nil : .invalidNumberFormat
    }

    /// Whether `leg` is within ``Limits/legsPerUser`` or ``Limits/legsPerTrunk``.
    func hasPlace(for leg: Leg) -> Bool {
        if let owner = leg.owner {
            return calls.values.count(where: { $0.leg.owner == owner }) < limits.legsPerUser
        }
        guard let trunk = leg.trunk else { return true }
        return calls.values.count(where: { $0.leg.trunk == trunk }) < limits.legsPerTrunk
    }

    static func isDestination(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return scalars.count <= CallLimits.destinationLength
            && scalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    /// Looks the leg's destination up, and has it go there.
    mutating func route(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg else { return [] }
        let route = dialplan.route(leg.attributes, in: leg.context, functions: functions)
        calls[id]?.pending = route.applications.reversed()
        calls[id]?.leg.variables = route.variables
        calls[id]?.leg.suppliedVariables = route.suppliedVariables
        calls[id]?.causeAtEnd = nil
        guard !route.applications.isEmpty else { return end(id, .noRouteDestination, at: now) }
        goOn(id)
        return []
    }

    /// Has the leg run its next application as soon as what goes on now is over.
    mutating func goOn(_ id: LegID) {
        calls[id]?.activity = .idle
        ready.append(id)
    }

    // MARK: Applications, one at a time

    /// Runs applications until one blocks or none is left.
    mutating func resume(_ id: LegID, at now: Duration) -> [CallStep] {
        var steps: [CallStep] = []
        while let run = calls[id], run.activity == .idle {
            guard let next = run.pending.last else {
                return steps + end(id, run.causeAtEnd ?? .normalClearing, at: now)
            }
            calls[id]?.pending.removeLast()
            let call = dialplan.expand(next, for: run.leg.attributes, functions: functions)
            calls[id]?.lastApplication = call.forRecords
            do {
                let application = try Application(call)
                if case .assign = application {
                    let harmless = dialplan.harmless(next, for: run.leg.attributes, functions: functions)
                    assign(call, harmless: harmless, to: id)
                } else {
                    steps += start(application, of: id, at: now)
                }
            } catch {
                steps += refuse(call, error, of: id, at: now)
            }
        }
        return steps
    }

    private mutating func assign(_ call: ApplicationCall, harmless: String?, to id: LegID) {
        guard var attributes = calls[id]?.leg.attributes else { return }
        attributes.assign(call.data, for: call.name, harmless: harmless)
        calls[id]?.leg.variables = attributes.variables
        calls[id]?.leg.suppliedVariables = attributes.suppliedVariables
    }

    private mutating func start(_ application: Application, of id: LegID, at now: Duration) -> [CallStep] {
        if application.isHeard { calls[id]?.causeAtEnd = nil }
        switch application {
        case .answer: return answer(id, at: now)
        case .preAnswer: return preAnswer(id, at: now)
        case .echo:
            calls[id]?.activity = .echoing
            return preAnswer(id, at: now) + [.echo(id)]
        case .conference(let argument): return enterConference(argument, id, at: now)
        case .playback(let playback): return play(playback, to: id, at: now)
        case .sleep(let time):
            calls[id]?.activity = .sleeping(until: now + time)
            return []
        case .log(let level, let text): return [.log(id, level, text)]
        case .hangup(let cause): return end(id, cause, at: now)
        case .bridge(let dialString): return dial(dialString, for: id, at: now)
        case .park: return park(id, at: now)
        case .deflect(let target): return deflect(id, to: target, at: now)
        case .transfer(let destination, let context): return jump(id, to: destination, context, at: now)
        case .hash(let command):
            shared.perform(command)
            return []
        case .limit(let claim): return limit(id, claim, at: now)
        case .ringReady: return tellOfRinging(id)
        case .assign, .skip: return []
        }
    }

    private mutating func enterConference(_ argument: String, _ id: LegID, at now: Duration) -> [CallStep] {
        calls[id]?.activity = .inConference
        calls[id]?.conference = String(argument.prefix { !"@+{".contains($0) }.trimmed)
        let variables = calls[id]?.leg.variables ?? [:]
        return answer(id, at: now) + [.enterConference(id, argument: argument, variables: variables)]
    }

    private mutating func play(_ playback: Playback, to id: LegID, at now: Duration) -> [CallStep] {
        let steps = preAnswer(id, at: now)
        guard calls[id]?.leg.isMediaUp == true else {
            calls[id]?.activity = .waitingForMedia(playback)
            return steps
        }
        calls[id]?.activity = .playing
        return steps + [.play(id, playback)]
    }

    mutating func answer(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], run.leg.state != .answered else { return [] }
        calls[id]?.mediaStarted = run.mediaStarted ?? now
        calls[id]?.answeredAt = now
        calls[id]?.leg.state = .answered
        return [.answer(id)] + presence(of: id, .active)
    }

    mutating func preAnswer(_ id: LegID, at now: Duration) -> [CallStep] {
        guard calls[id]?.leg.state == .routing else { return [] }
        calls[id]?.mediaStarted = now
        calls[id]?.leg.state = .early
        return [.preAnswer(id)] + presence(of: id, .early)
    }

    /// `park_timeout=seconds` bounds it; so does our patience with a caller who was never answered.
    mutating func park(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let leg = calls[id]?.leg else { return [] }
        let time = DialOptions.seconds(leg.variables["park_timeout"])
        calls[id]?.activity = .parked(
            until: (time ?? (leg.isAnswered ? nil : limits.unansweredParking)).map { now + $0 })
        return []
    }

    private mutating func limit(_ id: LegID, _ claim: LimitClaim, at now: Duration) -> [CallStep] {
        if let taken = usage.take(claim, for: id, at: now) {
            calls[id]?.leg.variables["limit_usage"] = "\(taken)"
            return []
        }
        guard let overflow = claim.overflow else { return end(id, .normalCircuitCongestion, at: now) }
        guard overflow.hasPrefix("!") else { return jump(id, to: overflow, nil, at: now) }
        return end(id, HangupCause(name: String(overflow.dropFirst())) ?? .normalCircuitCongestion, at: now)
    }

    /// What FreeSWITCH has and we do not ends the call, so that nobody is left in silence; so does bad data.
    private mutating func refuse(
        _ call: ApplicationCall, _ error: ApplicationError, of id: LegID, at now: Duration
    ) -> [CallStep] {
        switch error {
        case .notSupported(let name):
            return [.log(id, .err, "\(call.origin): application '\(name)' is not supported")]
                + end(id, .facilityNotImplemented, at: now)
        case .badData(let name, let reason):
            return [.log(id, .err, "\(call.origin): \(name): \(reason)")]
                + end(id, .normalTemporaryFailure, at: now)
        }
    }

    // MARK: What an application waited for

    mutating func mediaIsUp(_ id: LegID, at now: Duration) -> [CallStep] {
        calls[id]?.leg.isMediaUp = true
        calls[id]?.mediaLostAt = nil
        guard case .waitingForMedia(let playback)? = calls[id]?.activity else { return [] }
        calls[id]?.activity = .playing
        return [.play(id, playback)]
    }

    mutating func applicationDone(_ id: LegID, at now: Duration) -> [CallStep] {
        switch calls[id]?.activity {
        case .playing, .echoing, .inConference:
            goOn(id)
            return []
        case .bridged, .dialling, .parked: return backgroundEnded(id, at: now)
        case .idle, .sleeping, .waitingForMedia, .deflecting, .offered, nil: return []
        }
    }

    mutating func conferenceEnded(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], run.activity == .inConference else { return [] }
        guard run.leg.variables["hangup_after_conference"].map({ !$0.isAffirmative }) ?? false else {
            return end(id, .normalClearing, at: now)
        }
        goOn(id)
        return []
    }

    mutating func press(_ digit: Character, _ id: LegID) -> [CallStep] {
        guard let leg = calls[id]?.leg, Self.digits.contains(digit) else { return [] }
        guard let far = leg.bridgedTo else { return [.digit(id, digit)] }
        return leg.isOnHold || calls[far]?.leg.isOnHold == true ? [] : [.sendDigit(far, digit)]
    }

    private static let digits: Set<Character> = Set("0123456789*#ABCDabcd")
}

extension Application {
    /// Whether the caller notices it, so that what ended a bridge before it no longer tells how the call went.
    fileprivate var isHeard: Bool {
        switch self {
        case .assign, .log, .sleep, .hash, .limit, .ringReady, .skip: false
        default: true
        }
    }
}

extension ApplicationCall {
    /// As it may stand in a record: a room's name without its PIN.
    fileprivate var forRecords: String {
        let shown = name == "conference" ? String(data.prefix { $0 != "+" }) : data
        return shown.isEmpty ? name : "\(name) \(shown)"
    }
}
