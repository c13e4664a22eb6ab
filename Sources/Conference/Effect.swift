/// What follows from a change, in the order it is to be carried out: for the media, for watchers, for the server.
package enum Effect: Equatable, Sendable {
    /// The member's audio is (not) mixed.
    case setMuted(MemberID, Bool)
    /// The member gets (no) audio at all.
    case setDeaf(MemberID, Bool)
    /// What others hear of it: a step −4…4 of the volume table (conference.md §6.6).
    case setGainIn(MemberID, step: Int)
    /// What it hears.
    case setGainOut(MemberID, step: Int)
    /// For the member's ``TalkDetector/energyLevel``.
    case setEnergyLevel(MemberID, Int)
    /// Forget that the member talks: it was muted or held.
    case resetTalkDetector(MemberID)
    /// The member neither speaks nor hears, but for what is played to it alone.
    case setHeld(MemberID, Bool)
    /// Whether the first hears the second. Forgotten on both sides when either leaves.
    case setHears(MemberID, MemberID, Bool)
    /// Go on measuring the member while it is muted, and tell ``Room/talking(_:_:score:at:)`` of it.
    case setMuteDetect(MemberID, Bool)
    /// For the member's ``TalkDetector``: how its gate tunes itself, `nil` for not at all.
    case setAutoEnergy(MemberID, AutoEnergy?)
    /// `nil` for the sound as it comes.
    case setAutoGain(MemberID, AutoGain?)
    case setDenoise(MemberID, Bool)
    /// `nil` for the middle.
    case setPosition(MemberID, Position?)
    case play(PlaybackOrder)
    case stopPlayback(PlaybackID)
    case pausePlayback(PlaybackID, Bool)
    /// Milliseconds from the beginning of the sound.
    case seekPlayback(PlaybackID, to: Int)
    /// dB.
    case setPlaybackGain(PlaybackID, Int)
    /// What everybody hears, over and over, while one is alone or all wait; `nil` ends it.
    case music(SoundName?)
    /// Write the room's sound to a file; ``Room/recordingEnded(_:failure:at:)`` tells when that is not possible.
    case startRecording(RecordingID, RecordingName, tracks: Bool)
    case pauseRecording(RecordingID, Bool)
    case stopRecording(RecordingID)
    /// Press these keys towards the member's call.
    case sendDigits(MemberID, String)
    case dial(DialOrder)
    /// The room has let go of the member, as by ``remove(_:_:)``: its call goes to another room.
    case transferToRoom(MemberID, room: String, profile: String)
    /// The room has let go of the member: its call goes to an extension of its own context.
    case transferCall(MemberID, extension: String)
    /// Nothing (or again everything) of the member's picture goes to anybody, from the next packet on.
    case setVideoMuted(MemberID, Bool)
    /// What the receiver's slot shows from now on, `nil` for nothing. Slot 0 is the switched picture; slots from 1 on
    /// are a client's own wishes. Only changes are said, and a slot shows nothing until the first; a member that left
    /// sees nothing more without a word, its watchers are told.
    case showVideo(of: MemberID?, to: MemberID, slot: Int)
    /// What the member may send, in kb/s; `nil` for no limit of ours.
    case setVideoBandwidth(MemberID, Int?)
    /// While true nobody is mixed: the room waits for a moderator. ``music(_:)`` says what plays meanwhile.
    case setWaiting(Bool)
    /// The room has let go of the member: end its part of the call.
    case remove(MemberID, RemovalReason)
    /// For the member itself, after its row.
    case joined(MemberID, JoinNotice)
    /// For the member itself, after its row is gone.
    case parted(MemberID, PartNotice)
    /// For the live array's watchers.
    case publish(Delta)
    /// For the list of rooms.
    case summary(RoomSummary)
    /// For hooks and for watchers of events.
    indirect case event(RoomEvent)
    /// Everything about the room, to be kept; right before ``closed``.
    indirect case record(ConferenceRecord)
    /// The room has ended; nothing comes after this.
    case closed
}

/// Why a room let go of a member.
package enum RemovalReason: Hashable, Sendable {
    /// The caller hears the sound, then the dialplan goes on.
    case kicked(playing: SoundName?)
    /// As kicked, without the sound.
    case hungUp
    case conferenceEnded

    /// The member did not leave by itself, nor did the room.
    var isKick: Bool {
        if case .kicked = self { return true }
        return self == .hungUp
    }
}

/// The data of the private join message (conference.md §1.9).
package struct JoinNotice: Equatable, Sendable {
    package var room: RoomKey
    package var callID: String
    package var memberID: MemberID
    /// At this moment; only a moderator is told the moderator channel.
    package var role: Role
    package var isSecondScreen: Bool

    package init(room: RoomKey, callID: String, memberID: MemberID, role: Role, isSecondScreen: Bool) {
        self.room = room
        self.callID = callID
        self.memberID = memberID
        self.role = role
        self.isSecondScreen = isSecondScreen
    }
}

/// The data of the private part message (conference.md §1.9).
package struct PartNotice: Equatable, Sendable {
    package var room: RoomKey
    package var callID: String
    package var memberID: MemberID
    package var role: Role
    package var isSecondScreen: Bool

    package init(room: RoomKey, callID: String, memberID: MemberID, role: Role, isSecondScreen: Bool) {
        self.room = room
        self.callID = callID
        self.memberID = memberID
        self.role = role
        self.isSecondScreen = isSecondScreen
    }
}

/// A room in one line.
package struct RoomSummary: Equatable, Sendable {
    package var name: String
    package var domain: String
    /// People: neither ghosts nor screen shares.
    package var members: Int
    package var talking: Int
    package var isLocked: Bool
    /// Seconds since 1970.
    package var since: Int

    package init(name: String, domain: String, members: Int, talking: Int, isLocked: Bool, since: Int) {
        self.name = name
        self.domain = domain
        self.members = members
        self.talking = talking
        self.isLocked = isLocked
        self.since = since
    }
}
