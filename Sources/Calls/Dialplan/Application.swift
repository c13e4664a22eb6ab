/// An application and its data, ready to run.
package struct ApplicationCall: Equatable, Sendable {
    package let name: String
    package let data: String
    package let origin: Origin

    package init(name: String, data: String, origin: Origin) {
        self.name = name
        self.data = data
        self.origin = origin
    }
}

/// Why an application cannot run.
package enum ApplicationError: Error, Equatable, Sendable {
    /// FreeSWITCH has it, or nobody does; Parley does not. Ends the call.
    case notSupported(name: String)
    case badData(name: String, reason: String)
}

/// A dialplan application with its data decoded.
package enum Application: Equatable, Sendable {
    case answer
    case preAnswer
    /// The argument in FreeSWITCH's grammar, `room@profile+pin+flags{…}`; the conference domain reads it.
    case conference(String)
    case echo
    case playback(Playback)
    case sleep(Duration)
    /// `set`, `export`, `push`, `multiset`, `unset`.
    case assign([Assignment])
    case log(LogLevel, String)
    case hangup(HangupCause)
    /// Calls somebody and connects the two.
    case bridge(DialString)
    case park
    /// Asks a SIP far end to call somebody itself and to leave us (REFER).
    case deflect(String)
    /// Goes to another extension, of the same context when `context` is `nil`.
    case transfer(String, context: String?)
    case ringReady
    case hash(HashCommand)
    case limit(LimitClaim)
    /// An application whose effect nobody here would notice, such as `info`; the call goes on.
    case skip(name: String)

    package init(_ call: ApplicationCall) throws(ApplicationError) {
        if let assignments = Assignment.parse(call.data, for: call.name) {
            self = .assign(assignments)
            return
        }
        switch call.name {
        case "answer": self = .answer
        case "pre_answer": self = .preAnswer
        case "conference": self = .conference(try Self.nonEmpty(call))
        case "echo": self = .echo
        case "playback": self = .playback(try Self.playback(call.data, of: call))
        case "gentones": self = .playback(try Self.playback("tone_stream://" + call.data, of: call))
        case "sleep": self = .sleep(try Self.sleep(call))
        case "log": self = Self.log(call.data)
        case "hangup": self = .hangup(try Self.cause(call))
        case "bridge": self = .bridge(try Self.dialString(call))
        case "park": self = .park
        case "deflect": self = .deflect(try Self.nonEmpty(call))
        case "transfer": self = try Self.transfer(call)
        case "ring_ready": self = .ringReady
        case "hash": self = .hash(try Self.hash(call))
        case "limit": self = .limit(try Self.limit(call))
        default:
            guard Self.skipped.contains(call.name) else { throw .notSupported(name: call.name) }
            self = .skip(name: call.name)
        }
    }

    /// What becomes of an application at call time, for the warnings when a dialplan is loaded.
    package enum Support: Sendable {
        case full
        /// Does nothing here; the call goes on.
        case skipped
        /// Ends the call with `FACILITY_NOT_IMPLEMENTED`.
        case none
    }

    package static func support(of name: String) -> Support {
        if supported.contains(name) { return .full }
        return skipped.contains(name) ? .skipped : .none
    }

    private static let supported: Set<String> = [
        "answer", "pre_answer", "conference", "echo", "playback", "gentones", "sleep", "set", "export", "multiset",
        "push", "unset", "multiunset", "log", "hangup", "bridge", "park", "deflect", "transfer", "ring_ready", "hash",
        "limit",
    ]

    private static let skipped: Set<String> = [
        "acknowledge_call", "bind_digit_action", "bind_meta_app", "block_dtmf", "clear_digit_action",
        "conference_set_auto_outcall", "db", "digit_action_set_realm", "enable_heartbeat", "eval", "event",
        "flush_dtmf", "info", "jitterbuffer", "presence", "privacy", "send_display", "session_loglevel",
        "set_audio_level", "set_global", "set_name", "set_profile_var", "set_user", "start_dtmf",
        "start_dtmf_generate", "stop_dtmf", "stop_dtmf_generate", "unbind_meta_app", "unblock_dtmf", "verbose_events",
    ]
}

