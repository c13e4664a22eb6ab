/// What the commands about levels do (conference.md §5.3).
extension Room {
    mutating func changeVolumeIn(
        _ change: LevelChange?, _ id: MemberID, _ occasion: Occasion, into effects: inout [Effect]
    ) -> MemberResult {
        let (level, isNew) = changeLevel(\.volumeIn, of: id, by: change, step: Levels.volumeStep, Levels.volume)
        if isNew {
            effects.append(.setGainIn(id, step: level))
            tell(.volumeInMember, "Volume-Level", .gainLevel, level, id, occasion, into: &effects)
        }
        return .volumeIn(id, level)
    }

    mutating func changeVolumeOut(
        _ change: LevelChange?, _ id: MemberID, _ occasion: Occasion, into effects: inout [Effect]
    ) -> MemberResult {
        let (level, isNew) = changeLevel(\.volumeOut, of: id, by: change, step: Levels.volumeStep, Levels.volume)
        if isNew {
            effects.append(.setGainOut(id, step: level))
            tell(.volumeOutMember, "Volume-Level", .volumeLevel, level, id, occasion, into: &effects)
        }
        return .volumeOut(id, level)
    }

    mutating func changeEnergy(
        _ change: LevelChange?, _ id: MemberID, _ occasion: Occasion, into effects: inout [Effect]
    ) -> MemberResult {
        let (level, isNew) = changeLevel(\.energyLevel, of: id, by: change, step: Levels.energyStep, Levels.energy)
        if isNew {
            effects.append(.setEnergyLevel(id, level))
            tell(.energyLevelMember, "Energy-Level", .energyLevel, level, id, occasion, into: &effects)
        }
        let auto = members[id]?.autoEnergyLevel ?? 0
        let endsAuto = change != nil && auto > 0 && level > auto
        if endsAuto { setAutoEnergy(0, id, into: &effects) }
        return .energy(id, level, endsAuto: endsAuto)
    }

    mutating func changeAutoEnergy(
        _ change: LevelChange?, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        let old = members[id]?.autoEnergyLevel ?? 0
        let new = change?.applied(to: old, step: Levels.energyStep, within: Levels.energy) ?? old
        if new != old {
            setAutoEnergy(new, id, into: &effects)
            tell(.autoEnergyLevelMember, id, ["Auto-Energy-Level": String(new)], at: now, into: &effects)
        }
        return .autoEnergy(id, auto: new, energy: members[id]?.energyLevel ?? 0)
    }

    mutating func changeAutoGain(
        _ change: AutoGainChange?, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) -> MemberResult {
        let old = members[id]?.autoGain
        guard let change else { return .autoGain(id, old?.level ?? 0) }
        let level = change.level.applied(to: old?.level ?? 0, step: AutoGain.step, within: AutoGain.levels)
        var new = level > 0 ? old ?? profile.autoGain(level: level) : nil
        new?.level = level
        if let lowLevel = change.lowLevel { new?.lowLevel = lowLevel }
        if let factor = change.changeFactor { new?.changeFactor = max(1, factor) }
        if new != old {
            members[id]?.autoGain = new
            effects.append(.setAutoGain(id, new))
            tell(.autoGainLevelMember, id, ["Agc-Level": String(level)], at: now, into: &effects)
        }
        return .autoGain(id, level)
    }

    mutating func setDenoised(_ isDenoised: Bool?, _ id: MemberID, into effects: inout [Effect]) -> MemberResult {
        let old = members[id]?.isDenoised ?? false
        if let isDenoised, isDenoised != old {
            members[id]?.isDenoised = isDenoised
            effects.append(.setDenoise(id, isDenoised))
        }
        return .denoise(id, isDenoised ?? old)
    }

    /// - Throws: ``Refusal/notStereo``.
    mutating func setPosition(
        _ position: Position?, _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> MemberResult {
        guard profile.channels == 2 else { throw .notStereo }
        let old = members[id]?.position
        if let position, position != old {
            members[id]?.position = position
            effects.append(.setPosition(id, position))
            tell(.setPositionMember, id, ["Position": position.text], at: now, into: &effects)
        }
        return .position(id, position ?? old)
    }

    private mutating func setAutoEnergy(_ level: Int, _ id: MemberID, into effects: inout [Effect]) {
        members[id]?.autoEnergyLevel = level
        let auto = level > 0 ? AutoEnergy(ceiling: level, seconds: profile.autoEnergySeconds) : nil
        effects.append(.setAutoEnergy(id, auto))
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

    /// Keys have events of their own.
    private mutating func tell(
        _ action: RoomAction, _ header: String, _ keyAction: RoomAction, _ level: Int, _ id: MemberID,
        _ occasion: Occasion, into effects: inout [Effect]
    ) {
        if occasion.isByKeys {
            tell(keyAction, id, ["New-Level": String(level)], at: occasion.now, into: &effects)
        } else {
            tell(action, id, [header: String(level)], at: occasion.now, into: &effects)
        }
    }
}
