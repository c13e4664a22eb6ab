extension Switchboard {
    /// The API functions that texts of the dialplan and of the directory may call.
    package var functions: Template.Functions {
        let (directory, registrations, shared) = (directory, registrations, shared)
        return { name, arguments in
            switch name {
            case "sofia_contact": Self.phones(arguments, directory, registrations)
            case "verto_contact": Self.contact(arguments, directory, registrations)
            case "user_data": Self.userData(arguments, directory)
            case "hash": Self.hashValue(arguments, shared)
            default: nil
            }
        }
    }

    /// `verto_contact user@domain`: a dial string of every client of the user, or one that fails for want of any.
    package func contacts(of user: String) -> String { Self.contact(user, directory, registrations) }

    /// `sofia_contact [profile/]user@domain`: a dial string of every phone of the user, or one that fails for want of
    /// any. Without a profile, or with `*`, over any of them.
    package func phones(of user: String) -> String { Self.phones(user, directory, registrations) }

    private static func phones(_ text: String, _ directory: Directory, _ registrations: Registrations) -> String {
        let fields = text.trimmed.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let profile = fields.count > 1 && fields[0] != "*" ? fields[0] : nil
        let name = fields.count > 1 ? fields[1] : fields[0]
        let user = UserAddress(parsing: name, defaultDomain: directory.defaultDomain)
        let phones = registrations.phones(of: user.address, over: profile)
        guard !phones.isEmpty else { return "error/user_not_registered" }
        return phones.map { "sofia/\($0.profile)/u:\($0.handle)" }.joined(separator: ",")
    }

    private static func contact(_ text: String, _ directory: Directory, _ registrations: Registrations) -> String {
        let user = UserAddress(parsing: text, defaultDomain: directory.defaultDomain)
        let contacts = registrations.contacts(of: user.address)
        guard !contacts.isEmpty else { return "error/user_not_registered" }
        return contacts.map { "verto.rtc/u:\($0.handle)" }.joined(separator: ",")
    }

    /// `user@domain var|param name`. What a login proves is not told.
    private static func userData(_ arguments: String, _ directory: Directory) -> String? {
        let words = arguments.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count == 3 else { return nil }
        let address = UserAddress(parsing: words[0], defaultDomain: directory.defaultDomain)
        guard let user = directory.user(address.id, in: address.domain) else { return nil }
        switch words[1] {
        case "var": return user.variables[words[2]]
        case "param":
            let name = words[2].asciiLowercased
            return name.contains("password") || name == "a1-hash" ? nil : user.parameters[words[2]]
        default: return nil
        }
    }

    /// `select/realm/key`.
    private static func hashValue(_ arguments: String, _ shared: SharedValues) -> String? {
        let fields = arguments.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 3, fields[0] == "select" else { return nil }
        return shared.value(realm: fields[1], key: fields[2])
    }
}

/// `id@domain`, or an id of the default domain.
struct UserAddress: Sendable, Equatable {
    let id: String
    let domain: String

    init(parsing text: String, defaultDomain: String) {
        let text = text.trimmed
        guard let at = text.lastIndex(of: "@") else {
            (id, domain) = (String(text), defaultDomain)
            return
        }
        let domain = text[text.index(after: at)...]
        (id, self.domain) = (String(text[..<at]), domain.isEmpty ? defaultDomain : String(domain))
    }

    var address: String { "\(id)@\(domain)" }
}