extension Application {
    private static func nonEmpty(_ call: ApplicationCall) throws(ApplicationError) -> String {
        let data = String(call.data.trimmed)
        guard !data.isEmpty else { throw .badData(name: call.name, reason: "no argument") }
        return data
    }

    private static func playback(_ data: String, of call: ApplicationCall) throws(ApplicationError) -> Playback {
        _ = try nonEmpty(call)
        do {
            return try Playback(parsing: data)
        } catch {
            switch error {
            case .noTone: throw .badData(name: call.name, reason: "no tone")
            case .malformed(let part): throw .badData(name: call.name, reason: "cannot read '\(part)'")
            case .outOfRange(let part): throw .badData(name: call.name, reason: "out of range: '\(part)'")
            }
        }
    }

    private static func sleep(_ call: ApplicationCall) throws(ApplicationError) -> Duration {
        guard let time = Int(call.data.trimmed), (0...86_400_000).contains(time) else {
            throw .badData(name: call.name, reason: "'\(call.data)' is not a time in milliseconds, at most a day")
        }
        return .milliseconds(time)
    }

    /// A level and a text; without a known level all is text.
    private static func log(_ data: String) -> Application {
        let words = data.split(separator: " ", maxSplits: 1)
        let named = words.first.map { String($0).asciiLowercased } ?? ""
        guard let level = LogLevel(rawValue: named == "console" ? "info" : named) else { return .log(.debug, data) }
        return .log(level, words.count > 1 ? String(words[1]) : "")
    }

    private static func cause(_ call: ApplicationCall) throws(ApplicationError) -> HangupCause {
        let name = String(call.data.trimmed)
        if name.isEmpty { return .normalClearing }
        guard let cause = HangupCause(name: name) else {
            throw .badData(name: call.name, reason: "'\(name)' is not a hangup cause")
        }
        return cause
    }

    private static func dialString(_ call: ApplicationCall) throws(ApplicationError) -> DialString {
        do {
            return try DialString(parsing: call.data)
        } catch {
            let reason =
                switch error {
                case .empty: "no dial string"
                case .unclosedBracket(let bracket): "'\(bracket)' is not closed"
                case .notAnAddress(let text): "'\(text)' is not endpoint/address"
                case .tooLong: "too long"
                }
            throw .badData(name: call.name, reason: reason)
        }
    }

    /// `[-aleg|-bleg|-both] destination [dialplan [context]]`. A leg that runs its route has nobody at the other end
    /// of a bridge, so `-bleg` does nothing.
    private static func transfer(_ call: ApplicationCall) throws(ApplicationError) -> Application {
        var words = call.data.split(whereSeparator: \.isWhitespace).map(String.init)
        if let leg = words.first, ["-aleg", "-bleg", "-both"].contains(leg) {
            words.removeFirst()
            if leg == "-bleg" { return .skip(name: call.name) }
        }
        guard let destination = words.first else { throw .badData(name: call.name, reason: "no destination") }
        guard words.count < 2 || words[1].asciiLowercased == "xml" else {
            throw .badData(name: call.name, reason: "there is no dialplan '\(words[1])'")
        }
        return .transfer(destination, context: words.count > 2 ? words[2] : nil)
    }

    private static func hash(_ call: ApplicationCall) throws(ApplicationError) -> HashCommand {
        guard let command = HashCommand(parsing: call.data) else {
            throw .badData(name: call.name, reason: "'\(call.data)' is not verb/realm/key/value")
        }
        return command
    }

    private static func limit(_ call: ApplicationCall) throws(ApplicationError) -> LimitClaim {
        guard let claim = LimitClaim(parsing: call.data) else {
            throw .badData(name: call.name, reason: "'\(call.data)' is not hash realm id max")
        }
        return claim
    }
}
