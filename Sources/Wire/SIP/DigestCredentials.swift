/// What a client answers (RFC 7616 §3.4): the value of Authorization or Proxy-Authorization.
package struct DigestCredentials: Hashable, Sendable {
    package var username: String
    package var realm: String
    package var nonce: String
    /// Byte for byte what was hashed; not always the Request-URI that arrives.
    package var uri: String
    /// Hexadecimal, as written.
    package var response: String
    /// MD5 when it names none.
    package var algorithm: DigestAlgorithm
    package var namesAlgorithm: Bool
    package var cnonce: String?
    package var opaque: String?
    /// In lower case; `nil` means the form of RFC 2069.
    package var qop: String?
    /// `nc`, eight digits on the wire.
    package var nonceCount: UInt32?

    package init(
        username: String, realm: String, nonce: String, uri: String, response: String,
        algorithm: DigestAlgorithm = .md5, namesAlgorithm: Bool = true, cnonce: String? = nil, opaque: String? = nil,
        qop: String? = nil, nonceCount: UInt32? = nil
    ) {
        (self.username, self.realm, self.nonce, self.uri) = (username, realm, nonce, uri)
        (self.response, self.algorithm, self.namesAlgorithm) = (response, algorithm, namesAlgorithm)
        (self.cnonce, self.opaque, self.qop, self.nonceCount) = (cnonce, opaque, qop, nonceCount)
    }

    /// `nc` as it is hashed and written; `nil` without one.
    package var nonceCountText: String? { nonceCount.map(Self.text(nonceCount:)) }

    /// Eight hexadecimal digits.
    package static func text(nonceCount: UInt32) -> String {
        let digits = String(nonceCount, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// `Digest username="…", …`; `qop`, `nc` and `algorithm` without quotes (RFC 7616 §3.4).
    package var text: String {
        var text = "Digest username=\(SIPScanner.quoted(username)), realm=\(SIPScanner.quoted(realm))"
        text += ", nonce=\(SIPScanner.quoted(nonce)), uri=\(SIPScanner.quoted(uri))"
        text += ", response=\(SIPScanner.quoted(response))"
        if namesAlgorithm { text += ", algorithm=\(algorithm.rawValue)" }
        if let cnonce { text += ", cnonce=\(SIPScanner.quoted(cnonce))" }
        if let opaque { text += ", opaque=\(SIPScanner.quoted(opaque))" }
        if let qop { text += ", qop=\(qop)" }
        if let nonceCountText { text += ", nc=\(nonceCountText)" }
        return text
    }
}

/// What a server says after it took a digest (RFC 7616 §3.5): the value of Authentication-Info.
package struct DigestInfo: Hashable, Sendable {
    /// The nonce to use for the next request.
    package var nextNonce: String?
    package var responseAuthentication: String?
}
