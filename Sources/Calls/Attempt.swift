/// The name of one attempt to reach somebody.
struct AttemptID: Hashable, Sendable, Comparable {
    let rawValue: UInt64
    static func < (one: AttemptID, other: AttemptID) -> Bool { one.rawValue < other.rawValue }
}

/// One dial string being worked off: group after group, each ringing together, until somebody answers.
struct Attempt: Sendable {
    /// Who waits for the answer.
    enum Origin: Sendable, Equatable {
        case leg(LegID)
        case api(OriginationID)
    }

    let id: AttemptID
    var origin: Origin
    /// Somebody else than ``caller`` waits for the answer by now.
    var hasNewOrigin = false
    /// For a call of the API: what to do with the one who answers.
    var origination: Origination?
    /// What every leg of it looks like to its far end.
    let caller: Identity
    let context: String
    let options: DialOptions
    /// What is still to be tried, the next group last.
    var groups: [[DialDestination]]
    /// Offered and not answered, in the order of the dial string.
    var ringing: [LegID] = []
    /// When the present group has rung long enough.
    var until: Duration
    /// When somebody of it has to ring at last.
    var progressUntil: Duration?
    var hasProgress = false
    /// Why it failed so far, by what tells the caller most.
    var cause: HangupCause?

    /// The timer that is due first, and what it ends the present group with.
    var nextTimer: (cause: HangupCause, at: Duration) {
        if let progressUntil, !hasProgress, progressUntil < until { return (.progressTimeout, progressUntil) }
        return (.noAnswer, until)
    }

    /// Keeps the cause that says most about the callee: a refusal before silence before not being there.
    mutating func note(_ cause: HangupCause) {
        guard let old = self.cause, Self.weight(old) > Self.weight(cause) else {
            self.cause = cause
            return
        }
    }

    private static func weight(_ cause: HangupCause) -> Int {
        switch cause {
        case .userBusy, .callRejected, .decline: 3
        case .noAnswer, .noUserResponse, .allottedTimeout, .progressTimeout: 2
        case .userNotRegistered, .subscriberAbsent: 0
        default: 1
        }
    }
}

/// One client to be called, or why there is none.
struct DialDestination: Sendable, Equatable {
    enum Reach: Sendable, Equatable {
        case verto(session: String, user: String)
        case nobody(HangupCause)
    }

    let reach: Reach
    /// Of the leg to be made: the directory's, then the dial string's.
    let variables: [String: String]
}
