/// The keys of members' telephones (conference.md §6.9).
extension Room {
    /// A key of a member's telephone. What it does is done at once, unless a further key could make more of it.
    package mutating func digit(_ id: MemberID, _ key: Character, at now: Duration) -> [Effect] {
        guard !isClosed, let member = members[id], CallerControl.isKey(key) else { return [] }
        if member.flags.contains(.distDTMF) { return distribute(key, from: id) }
        var effects: [Effect] = []
        press(Character(key.uppercased()), id, at: now, into: &effects)
        if !isClosed { summarise(into: &effects) }
        return effects
    }

    /// No further key came in time.
    mutating func keysEnded(_ id: MemberID, at now: Duration, into effects: inout [Effect]) {
        guard let member = members[id] else { return }
        members[id]?.keys = ""
        if let control = member.controls.first(where: { $0.digits == member.keys }) {
            act(control, id, at: now, into: &effects)
        }
    }

    private func distribute(_ key: Character, from id: MemberID) -> [Effect] {
        memberIDs.compactMap { other in
            guard other != id, let member = members[other], !member.flags.contains(.skipDTMF) else { return nil }
            return member.request.isScreenShare ? nil : .sendDigits(other, String(key).uppercased())
        }
    }

    private mutating func press(_ key: Character, _ id: MemberID, at now: Duration, into effects: inout [Effect]) {
        guard let member = members[id] else { return }
        let keys = member.keys + String(key)
        let candidates = member.controls.filter { $0.digits.hasPrefix(keys) }
        timers.set(.keys(id), to: nil)
        guard !candidates.isEmpty else {
            // What was pressed before stands for itself, and this key begins anew.
            guard !member.keys.isEmpty else { return }
            keysEnded(id, at: now, into: &effects)
            return press(key, id, at: now, into: &effects)
        }
        if candidates.allSatisfy({ $0.digits == keys }) {
            members[id]?.keys = ""
            act(candidates[0], id, at: now, into: &effects)
        } else {
            members[id]?.keys = keys
            timers.set(.keys(id), to: now + profile.digitTimeout)
        }
    }

    /// The configuration gave the member these keys, so its role is not asked.
    private mutating func act(_ control: CallerControl, _ id: MemberID, at now: Duration, into effects: inout [Effect])
    {
        guard let member = members[id] else { return }
        switch control.action {
        case .toggleMute, .mute, .unmute, .toggleDeafMute:
            if !member.isOnHold { mute(control.action, member, at: now, into: &effects) }
        case .toggleDeaf: press(member.isDeaf ? .undeaf(.member(id)) : .deaf(.member(id)), at: now, into: &effects)
        case .deaf: press(.deaf(.member(id)), at: now, into: &effects)
        case .undeaf: press(.undeaf(.member(id)), at: now, into: &effects)
        case .toggleVideoMute: press(.toggleVideoMute(.member(id)), at: now, into: &effects)
        case .videoMute: press(.videoMute(.member(id)), at: now, into: &effects)
        case .videoUnmute: press(.videoUnmute(.member(id)), at: now, into: &effects)
        case .energyUp: turnEnergy(.up, id, at: now, into: &effects)
        case .energyDown: turnEnergy(.down, id, at: now, into: &effects)
        case .energyEqual: turnEnergy(.set(profile.energyLevel), id, at: now, into: &effects)
        case .volumeOutUp: press(.volumeOut(.member(id), .up), at: now, into: &effects)
        case .volumeOutZero: press(.volumeOut(.member(id), .set(0)), at: now, into: &effects)
        case .volumeOutDown: press(.volumeOut(.member(id), .down), at: now, into: &effects)
        case .volumeInUp: press(.volumeIn(.member(id), .up), at: now, into: &effects)
        case .volumeInZero: press(.volumeIn(.member(id), .set(0)), at: now, into: &effects)
        case .volumeInDown: press(.volumeIn(.member(id), .down), at: now, into: &effects)
        case .hangUp: press(.hup(.member(id)), at: now, into: &effects)
        case .toggleHand: press(.hand(.member(id), nil), at: now, into: &effects)
        case .floor: press(.floor(.member(id)), at: now, into: &effects)
        case .videoFloor: press(.videoFloor(.member(id), force: false), at: now, into: &effects)
        case .videoFloorForce: press(.videoFloor(.member(id), force: true), at: now, into: &effects)
        case .lock:
            if !isWaiting || member.isModerator { press(isLocked ? .unlock : .lock, at: now, into: &effects) }
        case .toggleMusic: press(.music(.toggle), at: now, into: &effects)
        case .event:
            tell(.dtmf, id, ["DTMF-Key": control.digits, "Data": control.data], at: now, into: &effects)
        case .transfer: transfer(id, by: control, at: now, into: &effects)
        }
    }

    /// A refusal is for nobody's eyes: the key does nothing.
    private mutating func press(_ command: Command, at now: Duration, into effects: inout [Effect]) {
        _ = try? carryOut(command, Occasion(now, isByKeys: true), into: &effects)
    }

    private mutating func mute(
        _ action: CallerControl.Action, _ member: Member, at now: Duration, into effects: inout [Effect]
    ) {
        let who = Selector.member(member.id)
        let isMuting = action == .mute || action != .unmute && !member.isMuted
        press(isMuting ? .mute(who) : .unmute(who), at: now, into: &effects)
        switch action {
        case .toggleDeafMute:
            press(isMuting ? .deaf(who, quiet: true) : .undeaf(who, quiet: true), at: now, into: &effects)
        case .toggleMute where !isMuting: press(.undeaf(who, quiet: true), at: now, into: &effects)
        default: break
        }
    }

    /// The member is told its new level, in steps.
    private mutating func turnEnergy(
        _ change: LevelChange, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) {
        press(.energy(.member(id), change), at: now, into: &effects)
        guard let level = members[id]?.energyLevel else { return }
        for name in SpokenNumber.sounds(level / Levels.energyStep) {
            play(Sound(name), in: .member(id), .prompt, at: now, into: &effects)
        }
    }

    private mutating func transfer(
        _ id: MemberID, by control: CallerControl, at now: Duration, into effects: inout [Effect]
    ) {
        let destination = control.data.split(separator: " ").first.map(String.init) ?? ""
        tell(.transfer, id, ["Dialplan": control.data], at: now, into: &effects)
        press(.redirect(.member(id), extension: destination), at: now, into: &effects)
    }
}
