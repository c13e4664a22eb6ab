/// What a room was, for the books (conference.md §8.3). Times are seconds since 1970.
package struct ConferenceRecord: Equatable, Sendable {
    /// One member from its coming to its going.
    package struct Attendance: Equatable, Sendable {
        package var id: MemberID
        package var caller: CallerProfile
        package var joined: Int
        package var left: Int
        package var isModerator: Bool
        package var endsConference: Bool
        package var isMandatory: Bool
        package var isGhost: Bool
        package var isScreenShare: Bool
        package var wasKicked: Bool
    }

    /// One recording.
    package struct RecordedFile: Equatable, Sendable {
        package var name: RecordingName
        package var started: Int
        package var stopped: Int
        /// Why it ended early.
        package var failure: String?
    }

    /// One caller that was not let in.
    package struct Attempt: Equatable, Sendable {
        package var reason: Reason
        package var caller: CallerProfile
        package var time: Int
    }

    package enum Reason: String, Sendable {
        case locked = "conference_locked"
        case full = "max_members_reached"
        case invalidPIN = "invalid_pin"
        case joinOnly = "join_only"
    }

    package var key: RoomKey
    package var uuid: String
    package var profile: String
    package var rate: Int
    /// Milliseconds.
    package var interval: Int
    package var started: Int
    package var ended: Int
    /// It ended because nobody came back who had to be there.
    package var isForced: Bool
    /// The most people that were in it at a time.
    package var mostMembers: Int
    /// In order of leaving. The oldest are forgotten in a room that lasts very long.
    package var members: [Attendance]
    package var recordings: [RecordedFile]
    package var rejected: [Attempt]
}

/// Who called, for the books.
package struct CallerProfile: Hashable, Sendable {
    package var user: String?
    package var callerName: String
    package var callerNumber: String
    package var networkAddress: String
    package var destinationNumber: String
    package var context: String
    package var uuid: String
    package var channelName: String
}
