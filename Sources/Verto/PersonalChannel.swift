/// The event channels about users: `presence.<uid>` with the states of their calls, `user.<uid>` with their
/// registrations. Only the server speaks there, and only to users of the same domain whose list names the channel.
struct PersonalChannel {
    enum Kind: String { case presence, user }

    let kind: Kind
    /// Whose; `nil` for the channel of all.
    let uid: String?

    /// `nil` for a channel that is none of these.
    init?(_ channel: String) {
        let parent = EventChannels.parent(of: channel)
        guard let kind = Kind(rawValue: (parent ?? channel).lowercased()) else { return nil }
        (self.kind, uid) = (kind, parent.map { String(channel.dropFirst($0.count + 1)) })
    }

    static func name(_ kind: Kind, of uid: String) -> String { "\(kind.rawValue).\(uid)" }

    /// Whether users of `domain` may watch. What the channel of all brings them is chosen at every event.
    func isOpen(to domain: String) -> Bool {
        uid.map { Self.domain(of: $0) == domain.lowercased() } ?? true
    }

    /// In lower case: domain names ignore case.
    static func domain(of uid: String) -> String {
        uid.lastIndex(of: "@").map { uid[uid.index(after: $0)...].lowercased() } ?? ""
    }
}
