import Wire

/// The full, controlling half of ICE for one candidate pair (RFC 8445 §7.2, §8.1), with a browser's timing.
///
/// Chromium's, as measured: a plain check, one that nominates 60 ms later, two more after 1.1 s each, then one every
/// 2.66 s. Until the first answer it repeats every 100 ms, and every second while answers stay away. Each check is
/// a transaction of its own, as Chromium's are.
struct ControllingICE {
    struct Check: Equatable {
        let transactionID: STUNTransactionID
        let nominates: Bool
    }

    enum Answer: Equatable {
        /// No check of ours has that number.
        case unknown
        case again
        /// The pair works from now on.
        case first
    }

    /// Whether a check was answered.
    private(set) var isValid = false
    /// Whether a check with USE-CANDIDATE was answered: media flows on this pair.
    private(set) var isNominated = false
    /// When the next check is due; `nil` before the start.
    private(set) var deadline: Instant?
    /// When the last answer came, or the checks began.
    private(set) var lastAnswer: Instant?

    private let nominatesAtOnce: Bool
    private var outstanding: [Check] = []
    private var nominations = 0

    /// - Parameter nominatesAtOnce: USE-CANDIDATE in the very first check and never again, as Firefox does.
    init(nominatesAtOnce: Bool) { self.nominatesAtOnce = nominatesAtOnce }

    mutating func start(at now: Instant) {
        guard deadline == nil else { return }
        (deadline, lastAnswer) = (now, now)
    }

    /// Nominates again from now on, as after a change of network.
    mutating func restart(at now: Instant) {
        guard deadline != nil else { return }
        (deadline, isNominated, nominations) = (now, false, 0)
    }

    /// The check to send now; `nil` when none is due.
    mutating func nextCheck(at now: Instant, transactionID: @autoclosure () -> STUNTransactionID) -> Check? {
        guard let deadline, now >= deadline else { return nil }
        let check = Check(transactionID: transactionID(), nominates: nominates)
        if check.nominates { nominations += 1 }
        if outstanding.count >= Self.mostOutstanding { outstanding.removeFirst() }
        outstanding.append(check)
        self.deadline = now.advanced(by: spacing(at: now))
        return check
    }

    mutating func receiveAnswer(to transactionID: STUNTransactionID, at now: Instant) -> Answer {
        guard let index = outstanding.firstIndex(where: { $0.transactionID == transactionID }) else { return .unknown }
        let check = outstanding.remove(at: index)
        lastAnswer = now
        if check.nominates { isNominated = true }
        guard !isValid else { return .again }
        isValid = true
        deadline = now.advanced(by: isNominated ? Self.earlySpacing : Self.nominationDelay)
        return .first
    }

    private var nominates: Bool {
        nominatesAtOnce ? !isNominated : isValid
    }

    private func spacing(at now: Instant) -> Duration {
        if let lastAnswer, now.duration(since: lastAnswer) > Self.regularSpacing + .seconds(1) { return .seconds(1) }
        if !isValid { return .milliseconds(100) }
        return nominations < 3 ? Self.earlySpacing : Self.regularSpacing
    }

    private static let nominationDelay: Duration = .milliseconds(60)
    private static let earlySpacing: Duration = .milliseconds(1100)
    private static let regularSpacing: Duration = .milliseconds(2660)
    private static let mostOutstanding = 16
}
