import Calls
import Conference
import Wire

/// `fsapi` and `jsapi`: the commands below for those whose lists name them, and nothing else.
extension VertoEndpoint {
    mutating func fsapi(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        runText(request.params ?? [:], .fsapi, on: c, at: now, into: &out)
    }

    mutating func jsapi(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let command = request.string("command"), let data = request.params?["data"]?.object,
            connections[c]?.identity?.jsapi.allows(command) == true
        else {
            refuse(request, on: c, into: &out)
            return .permissionDenied
        }
        switch command.lowercased() {
        case "status": return .result(status(at: now))
        case "fsapi": return runText(data, .jsapi, on: c, at: now, into: &out)
        default:
            let argument = data.text("arg") ?? data.text("data") ?? ""
            return run(command, argument, .jsapi, on: c, at: now, into: &out) ?? .permissionDenied
        }
    }

    /// `cmd` and `arg`, for users whose `fsapi` list allows the command.
    private mutating func runText(
        _ params: JSONObject,
        _ door: AuditEntry.Door,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let command = params.text("cmd") else { return Self.message("INVALID CALL") }
        let argument = params.text("arg") ?? ""
        guard connections[c]?.identity?.fsapi.allows(command) == true else {
            return forbid(command, argument, door, c, into: &out)
        }
        return run(command, argument, door, on: c, at: now, into: &out) ?? Self.message("INVALID CALL")
    }

