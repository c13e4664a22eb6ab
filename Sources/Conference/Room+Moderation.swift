/// What each moderator command does to a member or to the room.
extension Room {
    mutating func setMuted(
        _ isMuted: Bool, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        let result = MemberResult.done(isMuted ? .mute : .unmute, id)
        guard let member = members[id], member.isMuted != isMuted else { return result }
        members[id]?.isMuted = isMuted
        effects.append(.setMuted(id, isMuted))
        if isMuted { silence(id, at: now, into: &effects) }
        publish(id, at: now, into: &effects)
        return result
    }

    mutating func toggleMuted(_ id: MemberID, at now: Duration, into effects: inout [Effect]) -> MemberResult {
        setMuted(members[id]?.isMuted == false, id, at: now, into: &effects)
    }

    mutating func setDeaf(
        _ isDeaf: Bool, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        let result = MemberResult.done(isDeaf ? .deaf : .undeaf, id)
        guard let member = members[id], member.isDeaf != isDeaf else { return result }
        members[id]?.isDeaf = isDeaf
        effects.append(.setDeaf(id, isDeaf))
        publish(id, at: now, into: &effects)
        return result
    }

    mutating func changeVolumeIn(
        _ change: LevelChange?, _ id: MemberID, into effects: inout [Effect]
    ) -> MemberResult {
        let (level, isNew) = changeLevel(\.volumeIn, of: id, by: change, step: Levels.volumeStep, Levels.volume)
        if isNew { effects.append(.setGainIn(id, step: level)) }
        return .volumeIn(id, level)
    }

    mutating func changeVolumeOut(
        _ change: LevelChange?, _ id: MemberID, into effects: inout [Effect]
    ) -> MemberResult {
        let (level, isNew) = changeLevel(\.volumeOut, of: id, by: change, step: Levels.volumeStep, Levels.volume)
        if isNew { effects.append(.setGainOut(id, step: level)) }
        return .volumeOut(id, level)
    }

    mutating func changeEnergy(_ change: LevelChange?, _ id: MemberID, into effects: inout [Effect]) -> MemberResult {
        let (level, isNew) = changeLevel(\.energyLevel, of: id, by: change, step: Levels.energyStep, Levels.energy)
        if isNew { effects.append(.setEnergyLevel(id, level)) }
        let auto = members[id]?.autoEnergyLevel ?? 0
        let endsAuto = change != nil && auto > 0 && level > auto
        if endsAuto { members[id]?.autoEnergyLevel = 0 }
        return .energy(id, level, endsAuto: endsAuto)
    }

    private mutating func changeLevel(
        _ path: WritableKeyPath<Member, Int>, of id: MemberID, by change: LevelChange?, step: Int,
        _ range: ClosedRange<Int>
    ) -> (level: Int, isNew: Bool) {
        let old = members[id]?[keyPath: path] ?? 0
        let new = change?.applied(to: old, step: step, within: range) ?? old
        members[id]?[keyPath: path] = new
        return (new, new != old)
    }

    mutating func setLocked(_ locked: Bool) -> Reply {
        isLocked = locked
        return .locked(locked)
    }

    /// Ends the talk and the floor of a member that can no longer speak.
    mutating func silence(_ id: MemberID, at now: Duration, into effects: inout [Effect]) {
        members[id]?.isTalking = false
        members[id]?.score = 0
        effects.append(.resetTalkDetector(id))
        if let change = keeper.release(id) { moveFloor(change, at: now, into: &effects) }
    }
}
