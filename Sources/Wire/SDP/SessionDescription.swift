/// An offer or an answer (RFC 8866). What is not understood is kept and written again.
package struct SessionDescription: Equatable, Sendable {
    /// Who made it (`o=`).
    package struct Origin: Equatable, Sendable {
        package var username: String
        /// Digits, at times more than fit in 64 bits.
        package var sessionID: String
        /// Rises with each new description of the session (RFC 3264 §8).
        package var sessionVersion: String
        package var connection: SDPConnection

        package init(
            username: String = "-",
            sessionID: some BinaryInteger,
            sessionVersion: some BinaryInteger,
            connection: SDPConnection
        ) {
            self.username = username
            self.sessionID = "\(sessionID)"
            self.sessionVersion = "\(sessionVersion)"
            self.connection = connection
        }
    }

    package var origin: Origin
    /// `s=`.
    package var name: String
    /// `i=`, `u=`, `e=` and `p=` lines.
    package var information: [SDPLine] = []
    package var connection: SDPConnection?
    /// `b=`, such as `AS:128`.
    package var bandwidth: [String] = []
    /// `t=`, `r=`, `z=` and `k=` lines.
    package var timing: [SDPLine]
    package var attributes: [SDPAttribute] { didSet { media = media.fallingBack(to: attributes) } }
    package var media: [MediaDescription] { didSet { media = media.fallingBack(to: attributes) } }

    package init(
        origin: Origin,
        name: String = "-",
        connection: SDPConnection? = nil,
        timing: [SDPLine] = [SDPLine("t", "0 0")],
        attributes: [SDPAttribute] = [],
        media: [MediaDescription] = []
    ) {
        (self.origin, self.name, self.connection) = (origin, name, connection)
        (self.timing, self.attributes) = (timing, attributes)
        self.media = media.fallingBack(to: attributes)
    }
}

extension [MediaDescription] {
    /// The same descriptions in a session of these attributes.
    fileprivate func fallingBack(to sessionAttributes: [SDPAttribute]) -> [MediaDescription] {
        map { description in
            var description = description
            description.sessionAttributes = sessionAttributes
            return description
        }
    }
}

/// A line that is kept as it is: its letter and its value.
package struct SDPLine: Equatable, Sendable {
    package var letter: Character
    package var value: String

    package init(_ letter: Character, _ value: String) { (self.letter, self.value) = (letter, value) }
}

/// `c=`, and the second half of `o=` (RFC 8866 §5.7).
package struct SDPConnection: Equatable, Sendable {
    package var isIPv6: Bool
    /// A literal or a name. In a browser's description no place to send to: only ICE knows.
    package var address: String

    package init(isIPv6: Bool = false, address: String) { (self.isIPv6, self.address) = (isIPv6, address) }

    package init(_ address: TransportAddress) { self.init(isIPv6: address.isIPv6, address: address.ip) }

    /// `IN IP4 192.0.2.1`.
    package var text: String { "IN \(isIPv6 ? "IP6" : "IP4") \(address)" }

    init?(parsing text: Substring) {
        let parts = text.split(separator: " ")
        guard parts.count == 3, parts[0] == "IN", parts[1] == "IP4" || parts[1] == "IP6" else { return nil }
        self.init(isIPv6: parts[1] == "IP6", address: String(parts[2]))
    }
}
