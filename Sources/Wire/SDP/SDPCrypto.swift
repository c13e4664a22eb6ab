/// Keys for SRTP in the description itself (RFC 4568): `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:…`.
package struct SDPCrypto: Hashable, Sendable {
    /// 1 to 9 digits; the answer repeats the one it takes.
    package var tag: Int
    /// `AES_CM_128_HMAC_SHA1_80` …, as written.
    package var suite: String
    /// Master key and master salt behind each other, as the suite wants them: 30 bytes for AES-CM 128.
    package var keyAndSalt: [UInt8]
    /// Packets a key is good for, as written (`2^20`); `nil` when it does not say.
    package var lifetime: String?
    /// `1:4`, as written; a line with an MKI changes every packet and is not to be taken by who cannot do that.
    package var masterKeyIdentifier: String?
    /// `UNENCRYPTED_SRTP`, `KDR=1` …; who does not know all of them must not take the line (RFC 4568 §6.3).
    package var sessionParameters: [String]

    package init(tag: Int, suite: String, keyAndSalt: [UInt8]) {
        (self.tag, self.suite, self.keyAndSalt) = (tag, suite, keyAndSalt)
        (self.lifetime, self.masterKeyIdentifier, self.sessionParameters) = (nil, nil, [])
    }
}

extension SDPCrypto {
    /// As an attribute. One key, without lifetime unless one is set.
    package var attribute: SDPAttribute {
        var key = "inline:" + Base64.text(keyAndSalt)
        if let lifetime { key += "|" + lifetime }
        if let masterKeyIdentifier { key += "|" + masterKeyIdentifier }
        return SDPAttribute("crypto", ([String(tag), suite, key] + sessionParameters).joined(separator: " "))
    }

    /// Reads the value of `a=crypto`; `nil` when it is not in the form of RFC 4568 §9.1, or has several keys.
    package init?(parsing value: String) {
        let words = SIPScanner.words(value).map(String.init)
        guard words.count >= 3, (1...9).contains(words[0].utf8.count),
            let tag = SIPScanner.number(words[0].utf8, below: 1_000_000_000), SIPScanner.isToken(words[1].utf8),
            !words[2].utf8.contains(UInt8(ascii: ";"))
        else { return nil }
        let parts = words[2].split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count <= 3, let method = parts.first, method.lowercased().hasPrefix("inline:"),
            let key = Base64.bytes(method.utf8.dropFirst(7)), !key.isEmpty
        else { return nil }
        self.init(tag: tag, suite: words[1], keyAndSalt: key)
        sessionParameters = Array(words[3...])
        for part in parts.dropFirst() {
            if part.utf8.contains(UInt8(ascii: ":")) {
                masterKeyIdentifier = String(part)
            } else {
                guard masterKeyIdentifier == nil, !part.isEmpty else { return nil }
                lifetime = String(part)
            }
        }
    }
}

extension MediaDescription {
    /// The keys offered, or the one answered, in their order; lines that cannot be read are left out.
    package var crypto: [SDPCrypto] { attributes.values(of: "crypto").compactMap(SDPCrypto.init(parsing:)) }

    /// Where RTCP goes when it is neither multiplexed nor on the next port (RFC 3605).
    package var rtcp: RTCPAttribute? { attributes.value(of: "rtcp").flatMap(RTCPAttribute.init(parsing:)) }
}
