extension DigestChallenge {
    /// Reads one value of WWW- or Proxy-Authenticate, which may hold several challenges (RFC 7235 §4.1); schemes and
    /// algorithms we do not know are left out, and so is a challenge without realm or nonce.
    package static func all(in text: String) -> [DigestChallenge] {
        AuthenticationItem.items(in: text).compactMap(DigestChallenge.init)
    }

    private init?(_ item: AuthenticationItem) {
        guard item.isDigest, let realm = item["realm"], let nonce = item["nonce"],
            let algorithm = DigestAlgorithm(name: item["algorithm"] ?? "MD5")
        else { return nil }
        let qop = (item["qop"] ?? "").lowercased().utf8.split { SIPScanner.isSpace($0) || $0 == UInt8(ascii: ",") }
        self.init(
            realm: realm, nonce: nonce, algorithm: algorithm, qop: qop.map { String(Substring($0)) },
            stale: item["stale"]?.lowercased() == "true", opaque: item["opaque"])
        (namesAlgorithm, domain) = (item["algorithm"] != nil, item["domain"])
    }
}

extension DigestCredentials {
    /// Reads the value of Authorization or Proxy-Authorization. `nil` for another scheme, an algorithm we do not know,
    /// a parameter that is there twice, or when something that is hashed is missing.
    package init?(parsing text: String) {
        let items = AuthenticationItem.items(in: text)
        guard items.count == 1, let item = items.first, item.isDigest, !item.hasDuplicates,
            let username = item["username"], let realm = item["realm"], let nonce = item["nonce"],
            let uri = item["uri"], let response = item["response"],
            let algorithm = DigestAlgorithm(name: item["algorithm"] ?? "MD5"),
            response.utf8.allSatisfy({ $0.hexDigitValue != nil })
        else { return nil }
        let count = item["nc"].flatMap { $0.utf8.count <= 8 ? UInt32($0, radix: 16) : nil }
        if item["qop"] != nil { guard count != nil, item["cnonce"] != nil else { return nil } }
        self.init(
            username: username, realm: realm, nonce: nonce, uri: uri, response: response, algorithm: algorithm,
            namesAlgorithm: item["algorithm"] != nil, cnonce: item["cnonce"], opaque: item["opaque"],
            qop: item["qop"]?.lowercased(), nonceCount: count)
    }
}

extension DigestInfo {
    /// Reads the value of Authentication-Info; what is missing is `nil`.
    package init(parsing text: String) {
        let item = AuthenticationItem.items(in: "Digest " + text).first
        self.init(nextNonce: item?["nextnonce"], responseAuthentication: item?["rspauth"])
    }
}

/// A scheme and its parameters (RFC 7235 §2.1).
private struct AuthenticationItem {
    let scheme: String
    private var parameters: [(name: String, value: String)] = []

    var isDigest: Bool { scheme.equalsIgnoringASCIICase("Digest") }
    var hasDuplicates: Bool { Set(parameters.map(\.name)).count < parameters.count }

    /// The value of a parameter, its name in lower case.
    subscript(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// What is in one header value. A word with `=` behind it is a parameter of the scheme before it.
    static func items(in text: String) -> [AuthenticationItem] {
        var items: [AuthenticationItem] = []
        var cursor = SIPCursor(text)
        while !cursor.isAtEnd {
            _ = cursor.run { SIPScanner.isSpace($0) || $0 == UInt8(ascii: ",") }
            guard let word = cursor.token() else {
                _ = cursor.run { $0 != UInt8(ascii: ",") }
                continue
            }
            if cursor.takeSeparator(UInt8(ascii: "=")) {
                let value = value(&cursor)
                guard !items.isEmpty else { continue }
                items[items.count - 1].parameters.append((word.lowercased(), value))
            } else {
                items.append(AuthenticationItem(scheme: word))
            }
        }
        return items
    }

    private init(scheme: String) { self.scheme = scheme }

    /// A quoted string without its quotes, or what stands before the next comma or space.
    private static func value(_ cursor: inout SIPCursor) -> String {
        if let quoted = cursor.quotedString() { return SIPScanner.unquoted(quoted) }
        let value = cursor.run { !SIPScanner.isSpace($0) && $0 != UInt8(ascii: ",") }
        return String(decoding: value, as: UTF8.self)
    }
}
