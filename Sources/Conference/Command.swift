/// What may be asked of a room (conference.md §5).
///
/// A further command is: a case here, its row in ``row``, its words in `Command+Words.swift`, its line in
/// ``Room/perform(_:by:at:)`` and the function that line calls. The compiler asks for all but the words, and a test
/// asks for those.
package enum Command: Equatable, Sendable {
    /// Nobody hears the member; it is told, unless quietly. Holds for its user until ``unmute(_:quiet:)``.
    case mute(Selector, quiet: Bool = false)
    case unmute(Selector, quiet: Bool = false)
    /// Mutes or unmutes, whichever changes something.
    case toggleMute(Selector, quiet: Bool = false)
    case deaf(Selector, quiet: Bool = false)
    case undeaf(Selector, quiet: Bool = false)
    /// The member neither speaks nor hears, but for the sound, which is played over and over.
    case hold(Selector, Sound? = nil)
    case unhold(Selector)
    /// Takes members out, with this sound or the profile's `kicked-sound`.
    case kick(Selector, Sound? = nil)
    /// Takes members out without a sound.
    case hup(Selector)
    /// What others hear of a member: a step −4…4. `nil` asks.
    case volumeIn(Selector, LevelChange?)
    /// What a member hears: a step −4…4. `nil` asks.
    case volumeOut(Selector, LevelChange?)
    /// A member's gate: a score, `up` and `down` by 200 within 0…1800. `nil` asks.
    case energy(Selector, LevelChange?)
    /// The highest level that a member's gate tunes itself to, 0 for a gate that stays. `nil` asks.
    case autoEnergy(Selector, LevelChange?)
    /// How loud a member's speech is made. `nil` asks.
    case autoGain(Selector, AutoGainChange?)
    /// Our own: whether noise is taken out of a member's sound. `nil` asks.
    case denoise(Selector, Bool?)
    /// Where a member is heard from in a stereo room. `nil` asks.
    case position(Selector, Position?)
    /// Presses keys towards members' calls.
    case sendDigits(Selector, String)
    /// Gives the audio floor, or takes it from a member that holds it.
    case floor(Selector)
    /// Our own: raises members' hands, or takes them down; without a word whichever changes something.
    case hand(Selector, Bool?)
    /// Hides members' pictures from everybody.
    case videoMute(Selector)
    case videoUnmute(Selector)
    case toggleVideoMute(Selector)
    /// Sends members no pictures.
    case videoBlind(Selector)
    case videoUnblind(Selector)
    case toggleVideoBlind(Selector)
    /// Gives the video floor and locks it when it is free or by force; unlocks it for a member that holds it locked.
    case videoFloor(Selector, force: Bool)
    /// Unlocks the video floor.
    case clearVideoFloor
    /// Puts a member into a layer of the canvas.
    case reserveLayer(Selector, String)
    /// What members may send, in kb/s; `nil` ends the limit.
    case videoBandwidth(Selector, Int?)
    /// Who of the ones hears or is heard by who of the others.
    case relate([MemberID], [MemberID], RelationChange)
    /// All relations, or those of one member.
    case listRelations(of: MemberID?)
    case lock
    case unlock
    /// The digits that let participants, or moderators, in from now on.
    case pin(String, for: Role)
    /// Participants need no digits any more.
    case noPIN
    /// Whether, and with which sound, all are told that somebody comes or goes.
    case announcement(Passage, AnnouncementChange)
    case music(MusicChange)
    case play(PlayRequest)
    /// Ends what is played to all, or to a member.
    case stop(StopScope, Selector?)
    /// Halts what is played to all, or to a member; the second time lets it go on.
    case pausePlayback(Selector?)
    case playbackStatus(Selector?)
    case seek(SeekChange, Selector?)
    /// dB, −50…50, of what all hear.
    case fileVolume(Int, inBackground: Bool)
    /// Text for a speech engine.
    case say(String)
    case sayMember(Selector, String)
    /// To a file of this name, or of one that the room finds; with a track for each member besides the mix.
    case record(RecordingName?, tracks: Bool)
    /// Ends one recording, or all.
    case stopRecording(RecordingName?)
    case pauseRecording(RecordingName)
    case resumeRecording(RecordingName)
    case checkRecording
    /// Calls somebody in.
    case dial(DialRequest, inBackground: Bool)
    /// Sends members to another room.
    case transfer([MemberID], room: String, profile: String)
    /// Sends members' calls to an extension of their own context.
    case redirect(Selector, extension: String)
    case list
    case count
    /// The data of `json_list` and `xml_list`.
    case jsonList
    case get(Property)
    /// Sets a property and answers what it was.
    case set(Property, String)
    case getVariable(String)
    /// Sets one of the room's variables; `nil` deletes it.
    case setVariable(String, String?)
    case getUUID(Selector)

    /// The word that doors and lists use.
    package var name: String { row.name }

    /// The lowest role that may ask for it, unless the configuration says otherwise; see ``CommandPolicy``.
    package var requiredRole: Role { row.role }

    /// Whom it is for; `nil` for a command to the room.
    package var selector: Selector? { row.selector }

    /// Whether a member may do this to itself by its own telephone keys, whatever its role.
    package func isOwnKey(of member: MemberID) -> Bool {
        guard row.selector == .member(member) else { return false }
        switch self {
        case .mute, .unmute, .toggleMute, .deaf, .undeaf, .volumeIn, .volumeOut, .energy, .hup: return true
        case .hand, .videoMute, .videoUnmute, .toggleVideoMute: return true
        default: return false
        }
    }

    /// Its words hold what logs must not: digits that open the door.
    package var isSecret: Bool {
        if case .pin = self { return true }
        return false
    }

    /// The command table.
    private var row: (name: String, role: Role, selector: Selector?) {
        switch self {
        case .mute(let who, _): ("mute", .moderator, who)
        case .unmute(let who, _): ("unmute", .moderator, who)
        case .toggleMute(let who, _): ("tmute", .moderator, who)
        case .deaf(let who, _): ("deaf", .moderator, who)
        case .undeaf(let who, _): ("undeaf", .moderator, who)
        case .hold(let who, _): ("hold", .moderator, who)
        case .unhold(let who): ("unhold", .moderator, who)
        case .kick(let who, _): ("kick", .moderator, who)
        case .hup(let who): ("hup", .moderator, who)
        case .volumeIn(let who, _): ("volume_in", .moderator, who)
        case .volumeOut(let who, _): ("volume_out", .moderator, who)
        case .energy(let who, _): ("energy", .moderator, who)
        case .autoEnergy(let who, _): ("auto-energy", .moderator, who)
        case .autoGain(let who, _): ("agc", .moderator, who)
        case .denoise(let who, _): ("denoise", .moderator, who)
        case .position(let who, _): ("position", .moderator, who)
        case .sendDigits(let who, _): ("dtmf", .moderator, who)
        case .floor(let who): ("floor", .moderator, who)
        case .hand(let who, _): ("hand", .moderator, who)
        case .videoMute(let who): ("vmute", .moderator, who)
        case .videoUnmute(let who): ("unvmute", .moderator, who)
        case .toggleVideoMute(let who): ("tvmute", .moderator, who)
        case .videoBlind(let who): ("vblind", .moderator, who)
        case .videoUnblind(let who): ("unvblind", .moderator, who)
        case .toggleVideoBlind(let who): ("tvblind", .moderator, who)
        case .videoFloor(let who, _): ("vid-floor", .moderator, who)
        case .clearVideoFloor: ("clear-vid-floor", .moderator, nil)
        case .reserveLayer(let who, _): ("vid-res-id", .moderator, who)
        case .videoBandwidth(let who, _): ("vid-bandwidth", .moderator, who)
        case .relate, .listRelations: ("relate", .moderator, nil)
        case .lock: ("lock", .moderator, nil)
        case .unlock: ("unlock", .moderator, nil)
        case .pin: ("pin", .moderator, nil)
        case .noPIN: ("nopin", .moderator, nil)
        case .announcement(.enter, _): ("enter_sound", .moderator, nil)
        case .announcement(.exit, _): ("exit_sound", .moderator, nil)
        case .music: ("moh", .moderator, nil)
        case .play: ("play", .moderator, nil)
        case .stop(_, let who): ("stop", .moderator, who)
        case .pausePlayback(let who): ("pause_play", .moderator, who)
        case .playbackStatus(let who): ("play_status", .moderator, who)
        case .seek(_, let who): ("file_seek", .moderator, who)
        case .fileVolume: ("file-vol", .moderator, nil)
        case .say: ("say", .moderator, nil)
        case .sayMember(let who, _): ("saymember", .moderator, who)
        case .record: ("record", .moderator, nil)
        case .stopRecording: ("norecord", .moderator, nil)
        case .pauseRecording: ("pause", .moderator, nil)
        case .resumeRecording: ("resume", .moderator, nil)
        case .checkRecording: ("chkrecord", .moderator, nil)
        case .dial(_, inBackground: false): ("dial", .operator, nil)
        case .dial(_, inBackground: true): ("bgdial", .operator, nil)
        case .transfer: ("transfer", .moderator, nil)
        case .redirect(let who, _): ("transfer", .moderator, who)
        case .list: ("list", .moderator, nil)
        case .count: ("count", .participant, nil)
        case .jsonList: ("json_list", .moderator, nil)
        case .get: ("get", .moderator, nil)
        case .set: ("set", .operator, nil)
        case .getVariable: ("getvar", .moderator, nil)
        case .setVariable: ("setvar", .operator, nil)
        case .getUUID(let who): ("get-uuid", .moderator, who)
        }
    }
}

