/// One dial string being worked off: group after group, each ringing together, until somebody answers; then all of it
/// again, if it says so.
struct Course: Sendable {
    enum Timer: Sendable, Equatable {
        /// The present group has rung long enough.
        case group(HangupCause)
        /// When a leg of the present group is to ring later than the others.
        case start
        /// When all of it is tried again.
        case retry
    }

    let dial: DialString
    let options: DialOptions
    /// What is still to be tried, the next group last.
    var groups: [[DialDestination]] = []
    /// Offered and not answered, in the order of the dial string.
    var ringing: [LegID] = []
    /// `leg_delay_start`: to be called when it is time, the soonest last.
    var delayed: [(destination: DialDestination, at: Duration)] = []
    /// When the present group has rung long enough.
    var until: Duration = .zero
    /// When somebody of it has to ring at last.
    var progressUntil: Duration?
    var hasProgress = false
    var triesLeft: Int
    /// No further try begins later.
    let retryUntil: Duration?
    var retryAt: Duration?
    /// Why it failed so far, by what tells the caller most.
    var cause: HangupCause?
    /// Everything was tried.
    var isOver = false

    init(_ dial: DialString, _ options: DialOptions, at now: Duration) {
        (self.dial, self.options) = (dial, options)
        triesLeft = options.tries
        retryUntil = options.retryTimeout.map { now + $0 }
    }

    /// Nobody rings, or is to ring later: the next group's turn.
    var isIdle: Bool { ringing.isEmpty && delayed.isEmpty && retryAt == nil }

    var nextTimer: (timer: Timer, at: Duration)? {
        guard !isOver else { return nil }
        if let retryAt { return (.retry, retryAt) }
        var next = (timer: Timer.group(.noAnswer), at: until)
        if let progressUntil, !hasProgress, progressUntil < until { next = (.group(.progressTimeout), progressUntil) }
        if let start = delayed.last?.at, start < next.at { next = (.start, start) }
        return next
    }

    mutating func note(_ cause: HangupCause) { self.cause = HangupCause.telling(self.cause, cause) }

    /// When all of it may be tried once more; `nil` when it may not.
    func nextTry(after now: Duration) -> Duration? {
        guard triesLeft > 1 else { return nil }
        let next = now + options.retrySleep
        guard let retryUntil, next > retryUntil else { return next }
        return nil
    }
}
