/// One hop of a message's way, and where its answer goes (RFC 3261 §20.42).
package struct Via: Hashable, Sendable {
    /// `UDP`, `TLS`, `WS` … as written.
    package var transport: String
    /// The host of sent-by, IPv6 without brackets. Browsers write names that end in `.invalid`.
    package var host: String
    /// The port of sent-by.
    package var port: UInt16?
    package var parameters: SIPParameters

    package init(transport: SIPTransport, host: String, port: UInt16? = nil, parameters: SIPParameters = []) {
        (self.transport, self.host, self.port, self.parameters) = (transport.rawValue, host, port, parameters)
    }

    /// The transport when it is one of ours.
    package var knownTransport: SIPTransport? { SIPTransport(rawValue: transport.uppercased()) }

    /// `host:port` in lower case with the default port filled in: the part of a server transaction's key.
    package var sentBy: String { SIPScanner.hostPort(host.lowercased(), port ?? (knownTransport?.defaultPort ?? 5060)) }

    /// Compared byte by byte (RFC 3261 §17.2.3).
    package var branch: String? {
        get { parameters["branch"].flatMap { $0.isEmpty ? nil : $0 } }
        set { parameters["branch"] = newValue }
    }

    /// Whether ``branch`` names a transaction by itself: the cookie and something behind it (RFC 3261 §8.1.1.7).
    package var hasMagicCookie: Bool {
        guard let branch else { return false }
        return branch.utf8.starts(with: "z9hG4bK".utf8) && branch.utf8.count > 7
    }

    /// Where it really came from, without brackets.
    package var received: String? {
        get { parameters["received"].map(SIPScanner.withoutBrackets) }
        set { parameters["received"] = newValue }
    }

    /// The sender wants the answer at the port it sent from (RFC 3581): `rport` is there, filled in or not.
    package var hasRport: Bool { parameters.has("rport") }

    /// The port it really came from, once filled in (RFC 3581 §4).
    package var rport: UInt16? {
        get { parameters["rport"].flatMap { UInt16($0) } }
        set { parameters["rport"] = newValue.map { "\($0)" } }
    }

    /// Where to answer instead (RFC 3261 §18.2.2), without brackets.
    package var maddr: String? { parameters["maddr"].map(SIPScanner.withoutBrackets) }

    /// As it is on the wire.
    package var text: String { "SIP/2.0/\(transport) \(SIPScanner.hostPort(host, port))\(parameters.text)" }
}

extension SIPTransport {
    /// The port when none is written (RFC 3261 §19.1.2, RFC 7118 §5.5).
    package var defaultPort: UInt16 {
        switch self {
        case .udp, .tcp: 5060
        case .tls: 5061
        case .webSocket: 80
        case .secureWebSocket: 443
        }
    }

    /// What the `transport` parameter of a URI says: `ws` for both WebSockets (RFC 7118 §5.2.3).
    package var uriParameter: String {
        switch self {
        case .udp: "udp"
        case .tcp: "tcp"
        case .tls: "tls"
        case .webSocket, .secureWebSocket: "ws"
        }
    }
}
