/// What is wrong with the expression of a condition.
package enum PatternError: Error, Equatable, Sendable {
    /// Swift Regex's words.
    case invalid(String)
    case tooLong(limit: Int)
    /// Repeats something of varying length, as `(a+)*` does: some texts would take for ever.
    case runaway
    /// So many repetitions that even short texts would take too long.
    case tooCostly
}

/// The regular expression of a dialplan condition, compiled once at load.
///
/// The syntax is that of Swift Regex, which reads what FreeSWITCH dialplans use of PCRE except lookbehind. `\d`, `\w`
/// and `\s` are ASCII. `/expression/i` ignores case. `${variable}` puts in a value of the call, quoted, so a caller
/// cannot bring an expression of their own.
package struct DialplanPattern: Sendable {
    /// As written in the file.
    package let text: String
    private let body: Body
    private let ignoresCase: Bool

    private enum Body: Sendable {
        case fixed(BoundedRegex)
        case perCall(Template)
    }

    package init(parsing text: String) throws(PatternError) {
        self.text = text
        let (source, flags) = Self.delimited(text)
        ignoresCase = flags.contains("i")
        let template = Template(parsing: source, as: .pattern)
        if template.isConstant {
            body = .fixed(try BoundedRegex(source, ignoringCase: ignoresCase))
        } else {
            _ = try BoundedRegex(template.expanded { _ in "x" }, ignoringCase: ignoresCase)
            body = .perCall(template)
        }
    }

    /// The captures of the first match in `subject`, the whole match first; `nil` when there is none.
    ///
    /// A subject longer than the expression can be run on in bounded time does not match.
    package func captures(in subject: String, value: (String) -> String?) -> [String]? {
        switch body {
        case .fixed(let regex): return regex.captures(in: subject)
        case .perCall(let template):
            let source = template.expanded(transform: Self.quoted, value: value)
            return (try? BoundedRegex(source, ignoringCase: ignoresCase))?.captures(in: subject)
        }
    }

    private static func delimited(_ text: String) -> (source: String, flags: Substring) {
        guard text.count > 1, text.first == "/", let end = text.lastIndex(of: "/"), end > text.startIndex else {
            return (text, "")
        }
        return (String(text[text.index(after: text.startIndex)..<end]), text[text.index(after: end)...])
    }

    private static func quoted(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars {
            let isPlain = !scalar.isASCII || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            if !isPlain { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}

/// A compiled expression and the longest text it may see.
///
/// `Regex` is not `Sendable`, because it may hold closures and because it compiles itself at the first match. Ours is
/// made from text alone, so it holds no closure, and has matched once before anybody shares it: nothing writes to it
/// afterwards.
private struct BoundedRegex: @unchecked Sendable {
    private let regex: Regex<AnyRegexOutput>
    private let longestSubject: Int

    init(_ source: String, ignoringCase: Bool) throws(PatternError) {
        longestSubject = try PatternCost(of: source).longestSubject
        do {
            regex = try Regex(source)
                .asciiOnlyDigits().asciiOnlyWordCharacters().asciiOnlyWhitespace().asciiOnlyCharacterClasses()
                .matchingSemantics(.unicodeScalar)
                .ignoresCase(ignoringCase)
            _ = try regex.firstMatch(in: "")
        } catch {
            throw .invalid("\(error)")
        }
    }

    func captures(in subject: String) -> [String]? {
        guard subject.unicodeScalars.count <= longestSubject else { return nil }
        guard let match = try? regex.firstMatch(in: subject) else { return nil }
        return match.output.map { $0.substring.map(String.init) ?? "" }
    }
}
