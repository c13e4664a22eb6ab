/// When, and how, a command is carried out.
struct Occasion: Sendable {
    let now: Duration
    /// By the member's own telephone.
    let isByKeys: Bool

    init(_ now: Duration, isByKeys: Bool) { (self.now, self.isByKeys) = (now, isByKeys) }
}

/// What the commands about one member's sound do to it, and to its room.
extension Room {
    /// A moderator's mute is meant for the person: it holds for its later calls, until anybody unmutes one of them.
    mutating func setMuted(
        _ isMuted: Bool, _ id: MemberID, quiet: Bool, _ occasion: Occasion, into effects: inout [Effect]
    ) -> MemberResult {
        let result = MemberResult.done(isMuted ? .mute : .unmute, id)
        guard let member = members[id] else { return result }
        remember(isMuted, member, occasion)
        guard member.isMuted != isMuted else { return result }
        members[id]?.isMuted = isMuted
        effects.append(.setMuted(id, isMuted))
        if isMuted { silence(id, at: occasion.now, into: &effects) }
        publish(id, at: occasion.now, into: &effects)
        tell(isMuted ? .muteMember : .unmuteMember, id, at: occasion.now, into: &effects)
        if !quiet { tellState(isMuted ? .muted : .unmuted, id, at: occasion.now, into: &effects) }
        return result
    }

    mutating func toggleMuted(
        _ id: MemberID, quiet: Bool, _ occasion: Occasion, into effects: inout [Effect]
    ) -> MemberResult {
        setMuted(members[id]?.isMuted == false, id, quiet: quiet, occasion, into: &effects)
    }

    mutating func setDeaf(
        _ isDeaf: Bool, _ id: MemberID, quiet: Bool, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        let result = MemberResult.done(isDeaf ? .deaf : .undeaf, id)
        guard let member = members[id], member.isDeaf != isDeaf else { return result }
        members[id]?.isDeaf = isDeaf
        effects.append(.setDeaf(id, isDeaf))
        publish(id, at: now, into: &effects)
        tell(isDeaf ? .deafMember : .undeafMember, id, at: now, into: &effects)
        if !quiet { tellState(isDeaf ? .deaf : .undeaf, id, at: now, into: &effects) }
        return result
    }

    /// `hand`; `nil` raises a hand that is down and lowers one that is up.
    mutating func setHand(
        _ isRaised: Bool?, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        guard let member = members[id] else { return .nothing(id) }
        let isRaised = isRaised ?? !member.isHandRaised
        let result = MemberResult.done(isRaised ? .handUp : .handDown, id)
        guard member.isHandRaised != isRaised else { return result }
        members[id]?.isHandRaised = isRaised
        publish(id, at: now, into: &effects)
        tell(isRaised ? .raiseHandMember : .lowerHandMember, id, at: now, into: &effects)
        return result
    }

    /// `hold` and `unhold`. The sound plays over and over, and another one takes its place.
    mutating func setHeld(
        _ isHeld: Bool, _ id: MemberID, _ sound: Sound?, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        let result = MemberResult.done(isHeld ? .hold : .unhold, id)
        guard let member = members[id] else { return result }
        if member.isHeldByModerator != isHeld {
            members[id]?.isHeldByModerator = isHeld
            followHold(of: member, at: now, into: &effects)
            tell(isHeld ? .holdMember : .unholdMember, id, at: now, into: &effects)
        }
        let isPlaying = playbacks[.member(id)].contains { $0.purpose == .hold && $0.sound == sound?.name }
        guard !isHeld || sound != nil && !isPlaying else { return result }
        stop(.member(id), at: now, into: &effects) { isHeld || $0.purpose == .hold }
        if isHeld, let sound {
            play(sound, in: .member(id), .hold, loops: nil, isExclusive: true, at: now, into: &effects)
        }
        return result
    }

    /// What follows when a member comes to be held, or no longer is, by its own side or a moderator.
    mutating func followHold(of before: Member, at now: Duration, into effects: inout [Effect]) {
        let id = before.id
        guard let isOnHold = members[id]?.isOnHold else { return }
        if isOnHold != before.isOnHold {
            effects.append(.setHeld(id, isOnHold))
            if isOnHold { silence(id, at: now, into: &effects) }
            if before.video != .none { followPicture(of: id, at: now, into: &effects) }
        }
        publish(id, at: now, into: &effects)
    }

    /// Ends the talk and the floor of a member that can no longer speak.
    mutating func silence(_ id: MemberID, at now: Duration, into effects: inout [Effect]) {
        if members[id]?.isTalking == true { headcount.talkers -= 1 }
        members[id]?.isTalking = false
        members[id]?.score = 0
        effects.append(.resetTalkDetector(id))
        if let change = keeper.release(id) { moveFloor(change, at: now, into: &effects) }
    }

    mutating func sendDigits(
        _ digits: String, to id: MemberID, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        effects.append(.sendDigits(id, digits))
        tell(.dtmfMember, id, ["Digits": digits], at: now, into: &effects)
        return .sentDigits(id, digits)
    }

    private mutating func remember(_ isMuted: Bool, _ member: Member, _ occasion: Occasion) {
        guard let person = member.request.person, !member.request.isScreenShare else { return }
        if !isMuted {
            mutedPersons.remove(person)
        } else if !occasion.isByKeys, mutedPersons.count < Self.mostMutedPersons {
            mutedPersons.insert(person)
        }
    }

    /// Tells a member how it is now, in place of how it was.
    private mutating func tellState(
        _ sound: RoomSound, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) {
        guard profile.sound(sound) != nil else { return }
        stop(.member(id), at: now, into: &effects) { $0.purpose == .state }
        play(sound, in: .member(id), .state, at: now, into: &effects)
    }

    private static let mostMutedPersons = 10_000
}
