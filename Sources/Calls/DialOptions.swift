/// How an attempt is made: FreeSWITCH's variables, from the dial string's `{}` and from the leg that dials.
struct DialOptions: Sendable {
    /// What becomes of a far end's sound before it answers.
    enum EarlyMedia: Sendable, Equatable {
        /// The caller hears it.
        case passed
        /// `ignore_early_media=true` and `consume`: nobody hears it, nobody learns of it.
        case ignored
        /// `ignore_early_media=ring_ready`: it counts as ringing.
        case rings
    }

    /// Variables of every leg, unless the dial string says otherwise.
    let exported: [String: String]
    /// How long each group rings: `originate_timeout`, `call_timeout`.
    let timeout: Duration
    /// How long each group may take to ring at all: `progress_timeout`.
    let progressTimeout: Duration?
    let earlyMedia: EarlyMedia
    /// `instant_ringback`: do not wait until somebody rings.
    let ringsBackAtOnce: Bool
    /// `ignore_ring_ready`: the caller does not learn that somebody rings.
    let ignoresRinging: Bool
    /// `fail_on_single_reject`: one refusal ends the whole attempt.
    let failsOnSingleReject: CauseList
    /// `hangup_on_single_reject`: and the caller's call with it.
    let hangsUpOnSingleReject: Bool
    /// `originate_retries`: how often all of it is tried, 1 to 100.
    let tries: Int
    /// `originate_retry_sleep_ms`: the time between two tries, 0.5 to 60 s.
    let retrySleep: Duration
    /// `originate_retry_timeout`: no further try begins later than this after the first.
    let retryTimeout: Duration?

    /// - Parameters:
    ///   - dialled: The dial string's `{}`.
    ///   - own: The variables of the leg that dials.
    ///   - exported: What the called legs get of it.
    ///   - fallback: How long a group rings when nothing says so.
    init(dialled: [String: String], own: [String: String], exported: [String: String], fallback: Duration) {
        func value(_ name: String) -> String? { dialled[name] ?? own[name] }
        func isSet(_ name: String) -> Bool { value(name)?.isAffirmative ?? false }
        self.exported = exported
        timeout =
            Self.seconds(dialled["originate_timeout"]) ?? Self.seconds(value("call_timeout"))
            ?? Self.seconds(own["originate_timeout"]) ?? fallback
        progressTimeout = Self.seconds(value("progress_timeout"))
        earlyMedia = isSet("bridge_early_media") ? .passed : Self.earlyMedia(value("ignore_early_media"))
        ringsBackAtOnce = isSet("instant_ringback")
        ignoresRinging = isSet("ignore_ring_ready")
        let rejects = CauseList(parsing: value("fail_on_single_reject"))
        hangsUpOnSingleReject = isSet("hangup_on_single_reject")
        failsOnSingleReject = hangsUpOnSingleReject && rejects == .none ? .all : rejects
        let tries = value("originate_retries").flatMap { Int($0.trimmed) } ?? 1
        self.tries = (1...100).contains(tries) ? tries : 1
        let sleep = value("originate_retry_sleep_ms").flatMap { Int($0.trimmed) } ?? 1_000
        retrySleep = .milliseconds((500...60_000).contains(sleep) ? sleep : 1_000)
        retryTimeout = Self.seconds(value("originate_retry_timeout"))
    }

    private static func earlyMedia(_ text: String?) -> EarlyMedia {
        guard let word = text.map({ String($0.trimmed).asciiLowercased }) else { return .passed }
        if word == "ring_ready" { return .rings }
        return word == "consume" || word.isAffirmative ? .ignored : .passed
    }

    /// A dial string's time in seconds, at least one and at most a day.
    static func seconds(_ text: String?) -> Duration? {
        guard let text, let number = Int(text.trimmed), number > 0 else { return nil }
        return .seconds(min(number, 86_400))
    }
}

/// Causes named by a variable such as `continue_on_fail`: a yes, a no, or a list of names and codes.
enum CauseList: Sendable, Equatable {
    case none
    case all
    case some(Set<HangupCause>)

    init(parsing text: String?) {
        guard let text = text?.trimmed, !text.isEmpty else {
            self = .none
            return
        }
        let words = text.split(whereSeparator: { $0 == "," || $0.isWhitespace })
        let causes = words.compactMap { word -> HangupCause? in
            let name = String(word).asciiUppercased
            if let code = Int(name) { return HangupCause(code: code) }
            return HangupCause(name: Self.shortNames[name] ?? name)
        }
        if String(text).isAffirmative, words.count == 1 {
            self = .all
        } else {
            self = causes.isEmpty ? .none : .some(Set(causes))
        }
    }

    func contains(_ cause: HangupCause) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .some(let causes): causes.contains(cause)
        }
    }

    private static let shortNames = ["BUSY": "USER_BUSY", "NOANSWER": "NO_ANSWER", "REJECTED": "CALL_REJECTED"]
}
