/// Video: what the calls tell the room, and who sees whom (conference.md §7.2).
extension Room {
    /// The negotiated direction changed: the call took video in, or gave it up. Says again what holds for a camera
    /// that was not there before.
    package mutating func setVideo(_ id: MemberID, _ flow: VideoFlow, at now: Duration) -> [Effect] {
        guard let member = members[id], member.video != flow else { return [] }
        var effects: [Effect] = []
        members[id]?.video = flow
        if !flow.comesIn { members[id]?.hasPicture = false }
        if flow.comesIn, !member.video.comesIn { addVideoLimits(of: member, into: &effects) }
        followPicture(of: id, at: now, into: &effects)
        publish(id, at: now, into: &effects)
        return effects
    }

    /// The first picture of the member's arrived, after it joined or took video in.
    package mutating func videoReady(_ id: MemberID, at now: Duration) -> [Effect] {
        guard let member = members[id], member.video.comesIn, !member.hasPicture else { return [] }
        var effects: [Effect] = []
        members[id]?.hasPicture = true
        followPicture(of: id, at: now, into: &effects)
        publish(id, at: now, into: &effects)
        return effects
    }

    /// The member's call has lost its media, and may get new ones: nobody is to look at its last picture until then. The
    /// next one is told by ``videoReady(_:at:)``.
    package mutating func videoLost(_ id: MemberID, at now: Duration) -> [Effect] {
        guard members[id]?.hasPicture == true else { return [] }
        var effects: [Effect] = []
        members[id]?.hasPicture = false
        followPicture(of: id, at: now, into: &effects)
        publish(id, at: now, into: &effects)
        return effects
    }

    /// A client's wishes for pictures beside the switched one: element 0 is for slot 1, and so on. Replaces all former
    /// wishes. A wish for somebody who cannot be seen is kept until they can or leave.
    ///
    /// - Throws: ``Refusal/unknownMember(_:)`` when the viewer is not here. Wishes for others who are not here, for
    ///   oneself, and beyond ``viewLimit`` are left out.
    package mutating func view(_ id: MemberID, slots wishes: [MemberID?]) throws(Refusal) -> [Effect] {
        guard !isClosed else { throw .notActive }
        guard contains(id) else { throw .unknownMember(id) }
        var effects: [Effect] = []
        let granted = wishes.prefix(Self.viewLimit).map { $0 == id ? nil : present($0) }
        members[id]?.wishes = granted
        show(to: id, into: &effects)
        return effects
    }

    /// Changes the wishes for some slots, and leaves the others.
    ///
    /// - Throws: As ``view(_:slots:)``. Slots that are none, 0 among them, are left out.
    package mutating func view(
        _ id: MemberID, changing wishes: [(slot: Int, picture: MemberID?)]
    ) throws(Refusal) -> [Effect] {
        var all = members[id]?.wishes ?? []
        for (slot, picture) in wishes where 1...Self.viewLimit ~= slot {
            while all.count < slot { all.append(nil) }
            all[slot - 1] = picture
        }
        return try view(id, slots: all)
    }

    /// What holds already, said again for media that were made anew: who sees whom, and what the member's camera may.
    package func videoState(renewedBy id: MemberID) -> [Effect] {
        var effects: [Effect] = []
        if let member = members[id] { addVideoLimits(of: member, into: &effects) }
        for viewer in order {
            for (slot, picture) in (members[viewer]?.shown ?? []).enumerated() where picture != nil {
                effects.append(.showVideo(of: picture, to: viewer, slot: slot))
            }
        }
        return effects
    }

    /// The member of this call: what clients name members by.
    package func member(ofCall callID: String) -> MemberID? { members.values.first { $0.callID == callID }?.id }

    /// Who holds the video floor: the picture that everybody sees.
    package var videoFloorHolder: MemberID? { videoKeeper.state.holder }

    /// Slots of a member besides the switched one.
    package static let viewLimit = 15
}

// MARK: The floor

extension Room {
    /// Lets the member's picture come or go, as it can be shown now or not.
    mutating func followPicture(of id: MemberID, at now: Duration, into effects: inout [Effect]) {
        guard let member = members[id] else { return }
        let isShown = member.canBeSeen
        let (entrance, isSticky) = (member.entrance, member.flags.contains(.videoBridge))
        if isShown { members[id]?.wasSeen = true }
        changeVideoFloor(at: now, into: &effects) { keeper in
            if isShown {
                keeper.appear(id, entrance, isSticky: isSticky, at: now)
            } else {
                keeper.disappear(id, at: now)
            }
        }
    }

