/// How an attempt is made: FreeSWITCH's variables, from the dial string's `{}` and from the leg that dials.
struct DialOptions: Sendable {
    /// Variables of every leg, unless the dial string says otherwise.
    let exported: [String: String]
    /// How long each group rings: `originate_timeout`, `call_timeout`.
    let timeout: Duration
    /// How long each group may take to ring at all: `progress_timeout`.
    let progressTimeout: Duration?
    /// `ignore_early_media`.
    let ignoresEarlyMedia: Bool
    /// `instant_ringback`: do not wait until somebody rings.
    let ringsBackAtOnce: Bool
    /// `fail_on_single_reject`: one refusal ends the whole attempt.
    let failsOnSingleReject: CauseList

    /// - Parameters:
    ///   - dialled: The dial string's `{}`.
    ///   - own: The variables of the leg that dials.
    ///   - exported: What the called legs get of it.
    ///   - fallback: How long a group rings when nothing says so.
    init(dialled: [String: String], own: [String: String], exported: [String: String], fallback: Duration) {
        func value(_ name: String) -> String? { dialled[name] ?? own[name] }
        self.exported = exported
        timeout =
            Self.seconds(dialled["originate_timeout"]) ?? Self.seconds(value("call_timeout"))
            ?? Self.seconds(own["originate_timeout"]) ?? fallback
        progressTimeout = Self.seconds(value("progress_timeout"))
        ignoresEarlyMedia = value("ignore_early_media")?.isAffirmative ?? false
        ringsBackAtOnce = value("instant_ringback")?.isAffirmative ?? false
        failsOnSingleReject = CauseList(parsing: value("fail_on_single_reject"))
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
