/// How SIP messages travel, in the words of a `Via` (RFC 3261 §20.42, RFC 7118 §5.2).
package enum SIPTransport: String, Sendable, Hashable, CaseIterable {
    case udp = "UDP"
    case tcp = "TCP"
    case tls = "TLS"
    case webSocket = "WS"
    case secureWebSocket = "WSS"

    /// Nothing is sent twice over it (RFC 3261 §17).
    package var isReliable: Bool { self != .udp }

    /// Encrypted on the way.
    package var isSecure: Bool { self == .tls || self == .secureWebSocket }
}
