extension JSON {
    /// Reads one JSON text (RFC 8259), and nothing behind it but white space.
    ///
    /// A lone surrogate escape, which JavaScript writes for half an emoji, becomes U+FFFD: a call is not refused for
    /// a display name. Comments, a byte order mark and unescaped control characters are refused.
    ///
    /// - Parameter maximumDepth: How many arrays and objects may lie inside each other.
    package init(parsing bytes: Span<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
        var reader = JSONReader(maximumDepth: maximumDepth)
        self = try reader.text(bytes)
    }

    /// Reads one JSON text; see ``init(parsing:maximumDepth:)-swift.init``.
    package init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
        try self.init(parsing: bytes.span, maximumDepth: maximumDepth)
    }

    /// Reads one JSON text; offsets in errors count UTF-8 bytes.
    package init(parsing text: String, maximumDepth: Int = 64) throws(JSONError) {
        try self.init(parsing: Array(text.utf8).span, maximumDepth: maximumDepth)
    }
}

/// A recursive-descent reader: where it is, and how deep. The bytes are handed to every step, for a span cannot be
/// stored here.
private struct JSONReader {
    private var index = 0
    private var depth = 0
    private let maximumDepth: Int

    init(maximumDepth: Int) { self.maximumDepth = maximumDepth }

    mutating func text(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        let value = try value(bytes)
        skipSpace(bytes)
        guard index == bytes.count else { throw error(.trailingBytes) }
        return value
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        skipSpace(bytes)
        switch try peek(bytes) {
        case UInt8(ascii: "{"): return .object(try object(bytes))
        case UInt8(ascii: "["): return .array(try array(bytes))
        case UInt8(ascii: "\""): return .string(try string(bytes))
        case UInt8(ascii: "t"): return try word("true", .bool(true), bytes)
        case UInt8(ascii: "f"): return try word("false", .bool(false), bytes)
        case UInt8(ascii: "n"): return try word("null", .null, bytes)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number(bytes)
        case let other: throw error(.unexpected(other))
        }
    }

    private mutating func object(_ bytes: Span<UInt8>) throws(JSONError) -> JSONObject {
        var object = JSONObject()
        try enter()
        if try closes(UInt8(ascii: "}"), bytes) { return object }
        repeat {
            skipSpace(bytes)
            guard try peek(bytes) == UInt8(ascii: "\"") else { throw error(.unexpected(bytes[index])) }
            let key = try string(bytes)
            skipSpace(bytes)
            guard try peek(bytes) == UInt8(ascii: ":") else { throw error(.unexpected(bytes[index])) }
            index += 1
            object.append(try value(bytes), for: key)
        } while try continues(until: UInt8(ascii: "}"), bytes)
        return object
    }

    private mutating func array(_ bytes: Span<UInt8>) throws(JSONError) -> [JSON] {
        var array: [JSON] = []
        try enter()
        if try closes(UInt8(ascii: "]"), bytes) { return array }
        repeat {
            array.append(try value(bytes))
        } while try continues(until: UInt8(ascii: "]"), bytes)
        return array
    }

    /// Steps over the opening bracket.
    private mutating func enter() throws(JSONError) {
        guard depth < maximumDepth else { throw error(.tooDeep) }
        depth += 1
        index += 1
    }

    /// Whether the array or object is empty; steps over the closing bracket if so.
    private mutating func closes(_ bracket: UInt8, _ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        skipSpace(bytes)
        guard try peek(bytes) == bracket else { return false }
        index += 1
        depth -= 1
        return true
    }

    /// After an element: steps over a comma and says yes, or over the closing bracket and says no.
    private mutating func continues(until bracket: UInt8, _ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        if try closes(bracket, bytes) { return false }
        guard bytes[index] == UInt8(ascii: ",") else { throw error(.unexpected(bytes[index])) }
        index += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ value: JSON, _ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        for expected in word.description.utf8 {
            guard try peek(bytes) == expected else { throw error(.unexpected(bytes[index])) }
            index += 1
        }
        return value
    }

    private mutating func skipSpace(_ bytes: Span<UInt8>) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    private func peek(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard index < bytes.count else { throw error(.endOfText) }
        return bytes[index]
    }

