import Calls
import Conference
import Wire

/// `conference.<address>`: who is in a room, for users whose list names it (conference.md §4.5). It is told at every
/// coming and going in rooms with `json-events`, and to whoever asks by `bootstrap`.
extension VertoEndpoint {
    /// Members of a room came or went. Nobody is asked while nobody watches, and what changes while the room is being
    /// asked is in the next answer.
    mutating func describe(_ room: RoomKey, at now: Instant, into out: inout [VertoOutput]) {
        let channel: String = ConferenceChannel.description(room)
        guard !channels.exact(channel).isEmpty || channels.inherited(channel)?.connections.isEmpty == false else {
            return
        }
        if let isOutdated = describing[room] {
            if !isOutdated { describing[room] = true }
            return
        }
        describing[room] = false
        _ = ask(room, for: .description(nil), at: now, into: &out)
    }

    /// A broadcast on the channel. The answer goes to its sender alone.
    mutating func bootstrapDescription(
        _ data: JSON?,
        of room: RoomKey,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard data?["action"]?.string == "bootstrap" else {
            tellDescription(["error": "Invalid action"], of: room, to: c, into: &out)
            return .result([:])
        }
        guard ask(room, for: .description(c), at: now, into: &out) != nil else {
            return Self.broadcastFailure("Too many requests.")
        }
        return .result([:])
    }

    private mutating func ask(
        _ room: RoomKey,
        for destination: PendingCommand.Destination,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> RequestToken? {
        guard let verb = ModeratorVerb.find("json_list") else { return nil }
        let pending = PendingCommand(
            destination: destination,
            replies: ConferenceReplies(room: rooms.open[room] ?? room, verb: verb, words: []),
            line: "",
            issuer: Issuer(name: "", role: .operator, capabilities: [verb.name]),
            address: "",
            door: .moderatorChannel
        )
        return send(pending, .jsonList, at: now, into: &out)
    }

    /// The room has answered, or there is none.
    mutating func described(
        _ outcome: CommandOutcome,
        _ room: RoomKey,
        to c: ConnectionID?,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        let roster: Roster? = if case .success(.roster(let roster)) = outcome { roster } else { nil }
        if let c {
            connections[c]?.pendingCommands -= 1
            return tellDescription(description(roster, at: now), of: room, to: c, into: &out)
        }
        let isOutdated = describing.removeValue(forKey: room) ?? false
        publish(
            ["data": .object(description(roster, at: now))], on: ConferenceChannel.description(room), into: &out)
        if isOutdated { describe(room, at: now, into: &out) }
    }

    private mutating func tellDescription(
        _ members: JSONObject,
        of room: RoomKey,
        to c: ConnectionID,
        into out: inout [VertoOutput]
    ) {
        var data = members
        data["action"] = "conferenceDescription"
        var event: JSONObject = ["data": .object(data)]
        event["eventChannel"] = .string(ConferenceChannel.description(room))
        event["sessid"] = .string(connections[c]?.session?.rawValue ?? "")
        tell(c, "verto.event", event, into: &out)
    }

    private func description(_ roster: Roster?, at now: Instant) -> JSONObject {
        guard let roster else {
            return [
                "conferenceDescription": .string(Self.title), "conferenceState": "inactive", "users": [],
                "oldUsers": [],
            ]
        }
        let users = roster.members.filter { !$0.isGhost && !$0.isScreenShare }.map { user($0, at: now) }
        return [
            "entity": .string(roster.key.address), "conferenceDescription": .string(Self.title),
            "conferenceState": "active", "userCount": .string(String(users.count)), "users": .array(users),
            "oldUsers": [],
        ]
    }

    private func user(_ member: MemberSummary, at now: Instant) -> JSON {
        var user: JSONObject = [
            "entity": .string(member.user ?? ""), "displayText": .string(member.callerName), "status": "connected",
            "joinTime": .string(DateTime.text(unixTime(at: now) - Int64(member.joinedAgo))),
            "memberId": .string(member.id.text),
            "rtpAudioDirection": .string(
                member.isOnHold
                    ? (member.canSpeak ? "sendonly" : "inactive") : (member.canSpeak ? "sendrecv" : "recvonly")),
        ]
        if member.hasVideo { user["rtpVideoDirection"] = .string(member.canSee ? "sendrecv" : "recvonly") }
        user["variables"] = [:]
        return .object(user)
    }

    private static let title = "Parley Conference"
}

/// Dates of the Gregorian calendar in UTC (RFC 3339).
enum DateTime {
    /// `2026-08-21T10:00:00Z` of so many seconds since 1970.
    static func text(_ unixSeconds: Int64) -> String {
        let (days, seconds) = (floor(unixSeconds, 86_400), unixSeconds - floor(unixSeconds, 86_400) * 86_400)
        let (year, month, day) = date(days)
        let fields = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(fields.joined(separator: ":"))Z"
    }

    /// Years begin in March here, so that the leap day is the last of one; eras are the 400 years after which all comes
    /// again.
    private static func date(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = floor(shifted, 146_097)
        let day = shifted - era * 146_097
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isNextYear = month >= 10
        return (
            year + era * 400 + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
