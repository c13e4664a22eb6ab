/// The value of `a=rtcp` (RFC 3605 §2.1): `53020` or `53020 IN IP4 192.0.2.1`.
package struct RTCPAttribute: Equatable, Sendable {
    package var port: UInt16
    /// `nil` for the address of RTP.
    package var connection: SDPConnection?

    package init(port: UInt16, connection: SDPConnection? = nil) { (self.port, self.connection) = (port, connection) }

    package var attribute: SDPAttribute { SDPAttribute("rtcp", "\(port)" + (connection.map { " " + $0.text } ?? "")) }

    /// `nil` when it is not that.
    package init?(parsing value: String) {
        let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard let first = parts.first, let port = SIPScanner.number(first, below: 65_536) else { return nil }
        self.init(port: UInt16(port))
        guard parts.count == 2 else { return }
        guard let connection = SDPConnection(parsing: Substring(parts[1])) else { return nil }
        self.connection = connection
    }
}
