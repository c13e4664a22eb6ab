import Conference
import Wire

/// The list formats of conference.md §5.9.
enum MemberLists {
    /// Rooms as `json_list` or `xml_list` asks for them; as lines, each behind its heading, for `list`.
    static func text(_ rosters: [Roster], _ format: ModeratorVerb.Format, words: [String]) -> String {
        switch format {
        case .json:
            let list = JSON.array(rosters.map(json))
            return words.first?.lowercased() == "compact" ? list.text : list.formatted
        case .xml: return xml(rosters)
        case .list, .text:
            let isSummary = words.first?.lowercased() == "summary"
            return rosters.isEmpty
                ? "+OK No active conferences.\n"
                : rosters.map { heading($0) + (isSummary ? "" : list($0, words: words)) }.joined()
        }
    }

    /// One line a member, or what `delim <s>`, `pretty`, `summary` and `count` ask for.
    static func list(_ roster: Roster, words: [String]) -> String {
        switch words.first?.lowercased() {
        case "count": return String(roster.members.count)
        case "summary": return heading(roster)
        case "pretty":
            return roster.members.map { "\($0.id.text)) \($0.callerName) (\($0.callerNumber))\n" }.joined()
        case "delim" where words.count > 1: return roster.members.map { line($0, words[1]) }.joined()
        default: return roster.members.map { line($0, ";") }.joined()
        }
    }

    private static func heading(_ roster: Roster) -> String {
        let members = "\(roster.memberCount) member\(roster.memberCount == 1 ? "" : "s")"
        let flags = roster.flags.joined(separator: "|")
        return "+OK Conference \(roster.key.shortName) (\(members) rate: \(roster.rate)"
            + "\(roster.isLocked ? " locked" : "") flags: \(flags))\n"
    }

    private static func line(_ member: MemberSummary, _ delimiter: String) -> String {
        let fields = [
            member.id.text, member.channelName, member.uuid, member.callerName, member.callerNumber,
            flags(member).joined(separator: "|"), String(member.volumeIn), String(member.volumeOut),
            String(member.energyLevel),
        ]
        return fields.joined(separator: delimiter) + "\n"
    }

    private static func flags(_ member: MemberSummary) -> [String] {
        let words = [
            ("hear", member.canHear && !member.isOnHold), ("speak", member.canSpeak && !member.isOnHold),
            ("talking", member.isTalking && !member.isOnHold), ("hold", member.isOnHold), ("video", member.hasVideo),
            ("floor", member.hasFloor), ("vid-floor", member.hasVideoFloor),
            ("moderator", member.isModerator), ("ghost", member.isGhost),
        ]
        return words.filter(\.1).map(\.0)
    }

    // MARK: JSON

    /// One room of `json_list`. What we have no notion of, such as canvases, has the value it has without them.
    private static func json(_ roster: Roster) -> JSON {
        var room: JSONObject = [
            "conference_name": .string(roster.key.shortName), "member_count": number(roster.memberCount),
            "ghost_count": number(roster.ghostCount), "rate": number(roster.rate), "run_time": number(roster.runTime),
            "conference_uuid": .string(roster.uuid), "canvas_count": 0,
            "max_bw_in": number(roster.videoBandwidthIn), "force_bw_in": 0,
            "video_floor_packets": number(roster.videoFloorTicks), "locked": .bool(roster.isLocked), "destruct": false,
            "wait_mod": .bool(roster.isWaiting), "audio_always": .bool(roster.audioAlways), "running": true,
            "answered": true, "enforce_min": .bool(roster.enforcesMinimum), "bridge_to": false,
            "dynamic": .bool(roster.isDynamic), "exit_sound": .bool(roster.announcesExit),
            "enter_sound": .bool(roster.announcesEnter), "recording": .bool(!roster.recordings.isEmpty),
            "video_bridge": false, "video_floor_only": .bool(roster.videoFloorOnly), "video_rfc4579": false,
        ]
        if roster.maxMembers > 0 { room["max_members"] = number(roster.maxMembers) }
        room["variables"] = .object(JSONObject(texts: roster.variables, prefix: ""))
        room["members"] = .array(roster.members.map(json) + roster.recordings.map(json))
        return .object(room)
    }

