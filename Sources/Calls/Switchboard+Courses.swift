/// Attempts at work: dial strings side by side, each group after group.
extension Switchboard {
    mutating func begin(_ attempt: Attempt, at now: Duration) -> [CallStep] {
        attempts[attempt.id] = attempt
        for course in attempt.courses.indices { fill(attempt.id, course) }
        var steps: [CallStep] = []
        for course in attempt.courses.indices { steps += proceed(attempt.id, course, at: now) }
        return steps
    }

    /// Looks up whom the course is to call, now.
    private mutating func fill(_ id: AttemptID, _ course: Int) {
        guard let attempt = attempts[id] else { return }
        let groups = destinations(of: attempt.courses[course].dial, domain: attempt.caller.domain)
        attempts[id]?.courses[course].groups = groups.reversed()
    }

    // MARK: Group by group

    /// Calls the next group until one has somebody to ring.
    private mutating func proceed(_ id: AttemptID, _ index: Int, at now: Duration) -> [CallStep] {
        var steps: [CallStep] = []
        while var course = attempts[id]?.courses[index], course.isIdle, !course.isOver {
            guard let group = course.groups.popLast() else {
                guard let next = course.nextTry(after: now) else { return steps + finish(id, index, at: now) }
                attempts[id]?.courses[index].retryAt = next
                return steps
            }
            course.until = now + course.options.timeout
            course.progressUntil = course.options.progressTimeout.map { now + $0 }
            course.hasProgress = false
            attempts[id]?.courses[index] = course
            steps += start(group, of: id, index, at: now)
        }
        return steps
    }

    /// Calls those of a group whose turn it is, and remembers the others.
    private mutating func start(
        _ group: [DialDestination], of id: AttemptID, _ index: Int, at now: Duration
    ) -> [CallStep] {
        var steps: [CallStep] = []
        var delayed: [(destination: DialDestination, at: Duration)] = []
        for destination in group {
            if let delay = DialOptions.seconds(destination.variables["leg_delay_start"]) {
                delayed.append((destination, now + delay))
            } else {
                steps += place(destination, of: id, index, at: now)
            }
        }
        // The first of the dial string is the first of those whose time comes together.
        attempts[id]?.courses[index].delayed = delayed.reversed().sorted { $0.at > $1.at }
        return steps
    }

    /// The course has tried everything. When all have, that is the end of the attempt.
    private mutating func finish(_ id: AttemptID, _ index: Int, at now: Duration) -> [CallStep] {
        attempts[id]?.courses[index].isOver = true
        guard let attempt = attempts[id], attempt.courses.allSatisfy(\.isOver) else { return [] }
        attempts[id] = nil
        switch attempt.origin {
        case .api(let api): return [.originated(api, .failed(attempt.cause))]
        case .leg(let origin): return stopBackground(of: origin) + bridgeFailed(origin, attempt, at: now)
        }
    }

    private mutating func place(
        _ destination: DialDestination, of id: AttemptID, _ index: Int, at now: Duration
    ) -> [CallStep] {
        guard let attempt = attempts[id] else { return [] }
        let leg: Leg
        switch outboundLeg(to: destination, in: attempt, attempt.courses[index].options) {
        case .success(let made): leg = made
        case .failure(let refusal):
            attempts[id]?.courses[index].note(refusal.cause)
            return []
        }
        var run = LegRun(leg: leg, at: now)
        run.activity = .offered
        run.attempt = id
        run.course = index
        run.ringsUntil = DialOptions.seconds(leg.variables["leg_timeout"]).map { now + $0 }
        run.progressUntil = DialOptions.seconds(leg.variables["leg_progress_timeout"]).map { now + $0 }
        calls[leg.id] = run
        attempts[id]?.courses[index].ringing.append(leg.id)
        var like: LegID?
        if case .leg(let origin) = attempt.origin { like = origin }
        return presence(of: leg.id, .dialing) + [.call(Outgoing(leg: leg, like: like))]
    }

    // MARK: News from the far ends

