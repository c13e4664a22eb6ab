/// How a member joins: `+flags{}`, profile `member-flags`, variable `conference_member_flags` (conference.md §9.2).
package struct MemberFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Joins muted.
    package static let mute = MemberFlags(rawValue: 1 << 0)
    /// Joins deaf.
    package static let deaf = MemberFlags(rawValue: 1 << 1)
    package static let moderator = MemberFlags(rawValue: 1 << 2)
    /// Not counted, but keeps the room alive.
    package static let ghost = MemberFlags(rawValue: 1 << 3)
    /// May not open the room.
    package static let joinOnly = MemberFlags(rawValue: 1 << 4)
    /// The room ends when this member leaves.
    package static let endconf = MemberFlags(rawValue: 1 << 5)
    /// The room ends, after the profile's grace, when the last of these has left.
    package static let mandatoryEndconf = MemberFlags(rawValue: 1 << 6)
    /// The room ends when fewer than two are left, once there were two.
    package static let mintwo = MemberFlags(rawValue: 1 << 7)
    /// No music on hold while present.
    package static let nomoh = MemberFlags(rawValue: 1 << 8)
    /// Neither speaks nor hears and has no row: a second window of somebody.
    package static let secondScreen = MemberFlags(rawValue: 1 << 9)
    /// It is told, and others by an event, that it speaks though muted.
    package static let muteDetect = MemberFlags(rawValue: 1 << 10)
    /// Its keys go to the other members' calls, and do nothing here.
    package static let distDTMF = MemberFlags(rawValue: 1 << 11)
    /// Other members' keys do not go to its call.
    package static let skipDTMF = MemberFlags(rawValue: 1 << 12)
    /// Joins with its picture hidden.
    package static let vmute = MemberFlags(rawValue: 1 << 13)
    /// Gets no picture.
    package static let blind = MemberFlags(rawValue: 1 << 14)
    /// Takes and locks the video floor with its first picture.
    package static let joinVideoFloor = MemberFlags(rawValue: 1 << 15)
    /// The video floor is this member's whenever nobody has locked it.
    package static let videoBridge = MemberFlags(rawValue: 1 << 16)

    /// Events tell every ten seconds how much it talked.
    package static let talkDataEvents = MemberFlags(rawValue: 1 << 17)

    /// Reads `mute|moderator`; separators `|` and `,`, any case, unknown words ignored.
    package init(parsing text: String) { self = FlagWords.parse(text, Self.words) }

    /// The flags that a call's variables give it, or `nil` when they say nothing.
    package init?(variables: [String: String]) {
        guard let text = FlagWords.text(of: "conference_member_flags", in: variables) else { return nil }
        self.init(parsing: text)
    }

    /// The flags of one call: its own joined to the profile's. A call with any flag text of its own starts able to
    /// speak, hear and be seen, whatever the profile says (conference.md §1.3, "reset rule").
    package static func effective(profile: MemberFlags, call: MemberFlags?) -> MemberFlags {
        guard let call else { return profile }
        return profile.subtracting([.mute, .deaf, .vmute]).union(call)
    }

    private static let words: [(name: String, flag: MemberFlags)] = [
        ("mute", .mute), ("deaf", .deaf), ("moderator", .moderator), ("ghost", .ghost), ("join-only", .joinOnly),
        ("endconf", .endconf), ("mandatory_member_endconf", .mandatoryEndconf), ("mintwo", .mintwo),
        ("nomoh", .nomoh), ("second-screen", .secondScreen), ("mute-detect", .muteDetect),
        ("dist-dtmf", .distDTMF), ("skip-dtmf", .skipDTMF), ("vmute", .vmute), ("blind", .blind),
        ("join-vid-floor", .joinVideoFloor), ("video-bridge", .videoBridge), ("talk-data-events", .talkDataEvents),
    ]
}
