/// A text with `${variable}` and `$1` in it, taken apart once at load.
///
/// What a caller supplied is only ever a value here. FreeSWITCH pastes captures into the text and expands the result,
/// so dialling `${password}` reads a variable; a template never looks into a value.
package struct Template: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case literal(String)
        /// `$1`; `$0` is the whole match.
        case capture(Int)
        /// What a capture held: text that the caller chose.
        case supplied(String)
        /// `${name}`, `${name:offset}` or `${name:offset:length}`. The name may itself hold variables.
        case variable(name: Template, offset: Int, length: Int?)
        /// `${function(arguments)}` or `${function arguments}`, FreeSWITCH's API call in a text.
        case function(String, arguments: Template)
    }

    /// What the text is used for, which decides what a backslash means.
    package enum Purpose: Sendable {
        /// An application's data: `$1` is a capture and `\$` a dollar sign.
        case data
        /// A regular expression: only `${…}` is special, and a backslash belongs to the expression.
        case pattern
    }

    private(set) var parts: [Part]

    package init(parsing text: String, as purpose: Purpose = .data) {
        self.init(parsing: text[...], as: purpose, depth: 0)
    }

    /// A text in which nothing is special.
    package init(literal text: String) { parts = text.isEmpty ? [] : [.literal(text)] }

    /// Whether the text is the same for every call.
    package var isConstant: Bool {
        parts.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// The API functions that a text may call.
    package static let supportedFunctions: Set<String> = ["hash", "sofia_contact", "user_data", "verto_contact"]

    /// Names of API functions in the text which we do not have; they expand to nothing.
    package var functions: [String] {
        parts.flatMap { part -> [String] in
            switch part {
            case .function(let name, let arguments):
                (Self.supportedFunctions.contains(name) ? [] : [name]) + arguments.functions
            case .variable(let name, _, _): name.functions
            case .literal, .capture, .supplied: []
            }
        }
    }

    /// The same text with the captures of a match put in as values.
    package func binding(_ captures: [String]) -> Template {
        var bound = self
        bound.parts = parts.map { part -> Part in
            switch part {
            case .capture(let index): .supplied(captures.indices.contains(index) ? captures[index] : "")
            case .variable(let name, let offset, let length):
                .variable(name: name.binding(captures), offset: offset, length: length)
            case .function(let name, let arguments): .function(name, arguments: arguments.binding(captures))
            case .literal, .supplied: part
            }
        }
        return bound
    }

    /// Whether some of the text is what a caller chose.
    ///
    /// - Parameter isSupplied: Whether a variable holds such text.
    func isSupplied(by isSupplied: (String) -> Bool) -> Bool {
        parts.contains { part in
            switch part {
            case .literal, .capture: return false
            case .supplied: return true
            case .variable(let name, _, _):
                guard name.isConstant else { return true }
                return isSupplied(name.expanded { _ in nil })
            // What one call left for others may be what its caller chose.
            case .function(let name, let arguments): return name == "hash" || arguments.isSupplied(by: isSupplied)
            }
        }
    }

    /// The text with each variable replaced by what `value` returns; unknown ones become nothing.
    ///
    /// - Parameters:
    ///   - transform: Applied to each value that came from a variable or a function, for instance to quote it.
    ///   - supplied: Applied to what captures held, and to what `hash` finds.
    ///   - call: What a function returns for its arguments.
    package func expanded(
        transform: (String) -> String = { $0 },
        supplied: (String) -> String = { $0 },
        call: Functions = { _, _ in nil },
        value: (String) -> String?
    ) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .capture: break
            case .supplied(let text): result += supplied(text)
            case .function(let name, let arguments):
                let inner = arguments.expanded(supplied: supplied, call: call, value: value)
                let found = call(name, inner) ?? ""
                result += transform(name == "hash" ? supplied(found) : found)
            case .variable(let name, let offset, let length):
                let found = value(name.expanded(supplied: supplied, call: call, value: value)) ?? ""
                result += transform(Self.slice(found, from: offset, length: length))
            }
            if result.utf8.count > Self.maximumSize { return String(result.prefix(Self.maximumSize)) }
        }
        return result
    }

    /// Answers an API function: its name and arguments in, its text out.
    package typealias Functions = (_ name: String, _ arguments: String) -> String?

    /// Longest expansion, in bytes.
    package static let maximumSize = 16_384
    private static let maximumDepth = 8
}

extension Template {
    private init(parsing text: Substring, as purpose: Purpose, depth: Int) {
        parts = []
        var literal = ""
        var rest = text
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first {
                rest.removeFirst()
                if purpose == .pattern || next != "$" { literal.append(character) }
                literal.append(next)
            } else if character == "$", let part = Self.reference(in: &rest, as: purpose, depth: depth) {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = ""
                parts.append(part)
            } else {
                literal.append(character)
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
    }

    /// Reads what follows a dollar sign; `nil`, and nothing consumed, when it is just a dollar sign.
    private static func reference(in rest: inout Substring, as purpose: Purpose, depth: Int) -> Part? {
        if purpose == .data, let first = rest.first, let digit = digitValue(first) {
            rest.removeFirst()
            guard let second = rest.first, let more = digitValue(second) else { return .capture(digit) }
            rest.removeFirst()
            return .capture(digit * 10 + more)
        }
        guard rest.first == "{", depth < maximumDepth, let inner = braced(rest) else { return nil }
        rest = rest[rest.index(after: inner.endIndex)...]
        if let (name, arguments) = function(inner) {
            return .function(name, arguments: Template(parsing: arguments, as: purpose, depth: depth + 1))
        }
        let pieces = inner.contains("${") ? [inner] : inner.split(separator: ":", omittingEmptySubsequences: false)
        return .variable(
            name: Template(parsing: pieces[0], as: purpose, depth: depth + 1),
            offset: pieces.count > 1 ? Int(pieces[1]) ?? 0 : 0,
            length: pieces.count > 2 ? Int(pieces[2]) : nil
        )
    }

    /// `name(arguments)` or `name arguments`.
    private static func function(_ inner: Substring) -> (name: String, arguments: Substring)? {
        guard let end = inner.firstIndex(where: { $0 == "(" || $0 == " " || $0 == "$" }), inner[end] != "$" else {
            return nil
        }
        var arguments = inner[inner.index(after: end)...]
        if inner[end] == "(", arguments.last == ")" { arguments.removeLast() }
        return (String(inner[..<end]), arguments.trimmed)
    }

    /// What is between the brace `text` starts with and the one that closes it.
    private static func braced(_ text: Substring) -> Substring? {
        var depth = 0
        for index in text.indices {
            if text[index] == "{" { depth += 1 }
            if text[index] == "}" { depth -= 1 }
            if depth == 0 { return text[text.index(after: text.startIndex)..<index] }
        }
        return nil
    }

    private static func digitValue(_ character: Character) -> Int? {
        character.isASCII ? character.wholeNumberValue : nil
    }

    /// A negative offset counts from the end, a negative length leaves that many characters off.
    private static func slice(_ text: String, from offset: Int, length: Int?) -> String {
        guard offset != 0 || length != nil else { return text }
        let start = offset >= 0 ? text.dropFirst(offset) : text.suffix(offset == .min ? .max : -offset)
        guard let length else { return String(start) }
        return String(length >= 0 ? start.prefix(length) : start.dropLast(length == .min ? .max : -length))
    }
}