    /// A recording among the members; its time is Unix time, theirs is how long ago it was.
    private static func json(_ recording: RecordingSummary) -> JSON {
        var node: JSONObject = ["type": "recording_node", "record_path": .string(recording.name.text)]
        if recording.isPaused { node["status"] = "paused" }
        node["join_time"] = number(recording.startedAtUnix)
        return .object(node)
    }

    private static func json(_ member: MemberSummary) -> JSON {
        [
            "type": "caller", "id": number(member.id.rawValue),
            "flags": [
                "can_hear": .bool(member.canHear), "can_see": .bool(member.canSee), "can_speak": .bool(member.canSpeak),
                "hold": .bool(member.isOnHold), "mute_detect": .bool(member.isMuteDetected),
                "talking": .bool(member.isTalking),
                "has_video": .bool(member.hasVideo), "video_bridge": .bool(member.isVideoBridge),
                "has_floor": .bool(member.hasFloor),
                "is_moderator": .bool(member.isModerator), "end_conference": .bool(member.endsConference),
                "mandatory_member_end_conference": .bool(member.isMandatory), "pass_digits": false,
            ],
            "uuid": .string(member.uuid), "caller_id_name": .string(member.callerName),
            "caller_id_number": .string(member.callerNumber), "join_time": number(member.joinedAgo),
            "last_talking": number(member.talkedAgo ?? 0), "energy": number(member.energyLevel),
            "volume_in": number(member.volumeIn), "volume_out": number(member.volumeOut),
            "output-volume": number(member.volumeOut), "input-volume": number(member.volumeIn),
        ]
    }

    private static func number(_ value: Int) -> JSON { .integer(Int64(value)) }

    // MARK: XML

    private static func xml(_ rosters: [Roster]) -> String {
        "<?xml version=\"1.0\"?>\n<conferences>\(rosters.map(xml).joined())</conferences>\n"
    }

    private static func xml(_ roster: Roster) -> String {
        let attributes = [
            ("name", roster.key.shortName), ("member-count", String(roster.memberCount)),
            ("ghost-count", String(roster.ghostCount)), ("rate", String(roster.rate)),
            ("run_time", String(roster.runTime)), ("uuid", roster.uuid), ("locked", String(roster.isLocked)),
        ]
        let head = attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
        let members = roster.members.map(xml).joined() + roster.recordings.map(xml).joined()
        let variables = roster.variables.sorted { $0.key < $1.key }
            .map { "<variable name=\"\(escaped($0.key))\">\(encoded($0.value))</variable>" }.joined()
        return "<conference\(head)>\(variables.isEmpty ? "<variables/>" : "<variables>\(variables)</variables>")"
            + "<members>\(members)</members></conference>"
    }

    private static func xml(_ recording: RecordingSummary) -> String {
        let status = recording.isPaused ? "<status>paused</status>" : ""
        return "<member type=\"recording_node\"><record_path>\(encoded(recording.name.text))</record_path>\(status)"
            + "<join_time>\(recording.startedAtUnix)</join_time></member>"
    }

    private static func xml(_ member: MemberSummary) -> String {
        let children = [
            ("id", member.id.text), ("uuid", member.uuid), ("caller_id_name", member.callerName),
            ("caller_id_number", member.callerNumber), ("join_time", String(member.joinedAgo)),
            ("last_talking", member.talkedAgo.map(String.init) ?? "N/A"), ("energy", String(member.energyLevel)),
            ("volume_in", String(member.volumeIn)), ("volume_out", String(member.volumeOut)),
        ]
        let flags = [
            ("can_hear", member.canHear), ("can_speak", member.canSpeak), ("talking", member.isTalking),
            ("has_video", member.hasVideo), ("has_floor", member.hasFloor), ("is_moderator", member.isModerator),
            ("end_conference", member.endsConference),
        ]
        let text = children.map { "<\($0)>\(encoded($1))</\($0)>" }.joined()
        let words = flags.map { "<\($0)>\($1)</\($0)>" }.joined()
        return "<member type=\"caller\">\(text)<flags>\(words)</flags>"
            + "<output-volume>\(member.volumeOut)</output-volume></member>"
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case let other where other.unicodeScalars.allSatisfy({ $0.value >= 0x20 }): result.append(other)
            default: result += "?"
            }
        }
    }

    /// URL-encoded, as the texts of this format are.
    private static func encoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            let character = Character(UnicodeScalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "-_.~@/".contains(character) {
                result.append(character)
            } else {
                result += "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
            }
        }
    }
}
