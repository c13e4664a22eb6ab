/// Walks over the bytes of a file and knows the line: the lexical half of ``XMLDocument``.
struct XMLScanner {
    struct Position {
        var offset = 0
        var line = 1
        var lineStart = 0
    }

    let file: String
    private(set) var position = Position()
    private let bytes: [UInt8]

    init(bytes: [UInt8], file: String) { (self.bytes, self.file) = (bytes, file) }

    func checkEncoding() throws(XMLError) {
        guard bytes.count <= XMLDocument.maximumSize else { throw error("the file is too large") }
        guard (try? UTF8Span(validating: bytes.span)) != nil else { throw error("the file is not UTF-8") }
    }

    /// The next byte; `nil` at the end.
    var peek: UInt8? { position.offset < bytes.count ? bytes[position.offset] : nil }

    func starts(with text: StaticString) -> Bool {
        let utf8 = text.description.utf8
        return bytes.count - position.offset >= utf8.count
            && bytes[position.offset..<position.offset + utf8.count].elementsEqual(utf8)
    }

    mutating func advance() {
        guard let byte = peek else { return }
        position.offset += 1
        if byte == 0x0A {
            position.line += 1
            position.lineStart = position.offset
        }
    }

    /// Steps over `text` if it is what comes next.
    @discardableResult
    mutating func skip(_ text: StaticString) -> Bool {
        guard starts(with: text) else { return false }
        for _ in 0..<text.utf8CodeUnitCount { advance() }
        return true
    }

    /// Steps over everything up to and with `text`.
    private mutating func skip(through text: StaticString, _ what: StaticString) throws(XMLError) {
        let start = position
        while !skip(text) {
            guard peek != nil else { throw error("the \(what) does not end", at: start) }
            advance()
        }
    }

    /// Always true, so that it can stand in a condition.
    @discardableResult
    mutating func skipSpace() -> Bool {
        while let byte = peek, Self.isSpace(byte) { advance() }
        return true
    }

    func error(_ reason: String, at place: Position? = nil) -> XMLError {
        let place = place ?? position
        return XMLError(file: file, line: place.line, column: place.offset - place.lineStart + 1, reason: reason)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}

// Names and characters (XML 1.0 §2.2, §2.3).
extension XMLScanner {
    /// A name; anything beyond ASCII counts as a letter.
    mutating func name(_ what: StaticString) throws(XMLError) -> String {
        let start = position.offset
        while let byte = peek, Self.isNameByte(byte, first: position.offset == start) { advance() }
        guard position.offset > start else { throw error("expected the name of an \(what)") }
        return String(decoding: bytes[start..<position.offset], as: UTF8.self)
    }

    /// Appends one byte of character data; line ends of any kind become one LF (XML 1.0 §2.11).
    mutating func character(into text: inout [UInt8]) throws(XMLError) {
        guard let byte = peek else { return }
        switch byte {
        case 0x0D:
            advance()
            if peek != 0x0A { text.append(0x0A) }
        case 0x09, 0x0A, 0x20...:
            text.append(byte)
            advance()
        default: throw error("a control character")
        }
    }

    /// The inside of a CDATA section, and its end.
    mutating func characterData(into text: inout [UInt8]) throws(XMLError) {
        let start = position
        while !skip("]]>") {
            guard peek != nil else { throw error("the CDATA section does not end", at: start) }
            try character(into: &text)
        }
    }

    private static func isNameByte(_ byte: UInt8, first: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x80...: true
        case UInt8(ascii: "_"), UInt8(ascii: ":"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): !first
        default: false
        }
    }
}

// References (XML 1.0 §4.1).
extension XMLScanner {
    /// The UTF-8 of what `&…;` stands for.
    mutating func reference() throws(XMLError) -> [UInt8] {
        let start = position
        advance()
        let nameStart = position.offset
        while let byte = peek, byte != UInt8(ascii: ";"), position.offset - nameStart < Self.longestReference {
            advance()
        }
        let name = bytes[nameStart..<position.offset]
        guard skip(";") else { throw error("& that begins no reference: write &amp;", at: start) }
        if let scalar = Self.scalar(name) { return Array(String(Character(scalar)).utf8) }
        throw error("unknown reference &\(String(decoding: name, as: UTF8.self));", at: start)
    }

    private static func scalar(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
        if name.first == UInt8(ascii: "#") { return numbered(name.dropFirst()) }
        switch String(decoding: name, as: UTF8.self) {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: return nil
        }
    }

    private static func numbered(_ digits: ArraySlice<UInt8>) -> Unicode.Scalar? {
        let isHex = digits.first == UInt8(ascii: "x")
        let digits = isHex ? digits.dropFirst() : digits
        guard !digits.isEmpty else { return nil }
        var value: UInt32 = 0
        for digit in digits {
            guard let digit = digit.hexDigitValue, isHex || digit < 10, value <= 0x10FFFF else { return nil }
            value = value * (isHex ? 16 : 10) + UInt32(digit)
        }
        guard value >= 0x20 || [0x09, 0x0A, 0x0D].contains(value), value & 0xFFFE != 0xFFFE || value > 0xFFFF else {
            return nil
        }
        return Unicode.Scalar(value)
    }

    /// `#x10FFFF` with a few zeros in front.
    private static let longestReference = 16
}

// What stands beside the elements and is not kept.
extension XMLScanner {
    /// `<?xml` and not, say, `<?xml-stylesheet`.
    var isXMLDeclaration: Bool {
        let next = position.offset + 5
        return starts(with: "<?xml") && next < bytes.count && Self.isSpace(bytes[next])
    }

    /// Steps over a comment or a processing instruction, if that is what comes next.
    mutating func skipAside() throws(XMLError) -> Bool {
        if skip("<!--") {
            try skip(through: "-->", "comment")
            return true
        }
        guard starts(with: "<?") else { return false }
        guard !isXMLDeclaration else { throw error("the <?xml?> declaration is not at the start of the file") }
        try processingInstruction()
        return true
    }

    mutating func processingInstruction() throws(XMLError) {
        try skip(through: "?>", "processing instruction")
    }

    /// Steps over a DOCTYPE with its internal subset. What it declares does not exist for us.
    mutating func documentType() throws(XMLError) {
        let start = position
        var isInSubset = false
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): try skipQuoted(byte)
            case UInt8(ascii: "<") where isInSubset:
                if try !skipAside() { advance() }
            case UInt8(ascii: "["):
                isInSubset = true
                advance()
            case UInt8(ascii: "]"):
                isInSubset = false
                advance()
            case UInt8(ascii: ">") where !isInSubset:
                advance()
                return
            default: advance()
            }
        }
        throw error("the DOCTYPE does not end", at: start)
    }

    private mutating func skipQuoted(_ quote: UInt8) throws(XMLError) {
        let start = position
        advance()
        while let byte = peek {
            advance()
            if byte == quote { return }
        }
        throw error("the quoted text does not end", at: start)
    }
}
