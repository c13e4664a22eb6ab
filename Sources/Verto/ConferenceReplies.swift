import Conference
import Wire

/// The words of a room's replies, as scripts expect them (conference.md §5, spelling included). Those of its refusals
/// are in `ConferenceRefusals.swift`.
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

    var name: String { room.shortName }

    // MARK: Of the room

    func text(_ reply: Reply) -> String {
        switch reply {
        case .members(let results): text(results)
        case .locked(let isLocked): "+OK \(name) \(isLocked ? "locked" : "unlocked")\n"
        case .list(let roster): MemberLists.list(roster, words: words)
        case .count(let count): String(count)
        case .roster(let roster): MemberLists.text([roster], verb.format, words: words)
        case .videoFloorCleared: "+OK floor Cleared\n"
        case .value(let property, let value): Self.text(property, value)
        case .variable(_, let value): value ?? ""
        case .variableSet: "+OK\n"
        case .relations(let relations): Self.text(relations)
        case .related(let results): results.map(Self.text).joined()
        case .pin(nil, _): "+OK Pin for conference \(name) deleted\n"
        case .pin(let pin?, .participant): "+OK Pin for conference \(name) set: \(pin)\n"
        case .pin(let pin?, _): "+OK Moderator Pin for conference \(name) set: \(pin)\n"
        case .announcement(let passage, let isOn, let sound):
            "+OK \(name) \(passage.rawValue) sounds \(isOn ? "on" : "off") (\(sound?.text ?? "none"))\n"
        case .dialing(_, inBackground: false): "+OK Call Requested\n"
        case .dialing(let job, inBackground: true): "+OK Job-UUID: \(job.text)\n"
        case .dialed(let cause): "+OK Call Requested: result: [\(cause)]\n"
        case .transferred(let results, let room): results.map { transferred($0, to: room) }.joined()
        case .redirected(let results, let destination): redirected(results, to: destination)
        case .music, .playing, .stopped, .paused, .playback, .sought, .fileVolume: playbackText(reply)
        case .recording, .recordingsStopped, .recordingPaused, .recordings: recordingText(reply)
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

    private static func text(_ relations: [Relation]) -> String {
        let lines = relations.map { relation in
            let speak = relation.words.contains(.noSpeak) ? "NOSPEAK" : "SPEAK"
            let hear = relation.words.contains(.noHear) ? "NOHEAR" : "HEAR"
            return "\(relation.one.text) -> \(relation.other.text) \(speak) \(hear) NOSENDVIDEO\n"
        }
        return lines.isEmpty ? "+OK No relationships\n" : lines.joined()
    }

    private static func text(_ result: RelationResult) -> String {
        switch result {
        case .set(let relation):
            "+OK \(relation.one.text)->\(relation.other.text) \(words(relation.words)) set\n"
        case .cleared(let one, let other): "+OK relationship \(one.text)->\(other.text) cleared.\n"
        case .notFound(let one, let other): "-ERR relationship \(one.text)->\(other.text) not found.\n"
        case .unknownMember(let id): "-ERR Non-Existant ID \(id.text)\n"
        }
    }

    private static func words(_ words: Relation.Words) -> String {
        [(Relation.Words.noSpeak, "nospeak"), (.noHear, "nohear")].filter { words.contains($0.0) }.map(\.1)
            .joined(separator: " ")
    }

    private func transferred(_ result: MemberResult, to room: String) -> String {
        switch result {
        case .done(_, let id): "+OK Member '\(id.text)' sent to conference \(room).\n"
        case .refused(let id, _): "-ERR No Member \(id.text) in conference \(name).\n"
        default: text(result)
        }
    }

    /// One line for all that went, for the original says no more; what it said of members that were not there was not
    /// true.
    private func redirected(_ results: [MemberResult], to destination: String) -> String {
        let refused = results.filter { if case .done = $0 { false } else { true } }
        return refused.map(text).joined()
            + (refused.count < results.count ? "+OK Call transferred to \(destination)" : "")
    }

    // MARK: Of sounds

    private func playbackText(_ reply: Reply) -> String {
        switch reply {
        case .music: "+OK moh\n"
        case .playing(let sound, nil): "+OK (play) Playing file \(sound.text)\n"
        case .playing(let sound, let members?):
            members.map { "+OK (play) Playing file \(sound.text) to member \($0.text)\n" }.joined()
        case .stopped(let count): "+OK Stopped \(count) files.\n"
        case .paused(let isPaused): isPaused.map { $0 ? "+OK Pause\n" : "+OK Resume\n" } ?? ""
        case .playback(let status?): "+OK \(status.position)/\(status.duration ?? 0) \(status.sound.text)\n"
        case .playback(nil): "-ERR Nothing is playing\n"
        case .sought(let position): position.map { "+OK seek to position \($0 * Self.samplesPerMillisecond)\n" } ?? ""
        case .fileVolume: "+OK volume changed\n"
        default: ""
        }
    }

    private func recordingText(_ reply: Reply) -> String {
        switch reply {
        case .recording(let recording): return "+OK Record file \(recording.name.text)\n"
        case .recordingsStopped(let stopped):
            let lines = stopped.map { recording -> String in
                recording.isAutomatic
                    ? "Stopped AUTO recording file \(recording.name.text) (Auto Recording Now Disabled)\n"
                    : "Stopped recording file \(recording.name.text)\n"
            }
            return lines.joined() + "+OK Stopped recording \(stopped.count) file(s)\n"
        case .recordingPaused(let recording):
            return "+OK \(recording.isPaused ? "Pause" : "Resume") recording file \(recording.name.text)\n"
        case .recordings(let running):
            let lines = running.map { "+OK Record file \($0.name.text)\($0.isAutomatic ? " (Auto)" : "")\n" }
            return lines.isEmpty ? "-ERR Conference is not being recorded.\n" : lines.joined()
        default: return ""
        }
    }

    // MARK: Of members

    private func text(_ results: [MemberResult]) -> String {
        let separator = verb.name == "get-uuid" ? "\n" : ""
        return results.map(text).joined(separator: separator)
    }

    private func text(_ result: MemberResult) -> String {
        switch result {
        case .done(let action, let id): "+OK \(action.rawValue) \(id.text)\n"
        case .volumeIn(let id, let level): "+OK Volume IN \(id.text) = \(level)\n"
        case .volumeOut(let id, let level): "+OK Volume OUT \(id.text) = \(level)\n"
        case .energy(let id, let level, let endsAuto):
            "Energy \(id.text) = \(level)\n" + (endsAuto ? "auto-energy disabled for \(id.text)\n" : "")
        case .autoEnergy(let id, let auto, let energy): "\(id.text) = Auto-Energy: \(auto) Energy: \(energy)\n"
        case .autoGain(let id, let level): "Agc \(id.text) = \(level)\n"
        case .denoise(let id, let isOn): "+OK denoise \(id.text) = \(isOn ? "on" : "off")\n"
        case .position(let id, let position): "+OK Position \(id.text) = \(position?.text ?? "")\n"
        case .sentDigits(let id, let digits): "+OK sent \(digits) to \(id.text)\n"
        case .uuid(_, let uuid): uuid.isEmpty ? "_undef_" : uuid
        case .floor(let holder): "+OK floor \(holder?.text ?? "none")\n"
        case .videoBandwidth(let id, let limit): "+OK Set Bandwidth \(id.text) = \(limit.map(String.init) ?? "auto")\n"
        case .nothing: ""
        case .skippedModerator(let id): "Skipping moderator (member id \(id.text)).\n"
        case .refused(_, let refusal): text(refusal)
        }
    }

    /// Rooms run at 48 kHz.
    private static let samplesPerMillisecond = 48
}
