import Calls
import Wire

/// The commands of the text API about calls, as FreeSWITCH spells and answers them.
struct CallCommand {
    let query: CallQuery
    let words: @Sendable (CallQueryAnswer) -> String

    /// What a command makes of its argument.
    enum Reading {
        case ask(CallCommand)
        /// It makes no sense; what to say to that.
        case usage(String)
    }

    /// Whom `verto_contact` is asked for when it gives no domain.
    typealias Reader = @Sendable (_ argument: String, _ domain: String) -> Reading

    /// By name. A new one is a row here, and a case of ``CallQuery`` when it is about something else.
    static let all: [String: Reader] = [
        "show": { argument, _ in show(argument) },
        "verto_contact": contact,
        "sofia_contact": phones,
        "sofia": { argument, _ in sofia(argument) },
        "uuid_kill": { argument, _ in kill(argument) },
        "uuid_transfer": { argument, _ in transfer(argument) },
        "uuid_deflect": { argument, _ in deflect(argument) },
        "hupall": { argument, _ in killAll(argument) },
        "originate": { argument, _ in originate(argument) },
    ]

    // MARK: Questions

    private static func show(_ argument: String) -> Reading {
        let words = VertoEndpoint.words(of: argument).map { $0.lowercased() }
        let isCount = words.count == 2 && words[1] == "count"
        guard let what = words.first, ["channels", "calls"].contains(what), words.count == 1 || isCount else {
            return .usage("-USAGE: calls|channels [count]\n")
        }
        return .ask(
            CallCommand(query: .legs) { answer in
                guard case .legs(let legs) = answer else { return outcome(answer) }
                return what == "calls" ? CallTable.calls(legs, isCount) : CallTable.channels(legs, isCount)
            })
    }

    /// One dial string for every registration, or what makes a call fail at once.
    private static func contact(_ argument: String, _ domain: String) -> Reading {
        let words = VertoEndpoint.words(of: argument)
        guard words.count == 1, let name = words.first else { return .usage("-USAGE: user@domain\n") }
        let user = name.contains("@") ? name : "\(name)@\(domain)"
        return .ask(
            CallCommand(query: .contacts(of: user)) { answer in
                guard case .contacts(let dialString) = answer else { return "error/user_not_registered" }
                return dialString
            })
    }

    /// As ``contact(_:_:)``, of registered phones.
    private static func phones(_ argument: String, _ domain: String) -> Reading {
        let words = VertoEndpoint.words(of: argument)
        guard words.count == 1, let name = words.first else { return .usage("-USAGE: [profile/]<user>@<domain>\n") }
        return .ask(
            CallCommand(query: .phones(of: name.contains("@") ? name : "\(name)@\(domain)")) { answer in
                guard case .contacts(let dialString) = answer else { return "error/user_not_registered" }
                return dialString
            })
    }

    private static func sofia(_ argument: String) -> Reading {
        .ask(
            CallCommand(query: .sofia(argument)) { answer in
                guard case .text(let text) = answer else { return outcome(answer) }
                return text
            })
    }

    // MARK: Orders

    private static func kill(_ argument: String) -> Reading {
        let words = VertoEndpoint.words(of: argument)
        guard 1...2 ~= words.count else { return .usage("-USAGE: <uuid> [cause]\n") }
        let cause = words.count == 2 ? HangupCause(name: words[1]) : .normalClearing
        guard let cause else { return .usage("-ERR Invalid cause\n") }
        return .ask(CallCommand(query: .kill(LegID(words[0]), cause), words: outcome))
    }

    private static func killAll(_ argument: String) -> Reading {
        let words = VertoEndpoint.words(of: argument)
        let cause = words.first.map { HangupCause(name: $0) } ?? .managerRequest
        guard words.count <= 1, let cause else { return .usage("-USAGE: [<cause>]\n") }
        return .ask(
            CallCommand(query: .killAll(cause)) { answer in
                answer == .done ? "+OK hangup all channels with cause \(cause.name)\n" : outcome(answer)
            })
    }

    /// An extension in the leg's own context: which dialplan runs is never the asker's choice.
    private static func transfer(_ argument: String) -> Reading {
        var words = VertoEndpoint.words(of: argument)
        let isFarLeg = words.count > 1 && words[1].lowercased() == "-bleg"
        if isFarLeg { words.remove(at: 1) }
        guard words.count == 2, !words[1].hasPrefix("-") else {
            return .usage("-USAGE: <uuid> [-bleg] <dest-exten>\n")
        }
        return .ask(
            CallCommand(query: .transfer(LegID(words[0]), to: words[1], farLeg: isFarLeg), words: outcome))
    }

