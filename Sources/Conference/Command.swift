/// What may be asked of a room (conference.md §5).
///
/// A further command is: a case here, its row in ``row``, its words in `Command+Words.swift`, its line in
/// ``Room/perform(_:by:at:)`` and the function that line calls. The compiler asks for all but the words, and a test
/// asks for those.
package enum Command: Equatable, Sendable {
    case mute(Selector)
    case unmute(Selector)
    /// Mutes or unmutes, whichever changes something.
    case toggleMute(Selector)
    case deaf(Selector)
    case undeaf(Selector)
    /// Takes members out, with the profile's `kicked-sound`.
    case kick(Selector)
    /// Takes members out without a sound.
    case hup(Selector)
    /// What others hear of a member: a step −4…4. `nil` asks.
    case volumeIn(Selector, LevelChange?)
    /// What a member hears: a step −4…4. `nil` asks.
    case volumeOut(Selector, LevelChange?)
    /// A member's gate: a score, `up` and `down` by 200 within 0…1800. `nil` asks.
    case energy(Selector, LevelChange?)
    /// Gives the audio floor, or takes it from a member that holds it.
    case floor(Selector)
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
    case lock
    case unlock
    case list
    case count
    /// The data of `json_list` and `xml_list`.
    case jsonList
    case get(Property)
    /// Sets a property and answers what it was.
    case set(Property, String)

    /// The word that doors and lists use.
    package var name: String { row.name }

    /// The lowest role that may ask for it.
    package var requiredRole: Role { row.role }

    /// Whom it is for; `nil` for a command to the room.
    package var selector: Selector? { row.selector }

    /// Whether a member may do this to itself by its own telephone keys, whatever its role.
    package func isOwnKey(of member: MemberID) -> Bool {
        guard row.selector == .member(member) else { return false }
        switch self {
        case .mute, .unmute, .toggleMute, .deaf, .undeaf, .volumeIn, .volumeOut, .energy, .hup: return true
        case .videoMute, .videoUnmute, .toggleVideoMute: return true
        default: return false
        }
    }

    /// The command table.
    private var row: (name: String, role: Role, selector: Selector?) {
        switch self {
        case .mute(let who): ("mute", .moderator, who)
        case .unmute(let who): ("unmute", .moderator, who)
        case .toggleMute(let who): ("tmute", .moderator, who)
        case .deaf(let who): ("deaf", .moderator, who)
        case .undeaf(let who): ("undeaf", .moderator, who)
        case .kick(let who): ("kick", .moderator, who)
        case .hup(let who): ("hup", .moderator, who)
        case .volumeIn(let who, _): ("volume_in", .moderator, who)
        case .volumeOut(let who, _): ("volume_out", .moderator, who)
        case .energy(let who, _): ("energy", .moderator, who)
        case .floor(let who): ("floor", .moderator, who)
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
        case .lock: ("lock", .moderator, nil)
        case .unlock: ("unlock", .moderator, nil)
        case .list: ("list", .moderator, nil)
        case .count: ("count", .participant, nil)
        case .jsonList: ("json_list", .moderator, nil)
        case .get: ("get", .moderator, nil)
        case .set: ("set", .operator, nil)
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