    mutating func farEndRings(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], let attempt = run.attempt, !run.isRinging else { return [] }
        calls[id]?.isRinging = true
        attempts[attempt]?.courses[run.course].hasProgress = true
        return presence(of: id, .ringing) + announceRinging(of: run, at: now)
    }

    /// The caller learns that somebody rings: by a sound, else by its door.
    private mutating func announceRinging(of run: LegRun, at now: Duration) -> [CallStep] {
        guard let attempt = run.attempt.flatMap({ attempts[$0] }), case .leg(let origin) = attempt.origin,
            !attempt.courses[run.course].options.ignoresRinging
        else { return [] }
        let sound = ringBack(to: origin, at: now)
        return sound.isEmpty ? tellOfRinging(origin) : sound
    }

    /// Early media go to the caller, from the first who has any.
    mutating func farEndSendsMedia(_ id: LegID, at now: Duration) -> [CallStep] {
        guard let run = calls[id], let attempt = run.attempt, run.leg.state == .calling else { return [] }
        calls[id]?.isRinging = true
        calls[id]?.leg.state = .early
        attempts[attempt]?.courses[run.course].hasProgress = true
        let steps = presence(of: id, .early)
        switch attempts[attempt]?.courses[run.course].options.earlyMedia {
        case .passed: return steps + hear(id, of: attempt, at: now)
        case .rings: return run.isRinging ? steps : steps + announceRinging(of: run, at: now)
        case .ignored, nil: return steps
        }
    }

    /// Has the caller hear a far end that has not answered, unless it hears another one.
    private mutating func hear(_ id: LegID, of attempt: AttemptID, at now: Duration) -> [CallStep] {
        guard case .leg(let origin)? = attempts[attempt]?.origin, let run = calls[origin],
            run.activity == .dialling(attempt), run.connectedTo == nil
        else { return [] }
        let steps = stopBackground(of: origin) + preAnswer(origin, at: now)
        return steps + connect(origin, id)
    }

    /// The one whom the caller heard is gone: the next who has early media, or ring-back while somebody rings.
    private mutating func hearAnother(of id: AttemptID, at now: Duration) -> [CallStep] {
        guard let attempt = attempts[id], case .leg(let origin) = attempt.origin, calls[origin]?.connectedTo == nil
        else { return [] }
        for course in attempt.courses where course.options.earlyMedia == .passed {
            for leg in course.ringing where calls[leg]?.leg.state == .early { return hear(leg, of: id, at: now) }
        }
        return attempt.ringing.contains { calls[$0]?.isRinging == true } ? ringBack(to: origin, at: now) : []
    }

    // MARK: Ends

    /// A leg of the attempt is gone, and `cause` says why.
    mutating func lost(_ run: LegRun, of id: AttemptID, _ cause: HangupCause, at now: Duration) -> [CallStep] {
        guard var course = attempts[id]?.courses[run.course] else { return [] }
        course.ringing.removeAll { $0 == run.leg.id }
        course.note(cause)
        if course.cause == cause { attempts[id]?.protocolCause = run.leg.protocolCause }
        if let redirection = redirection(by: run, of: id) {
            attempts[id]?.redirection = redirection
            (course.groups, course.triesLeft) = ([], 1)
        }
        let isFinal = course.options.failsOnSingleReject.contains(cause)
        if isFinal {
            (course.groups, course.delayed, course.triesLeft, course.cause) = ([], [], 1, cause)
            if course.options.hangsUpOnSingleReject { attempts[id]?.endsCaller = true }
        }
        attempts[id]?.courses[run.course] = course
        let steps = isFinal ? endRinging(of: id, run.course, .originatorCancel, at: now) : []
        return steps + proceed(id, run.course, at: now) + hearAnother(of: id, at: now)
    }

    mutating func fire(_ timer: Course.Timer, of id: AttemptID, _ index: Int, at now: Duration) -> [CallStep] {
        switch timer {
        case .group(let cause):
            attempts[id]?.courses[index].note(cause)
            attempts[id]?.courses[index].delayed = []
            return endRinging(of: id, index, cause, at: now) + proceed(id, index, at: now)
                + hearAnother(of: id, at: now)
        case .start:
            guard let next = attempts[id]?.courses[index].delayed.popLast() else { return [] }
            return place(next.destination, of: id, index, at: now) + proceed(id, index, at: now)
        case .retry:
            attempts[id]?.courses[index].retryAt = nil
            attempts[id]?.courses[index].triesLeft -= 1
            fill(id, index)
            return proceed(id, index, at: now)
        }
    }

    /// Ends the present group, which says nothing about the callee.
    private mutating func endRinging(
        of id: AttemptID, _ index: Int, _ cause: HangupCause, at now: Duration
    ) -> [CallStep] {
        let ringing = attempts[id]?.courses[index].ringing ?? []
        attempts[id]?.courses[index].ringing = []
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
}
