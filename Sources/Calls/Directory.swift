/// All accounts, by domain and id. Built once when the configuration is read.
package struct Directory: Sendable {
    /// Used when a login or a dial string names no domain.
    package let defaultDomain: String
    private var domains: [String: [String: User]]

    /// A later user replaces an earlier one of the same id and domain.
    package init(defaultDomain: String, users: [User] = []) {
        self.defaultDomain = defaultDomain
        domains = [:]
        for user in users { domains[user.domain.asciiLowercased, default: [:]][user.id] = user }
    }

    /// The user `id` of `domain`, or of the default domain. Domain names ignore case, ids do not.
    package func user(_ id: String, in domain: String? = nil) -> User? {
        domains[(domain ?? defaultDomain).asciiLowercased]?[id]
    }

    package var isEmpty: Bool { domains.values.allSatisfy(\.isEmpty) }

    /// Every user, sorted by domain and id.
    package var users: [User] {
        domains.values.flatMap(\.values).sorted { ($0.domain, $0.id) < ($1.domain, $1.id) }
    }
}
