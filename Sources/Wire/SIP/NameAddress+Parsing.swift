extension NameAddress {
    /// Reads one address with the parameters behind it, as it stands in From, To, Contact, Route, Refer-To …
    ///
    /// `nil` when it is none: no URI, a quoted name that does not end, a comma outside of quotes, or a `?` in a URI
    /// without `<>` (RFC 3261 §20.10).
    package init?(parsing text: String) {
        var cursor = SIPCursor(text)
        cursor.skipSpaces()
        guard let name = Self.displayName(&cursor) else { return nil }
        guard cursor.take(UInt8(ascii: "<")) else {
            self.init(bare: cursor)
            return
        }
        let inner = cursor.run { $0 != UInt8(ascii: ">") }
        guard cursor.take(UInt8(ascii: ">")), let uri = SIPURI(SIPCursor(inner)),
            let parameters = cursor.parametersToEnd()
        else { return nil }
        self.init(displayName: name.isEmpty ? nil : name, uri, parameters: parameters)
    }

    /// `addr-spec` without `<>`: what follows the first `;` belongs to the header field.
    private init?(bare cursor: SIPCursor) {
        var cursor = cursor
        let spec = cursor.run { !SIPScanner.isSpace($0) && !Self.endsBare.contains($0) }
        guard let uri = SIPURI(SIPCursor(spec)), let parameters = cursor.parametersToEnd() else { return nil }
        self.init(uri, parameters: parameters)
    }

    /// The name before `<`, empty when there is none; the cursor is behind it, or where it was. `nil` when a quoted
    /// name does not end, or has no `<` behind it.
    private static func displayName(_ cursor: inout SIPCursor) -> String? {
        if cursor.next == UInt8(ascii: "\"") {
            guard let quoted = cursor.quotedString() else { return nil }
            cursor.skipSpaces()
            return cursor.next == UInt8(ascii: "<") ? SIPScanner.unquoted(quoted) : nil
        }
        var ahead = cursor
        let words = ahead.run {
            SIPScanner.isTokenByte($0) || SIPScanner.isSpace($0) || $0 >= 0x80 || loose.contains($0)
        }
        guard ahead.next == UInt8(ascii: "<") else { return "" }
        cursor = ahead
        return String(decoding: SIPScanner.trimmed(words), as: UTF8.self)
    }

    private static let endsBare = Array(";?,".utf8)
    /// No tokens, and yet written without quotes by some.
    private static let loose = Array("()/&#".utf8)
}
