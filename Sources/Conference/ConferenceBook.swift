/// What a room writes down for its ``ConferenceRecord``.
struct ConferenceBook: Sendable {
    private(set) var members: [ConferenceRecord.Attendance] = []
    private(set) var recordings: [ConferenceRecord.RecordedFile] = []
    private(set) var rejected: [ConferenceRecord.Attempt] = []
    var mostMembers = 0

    mutating func note(_ attendance: ConferenceRecord.Attendance) { Self.append(attendance, to: &members) }
    mutating func note(_ file: ConferenceRecord.RecordedFile) { Self.append(file, to: &recordings) }
    mutating func note(_ attempt: ConferenceRecord.Attempt) { Self.append(attempt, to: &rejected) }

    /// A room may last for months: the oldest half goes when there is no place.
    private static func append<Entry>(_ entry: Entry, to list: inout [Entry]) {
        if list.count >= limit { list.removeFirst(limit / 2) }
        list.append(entry)
    }

    private static let limit = 10_000
}

extension Room {
    /// A caller was refused for good, for the books: after the last wrong PIN, not after each. Refusals that are the
    /// server's own fault are not written down.
    package mutating func rejected(_ request: JoinRequest, _ refusal: Refusal, at now: Duration) -> [Effect] {
        guard !isClosed, let reason = ConferenceRecord.Reason(refusal) else { return [] }
        book.note(ConferenceRecord.Attempt(reason: reason, caller: request.profile, time: unixTime(now)))
        var effects: [Effect] = []
        if reason == .joinOnly { tell(.rejectedJoinOnly, at: now, into: &effects) }
        return effects
    }

    /// A member has gone.
    mutating func note(_ member: Member, wasKicked: Bool, at now: Duration) {
        book.note(
            ConferenceRecord.Attendance(
                id: member.id, caller: member.request.profile, joined: unixTime(member.joinedAt), left: unixTime(now),
                isModerator: member.isModerator, endsConference: member.flags.contains(.endconf),
                isMandatory: member.flags.contains(.mandatoryEndconf), isGhost: member.flags.contains(.ghost),
                isScreenShare: member.request.isScreenShare, wasKicked: wasKicked
            ))
    }

    func record(isForced: Bool, at now: Duration) -> ConferenceRecord {
        ConferenceRecord(
            key: key, uuid: uuid, profile: profile.name, rate: profile.rate, interval: profile.interval,
            started: startedAt, ended: unixTime(now), isForced: isForced, mostMembers: book.mostMembers,
            members: book.members, recordings: book.recordings, rejected: book.rejected
        )
    }

    func unixTime(_ now: Duration) -> Int { startedAt + wholeSeconds(now) }
}

extension ConferenceRecord.Reason {
    fileprivate init?(_ refusal: Refusal) {
        switch refusal {
        case .locked: self = .locked
        case .full: self = .full
        case .pinRequired, .wrongPIN: self = .invalidPIN
        case .joinOnly: self = .joinOnly
        default: return nil
        }
    }
}
