/// Why a room said no; nothing has changed then. The doors have the words for it.
package enum Refusal: Error, Equatable, Sendable {
    /// No such member here, now.
    case unknownMember(MemberID)
    /// `last` in a room without members, or a variable that nobody's call has.
    case noSelection
    case unknownCommand(String)
    /// The issuer's role is too low for the command of this name.
    case forbidden(command: String)
    /// The words after the command of this name make no sense: doors print its usage.
    case badArgument(command: String)
    case locked
    case full(limit: Int)
    /// The caller gave none; it may have this many digits at most.
    case pinRequired(digits: Int)
    case wrongPIN
    /// A `join-only` caller to a room that does not run.
    case joinOnly
    /// The member, or a row of its call, is in the room already.
    case alreadyMember(MemberID)
    case floorHeld(by: MemberID)
    /// A muted or held member cannot be given the floor.
    case cannotSpeak(MemberID)
    /// The member is held, and so cannot be shown or hidden.
    case onHold(MemberID)
    /// The room forwards pictures and mixes none, so it has no layers to reserve.
    case notMixing
    /// Nobody meant sends video.
    case noVideo
    /// There is no such file, or its name is none that may be asked for; what was asked for.
    case soundNotFound(String)
    /// Nothing is being played there.
    case notPlaying
    case recordingInUse(RecordingName)
    case noSuchRecording(RecordingName)
    /// There is no engine to speak texts with; the command's name.
    case noSpeech(command: String)
    /// The room is mono, so nobody is left or right in it.
    case notStereo
    /// The room keeps no more of these.
    case tooMany(limit: Int)
    /// The room has ended.
    case notActive
}
