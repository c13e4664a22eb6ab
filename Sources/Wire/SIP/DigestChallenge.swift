/// What a server asks for (RFC 7616 §3.3): the value of WWW-Authenticate or Proxy-Authenticate.
package struct DigestChallenge: Hashable, Sendable {
    package var realm: String
    package var nonce: String
    package var opaque: String?
    /// MD5 when the challenge names none.
    package var algorithm: DigestAlgorithm
    /// Whether the challenge names it: then the answer does too.
    package var namesAlgorithm: Bool
    /// `auth`, `auth-int`, others in lower case; empty means the form of RFC 2069.
    package var qop: [String]
    /// Only the nonce was old: the password was right.
    package var stale: Bool
    package var domain: String?

    package init(
        realm: String, nonce: String, algorithm: DigestAlgorithm = .md5, qop: [String] = ["auth"],
        stale: Bool = false, opaque: String? = nil
    ) {
        (self.realm, self.nonce, self.algorithm, self.namesAlgorithm) = (realm, nonce, algorithm, true)
        (self.qop, self.stale, self.opaque, self.domain) = (qop, stale, opaque, nil)
    }

    /// `Digest realm="…", nonce="…", …` as RFC 7616 §3.3 quotes it.
    package var text: String {
        var text = "Digest realm=\(SIPScanner.quoted(realm)), nonce=\(SIPScanner.quoted(nonce))"
        if let domain { text += ", domain=\(SIPScanner.quoted(domain))" }
        if let opaque { text += ", opaque=\(SIPScanner.quoted(opaque))" }
        if namesAlgorithm { text += ", algorithm=\(algorithm.rawValue)" }
        if !qop.isEmpty { text += ", qop=\(SIPScanner.quoted(qop.joined(separator: ",")))" }
        if stale { text += ", stale=true" }
        return text
    }
}
