import Wire

extension SIPCrypto {
    /// The hash of a text as lower-case hexadecimal digits; `-sess` algorithms hash as the plain ones do.
    func digest(_ text: String, _ algorithm: DigestAlgorithm) -> String {
        let bytes = Array(text.utf8)
        return switch algorithm.hash {
        case .sha256, .sha256Session: Self.hex(sha256(bytes))
        case .sha512t256, .sha512t256Session: Self.hex(sha512t256(bytes))
        case .md5, .md5Session: Self.hex(md5(bytes))
        }
    }

    /// `HA1` (RFC 7616 §3.4.2) before the nonces of `-sess`.
    func ha1(username: String, realm: String, password: String, _ algorithm: DigestAlgorithm) -> String {
        digest("\(username):\(realm):\(password)", algorithm)
    }

    /// What `response` has to be (RFC 7616 §3.4.1); without a qop as RFC 2069 had it.
    func response(ha1: String, _ credentials: DigestCredentials, method: SIPMethod, body: [UInt8]) -> String {
        let algorithm = credentials.algorithm
        let cnonce = credentials.cnonce ?? ""
        let key = algorithm.isSession ? digest("\(ha1):\(credentials.nonce):\(cnonce)", algorithm) : ha1
        var subject = "\(method.rawValue):\(credentials.uri)"
        if credentials.qop == "auth-int" { subject += ":" + digest(body: body, algorithm) }
        let ha2 = digest(subject, algorithm)
        guard let qop = credentials.qop else { return digest("\(key):\(credentials.nonce):\(ha2)", algorithm) }
        let count = credentials.nonceCountText ?? ""
        return digest("\(key):\(credentials.nonce):\(count):\(cnonce):\(qop):\(ha2)", algorithm)
    }

    private func digest(body: [UInt8], _ algorithm: DigestAlgorithm) -> String {
        switch algorithm.hash {
        case .sha256, .sha256Session: Self.hex(sha256(body))
        case .sha512t256, .sha512t256Session: Self.hex(sha512t256(body))
        case .md5, .md5Session: Self.hex(md5(body))
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            digits.append(hexDigits[Int(byte >> 4)])
            digits.append(hexDigits[Int(byte & 0xF)])
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
}

/// Whether two texts are equal, in a time that depends on their lengths alone.
func isEqualInConstantTime(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in one.indices { difference |= one[index] ^ other[index] }
    return difference == 0
}
