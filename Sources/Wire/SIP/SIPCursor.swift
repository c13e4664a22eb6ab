/// A place in the bytes of one header value or URI. Every step goes forward, so that reading takes linear time.
struct SIPCursor {
    let bytes: [UInt8]
    private(set) var index = 0

    init(_ text: String) { bytes = Array(text.utf8) }
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

    var isAtEnd: Bool { index >= bytes.count }

    /// The byte that comes next; `nil` at the end.
    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skipSpaces() {
        while index < bytes.count, SIPScanner.isSpace(bytes[index]) { index += 1 }
    }

    /// Steps over `byte` when it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    /// Steps over `byte` and the white space around it.
    mutating func takeSeparator(_ byte: UInt8) -> Bool {
        let start = index
        skipSpaces()
        guard take(byte) else {
            index = start
            return false
        }
        skipSpaces()
        return true
    }

    /// The bytes up to the first that does not belong; may be empty.
    mutating func run(while belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = index
        while index < bytes.count, belongs(bytes[index]) { index += 1 }
        return bytes[start..<index]
    }

    /// One token as text; `nil` when there is none.
    mutating func token() -> String? {
        let token = run(while: SIPScanner.isTokenByte)
        return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
    }

    /// A quoted string with its quotes, as written; `nil` when there is none or it does not end.
    mutating func quotedString() -> String? {
        let start = index
        guard take(UInt8(ascii: "\"")) else { return nil }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\"): index += 2
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: bytes[start..<index], as: UTF8.self)
            default: index += 1
            }
        }
        index = start
        return nil
    }

    /// All of `;name`, `;name=value` up to the end; `nil` when anything else is there (RFC 3261 §25.1,
    /// `generic-param`). Values are read generously: what is no separator belongs to them.
    mutating func parametersToEnd() -> SIPParameters? {
        var parameters = SIPParameters()
        skipSpaces()
        while !isAtEnd {
            guard takeSeparator(UInt8(ascii: ";")), let name = token() else { return nil }
            guard takeSeparator(UInt8(ascii: "=")) else {
                parameters.items.append(SIPParameter(name))
                skipSpaces()
                continue
            }
            guard let value = parameterValue() else { return nil }
            parameters.items.append(SIPParameter(name, value.isEmpty ? nil : value))
            skipSpaces()
        }
        return parameters
    }

    private mutating func parameterValue() -> String? {
        if next == UInt8(ascii: "\"") { return quotedString() }
        return String(decoding: run(while: Self.isParameterValueByte), as: UTF8.self)
    }

    /// A host with its port: `example.com`, `[2001:db8::1]:5060`. The host comes without brackets.
    mutating func hostPort(allowingSpaces: Bool = false) -> (host: String, port: UInt16?)? {
        guard let host = host() else { return nil }
        let start = index
        if allowingSpaces { skipSpaces() }
        guard take(UInt8(ascii: ":")) else {
            index = start
            return (host, nil)
        }
        if allowingSpaces { skipSpaces() }
        guard let port = SIPScanner.number(run(while: SIPScanner.isDigit), below: 65_536), port > 0 else { return nil }
        return (host, UInt16(port))
    }

    private mutating func host() -> String? {
        if take(UInt8(ascii: "[")) {
            let literal = run { $0 != UInt8(ascii: "]") }
            guard take(UInt8(ascii: "]")), IPLiteral.ipv6(literal) != nil else { return nil }
            return String(decoding: literal, as: UTF8.self)
        }
        let name = run(while: Self.isHostByte)
        return (1...255).contains(name.count) ? String(decoding: name, as: UTF8.self) : nil
    }

    /// Letters, digits, `-` and `.`; `_`, which is no host name and yet met.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        SIPScanner.isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_")
    }

    private static func isParameterValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7F, UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "\\"):
            false
        default: true
        }
    }
}
