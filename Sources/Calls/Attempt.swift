/// The name of one attempt to reach somebody.
struct AttemptID: Hashable, Sendable, Comparable {
    let rawValue: UInt64
    static func < (one: AttemptID, other: AttemptID) -> Bool { one.rawValue < other.rawValue }
}

/// Somebody waits until one of others answers.
struct Attempt: Sendable {
    /// Who waits for the answer.
    enum Origin: Sendable, Equatable {
        case leg(LegID)
        case api(OriginationID)
    }

    /// Where somebody who was called wants the call instead.
    struct Redirection: Sendable, Equatable {
        let destination: String
        let context: String
        /// For the leg that is sent there.
        let variables: [String: String]
    }

    let id: AttemptID
    var origin: Origin
    /// Somebody else than ``caller`` waits for the answer by now.
    var hasNewOrigin = false
    /// For a call of the API: what to do with the one who answers.
    var origination: Origination?
    /// What every leg of it looks like to its far end.
    let caller: CallerView
    /// Worked off side by side: one, and one for each `:_:`.
    var courses: [Course]
    /// Somebody refused for all: the caller is hung up too.
    var endsCaller = false
    var redirection: Redirection?
    /// How the far end that says most refused, in its own protocol's words: `sip:486`.
    var protocolCause: String?

    /// Every leg that is offered and not answered, in the order of the dial string.
    var ringing: [LegID] { courses.flatMap(\.ringing) }

    /// Why it failed, by what tells the caller most.
    var cause: HangupCause {
        courses.compactMap(\.cause).reduce(nil) { HangupCause.telling($0, $1) } ?? .destinationOutOfOrder
    }

    /// The timer that is due first.
    var nextTimer: (course: Int, timer: Course.Timer, at: Duration)? {
        var next: (course: Int, timer: Course.Timer, at: Duration)?
        for (index, course) in courses.enumerated() {
            guard let (timer, at) = course.nextTimer, next.map({ at < $0.at }) ?? true else { continue }
            next = (index, timer, at)
        }
        return next
    }
}

/// What the legs of an attempt get from whoever calls.
struct CallerView: Sendable {
    let identity: Identity
    /// Of legs that have no account to go by.
    let context: String
    let domain: String
    /// How many hops the legs may take; 0 is one too many for SIP.
    let maxForwards: Int
    /// Custom headers, as variables, for SIP legs.
    var headers: [String: String] = [:]
    /// Of the exported variables, what the caller chose.
    var supplied: [String: String] = [:]
}

extension HangupCause {
    /// The one of two causes that says most about the callee: a refusal before silence before not being there.
    static func telling(_ old: HangupCause?, _ new: HangupCause) -> HangupCause {
        guard let old, old.weight > new.weight else { return new }
        return old
    }

    private var weight: Int {
        switch self {
        case .userBusy, .callRejected, .decline, .busyEverywhere, .unwanted: 3
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
        /// `user` is whose phone it is; `nil` for a trunk.
        case sip(SIPTarget, user: String?)
        case nobody(HangupCause)
    }

    let reach: Reach
    /// Of the leg to be made: the directory's, then the dial string's.
    let variables: [String: String]
}
