/// Something that happened in a room, as `conference::maintenance` events tell it (conference.md §8).
package struct RoomEvent: Equatable, Sendable {
    package var action: RoomAction
    package var room: RoomKey
    package var uuid: String
    package var profile: String
    /// People in the room: with a member that came, without one that went.
    package var size: Int
    package var ghosts: Int
    /// The room's variables.
    package var variables: [String: String]
    /// The member it is about, as it is now, or was when it left.
    package var member: MemberSummary?
    /// What the action has besides: `Volume-Level`, `File` …
    package var headers: [String: String]
    /// Room time.
    package var time: Duration
}

/// What an event tells; the raw value is its `Action`.
package enum RoomAction: String, Sendable, CaseIterable {
    case conferenceCreate = "conference-create"
    case conferenceDestroy = "conference-destroy"
    case conferenceHeartbeat = "conference-heartbeat"
    case rejectedJoinOnly = "rejected-join-only"
    case addMember = "add-member"
    case delMember = "del-member"
    case kickMember = "kick-member"
    case hupMember = "hup-member"
    case muteMember = "mute-member"
    case unmuteMember = "unmute-member"
    case raiseHandMember = "raise-hand-member"
    case lowerHandMember = "lower-hand-member"
    case videoMuteMember = "vmute-member"
    case videoUnmuteMember = "unvmute-member"
    case videoBlindMember = "vblind-member"
    case videoUnblindMember = "unvblind-member"
    case deafMember = "deaf-member"
    case undeafMember = "undeaf-member"
    case holdMember = "hold-member"
    case unholdMember = "unhold-member"
    case startTalking = "start-talking"
    case stopTalking = "stop-talking"
    case talkReport = "talk-report"
    case muteDetect = "mute-detect"
    case floorChange = "floor-change"
    case videoFloorChange = "video-floor-change"
    /// By keys.
    case energyLevel = "energy-level"
    case volumeLevel = "volume-level"
    case gainLevel = "gain-level"
    case energyLevelMember = "energy-level-member"
    case autoEnergyLevelMember = "auto-energy-level-member"
    case autoGainLevelMember = "agc-level-member"
    case volumeInMember = "volume-in-member"
    case volumeOutMember = "volume-out-member"
    case setPositionMember = "set-position-member"
    case dtmf
    case dtmfMember = "dtmf-member"
    case transfer
    case playFile = "play-file"
    case playFileDone = "play-file-done"
    case playFileMember = "play-file-member"
    case playFileMemberDone = "play-file-member-done"
    case lock
    case unlock
    case enterSoundsOn = "enter-sounds-on"
    case enterSoundsOff = "enter-sounds-off"
    case enterSoundFileChanged = "enter-sound-file-changed"
    case exitSoundsOn = "exit-sounds-on"
    case exitSoundsOff = "exit-sounds-off"
    case exitSoundFileChanged = "exit-sound-file-changed"
    case bgdialResult = "bgdial-result"
    case startRecording = "start-recording"
    case stopRecording = "stop-recording"
    case pauseRecording = "pause-recording"
    case resumeRecording = "resume-recording"

    /// The word of `suppress-events` that silences it; `nil` for what is always told.
    package var suppressWord: String? {
        switch self {
        case .delMember, .kickMember, .startTalking, .stopTalking, .muteDetect, .floorChange, .energyLevel,
            .volumeLevel, .gainLevel, .energyLevelMember, .volumeInMember, .volumeOutMember, .dtmf, .dtmfMember,
            .transfer, .playFile, .playFileDone, .playFileMember, .lock, .unlock, .bgdialResult:
            rawValue
        case .muteMember, .unmuteMember, .videoMuteMember, .videoUnmuteMember: "mute-member"
        case .holdMember, .unholdMember: "hold-member"
        case .videoFloorChange: "floor-change"
        case .autoEnergyLevelMember: "energy-level-member"
        case .playFileMemberDone: "play-file-done"
        case .enterSoundsOn, .enterSoundsOff, .enterSoundFileChanged: "lock"
        case .exitSoundsOn, .exitSoundsOff, .exitSoundFileChanged: "lock"
        case .startRecording, .pauseRecording, .resumeRecording: "record"
        case .conferenceCreate, .conferenceDestroy, .conferenceHeartbeat, .rejectedJoinOnly, .addMember, .hupMember,
            .videoBlindMember, .videoUnblindMember, .deafMember, .undeafMember, .talkReport, .autoGainLevelMember,
            .setPositionMember, .stopRecording, .raiseHandMember, .lowerHandMember:
            nil
        }
    }
}
