/// A member as the room knows it.
struct Member: Sendable {
    let id: MemberID
    let request: JoinRequest
    let flags: MemberFlags
    let joinedAt: Duration
    var isMuted: Bool
    var isDeaf: Bool
    var isOnHold = false
    var isTalking = false
    var score = 0
    var volumeIn = 0
    var volumeOut = 0
    var energyLevel: Int
    /// Its gate tunes itself.
    var hasAutoEnergy: Bool
    var talkedAt: Duration?
    /// When its row last went out.
    var publishedAt: Duration

    /// - Parameter flags: Its own with the profile's, and `moderator` when the PIN said so.
    init(_ request: JoinRequest, flags: MemberFlags, profile: RoomProfile, at now: Duration) {
        (id, self.request, self.flags, joinedAt, publishedAt) = (request.id, request, flags, now, now)
        isMuted = !flags.isDisjoint(with: [.mute, .secondScreen])
        isDeaf = !flags.isDisjoint(with: [.deaf, .secondScreen])
        volumeIn = Levels.volume.contains(request.volumeIn) ? request.volumeIn : 0
        volumeOut = Levels.volume.contains(request.volumeOut) ? request.volumeOut : 0
        energyLevel = request.energyLevel.flatMap { Levels.energy.contains($0) ? $0 : nil } ?? profile.energyLevel
        hasAutoEnergy = profile.autoEnergyLevel > 0 && energyLevel <= profile.autoEnergyLevel
    }

    var callID: String { request.callID }
    var isModerator: Bool { flags.contains(.moderator) }
    var role: Role { isModerator ? .moderator : .participant }
    /// A second call of a person that is here already has no row.
    var hasRow: Bool { !request.isScreenShare && !flags.contains(.secondScreen) }
    /// Counts as a person.
    var isCounted: Bool { !flags.contains(.ghost) && !request.isScreenShare }
    var canSpeak: Bool { !isMuted && !isOnHold }

    func row(hasFloor: Bool) -> Row {
        let status = Status(
            muted: isMuted, deaf: isDeaf, onHold: isOnHold, talking: isTalking, floor: hasFloor, energyScore: score
        )
        return Row(
            id: id, number: request.callerNumber, name: request.callerName, codec: request.codec, status: status,
            variables: request.variables
        )
    }

    func summary(hasFloor: Bool, at now: Duration) -> MemberSummary {
        MemberSummary(
            id: id, callID: callID, uuid: request.uuid, channelName: request.channelName,
            callerName: request.callerName, callerNumber: request.callerNumber, user: request.user,
            canHear: !isDeaf, canSpeak: !isMuted, isOnHold: isOnHold, isTalking: isTalking, hasFloor: hasFloor,
            isModerator: isModerator, isGhost: flags.contains(.ghost), isScreenShare: request.isScreenShare,
            endsConference: flags.contains(.endconf), isMandatory: flags.contains(.mandatoryEndconf),
            volumeIn: volumeIn, volumeOut: volumeOut, energyLevel: energyLevel,
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
