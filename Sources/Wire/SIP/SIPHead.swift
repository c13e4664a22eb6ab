/// Start line and header fields of a message, taken apart and not yet understood.
///
/// Reading goes on behind a broken line, so that the fields an answer needs are found; the first thing that was wrong
/// is kept.
struct SIPHead {
    /// Without its line end.
    private(set) var startLine: ArraySlice<UInt8> = []
    private(set) var fields: [SIPHeaders.Field] = []
    /// Where the body begins: behind the empty line, or at the end when there is none.
    private(set) var bodyStart: Int
    private(set) var problem: String?

    private let bytes: [UInt8]

    /// Empty lines in front are skipped (RFC 3261 §7.5). A line may end in LF alone.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        bodyStart = bytes.firstIndex { $0 != 0x0D && $0 != 0x0A } ?? bytes.count
        if let line = nextLine() { startLine = line }
        if startLine.count > SIPStreamFramer.maximumLine { note("Request line too long") }
        readFields()
    }

    /// Header fields without a start line, as in a part of a multipart body: none when it begins with an empty line.
    init(fieldsOf bytes: [UInt8]) {
        self.bytes = bytes
        bodyStart = 0
        readFields()
    }

    private mutating func note(_ problem: String) { self.problem = self.problem ?? problem }

    /// The line at ``bodyStart`` without its end, the last one also without a line end; `nil` at the end.
    private mutating func nextLine() -> ArraySlice<UInt8>? {
        guard bodyStart < bytes.count else { return nil }
        let start = bodyStart
        var end = start
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        bodyStart = min(end + 1, bytes.count)
        if end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return bytes[start..<end]
    }

    private mutating func readFields() {
        while let line = nextLine(), !line.isEmpty {
            guard fields.count < SIPStreamFramer.maximumHeaders else { return note("Too many header fields") }
            let isFolded = bodyStart < bytes.count && SIPScanner.isSpace(bytes[bodyStart])
            add(isFolded ? unfolding(line) : line)
        }
    }

    /// `line` and the lines behind it that begin with white space, with one space between (RFC 3261 §7.3.1).
    private mutating func unfolding(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var whole = Array(line)
        while bodyStart < bytes.count, SIPScanner.isSpace(bytes[bodyStart]), let more = nextLine() {
            whole.append(0x20)
            whole.append(contentsOf: SIPScanner.trimmed(more))
        }
        return whole[...]
    }

    private mutating func add(_ line: ArraySlice<UInt8>) {
        guard line.count <= SIPStreamFramer.maximumLine else { return note("Header line too long") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return note("Header line without a colon") }
        let name = SIPScanner.trimmed(line[..<colon])
        guard SIPScanner.isToken(name), line.first.map(SIPScanner.isSpace) == false else {
            return note("Bad header name")
        }
        let value = SIPScanner.trimmed(line[(colon + 1)...])
        guard Self.staysInItsLine(value) else { return note("Control characters in a header") }
        fields.append(
            SIPHeaders.Field(
                name: SIPHeaderName.long(String(decoding: name, as: UTF8.self)),
                value: String(decoding: value, as: UTF8.self)))
    }

    /// No CR, and no NUL but a quoted one.
    private static func staysInItsLine(_ value: ArraySlice<UInt8>) -> Bool {
        var last: UInt8 = 0
        for byte in value {
            if byte == 0x0D || (byte == 0 && last != UInt8(ascii: "\\")) { return false }
            last = byte
        }
        return true
    }
}
