/// What each command about video does (conference.md §5.7).
extension Room {
    /// `vmute` and `unvmute`. A member that only watches answers nothing.
    ///
    /// - Throws: ``Refusal/onHold(_:)``.
    mutating func setVideoMuted(
        _ isMuted: Bool, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> MemberResult {
        guard let member = members[id], member.video != .sendOnly else { return .nothing(id) }
        guard !member.isOnHold else { throw .onHold(id) }
        let result = MemberResult.done(isMuted ? .videoMute : .videoUnmute, id)
        guard member.isVideoMuted != isMuted else { return result }
        members[id]?.isVideoMuted = isMuted
        effects.append(.setVideoMuted(id, isMuted))
        followPicture(of: id, at: now, into: &effects)
        publish(id, at: now, into: &effects)
        tell(isMuted ? .videoMuteMember : .videoUnmuteMember, id, at: now, into: &effects)
        return result
    }

    mutating func toggleVideoMuted(
        _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> MemberResult {
        try setVideoMuted(members[id]?.isVideoMuted == false, id, at: now, into: &effects)
    }

    /// `vblind` and `unvblind`: whether the member is sent pictures.
    mutating func setBlind(
        _ isBlind: Bool, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        let wasBlind = members[id]?.isBlind
        members[id]?.isBlind = isBlind
        show(to: id, into: &effects)
        if wasBlind != isBlind { tell(isBlind ? .videoBlindMember : .videoUnblindMember, id, at: now, into: &effects) }
        return .done(isBlind ? .videoBlind : .videoUnblind, id)
    }

    mutating func toggleBlind(_ id: MemberID, at now: Duration, into effects: inout [Effect]) -> MemberResult {
        setBlind(members[id]?.isBlind == false, id, at: now, into: &effects)
    }

    /// `vid-floor` (conference.md §7.3). Who loses the lock by it is given the audio floor.
    ///
    /// - Throws: ``Refusal/badArgument(command:)`` for a member that cannot be seen, ``Refusal/floorHeld(by:)``.
    mutating func toggleVideoFloor(
        _ id: MemberID, force: Bool, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> MemberResult {
        guard videoKeeper.contains(id) else { throw .badArgument(command: "vid-floor") }
        var outcome: Result<MemberID?, Refusal> = .success(nil)
        changeVideoFloor(at: now, into: &effects) { keeper in
            outcome = Result { () throws(Refusal) in try keeper.toggle(id, force: force, at: now) }
        }
        let holder = try outcome.get()
        if holder == nil, members[id]?.canSpeak == true, let change = keeper.set(id) {
            moveFloor(change, at: now, into: &effects)
        }
        return .floor(holder)
    }

    /// `clear-vid-floor`: unlocks, and moves nothing.
    mutating func clearVideoFloor(at now: Duration, into effects: inout [Effect]) -> Reply {
        changeVideoFloor(at: now, into: &effects) { $0.unlock(at: now) }
        return .videoFloorCleared
    }

    /// `vid-bandwidth` for one member: what its camera may send in kb/s, `nil` for what the profile and its call say.
    ///
    /// - Throws: ``Refusal/noVideo`` when it sends none.
    mutating func setVideoBandwidth(
        _ limit: Int?, _ id: MemberID, into effects: inout [Effect]
    ) throws(Refusal) -> MemberResult {
        guard let member = members[id], member.video.comesIn else { throw .noVideo }
        let old = videoBandwidth(of: member)
        members[id]?.videoBandwidth = limit
        let new = members[id].flatMap { videoBandwidth(of: $0) }
        if new != old { effects.append(.setVideoBandwidth(id, new)) }
        return .videoBandwidth(id, new)
    }

    /// What a member may send in kb/s: what a moderator said, within what profile and call allow.
    func videoBandwidth(of member: Member) -> Int? {
        [member.videoBandwidth, member.request.videoBandwidthIn, profile.videoBandwidthIn].compactMap { $0 }.min()
    }
}
