/// The small pieces of SIP's grammar (RFC 3261 §25.1), over bytes.
enum SIPScanner {
    /// `token`: one or more of the characters in ``isTokenByte(_:)``.
    static func isToken(_ bytes: some Collection<UInt8>) -> Bool { !bytes.isEmpty && bytes.allSatisfy(isTokenByte) }

    static func isTokenByte(_ byte: UInt8) -> Bool { table[Int(byte)] & Self.token != 0 }

    /// What stands in a user part without an escape.
    static func isUserByte(_ byte: UInt8) -> Bool { table[Int(byte)] & Self.user != 0 }

    /// What stands in a header value of a URI without an escape.
    static func isHeaderValueByte(_ byte: UInt8) -> Bool { table[Int(byte)] & Self.headerValue != 0 }

    /// Letters and digits.
    static func isAlphanumeric(_ byte: UInt8) -> Bool { table[Int(byte)] & Self.alphanumeric != 0 }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// Space or tab: what is left of white space once lines are unfolded.
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// A decimal number without a sign, less than `limit`; leading zeros are fine.
    static func number(_ digits: some Collection<UInt8>, below limit: Int) -> Int? {
        var value = 0
        var count = 0
        for digit in digits {
            guard isDigit(digit) else { return nil }
            value = value * 10 + Int(digit &- UInt8(ascii: "0"))
            guard value < limit else { return nil }
            count += 1
        }
        return count > 0 ? value : nil
    }

    /// The number at the start of a value with a comment or parameters behind it: `120 (busy);duration=60`.
    static func leadingSeconds(_ text: String) -> Int? {
        let digits = text.utf8.prefix(while: isDigit)
        let rest = text.utf8.dropFirst(digits.count).first
        guard rest == nil || rest == UInt8(ascii: ";") || rest == UInt8(ascii: "(") || isSpace(rest ?? 0) else {
            return nil
        }
        return number(digits, below: 1 << 32)
    }

    /// What stands between white space.
    static func words(_ text: String) -> [Substring] {
        text.utf8.split(whereSeparator: isSpace).map { Substring($0) }
    }

    /// `text` without white space around it.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var (start, end) = (bytes.startIndex, bytes.endIndex)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        return bytes[start..<end]
    }

    /// The parts of a comma list, trimmed, empty ones left out. Commas in quotes and in `<>` do not count.
    static func commaList(_ text: String) -> [String] {
        guard text.utf8.contains(UInt8(ascii: ",")) else { return text.isEmpty ? [] : [text] }
        let bytes = Array(text.utf8)
        return commaParts(bytes[...]).compactMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
    }

    /// The same with the empty parts, which a strict reader refuses.
    static func commaParts(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var (start, index) = (bytes.startIndex, bytes.startIndex)
        var (isQuoted, isInAngles) = (false, false)
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: "\""): if !isInAngles { isQuoted.toggle() }
            case UInt8(ascii: "<") where !isQuoted: isInAngles = true
            case UInt8(ascii: ">") where !isQuoted: isInAngles = false
            case UInt8(ascii: ",") where !isQuoted && !isInAngles:
                parts.append(trimmed(bytes[start..<index]))
                start = index + 1
            default: break
            }
            index += 1
        }
        parts.append(trimmed(bytes[start...]))
        return parts
    }

    /// A quoted string without quotes and escapes; other text as it is.
    static func unquoted(_ text: String) -> String {
        let bytes = text.utf8
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else { return text }
        let inner = bytes.dropFirst().dropLast()
        guard inner.contains(UInt8(ascii: "\\")) else { return String(Substring(inner)) }
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in inner {
            if byte == UInt8(ascii: "\\"), !isEscaped {
                isEscaped = true
            } else {
                plain.append(byte)
                isEscaped = false
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    /// A quoted string of `text`; what could end a line is left out.
    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(text.utf8.count + 2)
        for byte in text.utf8 where byte != 0x0D && byte != 0x0A && byte != 0 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A parameter's value: as it is where it is a token or a host, else quoted.
    static func quotedIfNeeded(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            isTokenByte($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]")
        }
        return isPlain ? text : quoted(text)
    }

    /// `%41` as `A`, once; a `%` without two digits behind it stays.
    static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
        let bytes = Array(text.utf8)
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = bytes[index + 1].hexDigitValue,
                let low = bytes[index + 2].hexDigitValue
            {
                plain.append(high << 4 | low)
                index += 3
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    static func escaped(_ text: String, allowing isAllowed: (UInt8) -> Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isAllowed(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), upperDigit(byte >> 4), upperDigit(byte & 0xF)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func upperDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }

    /// `host`, `host:5060` or `[::1]:5060`.
    static func hostPort(_ host: String, _ port: UInt16?) -> String {
        let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port.map { "\(host):\($0)" } ?? host
    }

    static func withoutBrackets(_ host: String) -> String {
        guard host.utf8.first == UInt8(ascii: "["), host.utf8.last == UInt8(ascii: "]") else { return host }
        return String(Substring(host.utf8.dropFirst().dropLast()))
    }

    /// No CR, no LF, and no NUL but a quoted one (`\` before it, RFC 3261 §25.1 `quoted-pair`).
    static func staysInItsLine(_ value: String) -> Bool {
        var last: UInt8 = 0
        for byte in value.utf8 {
            if byte == 0x0D || byte == 0x0A || (byte == 0 && last != UInt8(ascii: "\\")) { return false }
            last = byte
        }
        return true
    }

    private static let (token, user, headerValue, alphanumeric): (UInt8, UInt8, UInt8, UInt8) = (1, 2, 4, 8)

    /// What each byte may be part of.
    private static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 256)
        for range in [UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z")] {
            for byte in range { table[Int(byte)] = token | user | headerValue | alphanumeric }
        }
        for byte in UInt8(ascii: "0")...UInt8(ascii: "9") {
            table[Int(byte)] = token | user | headerValue | alphanumeric
        }
        for byte in "-.!%*_+`'~".utf8 { table[Int(byte)] |= token }
        for byte in "-_.!~*'()&=+$,;?/".utf8 { table[Int(byte)] |= user }
        for byte in "-_.!~*'()[]/?:+$".utf8 { table[Int(byte)] |= headerValue }
        return table
    }()
}
