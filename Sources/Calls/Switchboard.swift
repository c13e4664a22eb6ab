/// All live legs: routes each by the dialplan and runs its applications one at a time.
///
/// Feed it events, carry out the steps it returns, and call ``advance(to:)`` at ``deadline``. `now` is any clock that
/// does not go back.
package struct Switchboard: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Legs in all.
        package var legs: Int
        /// Legs of one account, or of one session where there are no accounts.
        package var legsPerUser: Int
        /// How long a leg with an SDP answer may be without media.
        package var mediaPatience: Duration
        /// How long an answered leg waits for its client to come back.
        package var detachTimeout: Duration

        package init(
            legs: Int = 4_000,
            legsPerUser: Int = 10,
            mediaPatience: Duration = .seconds(20),
            detachTimeout: Duration = .seconds(120)
        ) {
            self.legs = legs
            self.legsPerUser = legsPerUser
            self.mediaPatience = mediaPatience
            self.detachTimeout = detachTimeout
        }
    }

    /// Takes effect for the next call; live ones keep the route they have.
    package var dialplan: Dialplan
    package var limits: Limits
    /// `false` refuses new calls, to let a server run empty.
    package var acceptsCalls = true

    /// Internal for the extension that runs the applications.
    var calls: [LegID: LegRun] = [:]

    package init(dialplan: Dialplan, limits: Limits = Limits()) {
        self.dialplan = dialplan
        self.limits = limits
    }

    // MARK: Events in, steps out

    package mutating func receive(_ event: CallEvent, at now: Duration) -> [CallStep] {
        switch event {
        case .invited(let leg): return invite(leg, at: now)
        case .answeredMedia(let id): return mediaIsUp(id, at: now)
        case .applicationDone(let id): return applicationDone(id, at: now)
        case .conferenceEnded(let id): return conferenceEnded(id, at: now)
        case .mediaFailed(let id, let cause), .conferenceRefused(let id, let cause),
            .hangUpRequested(let id, let cause):
            return end(id, cause)
        case .hungUp(let id, let cause):
            return calls.removeValue(forKey: id) == nil ? [] : [.release(id, cause)]
        case .digit(let id, let digit):
            return calls[id] == nil || !Self.digits.contains(digit) ? [] : [.digit(id, digit)]
        case .detached(let id): return detach(id, at: now)
        case .reattached(let id):
            calls[id]?.leg.detachedSince = nil
            return []
        }
    }

    /// When ``advance(to:)`` next has something to do; `nil` means never.
    package var deadline: Duration? {
        calls.values.lazy.compactMap { $0.nextTimer(limits)?.at }.min()
    }

    /// Runs every timer that is due, the earliest first.
    package mutating func advance(to now: Duration) -> [CallStep] {
        let due = calls.values.compactMap { run -> (id: LegID, at: Duration)? in
            guard let timer = run.nextTimer(limits), timer.at <= now else { return nil }
            return (run.leg.id, timer.at)
        }
        var steps: [CallStep] = []
        for (id, _) in due.sorted(by: { ($0.at, $0.id.rawValue) < ($1.at, $1.id.rawValue) }) {
            // A leg whose sleep is over may have its watchdog due as well.
            while let timer = calls[id]?.nextTimer(limits), timer.at <= now {
                steps += fire(timer.kind, of: id, at: now)
            }
        }
        return steps
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
    }

    private static let digits: Set<Character> = Set("0123456789*#ABCDabcd")
}
