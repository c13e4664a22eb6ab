package import Wire

/// Where users can be reached: the bindings of all profiles (RFC 3261 §10.3, RFC 3327, RFC 5626; sip.md §4.5).
///
/// Who may register as whom is asked before. A 200 shows each contact as its client wrote it, because browsers look for
/// their own; what NAT made of it is in ``Binding/flow`` alone.
package struct Registrar: Sendable {
    /// What to send back, and what happened.
    package struct Answer: Sendable, Equatable {
        package var response: SIPResponse
        package var changes: [BindingChange] = []
        /// Set when it was refused.
        package var counter: SIPCounter?
    }

    package enum Output: Sendable, Equatable {
        case changed(BindingChange)
        /// Send an OPTIONS there, and tell what became of it by ``Registrar/pinged(_:isAlive:at:)``.
        case ping(Binding)
    }

    struct Entry: Sendable {
        var binding: Binding
        /// Where to connect when its connection is gone; `nil`: nowhere, the binding goes with it.
        var fallback: SIPPath?
        var pingInterval: Duration?
        var failuresAllowed: Int
        var failures = 0
    }

    enum Timer: Hashable, Sendable {
        case expiry(String)
        /// When to see whether a client behind NAT is still there, which keeps its NAT open too.
        case ping(String)
    }

    let limits: SIPLimits
    let unixTimeAtZero: Int64
    let randomToken: @Sendable (Int) -> String
    var sources = RegisteredSources()
    /// By handle.
    var entries: [String: Entry] = [:]
    /// Handles in the order of registration.
    var handles: [String: [String]] = [:]
    var connections: [SIPConnectionID: Set<String>] = [:]
    var deadlines = DeadlineQueue<Timer>()

    /// - Parameters:
    ///   - unixTimeAtZero: Unix time of ``Instant`` zero, in seconds, for `Date`.
    ///   - randomToken: See ``SIPCrypto/randomToken``.
    package init(limits: SIPLimits, unixTimeAtZero: Int64, randomToken: @escaping @Sendable (Int) -> String) {
        (self.limits, self.unixTimeAtZero, self.randomToken) = (limits, unixTimeAtZero, randomToken)
    }

    /// A connection is gone. Bindings of browsers go with it; those of phones only when they cannot be connected to.
    package mutating func closed(_ connection: SIPConnectionID, at now: Instant) -> [BindingChange] {
        var changes: [BindingChange] = []
        for handle in (connections.removeValue(forKey: connection) ?? []).sorted() {
            guard let entry = entries[handle] else { continue }
            if let fallback = entry.fallback {
                entries[handle]?.binding.flow = fallback
                changes.append(.refreshed(entry.binding.moved(to: fallback), previous: entry.binding.flow))
            } else {
                changes += remove(handle)
            }
        }
        return changes
    }

    /// What came of an OPTIONS of ``Output/ping(_:)``. Any answer is life.
    package mutating func pinged(_ handle: String, isAlive: Bool, at now: Instant) -> [BindingChange] {
        guard let entry = entries[handle] else { return [] }
        entries[handle]?.failures = isAlive ? 0 : entry.failures + 1
        return !isAlive && entry.failures + 1 >= entry.failuresAllowed ? remove(handle) : []
    }

    /// Removes a binding on an operator's word, or because its flow is dead.
    package mutating func remove(_ handle: String) -> [BindingChange] {
        guard let entry = entries.removeValue(forKey: handle) else { return [] }
        deadlines.set(.expiry(handle), nil)
        deadlines.set(.ping(handle), nil)
        unhook(handle, from: entry.binding.flow)
        sources.remove(entry.binding)
        handles[entry.binding.user]?.removeAll { $0 == handle }
        if handles[entry.binding.user]?.isEmpty == true { handles[entry.binding.user] = nil }
        return [.removed(entry.binding)]
    }

    /// When ``advance(to:)`` has something to do; `nil` means never.
    package var deadline: Instant? { deadlines.first }

    package mutating func advance(to now: Instant) -> [Output] {
        var out: [Output] = []
        while let timer = deadlines.next(by: now) {
            switch timer {
            case .expiry(let handle): out += remove(handle).map(Output.changed)
            case .ping(let handle):
                guard let entry = entries[handle], let interval = entry.pingInterval else { continue }
                out.append(.ping(entry.binding))
                deadlines.set(.ping(handle), now.advanced(by: interval))
            }
        }
        return out
    }

    /// The bindings of `user` (`id@domain`), the first registered one first.
    package func bindings(of user: String) -> [Binding] {
        (handles[user] ?? []).compactMap { entries[$0]?.binding }
    }

    package func binding(_ handle: String) -> Binding? { entries[handle]?.binding }

    /// The users that are registered over this connection.
    package func users(on connection: SIPConnectionID) -> Set<String> {
        Set((connections[connection] ?? []).compactMap { entries[$0]?.binding.user })
    }

    /// Every binding, sorted by user, the first registered one first.
    package var all: [Binding] { handles.keys.sorted().flatMap(bindings) }

    package var count: Int { entries.count }

    /// Whether this is the way that a registration came, and no login failed over it since.
    package func vouches(for path: SIPPath) -> Bool { sources.vouches(for: path) }

    /// A login failed over this flow.
    package mutating func suspect(_ path: SIPPath) { sources.suspect(path) }

    mutating func hook(_ handle: String, to flow: SIPPath) {
        if let connection = flow.connection { connections[connection, default: []].insert(handle) }
    }

    mutating func unhook(_ handle: String, from flow: SIPPath) {
        guard let connection = flow.connection else { return }
        connections[connection]?.remove(handle)
        if connections[connection]?.isEmpty == true { connections[connection] = nil }
    }
}

extension Binding {
    fileprivate func moved(to flow: SIPPath) -> Binding {
        var binding = self
        binding.flow = flow
        return binding
    }
}
