import Calls
import Conference
import Wire

/// Commands on `conference-mod.…` (conference.md §4.1, §4.2).
///
/// Being allowed on the channel is not enough: the room asks for the role of the member that speaks, at every command.
/// Somebody who is no member needs the right to the text API's `conference`, which is an operator's.
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
        guard let verb = ModeratorVerb.find(request.command, through: .channel) else {
            return respond(["error": "Invalid Command"], on: channel, into: &out)
        }
        let words = request.words(for: verb)
        let replies = ConferenceReplies(room: rooms.open[room] ?? room, verb: verb, words: words)
        let pending = PendingCommand(
            destination: .channel(channel, c),
            replies: replies,
            line: request.line(in: room, words),
            issuer: issuer,
            address: address,
            door: .moderatorChannel
        )
        do {
            guard send(pending, try verb.command(words), at: now, into: &out) == nil else { return }
            respond(["error": "Too many commands"], on: channel, into: &out)
        } catch {
            out.append(.audit(pending.audit(.refused(replies.text(error)))))
            respond(
                ["conf-command": .string(pending.line), "response": .string(replies.text(error))], on: channel,
                into: &out)
        }
    }

    /// As whom a connection speaks in a room; `nil` when it has no say there.
    private func issuer(_ c: ConnectionID, in room: RoomKey) -> Issuer? {
        guard let identity = connections[c]?.identity else { return nil }
        let isOperator = identity.fsapi.allows("conference")
        let member = membership(of: c, in: room)?.member
        guard isOperator || member != nil else { return nil }
        return Issuer(name: identity.uid, member: member, role: isOperator ? .operator : .participant)
    }

    /// Somebody without a say tried.
    mutating func auditGuest(_ data: JSON?, _ room: RoomKey, _ c: ConnectionID, into out: inout [VertoOutput]) {
        let request = ModeratorRequest(data)
        let entry = AuditEntry(
            who: connections[c]?.identity?.uid ?? "",
            address: connections[c]?.address ?? "",
            member: membership(of: c, in: room)?.member,
            room: room.address,
            command: request.line(in: room, request.allWords),
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

    func words(for verb: ModeratorVerb) -> [String] { verb.arguments == .member ? [id] + values : values }

    /// `3500 tmute 7`: what `conf-command` and the audit log say. For reading only.
    func line(in room: RoomKey, _ words: [String]) -> String {
        let line = ([room.shortName, command] + words.filter { !$0.isEmpty }).joined(separator: " ")
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
