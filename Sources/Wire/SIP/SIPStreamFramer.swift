/// Cuts a TCP or TLS stream into messages (RFC 3261 §18.3) and finds keep-alives between them (RFC 5626 §3.5.1).
///
/// Feed it what arrives and call ``next()`` until it is `nil`. After an error the stream is out of step: close it;
/// nothing more comes out. Each byte is looked at once, however small the pieces are.
package struct SIPStreamFramer: Sendable {
    package enum Frame: Equatable, Sendable {
        /// A whole message: head, and as much body as its Content-Length says.
        case message([UInt8])
        /// CRLF CRLF between messages: answer ``SIPStreamFramer/pongBytes``. When its halves come apart the first
        /// looks like a ``pong``.
        case ping
        /// CRLF between messages.
        case pong
    }

    private var buffer: [UInt8] = []
    /// Where the next frame begins in ``buffer``.
    private var start = 0
    private var head = HeadScan()
    /// The last thing out was the first half of a ping, or a pong.
    private var hasHalfPing = false
    private var isBroken = false

    package init() {}

    /// Whether a message has begun and not ended: the time for it runs.
    package var isInsideMessage: Bool { start < buffer.count }

    /// Takes what arrived.
    package mutating func push(_ bytes: [UInt8]) {
        guard !isBroken else { return }
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        } else if start > buffer.count / 2 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next frame, `nil` when more has to arrive first.
    ///
    /// - Throws: A message without a Content-Length that can be read, or over the limits; with what to answer before
    ///   the connection is closed.
    package mutating func next() throws(SIPParseError) -> Frame? {
        guard !isBroken else { return nil }
        if head.length == 0, let frame = keepAlive() { return frame }
        guard start < buffer.count, buffer[start] != 0x0D else { return nil }
        if let problem = head.scan(buffer, from: start) { throw broken(problem) }
        guard let end = head.end else { return nil }
        guard let bodyLength = head.bodyLength else { throw broken("Bad Content-Length header") }
        guard end + bodyLength <= Self.maximumMessage else { throw broken("Request Entity Too Large", status: 413) }
        guard buffer.count - start >= end + bodyLength else { return nil }
        let message = Array(buffer[start..<(start + end + bodyLength)])
        start += end + bodyLength
        (head, hasHalfPing) = (HeadScan(), false)
        return .message(message)
    }

    /// Line ends where a message could begin.
    private mutating func keepAlive() -> Frame? {
        while start < buffer.count {
            if buffer[start] == 0x0A {
                start += 1
                continue
            }
            guard buffer[start] == 0x0D, start + 1 < buffer.count else { return nil }
            guard buffer[start + 1] == 0x0A else {
                start += 1
                continue
            }
            start += 2
            if hasHalfPing {
                hasHalfPing = false
                return .ping
            }
            guard buffer[start...].starts(with: Self.pongBytes) else {
                hasHalfPing = true
                return .pong
            }
            start += 2
            return .ping
        }
        return nil
    }

    private mutating func broken(_ reason: String, status: Int = 400) -> SIPParseError {
        let error = SIPParseError(
            salvaging: Array(buffer[start...].prefix(Self.maximumMessage)), reason, status: status)
        (buffer, start, isBroken) = ([], 0, true)
        return error
    }

    /// The answer to a ``Frame/ping``.
    package static let pongBytes: [UInt8] = [0x0D, 0x0A]

    /// Head and body together, in bytes.
    package static let maximumMessage = 65_536
    /// A line of the head in bytes, its folded parts together.
    package static let maximumLine = 8192
    package static let maximumHeaders = 256
}

/// How far the head of the message in the buffer has been looked at. Offsets count from the message's first byte.
private struct HeadScan {
    /// Bytes looked at.
    private(set) var length = 0
    /// Where the body begins, once the empty line is there.
    private(set) var end: Int?
    private var lineStart = 0
    /// Bytes of the line and those it is folded onto.
    private var lineLength = 0
    private var lines = 0
    private var isLengthLine = false
    private var lengthTexts: [[UInt8]] = []

    /// What all Content-Length lines say; `nil` when there is none, or they differ, or cannot be read.
    var bodyLength: Int? {
        guard let first = lengthTexts.first.flatMap({ Self.number($0) }),
            lengthTexts.allSatisfy({ Self.number($0) == first })
        else { return nil }
        return first
    }

    /// Looks at what is new. Returns what is wrong with it.
    mutating func scan(_ buffer: [UInt8], from start: Int) -> String? {
        while end == nil, start + length < buffer.count {
            let byte = buffer[start + length]
            if length == lineStart, !SIPScanner.isSpace(byte) { lineLength = 0 }
            length += 1
            lineLength += 1
            guard lineLength <= SIPStreamFramer.maximumLine else { return "Header line too long" }
            guard length <= SIPStreamFramer.maximumMessage else { return "Message too large" }
            guard byte == 0x0A else { continue }
            if let problem = endLine(buffer[(start + lineStart)..<(start + length - 1)]) { return problem }
            lineStart = length
        }
        return nil
    }

    private mutating func endLine(_ written: ArraySlice<UInt8>) -> String? {
        let line = written.last == 0x0D ? written.dropLast() : written
        guard let first = line.first else {
            end = length
            return nil
        }
        if SIPScanner.isSpace(first) {
            if isLengthLine { lengthTexts[lengthTexts.count - 1] += line }
            return nil
        }
        lines += 1
        guard lines <= SIPStreamFramer.maximumHeaders + 1 else { return "Too many header fields" }
        readName(of: line)
        return nil
    }

    private mutating func readName(of line: ArraySlice<UInt8>) {
        isLengthLine = false
        guard let first = line.first?.lowercasedASCII, first == UInt8(ascii: "c") || first == UInt8(ascii: "l"),
            let colon = line.firstIndex(of: UInt8(ascii: ":"))
        else { return }
        let name = SIPScanner.trimmed(line[..<colon]).map(\.lowercasedASCII)
        guard name == Array("l".utf8) || name == Array("content-length".utf8) else { return }
        isLengthLine = true
        lengthTexts.append(Array(line[(colon + 1)...]))
    }

    private static func number(_ text: [UInt8]) -> Int? {
        SIPScanner.number(SIPScanner.trimmed(text[...]), below: 1 << 31)
    }
}
