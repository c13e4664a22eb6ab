/// What is wrong with a dial string.
package enum DialStringError: Error, Sendable, Hashable {
    case empty
    /// A bracket without its other half.
    case unclosedBracket(Character)
    /// No `endpoint/address`.
    case notAnAddress(String)
    /// More than ``DialString/maximumTargets`` targets, or a longer text than ``DialString/maximumSize``.
    case tooLong
}

/// Whom to call: `{a=1}[b=2]user/1000,sofia/gateway/itsp/0301234|user/1002`.
///
/// What a comma separates rings together and the first answer wins; what a bar separates is tried only when everything
/// before it failed. `{}` holds variables of every leg, `[]` those of one; `^^:` in front of them changes the separator.
/// What `:_:` separates is worked off side by side, each with times of its own; `<>` in front of all of it holds
/// variables of every part.
package struct DialString: Sendable, Equatable {
    /// One `endpoint/address`.
    package struct Target: Sendable, Equatable {
        package let endpoint: String
        package let address: String
        package let variables: [String: String]

        package init(endpoint: String, address: String, variables: [String: String] = [:]) {
            self.endpoint = endpoint
            self.address = address
            self.variables = variables
        }
    }

    package let variables: [String: String]
    /// Tried in turn; the targets of one ring together. Never empty, and no group is.
    package let groups: [[Target]]
    /// What stands behind each `:_:`. Has no others itself.
    package let others: [DialString]

    package init(parsing text: String) throws(DialStringError) {
        guard text.utf8.count <= Self.maximumSize else { throw .tooLong }
        var rest = text.trimmed
        var common: [String: String] = [:]
        while rest.first == "<" { try Self.readVariables(from: &rest, closedBy: ">", into: &common) }
        var parts: [DialString] = []
        var count = 0
        for part in try Self.split(rest, at: ":_:") {
            guard let dial = try Self.part(part.trimmed, common) else { continue }
            count += dial.groups.reduce(0) { $0 + $1.count }
            guard count <= Self.maximumTargets else { throw .tooLong }
            parts.append(dial)
        }
        guard let first = parts.first else { throw .empty }
        self.init(variables: first.variables, groups: first.groups, others: Array(parts.dropFirst()))
    }

    private init(variables: [String: String], groups: [[Target]], others: [DialString] = []) {
        (self.variables, self.groups, self.others) = (variables, groups, others)
    }

    /// One dial string of several; `nil` when it names nobody.
    private static func part(
        _ text: Substring, _ common: [String: String]
    ) throws(DialStringError) -> DialString? {
        var rest = text
        var variables = common
        while let opening = rest.first, opening == "{" || opening == "<" {
            try readVariables(from: &rest, closedBy: opening == "{" ? "}" : ">", into: &variables)
        }
        var groups: [[Target]] = []
        for part in try split(rest, at: "|") {
            var group: [Target] = []
            for leg in try split(part, at: ",") where !leg.trimmed.isEmpty { group.append(try target(leg.trimmed)) }
            if !group.isEmpty { groups.append(group) }
        }
        return groups.isEmpty ? nil : DialString(variables: variables, groups: groups)
    }

    package static let maximumTargets = 64
    /// In bytes.
    package static let maximumSize = 16_384
    private static let maximumVariables = 200
}

extension DialString {
    private static func target(_ text: Substring) throws(DialStringError) -> Target {
        var rest = text
        var variables: [String: String] = [:]
        while let opening = rest.first, opening == "[" || opening == "{" {
            try readVariables(from: &rest, closedBy: opening == "[" ? "]" : "}", into: &variables)
        }
        guard let slash = rest.firstIndex(of: "/"), slash > rest.startIndex else {
            throw .notAnAddress(String(rest))
        }
        let address = rest[rest.index(after: slash)...].trimmed
        guard !address.isEmpty else { throw .notAnAddress(String(rest)) }
        return Target(
            endpoint: String(rest[..<slash]).asciiLowercased, address: String(address), variables: variables)
    }

    /// Reads one bracket off the front of `rest`. A later value of a name wins.
    private static func readVariables(
        from rest: inout Substring,
        closedBy closing: Character,
        into variables: inout [String: String]
    ) throws(DialStringError) {
        let opening = rest[rest.startIndex]
        guard let end = try closingIndex(of: rest) else { throw .unclosedBracket(opening) }
        var inner = rest[rest.index(after: rest.startIndex)..<end]
        rest = rest[rest.index(after: end)...].trimmed
        var separator: Character = ","
        if inner.hasPrefix("^^"), let character = inner.dropFirst(2).first {
            separator = character
            inner = inner.dropFirst(3)
        }
        for pair in try split(inner, at: String(separator)) {
            guard let equals = pair.firstIndex(of: "="), variables.count < maximumVariables else { continue }
            let name = String(pair[..<equals].trimmed)
            guard !name.isEmpty else { continue }
            variables[name] = unquoted(pair[pair.index(after: equals)...].trimmed)
        }
    }

    /// Parts between `separator`s that no bracket, quote or backslash protects.
    private static func split(_ text: Substring, at separator: String) throws(DialStringError) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var index = start
        while index < text.endIndex {
            let character = text[index]
            if text[index...].hasPrefix(separator) {
                parts.append(text[start..<index])
                start = text.index(index, offsetBy: separator.count)
                index = start
                continue
            } else if character == "[" || character == "{" {
                guard let end = try closingIndex(of: text[index...]) else { throw .unclosedBracket(character) }
                index = end
            } else if character == "'", let end = quoteEnd(in: text[index...]) {
                index = end
            } else if character == "\\", text.index(after: index) < text.endIndex {
                index = text.index(after: index)
            }
            index = text.index(after: index)
        }
        return parts + [text[start...]]
    }

    /// Where the bracket that `text` begins with is closed.
    private static func closingIndex(of text: Substring) throws(DialStringError) -> Substring.Index? {
        guard let opening = text.first else { return nil }
        let closing: Character = opening == "{" ? "}" : opening == "[" ? "]" : ">"
        var depth = 0
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            if character == opening { depth += 1 }
            if character == closing { depth -= 1 }
            if depth == 0 { return index }
            if character == "'", let end = quoteEnd(in: text[index...]) { index = end }
            if character == "\\", text.index(after: index) < text.endIndex { index = text.index(after: index) }
            index = text.index(after: index)
        }
        return nil
    }

    /// The quote that closes the one `text` begins with; `nil` when it is just an apostrophe.
    private static func quoteEnd(in text: Substring) -> Substring.Index? {
        text.dropFirst().firstIndex(of: "'")
    }

    private static func unquoted(_ text: Substring) -> String {
        if text.count >= 2, text.first == "'", text.last == "'" { return String(text.dropFirst().dropLast()) }
        var result = ""
        var rest = text
        while let character = rest.popFirst() {
            if character == "\\", let next = rest.first, "\\,'[]{}|".contains(next) {
                rest.removeFirst()
                result.append(next)
            } else {
                result.append(character)
            }
        }
        return result
    }
}