    private func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(reason: reason, offset: offset ?? index)
    }
}

// Numbers (RFC 8259 §6).
extension JSONReader {
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSON {
        let start = index
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        let whole = try integerPart(bytes, isNegative: isNegative)
        let isWhole = try !fractionAndExponent(bytes)
        if isWhole, let whole { return .integer(whole) }

        var text = ""
        for offset in start..<index { text.unicodeScalars.append(Unicode.Scalar(bytes[offset])) }
        guard let value = Double(text) else { throw error(.badNumber, at: start) }
        guard value.isFinite else { throw error(.numberTooLarge, at: start) }
        return .number(value)
    }

    /// Reads the digits before the point; `nil` when they do not fit in 64 bits.
    private mutating func integerPart(_ bytes: Span<UInt8>, isNegative: Bool) throws(JSONError) -> Int64? {
        let start = index
        var value: Int64? = 0
        while index < bytes.count, let digit = Self.digit(bytes[index]) {
            if let soFar = value {
                let (tenfold, tooLarge) = soFar.multipliedReportingOverflow(by: 10)
                let (sum, tooLargeToo) = tenfold.addingReportingOverflow(isNegative ? -digit : digit)
                value = tooLarge || tooLargeToo ? nil : sum
            }
            index += 1
        }
        let hasLeadingZero = index - start > 1 && bytes[start] == UInt8(ascii: "0")
        guard index > start, !hasLeadingZero else { throw error(.badNumber) }
        return value
    }

    private mutating func fractionAndExponent(_ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        let start = index
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            try digits(bytes)
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try digits(bytes)
        }
        return index > start
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = index
        while index < bytes.count, Self.digit(bytes[index]) != nil { index += 1 }
        guard index > start else { throw error(.badNumber) }
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int64(byte - UInt8(ascii: "0")) : nil
    }
}

// Strings (RFC 8259 §7).
extension JSONReader {
    private mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        index += 1
        let start = index
        while true {
            switch try peek(bytes) {
            case UInt8(ascii: "\""):
                let text = try utf8(bytes.extracting(start..<index), at: start)
                index += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(bytes, from: start)
            case 0..<0x20: throw error(.unexpected(bytes[index]))
            default: index += 1
            }
        }
    }

    /// The rare case: builds the string byte by byte, from its start.
    private mutating func escapedString(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> String {
        var unescaped: [UInt8] = []
        for offset in start..<index { unescaped.append(bytes[offset]) }
        while true {
            let byte = try peek(bytes)
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return try utf8(unescaped.span, at: start)
            case UInt8(ascii: "\\"):
                index += 1
                let scalar = try escape(bytes)
                unescaped.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            case 0..<0x20: throw error(.unexpected(byte))
            default:
                unescaped.append(byte)
                index += 1
            }
        }
    }

    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let letter = try peek(bytes)
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape(bytes)
        default: throw error(.badEscape, at: index - 2)
        }
    }

    /// The scalar of `uXXXX`, or of two that form a surrogate pair.
    private mutating func unicodeEscape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let first = try fourHexDigits(bytes)
        if let scalar = Unicode.Scalar(first) { return scalar }
        let isHigh = first < 0xDC00
        let secondFollows =
            index + 1 < bytes.count && bytes[index] == UInt8(ascii: "\\") && bytes[index + 1] == UInt8(ascii: "u")
        guard isHigh, secondFollows else { return Self.replacement }
        let afterFirst = index
        index += 2
        let second = try fourHexDigits(bytes)
        guard (0xDC00...0xDFFF).contains(second) else {
            index = afterFirst  // not its other half: read it again as a character of its own
            return Self.replacement
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? Self.replacement
    }

    private mutating func fourHexDigits(_ bytes: Span<UInt8>) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = try peek(bytes).hexDigitValue else { throw error(.badEscape) }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    private func utf8(_ bytes: Span<UInt8>, at offset: Int) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes))
        } catch {
            throw self.error(.badUTF8, at: offset)
        }
    }

    private static let replacement: Unicode.Scalar = "\u{FFFD}"
}
