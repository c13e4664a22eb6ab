/// Which clients a user can be reached at: logged-in sessions, by `id@domain`.
///
/// A session's name is a secret. Whoever needs to address one client gets its ``Contact/handle``, which opens nothing.
package struct Registrations: Sendable, Equatable {
    package struct Contact: Sendable, Equatable {
        package let session: String
        /// `id@domain`, the domain in lower case.
        package let user: String
        /// What stands behind `u:` in a dial string.
        package let handle: String
    }

    /// One registered phone.
    package struct Phone: Sendable, Equatable {
        /// The name of its binding, and what stands behind `u:` in a dial string. It opens nothing.
        package let handle: String
        /// `id@domain`, the domain in lower case.
        package let user: String
        /// The SIP profile it registered over.
        package let profile: String
    }

    private var phones: [String: Phone] = [:]
    /// Handles in the order of registration.
    private var phoneOrder: [String: [String]] = [:]
    private var contacts: [String: Contact] = [:]
    /// Handles in the order of registration.
    private var order: [String: [String]] = [:]
    private var handles: [String: String] = [:]

    package init() {}

    package var count: Int { contacts.count }

    /// The clients of `user`, the first registered one first.
    package func contacts(of user: String) -> [Contact] {
        (order[Self.key(user)] ?? []).compactMap { contacts[$0] }
    }

    /// The client of that handle. A session is no handle: it would end up in records and logs.
    package func contact(_ handle: String) -> Contact? { handles[handle].flatMap { contacts[$0] } }

    package func isRegistered(_ session: String) -> Bool { contacts[session] != nil }

    /// Every client, sorted by user.
    package var all: [Contact] {
        contacts.values.sorted { ($0.user, $0.handle) < ($1.user, $1.handle) }
    }

    /// A session that is known already becomes `user`'s.
    mutating func add(session: String, user: String, handle: String) {
        let key = Self.key(user)
        if contacts[session]?.user == key { return }
        remove(session: session)
        contacts[session] = Contact(session: session, user: key, handle: handle)
        handles[handle] = session
        order[key, default: []].append(session)
    }

    mutating func remove(session: String) {
        guard let contact = contacts.removeValue(forKey: session) else { return }
        handles[contact.handle] = nil
        order[contact.user]?.removeAll { $0 == session }
        if order[contact.user]?.isEmpty == true { order[contact.user] = nil }
    }

    // MARK: Phones

    package var phoneCount: Int { phones.count }

    /// The phones of `user`, the first registered one first.
    ///
    /// - Parameter profile: Only those that registered over it.
    package func phones(of user: String, over profile: String? = nil) -> [Phone] {
        (phoneOrder[Self.key(user)] ?? []).compactMap { phones[$0] }.filter { profile == nil || $0.profile == profile }
    }

    package func phone(_ handle: String) -> Phone? { phones[handle] }

    /// Every phone, sorted by user.
    package var allPhones: [Phone] {
        phones.values.sorted { ($0.user, $0.handle) < ($1.user, $1.handle) }
    }

    /// A binding that is known already keeps its place, unless it is somebody else's now.
    mutating func addPhone(handle: String, user: String, profile: String) {
        let phone = Phone(handle: handle, user: Self.key(user), profile: profile)
        if phones[handle]?.user != phone.user {
            removePhone(handle: handle)
            phoneOrder[phone.user, default: []].append(handle)
        }
        phones[handle] = phone
    }

    mutating func removePhone(handle: String) {
        guard let phone = phones.removeValue(forKey: handle) else { return }
        phoneOrder[phone.user]?.removeAll { $0 == handle }
        if phoneOrder[phone.user]?.isEmpty == true { phoneOrder[phone.user] = nil }
    }

    /// Domain names ignore case, ids do not.
    private static func key(_ user: String) -> String {
        guard let at = user.lastIndex(of: "@") else { return user }
        return user[..<at] + "@" + String(user[user.index(after: at)...]).asciiLowercased
    }
}
