import Wire

/// How a gateway's registration stands, in FreeSWITCH's words.
package enum GatewayState: String, Sendable, CaseIterable {
    case unregistered = "UNREGED"
    case trying = "TRYING"
    case registering = "REGISTER"
    case registered = "REGED"
    case unregistering = "UNREGISTER"
    case failed = "FAILED"
    case waiting = "FAIL_WAIT"
    case timedOut = "TIMEOUT"
    case down = "DOWN"
    /// It does not register.
    case withoutRegistration = "NOREG"
}

/// A name a gateway needs addresses of.
package struct GatewayHost: Hashable, Sendable {
    package let host: String
    /// Given: no SRV lookup (RFC 3263 §4.2).
    package let port: UInt16?

    package init(host: String, port: UInt16? = nil) { (self.host, self.port) = (host, port) }

    /// Reads what a gateway's `proxy` and the like say: `host`, `host:port`, or a whole URI.
    init(_ text: String) {
        let hasScheme = text.hasPrefix("sip:") || text.hasPrefix("sips:")
        let uri = SIPURI(parsing: hasScheme ? text : "sip:" + text)
        self.init(host: uri?.host ?? text, port: uri?.port)
    }

    /// The address it already is; `nil` for a name.
    func literal(_ transport: SIPTransport) -> TransportAddress? {
        TransportAddress(ip: host, port: port ?? transport.defaultPort)
    }
}
