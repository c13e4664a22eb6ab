/// A member as the room knows it.
struct Member: Sendable {
    let id: MemberID
    let request: JoinRequest
    let flags: MemberFlags
    let joinedAt: Duration
    var isMuted: Bool
    var isDeaf: Bool
    /// Its own side put the call on hold.
    var isHeldByCall = false
    var isHeldByModerator = false
    var isTalking = false
    var isHandRaised = false
    var score = 0
    var volumeIn = 0
    var volumeOut = 0
    var energyLevel: Int
    /// The highest level that its gate tunes itself to; 0 for a gate that stays.
    var autoEnergyLevel: Int
    var autoGain: AutoGain?
    var isDenoised: Bool
    var position: Position?
    /// What the keys of its telephone do.
    let controls: [CallerControl]
    /// Keys that may yet become more.
    var keys = ""
    /// Since the last ``RoomAction/talkReport``.
    var spurts = 0
    var spurtTime: Duration = .zero
    var talkedAt: Duration?
    var video: VideoFlow
    /// A picture has arrived since video last began to come in.
    var hasPicture = false
    /// It could be seen before.
    var wasSeen = false
    var isVideoMuted: Bool
    var isBlind: Bool
    /// What a moderator lets it send, kb/s.
    var videoBandwidth: Int?
    /// The pictures its client asks for besides the switched one.
    var wishes: [MemberID?] = []
    /// What each of its slots was last told to show; missing ones show nothing.
    var shown: [MemberID?] = []
    /// How many screens of its own it shows.
    var screens = 0
    /// When its row last went out.
    var publishedAt: Duration

    /// - Parameter flags: Its own with the profile's, and `moderator` when the PIN said so.
    init(_ request: JoinRequest, flags: MemberFlags, profile: RoomProfile, at now: Duration) {
        let usual = flags.contains(.moderator) ? profile.moderatorControls : nil
        controls = profile.controls(named: request.controls ?? usual ?? profile.callerControls)
        (id, self.request, self.flags, joinedAt, publishedAt) = (request.id, request, flags, now, now)
        isMuted = !flags.isDisjoint(with: [.mute, .secondScreen])
        isDeaf = !flags.isDisjoint(with: [.deaf, .secondScreen]) || request.isScreenShare
        (video, isVideoMuted, isBlind) = (request.video, flags.contains(.vmute), flags.contains(.blind))
        volumeIn = Levels.volume.contains(request.volumeIn) ? request.volumeIn : 0
        volumeOut = Levels.volume.contains(request.volumeOut) ? request.volumeOut : 0
        energyLevel = request.energyLevel.flatMap { Levels.energy.contains($0) ? $0 : nil } ?? profile.energyLevel
        autoEnergyLevel = energyLevel <= profile.autoEnergyLevel ? profile.autoEnergyLevel : 0
        autoGain = profile.autoGain(level: profile.autoGainLevel)
        (isDenoised, position) = (profile.denoises, profile.channels == 2 ? request.position : nil)
    }

    var callID: String { request.callID }
    var isModerator: Bool { flags.contains(.moderator) }
    var role: Role { isModerator ? .moderator : .participant }
    /// A second call of a person that is here already has no row.
    var hasRow: Bool { !request.isScreenShare && !flags.contains(.secondScreen) }
    /// Counts as a person.
    var isCounted: Bool { !flags.contains(.ghost) && !request.isScreenShare }
    /// It neither speaks nor hears, whoever wants it so.
    var isOnHold: Bool { isHeldByCall || isHeldByModerator }
    var canSpeak: Bool { !isMuted && !isOnHold }
    /// It shows itself, as far as anybody's word goes.
    var showsVideo: Bool { video.comesIn && !isVideoMuted && !flags.contains(.secondScreen) }
    /// Its picture is here and may go to others.
    var canBeSeen: Bool { showsVideo && hasPicture && !isOnHold }
    /// Pictures may go to it. A shared screen watches nothing: nobody sees that it is there.
    var canWatch: Bool { video.goesOut && !isBlind && !isOnHold && !request.isScreenShare }

    /// How its picture comes when it can be seen.
    var entrance: VideoFloorKeeper.Entrance {
        if request.isScreenShare { return .share }
        if wasSeen { return .back }
        return flags.contains(.joinVideoFloor) ? .locking : .new
    }

    func row(hasFloor: Bool, _ videoFloor: VideoFloorKeeper.State) -> Row {
        let status = Status(
            muted: isMuted, deaf: isDeaf, onHold: isOnHold, talking: isTalking, floor: hasFloor, energyScore: score,
            video: videoStatus(videoFloor), heldByModerator: isHeldByModerator, handRaised: isHandRaised
        )
        return Row(
            id: id, number: request.callerNumber, name: request.callerName, codec: request.codec, status: status,
            variables: request.variables
        )
    }

    private func videoStatus(_ floor: VideoFloorKeeper.State) -> VideoStatus? {
        guard video != .none else { return nil }
        return VideoStatus(
            visible: canBeSeen, noRecover: !request.isRecoverable, screenShare: screens > 0,
            mediaFlow: video == .sendOnly ? .sendOnly : .sendRecv, muted: !showsVideo, floor: floor.holder == id,
            floorLocked: floor.holder == id && floor.isLocked
        )
    }

    func summary(hasFloor: Bool, hasVideoFloor: Bool, at now: Duration) -> MemberSummary {
        MemberSummary(
            id: id, callID: callID, uuid: request.uuid, channelName: request.channelName,
            callerName: request.callerName, callerNumber: request.callerNumber, user: request.user,
            canHear: !isDeaf, canSpeak: !isMuted, isOnHold: isOnHold, isTalking: isTalking, hasFloor: hasFloor,
            hasVideo: video != .none, canSee: !isBlind, hasVideoFloor: hasVideoFloor,
            isVideoBridge: flags.contains(.videoBridge),
            isModerator: isModerator, isGhost: flags.contains(.ghost), isScreenShare: request.isScreenShare,
            endsConference: flags.contains(.endconf), isMandatory: flags.contains(.mandatoryEndconf),
            isMuteDetected: flags.contains(.muteDetect), volumeIn: volumeIn, volumeOut: volumeOut,
            energyLevel: energyLevel, autoEnergyLevel: autoEnergyLevel, autoGainLevel: autoGain?.level ?? 0,
            isDenoised: isDenoised, position: position,
            joinedAgo: wholeSeconds(now - joinedAt), talkedAgo: talkedAt.map { wholeSeconds(now - $0) }
        )
    }
}

/// What levels may be (conference.md §5.3).
enum Levels {
    static let volume = -4...4
    static let energy = 0...1800
    static let volumeStep = 1
    static let energyStep = 200
}

/// `duration` in seconds, the fraction dropped.
func wholeSeconds(_ duration: Duration) -> Int { Int(duration.components.seconds) }
