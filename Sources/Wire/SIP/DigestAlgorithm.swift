/// How a digest is computed (RFC 7616 §3.3, RFC 8760 §2).
package enum DigestAlgorithm: String, Hashable, Sendable, CaseIterable {
    case md5 = "MD5"
    case md5Session = "MD5-sess"
    case sha256 = "SHA-256"
    case sha256Session = "SHA-256-sess"
    case sha512t256 = "SHA-512-256"
    case sha512t256Session = "SHA-512-256-sess"

    /// By its name, without case; `nil` for one we do not know.
    package init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.rawValue.equalsIgnoringASCIICase(name) }) else { return nil }
        self = found
    }

    /// The first hash covers nonce and cnonce too (RFC 7616 §3.4.2).
    package var isSession: Bool { self == .md5Session || self == .sha256Session || self == .sha512t256Session }

    /// The hash function, by the algorithm that is nothing more.
    package var hash: DigestAlgorithm {
        switch self {
        case .md5, .md5Session: .md5
        case .sha256, .sha256Session: .sha256
        case .sha512t256, .sha512t256Session: .sha512t256
        }
    }

    /// Hexadecimal digits of a digest.
    package var digits: Int { hash == .md5 ? 32 : 64 }
}

/// Whose challenge it is, and so in which header fields it and its answer travel.
package enum DigestHeader: Sendable, CaseIterable {
    /// 401, WWW-Authenticate, Authorization.
    case server
    /// 407, Proxy-Authenticate, Proxy-Authorization.
    case proxy

    package var status: Int { self == .server ? 401 : 407 }
    package var challengeName: String { self == .server ? "WWW-Authenticate" : "Proxy-Authenticate" }
    package var credentialsName: String { self == .server ? "Authorization" : "Proxy-Authorization" }
}
