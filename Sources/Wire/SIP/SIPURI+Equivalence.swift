extension SIPURI {
    /// Whether both mean the same resource (RFC 3261 §19.1.4): the user with case, the host without; `%41` is `A`
    /// unless it stands for something reserved; `user`, `ttl`, `method`, `maddr` and `transport` must be the same when
    /// either has them, other parameters when both have; headers must be the same in any order.
    package func isEquivalent(to other: SIPURI) -> Bool {
        guard scheme == other.scheme else { return false }
        switch scheme {
        case .other: return opaque == other.opaque
        case .tel: return Self.digits(user) == Self.digits(other.user) && parametersAgree(with: other)
        case .sip, .sips: break
        }
        return Self.normal(user) == Self.normal(other.user) && Self.normal(password) == Self.normal(other.password)
            && Self.normal(host: host) == Self.normal(host: other.host) && port == other.port
            && parametersAgree(with: other) && Self.normal(headers) == Self.normal(other.headers)
    }

    private func parametersAgree(with other: SIPURI) -> Bool {
        let (mine, theirs) = (Self.byName(parameters), Self.byName(other.parameters))
        for (name, value) in mine {
            guard let theirValue = theirs[name] else {
                if Self.decisive.contains(name) { return false }
                continue
            }
            if value != theirValue { return false }
        }
        return theirs.keys.allSatisfy { mine[$0] != nil || !Self.decisive.contains($0) }
    }

    /// Values by name, both in the form that is compared; the first of a name counts.
    private static func byName(_ parameters: SIPParameters) -> [String: String] {
        var values: [String: String] = [:]
        for item in parameters.items {
            let name = (normal(item.name) ?? "").lowercased()
            if values[name] == nil { values[name] = (normal(item.value) ?? "").lowercased() }
        }
        return values
    }

    private static func normal(_ headers: [SIPParameter]) -> [String] {
        headers.map { "\((normal($0.name) ?? "").lowercased())=\(normal($0.value) ?? "")" }.sorted()
    }

    private static func normal(host: String) -> String {
        TransportAddress(ip: host, port: 0)?.ip ?? host.lowercased()
    }

    /// Without visual separators (RFC 3966 §5).
    private static func digits(_ number: String?) -> [UInt8] {
        (number ?? "").utf8.filter { !"-.()".utf8.contains($0) }.map(\.lowercasedASCII)
    }

    /// Escapes of what need not be escaped taken away, all others in upper case.
    private static func normal(_ text: String?) -> String? {
        guard let text, text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var normal: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = bytes[index + 1].hexDigitValue, let low = bytes[index + 2].hexDigitValue
            else {
                normal.append(bytes[index])
                index += 1
                continue
            }
            let byte = high << 4 | low
            if (0x21...0x7E).contains(byte), !reserved.contains(byte) {
                normal.append(byte)
            } else {
                normal += [UInt8(ascii: "%"), SIPScanner.upperDigit(high), SIPScanner.upperDigit(low)]
            }
            index += 3
        }
        return String(decoding: normal, as: UTF8.self)
    }

    private static let decisive: Set<String> = ["user", "ttl", "method", "maddr", "transport"]
    /// `reserved` (RFC 3261 §25.1), and the `%` itself.
    private static let reserved = Array(";/?:@&=+$,%".utf8)
}
