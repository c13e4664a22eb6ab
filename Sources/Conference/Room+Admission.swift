extension Room {
    /// Lets a call in, or refuses it and changes nothing (conference.md §1.4): it must be new here, a room must run
    /// for `join-only`, the PIN must be right, the room open and not full.
    package mutating func join(_ request: JoinRequest, at now: Duration) throws(Refusal) -> [Effect] {
        guard !isClosed else { throw .notActive }
        guard !contains(request.id), !members.values.contains(where: { $0.callID == request.callID }) else {
            throw .alreadyMember(request.id)
        }
        var flags = MemberFlags.effective(profile: profile.memberFlags, call: request.flags)
        if isEmpty, isDynamic, flags.contains(.joinOnly) { throw .joinOnly }
        let isAtHome = request.isScreenShare && request.sharedBy.map { contains($0) } == true
        if request.enforceSecurity, !isAtHome {
            if try checkPIN(of: request) == .moderator { flags.insert(.moderator) }
            guard !isLocked else { throw .locked }
        }
        guard profile.maxMembers == 0 || count < profile.maxMembers || flags.contains(.ghost) || isAtHome else {
            throw .full(limit: profile.maxMembers)
        }
        if !request.isScreenShare, let person = request.person, mutedPersons.contains(person) {
            flags.insert(.mute)
        }
        return add(Member(request, flags: flags, profile: profile, at: now), at: now)
    }

    /// A member's call is over. Nothing happens for somebody who is not here, or was removed already.
    package mutating func leave(_ id: MemberID, at now: Duration) -> [Effect] {
        guard let member = members[id] else { return [] }
        var effects: [Effect] = []
        depart(id, nil, at: now, into: &effects)
        conclude(departed: [member], at: now, into: &effects)
        return effects
    }

    /// A member's client is back after its connection was lost: it is told again where it is.
    package mutating func rejoined(_ id: MemberID, at now: Duration) -> [Effect] {
        guard publishes, let member = members[id], !member.request.isScreenShare else { return [] }
        return [.joined(id, JoinNotice(room: key, of: member))]
    }

    /// The role that the PIN gives. Without any PIN everybody is let in.
    private func checkPIN(of request: JoinRequest) throws(Refusal) -> Role {
        let pin = request.pin ?? profile.pin
        let moderatorPIN = request.moderatorPIN ?? profile.moderatorPIN
        guard pin != nil || moderatorPIN != nil else { return .participant }
        guard request.suppliedPIN?.isEmpty == false else {
            throw .pinRequired(digits: [pin, moderatorPIN].compactMap { $0?.count }.max() ?? 0)
        }
        guard let supplied = PIN.supplied(request.suppliedPIN) else { throw .wrongPIN }
        if PIN.matches(supplied, moderatorPIN) { return .moderator }
        if PIN.matches(supplied, pin) { return .participant }
        throw .wrongPIN
    }

    /// Media first, so that nothing of a muted member is ever heard; then row, notice and summary.
    private mutating func add(_ member: Member, at now: Duration) -> [Effect] {
        var effects: [Effect] = isEmpty && isWaiting ? [.setWaiting(true)] : []
        let isFirst = !isCreated
        isCreated = true
        members[member.id] = member
        order.append(member.id)
        headcount.count(member, 1)
        book.mostMembers = max(book.mostMembers, count)
        lastActivity = now
        if !member.flags.isDisjoint(with: [.endconf, .mandatoryEndconf]) { timers.set(.end, to: nil) }
        if member.flags.contains(.mintwo) { minimum = 2 }
        if count >= minimum { hasReachedMinimum = true }
        addLevels(of: member, into: &effects)
        startTimers(for: member, at: now)
        if isWaiting, member.isModerator {
            isWaiting = false
            effects.append(.setWaiting(false))
            showAll(into: &effects)
        }
        show(to: member.id, into: &effects)
        publish(member.id, at: now, into: &effects)
        if isFirst { tell(.conferenceCreate, at: now, into: &effects) }
        tell(.addMember, member.id, at: now, into: &effects)
        countScreens(of: member, by: 1, at: now, into: &effects)
        if publishes, !member.request.isScreenShare {
            effects.append(.joined(member.id, JoinNotice(room: key, of: member)))
        }
        greet(member, at: now, into: &effects)
        recordByItself(at: now, into: &effects)
        summarise(into: &effects)
        return effects
    }

    /// What differs from an ordinary member's.
    private func addLevels(of member: Member, into effects: inout [Effect]) {
        if member.isMuted { effects.append(.setMuted(member.id, true)) }
        if member.isDeaf { effects.append(.setDeaf(member.id, true)) }
        if member.volumeIn != 0 { effects.append(.setGainIn(member.id, step: member.volumeIn)) }
        if member.volumeOut != 0 { effects.append(.setGainOut(member.id, step: member.volumeOut)) }
        if member.energyLevel != profile.energyLevel {
            effects.append(.setEnergyLevel(member.id, member.energyLevel))
        }
        if member.flags.contains(.muteDetect) { effects.append(.setMuteDetect(member.id, true)) }
        if member.autoGain != nil { effects.append(.setAutoGain(member.id, member.autoGain)) }
        if member.isDenoised { effects.append(.setDenoise(member.id, true)) }
        if member.position != nil { effects.append(.setPosition(member.id, member.position)) }
        addVideoLimits(of: member, into: &effects)
    }

    /// The same for its camera.
    func addVideoLimits(of member: Member, into effects: inout [Effect]) {
        if member.isVideoMuted { effects.append(.setVideoMuted(member.id, true)) }
        if let limit = videoBandwidth(of: member) { effects.append(.setVideoBandwidth(member.id, limit)) }
    }

    /// A shared screen shows in its owner's row.
    private mutating func countScreens(
        of member: Member, by change: Int, at now: Duration, into effects: inout [Effect]
    ) {
        guard !isClosed, member.request.isScreenShare, let owner = member.request.sharedBy, contains(owner) else {
            return
        }
        members[owner]?.screens += change
        publish(owner, at: now, into: &effects)
    }

    /// Takes a member out: its row goes, it is told, and then its call is let go, if the room removes it.
    mutating func depart(
        _ id: MemberID, _ reason: RemovalReason?, at now: Duration, into effects: inout [Effect]
    ) {
        guard let member = members[id] else { return }
        let last = summary(of: member, at: now)
        stopAll(in: .member(id), at: now, into: &effects)
        members[id] = nil
        order.removeAll { $0 == id }
        headcount.count(member, -1)
        forgetRelations(of: id)
        timers.set(.keys(id), to: nil)
        timers.set(.talkReport(id), to: nil)
        note(member, wasKicked: reason?.isKick == true, at: now)
        _ = keeper.release(id)  // its row goes anyway
        if publishes, let delta = liveArray.remove(member.callID) { effects.append(.publish(delta)) }
        tell(.delMember, about: last, at: now, into: &effects)
        if publishes {
            if !member.request.isScreenShare { effects.append(.parted(id, PartNotice(room: key, of: member))) }
        }
        if let reason { effects.append(.remove(id, reason)) }
        leaveScreens(of: member, reason, at: now, into: &effects)
    }

    /// A person's screens go with it, and a screen with its owner's mark.
    private mutating func leaveScreens(
        of member: Member, _ reason: RemovalReason?, at now: Duration, into effects: inout [Effect]
    ) {
        countScreens(of: member, by: -1, at: now, into: &effects)
        guard !isClosed, member.screens > 0 else { return }
        let screens = order.filter { members[$0]?.request.isScreenShare == true }
        for id in screens where members[id]?.request.sharedBy == member.id {
            depart(id, reason ?? .hungUp, at: now, into: &effects)
        }
    }

    /// What the departure of members means for the room (conference.md §10.2).
    mutating func conclude(departed: [Member], at now: Duration, into effects: inout [Effect]) {
        guard !departed.isEmpty else { return }
        let fallsShort = hasReachedMinimum && minimum > 1 && count < minimum
        if fallsShort || isEmpty && isDynamic || departed.contains(where: { $0.flags.contains(.endconf) }) {
            close(isForced: false, at: now, into: &effects)
            return
        }
        if departed.contains(where: \.isMandatory), !members.values.contains(where: \.isMandatory) {
            guard profile.endconfGrace > .zero else {
                close(isForced: true, at: now, into: &effects)
                return
            }
            timers.set(.end, to: now + profile.endconfGrace)
        }
        forgetPictures(at: now, into: &effects)
        farewell(departed, at: now, into: &effects)
        summarise(into: &effects)
    }
}

extension Member {
    fileprivate var isMandatory: Bool { flags.contains(.mandatoryEndconf) }
}

extension JoinNotice {
    fileprivate init(room: RoomKey, of member: Member) {
        self.init(
            room: room, callID: member.callID, memberID: member.id, role: member.role,
            isSecondScreen: member.flags.contains(.secondScreen)
        )
    }
}

extension PartNotice {
    fileprivate init(room: RoomKey, of member: Member) {
        self.init(
            room: room, callID: member.callID, memberID: member.id, role: member.role,
            isSecondScreen: member.flags.contains(.secondScreen)
        )
    }
}