/// A step up or down, or a level.
package enum LevelChange: Hashable, Sendable {
    case up
    case down
    case set(Int)

    /// Reads `up`, `down` or a number.
    package init?(_ text: some StringProtocol) {
        switch text.lowercased() {
        case "up": self = .up
        case "down": self = .down
        case let word:
            guard let level = Int(word) else { return nil }
            self = .set(level)
        }
    }

    /// `level` after the change, in steps of `step`, steps and results within `range`.
    func applied(to level: Int, step: Int, within range: ClosedRange<Int>) -> Int {
        switch self {
        case .up: min(max(level + step, range.lowerBound), range.upperBound)
        case .down: min(max(level - step, range.lowerBound), range.upperBound)
        case .set(let level): min(max(level, range.lowerBound), range.upperBound)
        }
    }
}

/// What `get` and `set` name.
package enum Property: String, CaseIterable, Sendable {
    case runTime = "run_time"
    case count
    case countGhosts = "count_ghosts"
    case maxMembers = "max_members"
    case rate
    case profileName = "profile_name"
    case soundPrefix = "sound_prefix"
    case callerIDName = "caller_id_name"
    case callerIDNumber = "caller_id_number"
    case isLocked = "is_locked"
    case endconferenceGraceTime = "endconference_grace_time"
    case uuid
    case waitMod = "wait_mod"
}
