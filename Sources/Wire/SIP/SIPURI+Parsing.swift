extension SIPURI {
    /// Reads a URI as it stands in a request line or between `<` and `>`, with nothing around it.
    ///
    /// A `#` in a user part is let through: phones dial service codes with it. `nil` for anything else that is no URI.
    package init?(parsing text: String) { self.init(SIPCursor(text)) }

    init?(_ cursor: SIPCursor) {
        var cursor = cursor
        let name = cursor.run(while: Self.isSchemeByte)
        guard let first = name.first, !SIPScanner.isDigit(first), cursor.take(UInt8(ascii: ":")) else { return nil }
        switch String(decoding: name, as: UTF8.self).lowercased() {
        case "sip": self.init(scheme: .sip, hierarchy: cursor)
        case "sips": self.init(scheme: .sips, hierarchy: cursor)
        case "tel": self.init(number: cursor)
        case let other:
            let opaque = cursor.run { (0x21...0x7E).contains($0) && !Self.delimiters.contains($0) }
            guard !opaque.isEmpty, cursor.isAtEnd else { return nil }
            self.init(scheme: .other(other), host: "")
            self.opaque = String(decoding: opaque, as: UTF8.self)
        }
    }

    /// `user:password@host:port;parameters?headers`.
    private init?(scheme: Scheme, hierarchy: SIPCursor) {
        var cursor = hierarchy
        self.init(scheme: scheme, host: "")
        if cursor.bytes[cursor.index...].contains(UInt8(ascii: "@")) {
            guard readUserInfo(&cursor) else { return nil }
        }
        guard let (host, port) = cursor.hostPort() else { return nil }
        (self.host, self.port) = (host, port)
        guard readParameters(&cursor), readHeaders(&cursor), cursor.isAtEnd else { return nil }
    }

    /// `tel:+1-201-555-0123;phone-context=example.com` (RFC 3966 §3).
    private init?(number cursor: SIPCursor) {
        var cursor = cursor
        let number = cursor.run { SIPScanner.isAlphanumeric($0) || Self.numberMarks.contains($0) }
        guard !number.isEmpty else { return nil }
        self.init(scheme: .tel, user: String(decoding: number, as: UTF8.self), host: "")
        guard readParameters(&cursor), cursor.isAtEnd else { return nil }
    }

    private mutating func readUserInfo(_ cursor: inout SIPCursor) -> Bool {
        guard let user = Self.escapedRun(&cursor, Self.isWrittenUserByte), !user.isEmpty else { return false }
        self.user = user
        if cursor.take(UInt8(ascii: ":")) {
            guard let password = Self.escapedRun(&cursor, Self.isWrittenUserByte) else { return false }
            self.password = password
        }
        return cursor.take(UInt8(ascii: "@"))
    }

    private mutating func readParameters(_ cursor: inout SIPCursor) -> Bool {
        while cursor.take(UInt8(ascii: ";")) {
            guard let name = Self.escapedRun(&cursor, Self.isParameterByte), !name.isEmpty else { return false }
            guard cursor.take(UInt8(ascii: "=")) else {
                parameters.items.append(SIPParameter(name))
                continue
            }
            guard let value = Self.escapedRun(&cursor, { Self.isParameterByte($0) || $0 == UInt8(ascii: "=") }) else {
                return false
            }
            parameters.items.append(SIPParameter(name, value))
        }
        return true
    }

    private mutating func readHeaders(_ cursor: inout SIPCursor) -> Bool {
        guard cursor.take(UInt8(ascii: "?")) else { return true }
        repeat {
            guard let name = Self.escapedRun(&cursor, SIPScanner.isHeaderValueByte), !name.isEmpty else { return false }
            guard cursor.take(UInt8(ascii: "=")) else {
                headers.append(SIPParameter(name))
                continue
            }
            guard let value = Self.escapedRun(&cursor, Self.isWrittenHeaderByte) else { return false }
            headers.append(SIPParameter(name, value))
        } while cursor.take(UInt8(ascii: "&"))
        return true
    }

    /// Bytes that belong, and `%` with two digits behind it; `nil` when a `%` has not.
    private static func escapedRun(_ cursor: inout SIPCursor, _ belongs: (UInt8) -> Bool) -> String? {
        let run = cursor.run { belongs($0) || $0 == UInt8(ascii: "%") }
        var index = run.startIndex
        while let percent = run[index...].firstIndex(of: UInt8(ascii: "%")) {
            guard percent + 2 < run.endIndex, run[percent + 1].hexDigitValue != nil,
                run[percent + 2].hexDigitValue != nil
            else { return nil }
            index = percent + 3
        }
        return String(decoding: run, as: UTF8.self)
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        SIPScanner.isAlphanumeric(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".")
    }

    private static func isWrittenUserByte(_ byte: UInt8) -> Bool {
        SIPScanner.isUserByte(byte) || byte == UInt8(ascii: "#")
    }

    /// `hnv-unreserved`, and what unescaped Replaces headers hold.
    private static func isWrittenHeaderByte(_ byte: UInt8) -> Bool {
        SIPScanner.isHeaderValueByte(byte) || ";=@,".utf8.contains(byte)
    }

    private static func isParameterByte(_ byte: UInt8) -> Bool {
        SIPScanner.isAlphanumeric(byte) || parameterMarks.contains(byte)
    }

    private static let delimiters = Array("<>\"".utf8)
    private static let numberMarks = Array("+-.()*#".utf8)
    /// `param-unreserved` and `mark` (RFC 3261 §25.1), and `"` nowhere.
    private static let parameterMarks = Array("[]/:&+$-_.!~*'()".utf8)
}
