/// All live legs: routes each by the dialplan, runs its applications one at a time, calls others and connects them.
///
/// Feed it events, carry out the steps it returns, and call ``advance(to:)`` at ``deadline``. `now` is any clock that
/// does not go back.
package struct Switchboard: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Legs in all.
        package var legs: Int
        /// Legs of one account, in either direction, or of one session where there are no accounts.
        package var legsPerUser: Int
        /// Legs of one gateway or unknown SIP address, inbound.
        package var legsPerTrunk: Int
        /// How long a leg with an SDP answer may be without media.
        package var mediaPatience: Duration
        /// How long an answered leg waits for its client to come back.
        package var detachTimeout: Duration
        /// How long a leg whose client came back may be without its new media.
        package var reattachedMedia: Duration
        /// How long the loss of a socket may be noticed after that of the media.
        package var lostMediaPatience: Duration
        /// How long somebody rings when the dialplan does not say.
        package var ringTimeout: Duration
        /// How long a leg may be parked without having been answered.
        package var unansweredParking: Duration
        /// How often the dialplan may send one leg to another extension, so that its loops end.
        package var transfers: Int

        package init(
            legs: Int = 4_000,
            legsPerUser: Int = 10,
            legsPerTrunk: Int = 1_000,
            mediaPatience: Duration = .seconds(20),
            detachTimeout: Duration = .seconds(120),
            reattachedMedia: Duration = .seconds(20),
            lostMediaPatience: Duration = .seconds(3),
            ringTimeout: Duration = .seconds(60),
            unansweredParking: Duration = .seconds(240),
            transfers: Int = 70
        ) {
            self.legs = legs
            self.legsPerUser = legsPerUser
            self.legsPerTrunk = legsPerTrunk
            self.mediaPatience = mediaPatience
            self.detachTimeout = detachTimeout
            self.reattachedMedia = reattachedMedia
            self.lostMediaPatience = lostMediaPatience
            self.ringTimeout = ringTimeout
            self.unansweredParking = unansweredParking
            self.transfers = transfers
        }
    }

    /// Takes effect for the next call; live ones keep the route they have.
    package var dialplan: Dialplan
    /// Who can be called, and how.
    package var directory: Directory
    package var limits: Limits
    /// Which gateways and profiles there are; `nil` leaves that to the door.
    package var sipRoutes: SIPRoutes?
    /// `false` refuses new calls, to let a server run empty.
    package var acceptsCalls = true

    package internal(set) var registrations = Registrations()

    // Internal for the extensions that are the call rules.
    var calls: [LegID: LegRun] = [:]
    var attempts: [AttemptID: Attempt] = [:]
    /// Legs whose next application is to run before anybody hears of the steps so far.
    var ready: [LegID] = []
    var shared = SharedValues()
    var usage = UsageLimits()
    var names: NameSource
    private var lastSerial: UInt64 = 0

    /// - Parameter seed: Makes the names of outbound legs. Two runs of a server should not have the same one.
    package init(
        dialplan: Dialplan,
        directory: Directory = Directory(defaultDomain: ""),
        limits: Limits = Limits(),
        seed: UInt64 = 0
    ) {
        self.dialplan = dialplan
        self.directory = directory
        self.limits = limits
        names = NameSource(seed: seed)
    }

    // MARK: Events in, steps out

    package mutating func receive(_ event: CallEvent, at now: Duration) -> [CallStep] {
        let steps = respond(to: event, at: now)
        return settled(steps, at: now)
    }

    private mutating func respond(to event: CallEvent, at now: Duration) -> [CallStep] {
        switch event {
        case .registered(let session, let user):
            registrations.add(session: session, user: user, handle: names.uuid())
            return []
        case .unregistered(let session):
            registrations.remove(session: session)
            return []
        case .sipRegistered(let handle, let user, let profile):
            registrations.addPhone(handle: handle, user: user, profile: profile)
            return []
        case .sipUnregistered(let handle):
            registrations.removePhone(handle: handle)
            return []
        case .invited(let leg): return invite(leg, at: now)
        case .ringing(let id): return farEndRings(id, at: now)
        case .progress(let id): return farEndSendsMedia(id, at: now)
        case .answered(let id, let name, let number): return farEndAnswered(id, name, number, at: now)
        case .answeredMedia(let id): return mediaIsUp(id, at: now)
        case .mediaFailed(let id, let cause): return mediaFailed(id, cause, at: now)
        case .mediaLost(let id): return mediaLost(id, at: now)
        case .applicationDone(let id): return applicationDone(id, at: now)
        case .conferenceEnded(let id): return conferenceEnded(id, at: now)
        case .conferenceRefused(let id, let cause):
            return calls[id]?.activity == .inConference ? end(id, cause, at: now) : []
        case .hangUpRequested(let id, let cause): return end(id, cause, at: now)
        case .redirected(let id, let contacts): return redirected(id, to: contacts)
        case .heldByFarEnd(let id, let isHeld): return hold(id, isHeld ? .on : .off, at: now).steps
        case .hungUp(let id, let cause): return farEndHungUp(id, cause, at: now)
        case .digit(let id, let digit): return press(digit, id)
        case .deflected(let id, let hasLeft): return deflected(id, hasLeft: hasLeft, at: now)
        case .detached(let id): return detach(id, at: now)
        case .reattached(let id): return reattach(id, at: now)
        }
    }

    /// When ``advance(to:)`` next has something to do; `nil` means never.
    package var deadline: Duration? {
        let legs = calls.values.lazy.compactMap { $0.nextTimer(limits)?.at }.min()
        let attempts = attempts.values.lazy.compactMap { $0.nextTimer?.at }.min()
        guard let legs, let attempts else { return legs ?? attempts }
        return min(legs, attempts)
    }

    /// Runs every timer that is due, the earliest first.
    package mutating func advance(to now: Duration) -> [CallStep] {
        var due: [(at: Duration, timer: DueTimer)] = calls.values.compactMap { run in
            guard let timer = run.nextTimer(limits), timer.at <= now else { return nil }
            return (timer.at, .leg(run.leg.id))
        }
        due += attempts.values.compactMap { attempt in
            guard let timer = attempt.nextTimer, timer.at <= now else { return nil }
            return (timer.at, .attempt(attempt.id))
        }
        due.sort { ($0.at, $0.timer) < ($1.at, $1.timer) }
        var steps: [CallStep] = []
        for (_, timer) in due {
            while let fired = fire(timer, at: now) { steps += settled(fired, at: now) }
        }
        return steps
    }

    /// Runs the timer; `nil` when nothing of it is due (any more). A leg whose sleep is over may have its watchdog due
    /// as well.
    private mutating func fire(_ timer: DueTimer, at now: Duration) -> [CallStep]? {
        switch timer {
        case .leg(let id):
            guard let next = calls[id]?.nextTimer(limits), next.at <= now else { return nil }
            return fire(next.kind, of: id, at: now)
        case .attempt(let id):
            guard let next = attempts[id]?.nextTimer, next.at <= now else { return nil }
            return fire(next.timer, of: id, next.course, at: now)
        }
    }

    /// Lets every leg whose turn it is go on in its route, which belongs to what caused `steps`.
    mutating func settled(_ steps: [CallStep], at now: Duration) -> [CallStep] {
        var steps = steps
        while !ready.isEmpty { steps += resume(ready.removeFirst(), at: now) }
        return steps
    }

    /// Rises by one, for whatever needs a name of its own.
    mutating func nextSerial() -> UInt64 {
        lastSerial += 1
        return lastSerial
    }

    // MARK: Reading

    package func leg(_ id: LegID) -> Leg? { calls[id]?.leg }

    package var count: Int { calls.count }

    /// Every live leg, in no order.
    package var legs: [Leg] { calls.values.map(\.leg) }

    /// The live legs of a Verto session, to detach or take up again.
    package func legs(ofSession session: String) -> [Leg] {
        calls.values.map(\.leg).filter { $0.kind == .verto(session: session) }
    }

    /// Puts `values` among the variables of a live leg.
    package mutating func setVariables(_ values: [String: String], of id: LegID) {
        guard var variables = calls[id]?.leg.variables else { return }
        for (name, value) in values { Assignment(name: name, value: value).apply(to: &variables) }
        calls[id]?.leg.variables = variables
        for name in values.keys { calls[id]?.leg.suppliedVariables[name] = nil }
    }
}

/// Whose timer is due; legs before attempts, each in the order of their names.
private enum DueTimer: Comparable {
    case leg(LegID)
    case attempt(AttemptID)

    static func < (one: DueTimer, other: DueTimer) -> Bool {
        switch (one, other) {
        case (.leg(let one), .leg(let other)): one.rawValue < other.rawValue
        case (.attempt(let one), .attempt(let other)): one < other
        case (.leg, .attempt): true
        case (.attempt, .leg): false
        }
    }
}
