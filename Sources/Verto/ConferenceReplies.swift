import Conference
import Wire

/// The words of a room's replies and refusals, as scripts expect them (conference.md §5.1-§5.4, spelling included).
struct ConferenceReplies {
    let room: RoomKey
    let verb: ModeratorVerb
    /// The words behind the verb; lists take their form from them.
    let words: [String]

    func text(_ outcome: CommandOutcome) -> String {
        switch outcome {
        case .success(let reply): text(reply)
        case .refused(let refusal): text(refusal)
        case .noSuchRoom: Self.notFound(room)
        }
    }

    static func notFound(_ room: RoomKey) -> String { "-ERR Conference \(room.shortName) not found\n" }

    // MARK: Replies

    func text(_ reply: Reply) -> String {
        switch reply {
        case .members(let results): results.map(text).joined()
        case .locked(let isLocked): "+OK \(room.shortName) \(isLocked ? "locked" : "unlocked")\n"
        case .list(let members): MemberLists.lines(members, words: words)
        case .count(let count): String(count)
        case .roster(let roster):
            verb.format == .xml ? MemberLists.xml(roster) : JSON.array([MemberLists.json(roster)]).text
        case .videoFloorCleared: "+OK floor Cleared\n"
        case .value(let property, let value): Self.text(property, value)
        }
    }

    private func text(_ result: MemberResult) -> String {
        switch result {
        case .done(let action, let id): "+OK \(action.rawValue) \(id.text)\n"
        case .volumeIn(let id, let level): "+OK Volume IN \(id.text) = \(level)\n"
        case .volumeOut(let id, let level): "+OK Volume OUT \(id.text) = \(level)\n"
        case .energy(let id, let level, let endsAuto):
            "Energy \(id.text) = \(level)\n" + (endsAuto ? "auto-energy disabled for \(id.text)\n" : "")
        case .floor(let holder): "+OK floor \(holder?.text ?? "none")\n"
        case .videoBandwidth(let id, let limit): "+OK Set Bandwidth \(id.text) = \(limit.map(String.init) ?? "auto")\n"
        case .nothing: ""
        case .skippedModerator(let id): "Skipping moderator (member id \(id.text)).\n"
        case .refused(_, let refusal): text(refusal)
        }
    }

    /// A value without a line end; a flag that is not set is nothing.
    private static func text(_ property: Property, _ value: PropertyValue) -> String {
        switch value {
        case .text(let text): text
        case .number(let number): String(number)
        case .flag(false): ""
        case .flag(true): property == .isLocked ? "locked" : "true"
        }
    }

    // MARK: Refusals

    func text(_ refusal: Refusal) -> String {
        switch refusal {
        case .unknownMember(let id): "-ERR Non-Existant ID \(id.text)\n"
        case .noSelection: "-ERR Non-Existant member\n"
        case .unknownCommand(let name): "-ERR Conference command '\(name)' not found.\n"
        case .forbidden: "-ERR Permission Denied\n"
        case .badArgument: verb.usage
        case .locked: "-ERR Conference \(room.shortName) is locked\n"
        case .full(let limit): "-ERR Conference \(room.shortName) is full (\(limit))\n"
        case .pinRequired, .wrongPIN: "-ERR Pin required for conference \(room.shortName)\n"
        case .joinOnly, .notActive: Self.notFound(room)
        case .alreadyMember(let id): "-ERR Member \(id.text) is in the conference already\n"
        case .floorHeld(let holder): "-ERR floor is held by \(holder.text)\n"
        case .cannotSpeak(let id): "-ERR Member \(id.text) cannot speak\n"
        case .onHold(let id): "-ERR member \(id.text) is on hold\n"
        case .notMixing: "-ERR Conference is not in mixing mode\n"
        case .noVideo: "-ERR Bandwidth not set\n"
        }
    }
}
