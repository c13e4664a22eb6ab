import Conference
import Wire

/// A list of all rooms under way: `conference list`, `json_list`, `xml_list` without a name. Every room is asked, and
/// one that does not answer is left out.
struct Gathering {
    let asker: Asker
    let verb: ModeratorVerb
    let words: [String]
    /// Rooms that have not answered, by the token of the question.
    var open: Set<RequestToken> = []
    var rosters: [Roster] = []

    var text: String {
        let sorted = rosters.sorted { ($0.key.name, $0.key.domain) < ($1.key.name, $1.key.domain) }
        return MemberLists.text(sorted, verb.format, words: words)
    }
}

extension VertoEndpoint {
    /// Asks all rooms.
    mutating func list(
        _ verb: ModeratorVerb,
        _ words: [String],
        for asker: Asker,
        _ issuer: Issuer,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> TextAnswer {
        var gathering = Gathering(asker: asker, verb: verb, words: words)
        let token = nextToken()
        for room in Set(rooms.open.keys).union(rooms.summaries.keys).sorted(by: { $0.address < $1.address }) {
            let pending = PendingCommand(
                destination: .gathering(token),
                replies: ConferenceReplies(room: room, verb: verb, words: words),
                line: "\(room.shortName) \(verb.name)",
                issuer: issuer,
                address: asker.address,
                door: asker.door
            )
            if let question = send(pending, .jsonList, at: now, into: &out) { gathering.open.insert(question) }
        }
        guard !gathering.open.isEmpty else { return .text(gathering.text) }
        gatherings[token] = gathering
        return .waiting(token)
    }

    /// One of the rooms has answered, or will not.
    mutating func gather(
        _ outcome: CommandOutcome,
        of question: RequestToken,
        for token: RequestToken,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard gatherings[token]?.open.remove(question) != nil else { return }
        if case .success(.roster(let roster)) = outcome { gatherings[token]?.rosters.append(roster) }
        guard let gathering = gatherings[token], gathering.open.isEmpty else { return }
        gatherings[token] = nil
        give(gathering.asker.place, token, gathering.text, at: now, into: &out)
    }
}
