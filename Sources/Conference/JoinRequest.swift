/// One call that wants into a room. Everything comes from the server or was checked by it, but for ``suppliedPIN``.
package struct JoinRequest: Sendable {
    /// Unique in the process; a call that comes back keeps its number.
    package var id: MemberID
    /// The call's identifier, the key of its row.
    package var callID: String
    package var uuid: String
    package var callerName: String
    package var callerNumber: String
    /// `"opus@48000"`: codec and clock rate.
    package var codec: String
    /// The call's own flags; `nil` when it has none and the profile's alone count.
    package var flags: MemberFlags?
    /// What the caller gave as PIN (variable `supplied_pin`): digits, or text holding `X-ConfPin=<digits>`.
    package var suppliedPIN: String?
    /// A PIN of this extension, which counts instead of the profile's.
    package var pin: String?
    /// A moderator PIN of this call (`conference_moderator_pin`), which counts instead of the profile's.
    package var moderatorPIN: String?
    /// The directory user, `1008@example.com`.
    package var user: String?
    /// Whose mute holds for later calls as well: ``user``, or something more precise for a login that many share;
    /// `nil` for a call that is a stranger each time. Never shown.
    package var person: String?
    /// Row column 5: only what everybody in the room may see.
    package var variables: [String: String]
    /// Channel name for lists, `verto.rtc/3500`.
    package var channelName: String
    /// A second call of somebody's that carries their screen: no row, no notices, not counted as a person; it hears
    /// and sees nothing.
    package var isScreenShare: Bool
    /// Whose screen it is: a member of this room, which the server knows to be the same person. The screen then needs
    /// neither PIN nor a place, passes the lock, is not shown to its owner, and leaves with it.
    package var sharedBy: MemberID?
    /// As negotiated by the call's first offer; ``Room/setVideo(_:_:at:)`` tells of changes.
    package var video: VideoFlow
    /// What its camera may send, kb/s (`rtp_video_max_bandwidth_in`).
    package var videoBandwidthIn: Int?
    /// The call ends with its connection (`recoverCall: false`); for its row.
    package var isRecoverable: Bool
    /// Whether PIN and lock hold for this call: true for callers, false for parties that we called.
    package var enforceSecurity: Bool
    /// The call's variables, for ``Selector/variable(_:_:)``.
    package var callVariables: [String: String] = [:]
    /// The group of keys (`conference_controls`); `nil` for the profile's.
    package var controls: String?
    /// Nobody is told of it by sounds (`conference_silent_entry`, a call that was recovered).
    package var isSilent = false
    /// What all hear when it comes, instead of the profile's sound (`conference_enter_sound`).
    package var enterSound: SoundName?
    /// What all hear when it goes (`conference_exit_sound`), even when such sounds are off.
    package var exitSound: SoundName?
    /// Where it is heard from in a stereo room (`conference_position`).
    package var position: Position?
    /// For the books: where the call comes from, what it dialled, in which context.
    package var networkAddress = ""
    package var destinationNumber = ""
    package var context = ""
    /// Levels to start with, −4…4; others are ignored.
    package var volumeIn: Int
    package var volumeOut: Int
    /// A gate of its own, 0…1800; others are ignored.
    package var energyLevel: Int?

    package init(
        id: MemberID, callID: String, uuid: String? = nil, callerName: String, callerNumber: String,
        codec: String = "opus@48000", flags: MemberFlags? = nil, suppliedPIN: String? = nil, pin: String? = nil,
        moderatorPIN: String? = nil, user: String? = nil, variables: [String: String] = [:], channelName: String = "",
        isScreenShare: Bool = false, enforceSecurity: Bool = true, volumeIn: Int = 0, volumeOut: Int = 0,
        energyLevel: Int? = nil, sharedBy: MemberID? = nil, video: VideoFlow = .none, videoBandwidthIn: Int? = nil,
        isRecoverable: Bool = true
    ) {
        (self.id, self.callID, self.uuid) = (id, callID, uuid ?? callID)
        (self.callerName, self.callerNumber, self.codec, self.flags) = (callerName, callerNumber, codec, flags)
        (self.suppliedPIN, self.pin, self.moderatorPIN) = (suppliedPIN, pin, moderatorPIN)
        (self.user, self.variables, self.channelName) = (user, variables, channelName)
        person = user
        (self.isScreenShare, self.enforceSecurity) = (isScreenShare, enforceSecurity)
        (self.sharedBy, self.video) = (sharedBy, video)
        (self.videoBandwidthIn, self.isRecoverable) = (videoBandwidthIn, isRecoverable)
        (self.volumeIn, self.volumeOut, self.energyLevel) = (volumeIn, volumeOut, energyLevel)
    }

    /// What the books say of it.
    package var profile: CallerProfile {
        CallerProfile(
            user: user, callerName: callerName, callerNumber: callerNumber, networkAddress: networkAddress,
            destinationNumber: destinationNumber, context: context, uuid: uuid, channelName: channelName
        )
    }
}
