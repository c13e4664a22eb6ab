/// What the media tells the room. These run once a tick or oftener: they allocate nothing unless something changed.
extension Room {
    /// A member's ``TalkDetector`` changed. A muted or held member never talks.
    package mutating func talking(_ id: MemberID, _ isTalking: Bool, score: Int, at now: Duration) -> [Effect] {
        guard let index = members.index(forKey: id), members.values[index].isTalking != isTalking else { return [] }
        guard !isTalking || members.values[index].canSpeak else { return [] }
        members.values[index].isTalking = isTalking
        members.values[index].score = score
        members.values[index].talkedAt = now
        var effects: [Effect] = []
        publish(id, at: now, into: &effects)
        summarise(into: &effects)
        return effects
    }

    /// How loud a member is. Its row follows at most five times a second, and only while it talks.
    package mutating func energy(_ id: MemberID, score: Int, at now: Duration) -> [Effect] {
        guard let index = members.index(forKey: id), members.values[index].isTalking else { return [] }
        guard now - members.values[index].publishedAt >= Self.refreshInterval else { return [] }
        members.values[index].score = score
        var effects: [Effect] = []
        publish(id, at: now, into: &effects)
        return effects
    }

    /// The call was put on hold by its own side, or taken back: held, it neither speaks nor shows as talking.
    package mutating func setOnHold(_ id: MemberID, _ isOnHold: Bool, at now: Duration) -> [Effect] {
        guard let member = members[id], member.isOnHold != isOnHold else { return [] }
        var effects: [Effect] = []
        members[id]?.isHeldByCall = isOnHold
        if isOnHold { silence(id, at: now, into: &effects) }
        if member.video != .none { followPicture(of: id, at: now, into: &effects) }
        publish(id, at: now, into: &effects)
        summarise(into: &effects)
        return effects
    }

    private static let refreshInterval: Duration = .milliseconds(200)
}
