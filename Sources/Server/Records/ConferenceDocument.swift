package import Conference

/// A conference's record as FreeSWITCH writes it (conference.md §8.3), for programs that read its folder
/// `cdr-log-dir`.
package struct ConferenceDocument: Sendable {
    /// `<uuid>.cdr.xml`
    package let fileName: String
    package let text: String

    /// `nil` for a room whose uuid cannot name a file.
    package init?(_ record: ConferenceRecord, hostname: String) {
        let isName = record.uuid.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || (byte < 0x80 && Character(UnicodeScalar(byte)).isLetter)
                || (0x30...0x39).contains(byte)
        }
        guard isName, !record.uuid.isEmpty, record.uuid.utf8.count <= 64 else { return nil }
        fileName = record.uuid + ".cdr.xml"
        let conference = XMLText.element(
            "conference",
            [
                XMLText.element("name", record.key.name), XMLText.element("hostname", hostname),
                XMLText.element("rate", "\(record.rate)"), XMLText.element("interval", "\(record.interval)"),
                XMLText.time("start_time", record.started),
                XMLText.time("end_time", record.ended, #"endconference_forced="\#(record.isForced)" "#),
                XMLText.element(
                    "members", record.members.map(Self.member) + record.recordings.map(Self.recording)),
                XMLText.element("rejected", record.rejected.map(Self.attempt)),
            ])
        text = "<?xml version=\"1.0\"?>\n" + XMLText.element("cdr", [conference])
    }

    private static func member(_ member: ConferenceRecord.Attendance) -> String {
        let flags = XMLText.element(
            "flags",
            [
                XMLText.element("is_moderator", "\(member.isModerator)"),
                XMLText.element("end_conference", "\(member.endsConference)"),
                XMLText.element("mandatory_member_end_conference", "\(member.isMandatory)"),
                XMLText.element("was_kicked", "\(member.wasKicked)"),
                XMLText.element("is_ghost", "\(member.isGhost)"),
            ])
        let parts = [
            XMLText.time("join_time", member.joined), XMLText.time("leave_time", member.left), flags,
            profile(member.caller),
        ]
        return XMLText.element("member", parts, attributes: #" type="caller""#)
    }

    private static func recording(_ recording: ConferenceRecord.RecordedFile) -> String {
        let parts = [
            XMLText.time("join_time", recording.started), XMLText.time("leave_time", recording.stopped),
            XMLText.element("record_path", recording.name.text),
        ]
        return XMLText.element("member", parts, attributes: #" type="recording_node""#)
    }

    private static func attempt(_ attempt: ConferenceRecord.Attempt) -> String {
        XMLText.element(
            "attempt",
            [
                XMLText.element("reason", attempt.reason.rawValue), XMLText.time("reject_time", attempt.time),
                profile(attempt.caller),
            ])
    }

    private static func profile(_ caller: CallerProfile) -> String {
        XMLText.element(
            "caller_profile",
            [
                XMLText.element("username", caller.user ?? ""), XMLText.element("dialplan", "XML"),
                XMLText.element("caller_id_name", caller.callerName),
                XMLText.element("caller_id_number", caller.callerNumber),
                XMLText.element("network_addr", caller.networkAddress),
                XMLText.element("destination_number", caller.destinationNumber),
                XMLText.element("uuid", caller.uuid), XMLText.element("source", "mod_verto"),
                XMLText.element("context", caller.context), XMLText.element("chan_name", caller.channelName),
            ])
    }
}

private enum XMLText {
    static func element(_ name: String, _ text: String) -> String { "<\(name)>\(escaped(text))</\(name)>\n" }

    static func element(_ name: String, _ children: [String], attributes: String = "") -> String {
        "<\(name)\(attributes)>\n\(children.joined())</\(name)>\n"
    }

    static func time(_ name: String, _ seconds: Int, _ attributes: String = "") -> String {
        "<\(name) \(attributes)type=\"UNIX-epoch\">\(seconds)</\(name)>\n"
    }

    /// What XML cannot hold is left out.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\t": result += " "
            case _ where scalar.value < 0x20 || scalar.value == 0x7F || (0xFFFE...0xFFFF).contains(scalar.value):
                continue
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
