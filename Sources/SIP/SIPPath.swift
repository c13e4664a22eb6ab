package import Wire

/// One TCP, TLS or WebSocket connection; never used twice.
package struct SIPConnectionID: Hashable, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// Where a message came from, or is to go.
package struct SIPPath: Hashable, Sendable {
    /// Name of the profile whose socket it is.
    package let profile: String
    package let transport: SIPTransport
    package let remote: TransportAddress
    /// `nil` on UDP, and on a stream where the server is to use an open connection to ``remote`` or to make one.
    package let connection: SIPConnectionID?
    /// On TLS the domain that was looked up to get ``remote``: the certificate of a connection that is made has to carry
    /// it (RFC 5922 §7.2). `nil` where there was no name, and on connections that others made.
    package let host: String?

    package init(
        profile: String, transport: SIPTransport, remote: TransportAddress, connection: SIPConnectionID? = nil,
        host: String? = nil
    ) {
        (self.profile, self.transport, self.remote, self.connection) = (profile, transport, remote, connection)
        self.host = host
    }
}