    private static func deflect(_ argument: String) -> Reading {
        let words = VertoEndpoint.words(of: argument)
        guard words.count == 2 else { return .usage("-USAGE: <uuid> <uri>\n") }
        return .ask(CallCommand(query: .deflect(LegID(words[0]), to: words[1]), words: outcome))
    }

    /// `<dial string> <extension>|&<application>(<data>)`. Quotes and brackets of the dial string stay as they are.
    private static func originate(_ argument: String) -> Reading {
        let usage = Reading.usage("-USAGE: <call_url> <exten>|&<application_name>(<app_args>)\n")
        let (dialString, rest) = cut(argument.trimmingSpaces)
        let destination = rest.trimmingSpaces
        let isWord = destination.first == "&" || !destination.contains(" ")
        guard !dialString.isEmpty, !destination.isEmpty, isWord, argument.utf8.count <= longestOrigination else {
            return usage
        }
        return .ask(
            CallCommand(query: .originate(dialString: dialString, destination: destination)) { answer in
                guard case .originated(let leg) = answer else { return outcome(answer) }
                return "+OK \(leg.rawValue)\n"
            })
    }

    /// Up to the first space outside of quotes and brackets, and what is behind it.
    private static func cut(_ text: String) -> (String, String) {
        var depth = 0
        var isQuoted = false
        for (index, character) in zip(text.indices, text) {
            switch character {
            case "'": isQuoted.toggle()
            case "{", "[", "<": if !isQuoted { depth += 1 }
            case "}", "]", ">": if !isQuoted { depth = max(0, depth - 1) }
            case " ": if depth == 0, !isQuoted { return (String(text[..<index]), String(text[index...])) }
            default: break
            }
        }
        return (text, "")
    }

    private static func outcome(_ answer: CallQueryAnswer) -> String {
        switch answer {
        case .done: "+OK\n"
        case .noSuchCall: "-ERR No such channel!\n"
        case .failed(let cause): "-ERR \(cause.name)\n"
        case .originated(let leg): "+OK \(leg.rawValue)\n"
        case .legs, .contacts, .text: "-ERR\n"
        }
    }

    /// Bytes.
    private static let longestOrigination = 4096
}

/// `show channels` and `show calls`: a heading, a line for each, an empty line, the number. Sessions stand nowhere.
enum CallTable {
    static func channels(_ legs: [Leg], _ isCount: Bool) -> String {
        table(columns, sorted(legs).map(fields), isCount)
    }

    /// Legs that talk to each other are one call, the one who called first; a leg by itself is one too.
    static func calls(_ legs: [Leg], _ isCount: Bool) -> String {
        let byID = Dictionary(legs.map { ($0.id, $0) }) { first, _ in first }
        let rows = sorted(legs).compactMap { leg -> [String]? in
            let other = leg.bridgedTo.flatMap { byID[$0] }
            // Of two the inbound leg stands for both, or the first by name.
            if let other, (rank(other), other.id.rawValue) < (rank(leg), leg.id.rawValue) { return nil }
            return fields(leg) + (other.map(fields) ?? columns.map { _ in "" })
        }
        return table(columns + columns.map { "b_\($0)" }, rows, isCount)
    }

    private static func sorted(_ legs: [Leg]) -> [Leg] { legs.sorted { $0.id.rawValue < $1.id.rawValue } }

    private static func rank(_ leg: Leg) -> Int { leg.direction == .inbound ? 0 : 1 }

    private static let columns = [
        "uuid", "direction", "name", "callstate", "cid_name", "cid_num", "callee_name", "callee_num", "ip_addr", "dest",
        "context", "presence_id",
    ]

    private static func fields(_ leg: Leg) -> [String] {
        [
            leg.id.rawValue, leg.direction.rawValue, leg.channelName, state(leg), leg.callerIDName,
            leg.callerIDNumber, leg.calleeIDName, leg.calleeIDNumber, leg.networkAddress, leg.destination, leg.context,
            leg.user ?? "",
        ]
    }

    private static func state(_ leg: Leg) -> String {
        switch leg.state {
        case .routing, .calling: "RINGING"
        case .early: "EARLY"
        case .answered: leg.isOnHold ? "HELD" : "ACTIVE"
        }
    }

    static func table(_ columns: [String], _ rows: [[String]], _ isCount: Bool) -> String {
        let total = "\n\(rows.count) total.\n"
        guard !isCount, !rows.isEmpty else { return total }
        let lines = ([columns] + rows).map { $0.map(quoted).joined(separator: ",") + "\n" }
        return lines.joined() + total
    }

    /// As RFC 4180 has it; a line end becomes a space.
    private static func quoted(_ field: String) -> String {
        let field = String(field.map { $0.isNewline ? " " : $0 })
        return field.contains(",") || field.contains("\"") ? "\"\(field.replacing("\"", with: "\"\""))\"" : field
    }
}
