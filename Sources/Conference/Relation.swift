/// What holds between two members besides the ordinary (conference.md §5.8).
package struct Relation: Hashable, Sendable {
    package struct Words: OptionSet, Hashable, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) { self.rawValue = rawValue }

        /// The other does not hear the one.
        package static let noSpeak = Words(rawValue: 1)
        /// The one does not hear the other.
        package static let noHear = Words(rawValue: 2)
    }

    package var one: MemberID
    package var other: MemberID
    package var words: Words

    package init(_ one: MemberID, _ other: MemberID, _ words: Words) {
        (self.one, self.other, self.words) = (one, other, words)
    }
}

/// What `relate` does to each pair of two lists of members.
package enum RelationChange: Hashable, Sendable {
    /// These words hold instead of others.
    case set(Relation.Words)
    case clear
}

/// What `relate` did to one pair.
package enum RelationResult: Equatable, Sendable {
    case set(Relation)
    case cleared(MemberID, MemberID)
    /// There was nothing to clear.
    case notFound(MemberID, MemberID)
    /// Not here, or both the same.
    case unknownMember(MemberID)
}
