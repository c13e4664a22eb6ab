/// Where a request goes, or who somebody is: `sip:`, `sips:` and `tel:` URIs, and others as opaque text
/// (RFC 3261 §19.1, RFC 3966).
///
/// `==` compares what is written; ``isEquivalent(to:)`` compares what is meant.
package struct SIPURI: Hashable, Sendable {
    package enum Scheme: Hashable, Sendable {
        case sip, sips, tel
        /// Any other, in lower case. Everything behind the colon is in ``SIPURI/opaque``.
        case other(String)

        package var text: String {
            switch self {
            case .sip: "sip"
            case .sips: "sips"
            case .tel: "tel"
            case .other(let name): name
            }
        }
    }

    package var scheme: Scheme
    /// Escaped, as it is on the wire; the number of a `tel:` URI. `nil` when there is no `@`.
    package var user: String?
    /// Escaped.
    package var password: String?
    /// A name or an address, IPv6 without brackets; empty for `tel:` and others.
    package var host: String
    package var port: UInt16?
    /// `;transport=ws` and so on, escaped.
    package var parameters: SIPParameters
    /// What follows `?`, escaped.
    package var headers: [SIPParameter]
    /// What follows the colon of a scheme we do not read, else empty.
    package var opaque: String

    /// - Parameters:
    ///   - user: Escaped already; see ``escaped(user:)``.
    ///   - host: IPv6 without brackets.
    package init(
        scheme: Scheme = .sip, user: String? = nil, host: String, port: UInt16? = nil, parameters: SIPParameters = []
    ) {
        (self.scheme, self.user, self.password) = (scheme, user, nil)
        (self.host, self.port, self.parameters) = (host, port, parameters)
        (self.headers, self.opaque) = ([], "")
    }

    /// Whether it names a place that SIP can reach: `sip:` or `sips:`.
    package var isSIP: Bool { scheme == .sip || scheme == .sips }

    /// The user without its escapes, decoded once: `%25%34%31` is `%41`. May hold any character, NUL too.
    package var unescapedUser: String? { user.map(SIPScanner.unescaped) }

    /// The `transport` parameter in lower case.
    package var transport: String? { parameters["transport"]?.lowercased() }

    /// Loose routing (RFC 3261 §19.1.1).
    package var isLooseRouter: Bool { parameters.has("lr") }

    /// `host` or `host:port`, IPv6 with brackets.
    package var hostPort: String { SIPScanner.hostPort(host, port) }

    /// As it is on the wire. Bytes that could end a line or the URI are left out.
    package var text: String { write() }

    /// A user part with everything escaped that has to be (RFC 3261 §25.1, `user`).
    package static func escaped(user: String) -> String { SIPScanner.escaped(user, allowing: SIPScanner.isUserByte) }

    /// A URI header's value with everything escaped that has to be (RFC 3261 §25.1, `hvalue`).
    package static func escaped(headerValue: String) -> String {
        SIPScanner.escaped(headerValue, allowing: SIPScanner.isHeaderValueByte)
    }
}
