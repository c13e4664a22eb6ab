package import SIP
package import Wire

/// Which of our addresses a far end is to see.
package struct SIPLocalAddresses {
    private struct Key: Hashable {
        let profile: String
        let transport: SIPTransport
        let isIPv6: Bool
    }

    private var bound: [Key: TransportAddress] = [:]
    private let advertised: [String: AdvertisedAddress]
    /// What the kernel would send from, for sockets that are bound to no address; forgotten now and then.
    private var sources: [TransportAddress: TransportAddress] = [:]
    private let source: @Sendable (TransportAddress) -> TransportAddress?

    /// - Parameter source: The address the kernel would send from.
    package init(
        advertised: [String: AdvertisedAddress],
        source: @escaping @Sendable (TransportAddress) -> TransportAddress? = SIPLocalAddresses.kernelSource
    ) {
        (self.advertised, self.source) = (advertised, source)
    }

    /// The first one of a kind is the one that is told.
    package mutating func add(_ listen: SIPSocketSettings.Listen) {
        let key = Key(profile: listen.profile, transport: listen.transport, isIPv6: listen.address.isIPv6)
        if bound[key] == nil { bound[key] = listen.address }
    }

    /// The families of address that a profile can send to.
    package func families(of profile: String) -> AddressFamilies {
        let keys = bound.keys.filter { $0.profile == profile }
        return AddressFamilies(ipv4: keys.contains { !$0.isIPv6 }, ipv6: keys.contains { $0.isIPv6 })
    }

    /// What Via and Contact say towards the far end of a path. On a transport that the profile does not listen on it is
    /// where the profile would hear of the call anyway.
    package mutating func address(towards path: SIPPath) -> TransportAddress {
        let listening = [path.transport, .udp, .tcp, .tls].lazy.compactMap { [bound] transport in
            bound[Key(profile: path.profile, transport: transport, isIPv6: path.remote.isIPv6)]
        }.first
        let local = listening ?? TransportAddress(ipv4: 0, port: 0)
        if let outside = advertised[path.profile], !outside.isLocal(path.remote),
            let address = TransportAddress(ip: outside.ip, port: local.port), address.isIPv6 == path.remote.isIPv6
        {
            return address
        }
        return local.isWildcard ? route(to: path.remote).withPort(local.port) : local
    }

    /// Where a connection of ours is bound: the profile's address with any port. `nil`: the kernel chooses.
    package func source(for path: SIPPath) -> TransportAddress? {
        let addresses = [path.transport, .udp, .tcp, .tls].lazy.compactMap { [bound] transport in
            bound[Key(profile: path.profile, transport: transport, isIPv6: path.remote.isIPv6)]
        }
        return addresses.first.flatMap { $0.isWildcard ? nil : $0.withPort(0) }
    }

    @Sendable package static func kernelSource(_ remote: TransportAddress) -> TransportAddress? {
        LocalAddresses.source(towards: remote)
    }

    private mutating func route(to remote: TransportAddress) -> TransportAddress {
        let key = remote.withPort(0)
        if let known = sources[key] { return known }
        if sources.count >= Self.mostSources { sources = [:] }
        let found = source(remote) ?? key
        sources[key] = found
        return found
    }

    private static let mostSources = 4_096
}

/// The families of address that somebody can use.
package struct AddressFamilies: Hashable, Sendable {
    package var ipv4: Bool
    package var ipv6: Bool

    package init(ipv4: Bool, ipv6: Bool) { (self.ipv4, self.ipv6) = (ipv4, ipv6) }

    package func contains(_ address: TransportAddress) -> Bool { address.isIPv6 ? ipv6 : ipv4 }
}
