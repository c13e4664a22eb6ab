/// The audio floor. Once a mixer tick: ``beginTick()``, ``consider(_:smoothedScore:)`` for every member in any order,
/// ``endTick(at:)``.
extension Room {
    package mutating func beginTick() { keeper.beginTick() }

    /// - Parameter smoothedScore: ``TalkDetector/smoothedScore``. Members that cannot speak, and second calls of
    ///   somebody, are passed over.
    package mutating func consider(_ id: MemberID, smoothedScore: Int) {
        guard let index = members.index(forKey: id), members.values[index].canSpeak else { return }
        guard members.values[index].hasRow else { return }
        keeper.consider(id, smoothedScore: smoothedScore)
    }

    package mutating func endTick(at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        if let change = keeper.endTick() { moveFloor(change, at: now, into: &effects) }
        followSpeaker(at: now, into: &effects)
        return effects
    }

    /// The `floor` command: gives the floor when nobody holds it, puts it down for its holder, refuses else.
    mutating func toggleFloor(
        _ id: MemberID, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> MemberResult {
        if let holder = keeper.holder, holder != id { throw .floorHeld(by: holder) }
        guard members[id]?.canSpeak == true else { throw .cannotSpeak(id) }
        let holder = keeper.holder == nil ? id : nil
        if let change = keeper.set(holder) { moveFloor(change, at: now, into: &effects) }
        return .floor(holder)
    }

    /// Rewrites the rows that a change of the floor touches: the new holder's first.
    mutating func moveFloor(_ change: FloorKeeper.Change, at now: Duration, into effects: inout [Effect]) {
        for id in [change.new, change.old].compactMap({ $0 }) { publish(id, at: now, into: &effects) }
        let headers = ["Old-ID": change.old?.text ?? "none", "New-ID": change.new?.text ?? "none"]
        let holder = change.new.flatMap { members[$0] }.map { summary(of: $0, at: now) }
        tell(.floorChange, about: holder, headers, at: now, into: &effects)
    }
}
