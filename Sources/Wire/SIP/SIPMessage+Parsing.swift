extension SIPMessage {
    /// Reads one message, in time linear in its length.
    ///
    /// - Parameters:
    ///   - bytes: A datagram, a WebSocket message, or what ``SIPStreamFramer`` cut out. What follows the body is
    ///     ignored; without Content-Length all the rest is the body.
    ///   - isStream: From a TCP or TLS stream, where Content-Length must be there (RFC 3261 §18.3).
    /// - Throws: ``SIPParseError`` with what to answer; broken responses and ACKs are answered with nothing.
    package init(parsing bytes: [UInt8], isStream: Bool = false) throws(SIPParseError) {
        guard bytes.count <= SIPStreamFramer.maximumMessage else { throw SIPParseError("Message too large") }
        let head = SIPHead(bytes)
        guard let start = SIPStartLine(head.startLine) else { throw SIPParseError("No SIP message") }
        let check = SIPMessageCheck(start: start, head: head)
        switch start {
        case .request(let method, let uri, _):
            let uri = try check.requestURI(uri)
            try check.fields()
            let body = try check.body(of: bytes, isStream: isStream)
            self = .request(SIPRequest(method, uri, headers: check.headers, body: body))
        case .response(let status, let reason):
            guard (100...699).contains(status) else { throw SIPParseError("Bad status") }
            try check.fields()
            let body = try check.body(of: bytes, isStream: isStream)
            self = .response(SIPResponse(status, reason, headers: check.headers, body: body))
        }
    }
}

/// The first line of a message (RFC 3261 §7.1, §7.2).
enum SIPStartLine {
    /// - Parameter version: `2.0`, or something else that is to be answered with 505.
    case request(SIPMethod, uri: [ArraySlice<UInt8>], version: String)
    case response(Int, reason: String)

    /// `nil` when it is neither.
    init?(_ line: ArraySlice<UInt8>) {
        if let version = Self.version(line.prefix { !SIPScanner.isSpace($0) }) {
            self.init(response: line, version: version)
        } else {
            self.init(request: line)
        }
    }

    /// `INVITE sip:user@host SIP/2.0`; more white space than that is let through.
    private init?(request line: ArraySlice<UInt8>) {
        let words = line.split(whereSeparator: SIPScanner.isSpace)
        guard words.count >= 3, SIPScanner.isToken(words[0]), let version = Self.version(words[words.count - 1]) else {
            return nil
        }
        let method = SIPMethod(rawValue: String(decoding: words[0], as: UTF8.self))
        self = .request(method, uri: Array(words[1..<(words.count - 1)]), version: version)
    }

    /// `SIP/2.0 200 OK`; the phrase may be missing.
    private init?(response line: ArraySlice<UInt8>, version: String) {
        let parts = line.split(maxSplits: 2, omittingEmptySubsequences: true, whereSeparator: SIPScanner.isSpace)
        guard version == "2.0", parts.count >= 2, parts[1].count == 3,
            let status = SIPScanner.number(parts[1], below: 1000)
        else { return nil }
        let reason = parts.count == 3 ? SIPScanner.trimmed(parts[2]) : []
        guard !reason.contains(where: { $0 == 0x0D || $0 == 0 }) else { return nil }
        self = .response(status, reason: String(decoding: reason, as: UTF8.self))
    }

    /// What follows `SIP/`; `nil` when it does not begin so.
    private static func version(_ word: ArraySlice<UInt8>) -> String? {
        guard word.count > 4, word.prefix(4).map(\.lowercasedASCII) == Array("sip/".utf8) else { return nil }
        return String(decoding: word.dropFirst(4), as: UTF8.self)
    }
}
