import Calls
import Conference
import Wire

/// Commands on `conference-mod.…` (conference.md §4.1, §4.2).
///
/// Being allowed on the channel is not enough: the room asks for the role of the member that speaks, at every command.
/// Somebody who is no member needs the right to the text API's `conference`, which is an operator's, or a capability.
extension VertoEndpoint {
    mutating func moderate(
        _ data: JSON?,
        _ room: RoomKey,
        _ channel: String,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        let request = ModeratorRequest(data)
        guard let issuer = issuer(c, in: room), let address = connections[c]?.address else {
            return auditGuest(data, room, c, into: &out)
        }
        if let answer = request.local {
            guard issuer.role >= .moderator || membership(of: c, in: room)?.role ?? .participant >= .moderator else {
                return auditGuest(data, room, c, into: &out)
            }
            return respond(answer, on: channel, into: &out)
        }
        guard let (verb, words) = request.verb else {
            return respond(["error": "Invalid Command"], on: channel, into: &out)
        }
        let replies = ConferenceReplies(room: rooms.open[room] ?? room, verb: verb, words: words)
        var pending = PendingCommand(
            destination: .channel(channel, c),
            replies: replies,
            line: request.line(in: room, words),
            issuer: issuer,
            address: address,
            door: .moderatorChannel
        )
        pending.auditLine = request.auditLine(in: room)
        do {
            guard send(pending, try request.command(verb, words), at: now, into: &out) == nil else { return }
            respond(["error": "Too many commands"], on: channel, into: &out)
        } catch {
            let text = replies.text(error)
            out.append(.audit(pending.audit(.refused(error), text)))
            respond(["conf-command": .string(pending.line), "response": .string(text)], on: channel, into: &out)
        }
    }

    /// As whom a connection speaks in a room; `nil` when it has no say there.
    private func issuer(_ c: ConnectionID, in room: RoomKey) -> Issuer? {
        guard let identity = connections[c]?.identity else { return nil }
        let isOperator = identity.fsapi.allows("conference")
        let member = membership(of: c, in: room)?.member
        guard isOperator || member != nil || !identity.capabilities.isEmpty else { return nil }
        return Issuer(
            name: identity.uid, member: member, role: isOperator ? .operator : .participant,
            capabilities: identity.capabilities)
    }

    /// Somebody without a say tried.
    mutating func auditGuest(_ data: JSON?, _ room: RoomKey, _ c: ConnectionID, into out: inout [VertoOutput]) {
        let request = ModeratorRequest(data)
        let entry = AuditEntry(
            who: connections[c]?.identity?.uid ?? "",
            address: connections[c]?.address ?? "",
            member: membership(of: c, in: room)?.member,
            room: room.address,
            command: request.auditLine(in: room),
            door: .moderatorChannel,
            result: .refused("Permission Denied")
        )
        out += [.count(.forbidden), .audit(entry)]
    }
}

/// The `data` of a broadcast on the moderator channel. `application` is always `conf-control`, and not looked at.
private struct ModeratorRequest {
    let command: String
    /// A number above 0, or a word such as `all`; empty when there is none.
    let id: String
    let values: [String]

    init(_ data: JSON?) {
        command = String((data?["command"]?.string ?? "").lowercased().prefix(32))
        let number = data?["id"]?.int ?? 0
        id = number != 0 ? String(number) : String((data?["id"]?.string ?? "").prefix(31))
        switch data?["value"] {
        case .string(let word): values = [String(word.prefix(256))]
        case .array(let words): values = words.prefix(10).map { String(($0.string ?? "").prefix(256)) }
        case .integer(let number): values = [String(number)]
        default: values = []
        }
    }

    var allWords: [String] { (id.isEmpty ? [] : [id]) + values }

    /// What is asked for, and the words behind it. For `transfer`, which takes a call to an extension here, a member and
    /// the extension alone: context and dialplan are never the client's choice.
    var verb: (ModeratorVerb, [String])? {
        guard let verb = ModeratorVerb.find(command) else { return nil }
        if isTransfer {
            let given = values.filter { !$0.isEmpty }
            return !id.isEmpty && given.count == 1 ? (verb, given) : nil
        }
        return (verb, verb.arguments == .member ? [id] + values : values)
    }

    func command(_ verb: ModeratorVerb, _ words: [String]) throws(Refusal) -> Command {
        guard isTransfer else { return try verb.command(words) }
        guard let who = Selector(id), let destination = words.first, Self.isDestination(destination) else {
            throw .badArgument(command: command)
        }
        return .redirect(who, extension: destination)
    }

    private var isTransfer: Bool { command == "transfer" }

    private static func isDestination(_ text: String) -> Bool {
        text.unicodeScalars.count <= CallLimits.destinationLength
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    /// `3500 tmute 7`: what `conf-command` says; of `transfer` the extension alone. For reading only.
    func line(in room: RoomKey, _ words: [String]) -> String {
        isTransfer ? Self.line(words) : Self.line([room.shortName, command] + words)
    }

    /// All of it but digits that open doors.
    func auditLine(in room: RoomKey) -> String {
        let isSecret = ModeratorVerb.find(command)?.isSecret == true
        return Self.line([room.shortName, command] + (isSecret ? ["***"] : allWords))
    }

    private static func line(_ words: [String]) -> String {
        let line = words.filter { !$0.isEmpty }.joined(separator: " ")
        return String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 })).trimmed
    }

    /// The response to what needs no room: a conference without video has no layouts, and one pseudo-canvas, for a
    /// client looks at the first without counting.
    var local: JSONObject? {
        switch command {
        case "list-videolayouts":
            return ["conf-command": "list-videoLayouts", "response": "OK", "responseData": []]
        case "canvasinfo":
            let canvas: JSON = [
                "canvasID": 0, "totalLayers": 0, "layersUsed": 0, "layoutFloorID": -1, "layoutName": "",
            ]
            return ["conf-command": "canvasInfo", "response": "OK", "responseData": [canvas]]
        default: return nil
        }
    }
}

extension String {
    /// At most 300 characters: enough for a log.
    fileprivate var trimmed: String { String(prefix(300)) }
}
