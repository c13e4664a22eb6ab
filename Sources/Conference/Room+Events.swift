/// What hooks and watchers of events are told (conference.md §8).
extension Room {
    /// Tells of something about the room as a whole.
    mutating func tell(
        _ action: RoomAction, _ headers: [String: String] = [:], at now: Duration, into effects: inout [Effect]
    ) {
        tell(action, about: nil, headers, at: now, into: &effects)
    }

    /// Tells of something about a member that is here.
    mutating func tell(
        _ action: RoomAction, _ id: MemberID, _ headers: [String: String] = [:], at now: Duration,
        into effects: inout [Effect]
    ) {
        guard isTold(action), let member = members[id] else { return }
        tell(action, about: summary(of: member, at: now), headers, at: now, into: &effects)
    }

    /// Tells of something about a member as it is, or was.
    mutating func tell(
        _ action: RoomAction, about member: MemberSummary?, _ headers: [String: String] = [:], at now: Duration,
        into effects: inout [Effect]
    ) {
        guard isTold(action) else { return }
        let event = RoomEvent(
            action: action, room: key, uuid: uuid, profile: profile.name, size: count, ghosts: ghostCount,
            variables: variables, member: member, headers: headers, time: now
        )
        effects.append(.event(event))
    }

    func summary(of member: Member, at now: Duration) -> MemberSummary {
        member.summary(hasFloor: member.id == keeper.holder, hasVideoFloor: member.id == videoFloorHolder, at: now)
    }

    private func isTold(_ action: RoomAction) -> Bool {
        profile.suppressEvents.isEmpty || action.suppressWord.map { !profile.suppressEvents.contains($0) } != false
    }

    /// Every ten seconds how much a member talked that joined with `talk-data-events`.
    mutating func reportTalk(of id: MemberID, at now: Duration, into effects: inout [Effect]) {
        guard let member = members[id] else { return }
        let spurts = member.spurts
        let total = milliseconds(member.spurtTime)
        let headers = [
            "talk-detects": String(spurts), "talk-detect-duration": String(total),
            "talk-detect-avg": String(spurts > 0 ? total / spurts : 0),
        ]
        tell(.talkReport, id, headers, at: now, into: &effects)
        members[id]?.spurts = 0
        members[id]?.spurtTime = .zero
        timers.set(.talkReport(id), to: now + Self.talkReportInterval)
    }

    static let talkReportInterval: Duration = .seconds(10)
}