    /// Members have left: their pictures, and the wishes for them, are gone.
    mutating func forgetPictures(at now: Duration, into effects: inout [Effect]) {
        for id in order {
            guard let wishes = members[id]?.wishes, !wishes.isEmpty else { continue }
            let kept = wishes.map(present)
            members[id]?.wishes = kept
        }
        let present = members
        changeVideoFloor(at: now, into: &effects) { $0.keep(at: now) { present[$0] != nil } }
    }

    /// Once a tick: shows who speaks.
    mutating func followSpeaker(at now: Duration, into effects: inout [Effect]) {
        var speaker: MemberID?
        if let holder = keeper.holder, let index = members.index(forKey: holder), members.values[index].isTalking {
            speaker = holder
        }
        let before = videoKeeper.state
        guard videoKeeper.follow(speaker, at: now) else { return }
        moveVideoFloor(from: before, at: now, into: &effects)
    }

    /// Does `change` to the floor, and what follows from it for pictures and rows.
    mutating func changeVideoFloor(
        at now: Duration, into effects: inout [Effect], _ change: (inout VideoFloorKeeper) -> Void
    ) {
        let before = videoKeeper.state
        videoKeeper.audioHolder = keeper.holder
        change(&videoKeeper)
        moveVideoFloor(from: before, at: now, into: &effects)
    }

    /// Pictures first; then the rows of the new holder and the old one.
    private mutating func moveVideoFloor(
        from before: VideoFloorKeeper.State, at now: Duration, into effects: inout [Effect]
    ) {
        showAll(into: &effects)
        let after = videoKeeper.state
        guard before.holder != after.holder || before.isLocked != after.isLocked else { return }
        if before.holder != after.holder {
            let headers = ["Old-ID": before.holder?.text ?? "none", "New-ID": after.holder?.text ?? "none"]
            tell(.videoFloorChange, headers, at: now, into: &effects)
        }
        if let holder = after.holder { publish(holder, at: now, into: &effects) }
        if let holder = before.holder, holder != after.holder { publish(holder, at: now, into: &effects) }
    }
}

// MARK: Pictures

extension Room {
    /// Says of every slot whose picture changed what it shows now.
    mutating func showAll(into effects: inout [Effect]) {
        for id in order { show(to: id, into: &effects) }
    }

    /// As ``showAll(into:)``, for one member.
    mutating func show(to id: MemberID, into effects: inout [Effect]) {
        guard let index = members.index(forKey: id) else { return }
        guard members.values[index].video.goesOut || !members.values[index].shown.isEmpty else { return }
        let viewer = members.values[index]
        let slots = max(viewer.wishes.count + 1, viewer.shown.count)
        var shown: [MemberID?] = []
        for slot in 0..<slots {
            let picture = picture(for: viewer, in: slot)
            shown.append(picture)
            guard picture != (slot < viewer.shown.count ? viewer.shown[slot] : nil) else { continue }
            effects.append(.showVideo(of: picture, to: id, slot: slot))
        }
        members[id]?.shown = shown
    }

    private func picture(for viewer: Member, in slot: Int) -> MemberID? {
        guard viewer.canWatch, !isWaiting else { return nil }
        guard slot > 0 else { return switchedPicture(for: viewer) }
        guard slot <= viewer.wishes.count, let wish = viewer.wishes[slot - 1] else { return nil }
        return members[wish]?.canBeSeen == true ? wish : nil
    }

    /// The floor's holder, for the holder itself the previous one. Neither oneself nor one's own screen.
    private func switchedPicture(for viewer: Member) -> MemberID? {
        let state = videoKeeper.state
        if let id = state.holder, isForeign(id, to: viewer) { return id }
        if let id = state.previous, isForeign(id, to: viewer) { return id }
        if let id = state.beforeShare, isForeign(id, to: viewer), members[id]?.canBeSeen == true { return id }
        return nil
    }

    private func present(_ id: MemberID?) -> MemberID? { id.flatMap { contains($0) ? $0 : nil } }

    private func isForeign(_ id: MemberID, to viewer: Member) -> Bool {
        id != viewer.id && members[id]?.request.sharedBy != viewer.id
    }
}
