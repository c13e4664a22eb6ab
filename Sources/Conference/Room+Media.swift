/// What the media tells the room. These run once a tick or oftener: they allocate nothing unless something changed.
extension Room {
    /// A member's ``TalkDetector`` changed. A muted or held member never talks.
    package mutating func talking(_ id: MemberID, _ isTalking: Bool, score: Int, at now: Duration) -> [Effect] {
        guard let index = members.index(forKey: id), members.values[index].isTalking != isTalking else { return [] }
        var effects: [Effect] = []
        guard !isTalking || members.values[index].canSpeak else {
            if !isClosed { detectMuted(id, at: now, into: &effects) }
            return effects
        }
        let spurt = now - (members.values[index].talkedAt ?? now)
        members.values[index].isTalking = isTalking
        members.values[index].score = score
        members.values[index].talkedAt = now
        headcount.talkers += isTalking ? 1 : -1
        lastActivity = now
        publish(id, at: now, into: &effects)
        if isTalking {
            members[id]?.spurts += 1
            tell(.startTalking, id, at: now, into: &effects)
        } else {
            members[id]?.spurtTime += spurt
            tell(.stopTalking, id, ["talking-duration-ms": String(milliseconds(spurt))], at: now, into: &effects)
        }
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
        guard let member = members[id], member.isHeldByCall != isOnHold else { return [] }
        var effects: [Effect] = []
        members[id]?.isHeldByCall = isOnHold
        followHold(of: member, at: now, into: &effects)
        summarise(into: &effects)
        return effects
    }

    /// Somebody speaks who is not heard: they, and others by an event, may know.
    private mutating func detectMuted(_ id: MemberID, at now: Duration, into effects: inout [Effect]) {
        guard let member = members[id], member.flags.contains(.muteDetect), !member.isOnHold else { return }
        tell(.muteDetect, id, at: now, into: &effects)
        let name = profile.sound(.muteDetect) ?? profile.sound(.muted)
        guard let name, !playbacks[.member(id)].contains(where: { $0.sound == name }) else { return }
        play(Sound(name), in: .member(id), .state, at: now, into: &effects)
    }

    private static let refreshInterval: Duration = .milliseconds(200)
}
