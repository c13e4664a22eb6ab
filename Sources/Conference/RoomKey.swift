/// What tells one room from another: its name and its domain.
///
/// Two rooms of the same name in different domains are different rooms. A name that already holds an `@` is its own
/// address, so `3500@example.com` and `3500` in `example.com` are the same room: they would share their channels.
package struct RoomKey: Hashable, Sendable {
    /// The name as dialled, `3500`.
    package let name: String
    /// The domain the room belongs to, `example.com`.
    package let domain: String
    /// `name@domain`, or the name alone when it holds an `@`. Channel names end in it.
    package let address: String

    package init(name: String, domain: String) {
        self.name = name
        self.domain = domain
        address = name.contains("@") ? name : name + "@" + domain
    }

    /// The key of a room that a caller opens: the domain is the text after the first `@` of the name, else the
    /// profile's, else the caller's, else `fallback`.
    package init(name: String, profileDomain: String?, callerDomain: String?, fallback: String) {
        var domain = profileDomain ?? callerDomain ?? fallback
        if let at = name.firstIndex(of: "@") { domain = String(name[name.index(after: at)...]) }
        self.init(name: name, domain: domain)
    }

    /// The name up to its first `@`: what live array clients call `laName`.
    package var shortName: String { String(name.prefix { $0 != "@" }) }

    package static func == (left: RoomKey, right: RoomKey) -> Bool { left.address == right.address }

    package func hash(into hasher: inout Hasher) { hasher.combine(address) }
}
