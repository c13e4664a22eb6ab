/// What a room answers to a command; the doors have the words for it.
package enum Reply: Equatable, Sendable {
    /// To a command with a ``Selector``: what came of each member, newest first. Empty for `all` in an empty room.
    case members([MemberResult])
    /// The room is locked, or open, now.
    case locked(Bool)
    /// The room and its members.
    case list(Roster)
    /// Members without ghosts.
    case count(Int)
    case roster(Roster)
    case videoFloorCleared
    /// The value asked for, or for `set` the one before.
    case value(Property, PropertyValue)
    /// What `getvar` asked for; `nil` when it is not set.
    case variable(String, String?)
    /// The variable is this now; `nil` when it is not set any more.
    case variableSet(String, String?)
    case relations([Relation])
    /// What came of each pair.
    case related([RelationResult])
    /// The digits that let this role in now; `nil` when none are asked.
    case pin(String?, for: Role)
    /// Whether all are told who comes or goes, and with what.
    case announcement(Passage, isOn: Bool, SoundName?)
    case music(isOn: Bool, SoundName?)
    /// It plays, or waits for its turn, for all or for these members.
    case playing(SoundName, to: [MemberID]?)
    /// How many files.
    case stopped(Int)
    /// Paused, or going on; `nil` when nothing is played there.
    case paused(Bool?)
    /// `nil` when nothing is played there.
    case playback(PlaybackStatus?)
    /// Milliseconds from the beginning of the sound; `nil` when nothing is played there.
    case sought(Int?)
    /// dB.
    case fileVolume(Int)
    case recording(RecordingSummary)
    case recordingsStopped([RecordingSummary])
    case recordingPaused(RecordingSummary)
    case recordings([RecordingSummary])
    /// A call has been asked for. Unless in the background its issuer waits for ``dialed(cause:)``.
    case dialing(JobID, inBackground: Bool)
    /// Never from the room: what a door answers when a ``dialing(_:inBackground:)`` is over.
    case dialed(cause: String)
    /// What came of each member that was to go to this room.
    case transferred([MemberResult], room: String)
    /// What came of each member whose call was to go to this extension.
    case redirected([MemberResult], extension: String)
}

/// What a command did to one member.
package enum MemberResult: Equatable, Sendable {
    /// `+OK mute 7`.
    case done(MemberAction, MemberID)
    /// `+OK Volume IN 7 = 2`.
    case volumeIn(MemberID, Int)
    case volumeOut(MemberID, Int)
    /// `Energy 7 = 300`; the level is above the automatic one, which is switched off when `endsAuto`.
    case energy(MemberID, Int, endsAuto: Bool)
    /// `7 = Auto-Energy: 400 Energy: 200`.
    case autoEnergy(MemberID, auto: Int, energy: Int)
    /// `Agc 7 = 1500`; 0 for none.
    case autoGain(MemberID, Int)
    case denoise(MemberID, Bool)
    /// `nil` when it was never set.
    case position(MemberID, Position?)
    /// `+OK sent 123 to 7`.
    case sentDigits(MemberID, String)
    /// The call's UUID.
    case uuid(MemberID, String)
    /// The floor's new holder, `nil` when it was put down.
    case floor(MemberID?)
    /// What a member may send in kb/s, `nil` for no limit.
    case videoBandwidth(MemberID, Int?)
    /// Nothing is to be said: the member has nothing that the command could change.
    case nothing(MemberID)
    /// `non_moderator` left this moderator alone.
    case skippedModerator(MemberID)
    /// One of several could not; a refusal for a single member is thrown instead.
    case refused(MemberID, Refusal)
}

/// What was done; the raw value is the word of the reply.
package enum MemberAction: String, Sendable {
    case mute, unmute, deaf, undeaf, hold, unhold
    case kick = "kicked"
    case hup
    case videoMute = "vmute"
    case videoUnmute = "unvmute"
    case videoBlind = "vblind"
    case videoUnblind = "unvblind"
    case transfer
    case handUp = "hand up"
    case handDown = "hand down"
}

/// A property's value. Doors print a flag that is not set as nothing.
package enum PropertyValue: Equatable, Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
}

/// A room with its members, as `json_list` and `xml_list` show it (conference.md §5.9).
package struct Roster: Equatable, Sendable {
    package var key: RoomKey
    package var uuid: String
    package var profile: String
    package var memberCount: Int
    package var ghostCount: Int
    package var rate: Int
    /// Seconds since the room was created.
    package var runTime: Int
    package var isLocked: Bool
    package var isWaiting: Bool
    package var isDynamic: Bool
    package var audioAlways: Bool
    /// The room has had its minimum of members and ends when they become fewer.
    package var enforcesMinimum: Bool
    /// 0 means no limit.
    package var maxMembers: Int
    /// What members may send, in kb/s; 0 means no limit.
    package var videoBandwidthIn: Int
    /// How many ticks a member speaks before it is shown.
    package var videoFloorTicks: Int
    package var videoFloorOnly: Bool
    /// All are told who comes, and who goes.
    package var announcesEnter: Bool
    package var announcesExit: Bool
    /// The words that lists put behind `flags:`.
    package var flags: [String]
    package var variables: [String: String]
    package var recordings: [RecordingSummary]
    /// Newest first.
    package var members: [MemberSummary]
}

/// One member in a list.
package struct MemberSummary: Equatable, Sendable {
    package var id: MemberID
    package var callID: String
    package var uuid: String
    package var channelName: String
    package var callerName: String
    package var callerNumber: String
    package var user: String?
    package var canHear: Bool
    package var canSpeak: Bool
    package var isOnHold: Bool
    package var isTalking: Bool
    package var hasFloor: Bool
    /// Its call has video, one way at least.
    package var hasVideo: Bool
    /// It is sent pictures, or would be.
    package var canSee: Bool
    package var hasVideoFloor: Bool
    package var isVideoBridge: Bool
    package var isModerator: Bool
    package var isGhost: Bool
    package var isScreenShare: Bool
    package var endsConference: Bool
    package var isMandatory: Bool
    /// It is noticed when it speaks though muted.
    package var isMuteDetected: Bool
    package var volumeIn: Int
    package var volumeOut: Int
    package var energyLevel: Int
    /// The highest level its gate tunes itself to; 0 for a gate that stays.
    package var autoEnergyLevel: Int
    /// 0 for none.
    package var autoGainLevel: Int
    package var isDenoised: Bool
    package var position: Position?
    /// Seconds since it joined.
    package var joinedAgo: Int
    /// Seconds since it last talked; `nil` when it never did.
    package var talkedAgo: Int?
}
