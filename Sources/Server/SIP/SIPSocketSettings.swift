package import SIP
package import Wire

/// What ``SIPSockets`` are to be.
package struct SIPSocketSettings: Sendable {
    /// An address to listen on for a profile; port 0 takes a free one.
    package struct Listen: Hashable, Sendable, CustomStringConvertible {
        package let profile: String
        package let transport: SIPTransport
        package let address: TransportAddress

        package init(profile: String, transport: SIPTransport, address: TransportAddress) {
            (self.profile, self.transport, self.address) = (profile, transport, address)
        }

        package var description: String { "\(transport.rawValue) \(address) (SIP profile '\(profile)')" }
    }

    package var listens: [Listen] = []
    package var limits = SIPLimits()
    /// By profile; one that listens on TLS, or is to connect by TLS, needs it.
    package var tls: [String: SIPTLS] = [:]
    /// What is said instead of the sockets' own addresses, by profile.
    package var advertised: [String: AdvertisedAddress] = [:]
    /// How long a connection may take to be made, its TLS handshake included. Less than a caller's patience: the next
    /// address is tried after it.
    package var connectTimeout: Duration = .seconds(4)
    /// How long others have for their TLS handshake.
    package var handshakeTimeout: Duration = .seconds(10)

    package init() {}
}

/// The address of a profile outside the networks around it (`ext-sip-ip`, `local-network-acl`).
package struct AdvertisedAddress: Sendable {
    package let ip: String
    /// Whether the far end is on this side of the router, and is told our own address.
    package let isLocal: @Sendable (TransportAddress) -> Bool

    package init(ip: String, isLocal: @escaping @Sendable (TransportAddress) -> Bool) {
        (self.ip, self.isLocal) = (ip, isLocal)
    }
}
