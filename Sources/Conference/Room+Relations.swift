/// Who hears whom besides what is usual (conference.md §5.8).
extension Room {
    /// - Throws: ``Refusal/tooMany(limit:)``.
    mutating func relate(
        _ ones: [MemberID], _ others: [MemberID], _ change: RelationChange, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        guard ones.count * others.count + relations.count <= Self.mostRelations else {
            throw .tooMany(limit: Self.mostRelations)
        }
        var results: [RelationResult] = []
        for one in ones {
            for other in others { results.append(relate(one, other, change, into: &effects)) }
        }
        return .related(results)
    }

    func relations(of id: MemberID?) -> Reply {
        .relations(
            relations.filter { id == nil || $0.key.one == id }
                .map { Relation($0.key.one, $0.key.other, $0.value) }
                .sorted { ($0.one, $0.other) < ($1.one, $1.other) })
    }

    /// A member has left: nothing holds about it any more.
    mutating func forgetRelations(of id: MemberID) {
        guard !relations.isEmpty else { return }
        relations = relations.filter { $0.key.one != id && $0.key.other != id }
    }

    private mutating func relate(
        _ one: MemberID, _ other: MemberID, _ change: RelationChange, into effects: inout [Effect]
    ) -> RelationResult {
        guard contains(one) else { return .unknownMember(one) }
        guard contains(other), one != other else { return .unknownMember(other) }
        let pair = RelatedPair(one: one, other: other)
        let before = (hears(one, other), hears(other, one))
        let result: RelationResult
        switch change {
        case .set(let words):
            relations[pair] = words
            result = .set(Relation(one, other, words))
        case .clear:
            result = relations.removeValue(forKey: pair) == nil ? .notFound(one, other) : .cleared(one, other)
        }
        let after = (hears(one, other), hears(other, one))
        if after.0 != before.0 { effects.append(.setHears(one, other, after.0)) }
        if after.1 != before.1 { effects.append(.setHears(other, one, after.1)) }
        return result
    }

    /// Two relations have a say: what the listener may hear, and what the talker may say.
    private func hears(_ listener: MemberID, _ talker: MemberID) -> Bool {
        relations[RelatedPair(one: listener, other: talker)]?.contains(.noHear) != true
            && relations[RelatedPair(one: talker, other: listener)]?.contains(.noSpeak) != true
    }

    private static let mostRelations = 4096
}

/// Two members in the order in which they were named.
struct RelatedPair: Hashable, Sendable {
    let one: MemberID
    let other: MemberID
}