    private mutating func run(
        _ command: String,
        _ argument: String,
        _ door: AuditEntry.Door,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer? {
        guard let connection = connections[c], let identity = connection.identity else { return nil }
        let asker = Asker(
            place: .connection(c), name: identity.uid, address: connection.address, domain: identity.user.domain,
            door: door)
        switch runCommand(command, argument, for: asker, at: now, into: &out) {
        case .text(let text): return Self.message(text)
        case .waiting(let token): return .waiting(token)
        case nil: return nil
        }
    }

    /// Runs a command that its asker may ask for; `nil` when there is none of this name.
    mutating func runCommand(
        _ command: String,
        _ argument: String,
        for asker: Asker,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> TextAnswer? {
        switch command.lowercased() {
        case "status": return .text(statusText(at: now))
        case "conference": return runConference(argument, for: asker, at: now, into: &out)
        case "verto":
            let isStatus = argument.trimmingSpaces.lowercased() == "status"
            return .text(isStatus ? clientTable : "-USAGE: verto status\n")
        case let name:
            switch CallCommand.all[name]?(argument, asker.domain) {
            case .usage(let text): return .text(text)
            case .ask(let command):
                let pending = PendingQuery(
                    asker: asker, query: command.query, line: "\(name) \(argument)", words: command.words)
                return ask(pending, at: now, into: &out)
            case nil: return nil
            }
        }
    }

    /// For a method, or what it asks for, that the user's lists do not name. Doors to commands leave an audit line.
    mutating func refuse(_ request: Request, on c: ConnectionID, into out: inout [VertoOutput]) {
        guard let door = AuditEntry.Door(rawValue: request.method) else { return out.append(.count(.forbidden)) }
        let inner = request.params?["data"]?.object ?? request.params ?? [:]
        let command = inner.text("cmd") ?? request.string("command") ?? ""
        _ = forbid(command, inner.text("arg") ?? "", door, c, into: &out)
    }

    private mutating func forbid(
        _ command: String,
        _ argument: String,
        _ door: AuditEntry.Door,
        _ c: ConnectionID,
        into out: inout [VertoOutput]
    ) -> Answer {
        let words = Self.words(of: argument)
        let entry = AuditEntry(
            who: connections[c]?.identity?.uid ?? "",
            address: connections[c]?.address ?? "",
            member: nil,
            room: "",
            command: Secrets.masked(([command] + words).joined(separator: " ")),
            door: door,
            result: .refused("Permission Denied")
        )
        out += [.count(.forbidden), .audit(entry)]
        return .permissionDenied
    }

    // MARK: conference

    /// `<room> <command> …`, or a command about all rooms. Operators alone come here.
    private mutating func runConference(
        _ line: String,
        for asker: Asker,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> TextAnswer {
        let words = Self.words(of: line)
        guard let name = words.first else { return .text(Self.nothingSpecified) }
        let issuer = Issuer(name: asker.name, role: .operator, capabilities: capabilities(of: asker))
        switch name.lowercased() {
        case "count": return .text(String(rooms.summaries.count))
        case "help", "commands":
            return .text(ModeratorVerb.all.map { "conference <confname> \($0.usage)\n" }.joined())
        case "list", "json_list", "xml_list":
            guard let verb = ModeratorVerb.find(name) else { break }
            return list(verb, Array(words.dropFirst()), for: asker, issuer, at: now, into: &out)
        default: break
        }
        guard words.count > 1 else { return .text(Self.nothingSpecified) }
        guard let verb = ModeratorVerb.find(words[1]) else {
            return .text("-ERR Conference command '\(words[1])' not found.\n")
        }
        let arguments = Array(words.dropFirst(2))
        let pending = PendingCommand(
            destination: .asker(asker.place),
            replies: ConferenceReplies(room: resolve(name, asker.domain), verb: verb, words: arguments),
            line: String(words.joined(separator: " ").prefix(300)),
            issuer: issuer,
            address: asker.address,
            door: asker.door
        )
        do {
            return send(pending, try verb.command(arguments), at: now, into: &out).map(TextAnswer.waiting)
                ?? .text("-ERR Too many commands\n")
        } catch {
            let text = pending.replies.text(error)
            out.append(.audit(pending.audit(.refused(error), text)))
            return .text(text)
        }
    }

    /// Commands that only a named capability opens are open at the control socket, as all others are.
    private func capabilities(of asker: Asker) -> Set<String> {
        switch asker.place {
        case .connection(let c): connections[c]?.identity?.capabilities ?? []
        case .control: Set(Command.names)
        }
    }

    /// The room of this name: as it is when it holds a domain, else this domain's, else the only one there is.
    private func resolve(_ name: String, _ domain: String) -> RoomKey {
        let own = RoomKey(name: name, domain: domain)
        let known = Set(rooms.open.keys).union(rooms.summaries.keys)
        if known.contains(own) { return rooms.open[own] ?? own }
        let others = known.filter { $0.shortName == name }
        return others.count == 1 ? others.first ?? own : own
    }

    /// Words of a line: separated by spaces, 25 at most; `'…'` keeps spaces, `\` the character behind it.
    static func words(of line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var isEscaped = false
        for character in line.prefix(1024) {
            switch character {
            case _ where isEscaped:
                word = (word ?? "") + String(character)
                isEscaped = false
            case "\\": isEscaped = true
            case "'":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted:
                if let word { words.append(word) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return Array(words.prefix(25))
    }

    // MARK: status

    private func status(at now: Instant) -> JSONObject {
        [
            "systemStatus": "ready",
            "uptime": ["seconds": .integer(now.nanoseconds(since: settings.startedAt) / 1_000_000_000)],
            "sessions": ["count": ["active": .integer(Int64(calls.count))]],
            "connections": .integer(Int64(connections.count)),
            "conferences": .integer(Int64(rooms.summaries.count)),
        ]
    }

    private func statusText(at now: Instant) -> String {
        """
        UP \(now.nanoseconds(since: settings.startedAt) / 1_000_000_000) seconds
        \(calls.count) call(s)
        \(rooms.summaries.count) conference(s)
        \(connections.count) connection(s)

        """
    }

    /// Who is connected, as `verto status` shows it, without any session.
    private var clientTable: String {
        let rule = String(repeating: "=", count: 97) + "\n"
        let clients = connections.values.compactMap { connection in
            connection.identity.map { ($0.uid, connection.address) }
        }
        .sorted { $0 < $1 }
        let lines = clients.map { "\($0.0)\tclient\t\($0.1)\tCONN_REG\n" }
        return "Name\tType\tData\tState\n\(rule)\(lines.joined())\(rule)"
            + "\(clients.count) client\(clients.count == 1 ? "" : "s")\n"
    }

    private static func message(_ text: String) -> Answer { .result(["message": .string(text)]) }

    private static let nothingSpecified = "Conference command, not specified.\nTry 'help'\n"
}
