import SIP
import Wire

/// The connections there are, by name, and how many of them each address has.
struct SIPConnectionTable {
    /// What one connection of ours serves.
    private struct Destination: Hashable {
        let profile: String
        let transport: SIPTransport
        let remote: TransportAddress
        /// On TLS: whom the certificate vouched for. A connection verified for one domain is not used for another one.
        var host: String?

        var anyHost: Destination { Destination(profile: profile, transport: transport, remote: remote, host: nil) }
    }

    private let limits: SIPLimits
    private var connections: [SIPConnectionID: SIPConnection] = [:]
    private var destinations: [Destination: SIPConnectionID] = [:]
    /// The domains that connections to an address were made for.
    private var hosts: [Destination: Set<String>] = [:]
    /// Connections that others made, by IP address.
    private var perAddress: [TransportAddress: Int] = [:]
    private var lastID: UInt64 = 0

    init(limits: SIPLimits) { self.limits = limits }

    var all: [SIPConnection] { Array(connections.values) }
    var count: Int { connections.count }

    subscript(id: SIPConnectionID) -> SIPConnection? { connections[id] }

    /// Takes a connection that somebody made, `nil` when there are too many.
    mutating func admit(_ path: SIPPath) -> SIPConnection? {
        let address = path.remote.withPort(0)
        guard connections.count < limits.connections, perAddress[address, default: 0] < limits.connectionsPerAddress
        else { return nil }
        perAddress[address, default: 0] += 1
        return add(path, isOurs: false)
    }

    /// One that leads there already: ours, or one that came from that very address. Who names no domain does not care
    /// which one the certificate vouched for.
    func existing(towards path: SIPPath) -> SIPConnection? {
        var wanted = Self.destination(path)
        let exact = usable(destinations[wanted])
        guard exact == nil, path.transport.isSecure, path.host == nil else { return exact }
        for host in hosts[wanted] ?? [] {
            wanted.host = host
            if let found = usable(destinations[wanted]) { return found }
        }
        return nil
    }

    private func usable(_ id: SIPConnectionID?) -> SIPConnection? {
        guard let connection = id.flatMap({ connections[$0] }), connection.isUsable else { return nil }
        return connection
    }

    /// A new one of ours, still to be made; `nil` when there are too many.
    mutating func begin(_ path: SIPPath) -> SIPConnection? {
        guard connections.count < limits.connections else { return nil }
        return add(path, isOurs: true)
    }

    /// - Returns: Whether it was there.
    mutating func remove(_ connection: SIPConnection) -> Bool {
        guard connections.removeValue(forKey: connection.id) != nil else { return false }
        let destination = Self.destination(connection.path)
        if destinations[destination] == connection.id {
            destinations[destination] = nil
            if let host = destination.host {
                hosts[destination.anyHost]?.remove(host)
                if hosts[destination.anyHost]?.isEmpty == true { hosts[destination.anyHost] = nil }
            }
        }
        guard !connection.isOurs else { return true }
        let address = connection.path.remote.withPort(0)
        let left = perAddress[address, default: 1] - 1
        perAddress[address] = left > 0 ? left : nil
        return true
    }

    private mutating func add(_ path: SIPPath, isOurs: Bool) -> SIPConnection {
        lastID += 1
        let connection = SIPConnection(
            id: SIPConnectionID(rawValue: lastID), path: path, isOurs: isOurs, mostUnsent: limits.outboxBytes)
        connections[connection.id] = connection
        let destination = Self.destination(path)
        destinations[destination] = connection.id
        if let host = destination.host { hosts[destination.anyHost, default: []].insert(host) }
        return connection
    }

    private static func destination(_ path: SIPPath) -> Destination {
        Destination(
            profile: path.profile, transport: path.transport, remote: path.remote,
            host: path.transport.isSecure ? path.host : nil)
    }
}
