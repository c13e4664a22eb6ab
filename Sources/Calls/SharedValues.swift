/// The values of the `hash` application, by realm and key: what one call leaves for others.
struct SharedValues: Sendable {
    private var values: [String: String] = [:]

    func value(realm: String, key: String) -> String? { values[Self.name(realm, key)] }

    /// Carries out `insert/realm/key/value`, `insert_ifempty/…`, `delete/realm/key` or `delete_ifmatch/realm/key/value`.
    mutating func perform(_ command: HashCommand) {
        let name = Self.name(command.realm, command.key)
        switch command.verb {
        case .insert: set(command.value, for: name)
        case .insertIfEmpty: if values[name] == nil { set(command.value, for: name) }
        case .delete: values[name] = nil
        case .deleteIfMatch: if values[name] == command.value { values[name] = nil }
        }
    }

    private mutating func set(_ value: String, for name: String) {
        guard values[name] != nil || values.count < Self.maximumCount else { return }
        guard value.utf8.count <= Self.maximumSize, name.utf8.count <= Self.maximumSize else { return }
        values[name] = value
    }

    private static func name(_ realm: String, _ key: String) -> String { "\(realm)/\(key)" }
    private static let maximumCount = 10_000
    /// In bytes.
    private static let maximumSize = 4_096
}

/// The data of the `hash` application.
package struct HashCommand: Sendable, Equatable {
    package enum Verb: String, Sendable {
        case insert, delete
        case insertIfEmpty = "insert_ifempty"
        case deleteIfMatch = "delete_ifmatch"
    }

    package let verb: Verb
    package let realm: String
    package let key: String
    /// Empty for ``Verb/delete``.
    package let value: String

    package init(verb: Verb, realm: String, key: String, value: String = "") {
        self.verb = verb
        self.realm = realm
        self.key = key
        self.value = value
    }

    /// `verb/realm/key[/value]`; the value may hold more slashes.
    package init?(parsing text: String) {
        let fields = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard fields.count >= 3, let verb = Verb(rawValue: String(fields[0].trimmed)) else { return nil }
        guard !fields[1].isEmpty, !fields[2].isEmpty else { return nil }
        guard fields.count == 4 || verb == .delete else { return nil }
        self.init(verb: verb, realm: fields[1], key: fields[2], value: fields.count == 4 ? fields[3] : "")
    }
}
