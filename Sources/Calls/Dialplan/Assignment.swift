/// One variable set or removed by `set`, `export`, `multiset`, `unset` and their like.
package struct Assignment: Equatable, Sendable {
    package let name: String
    /// `nil` removes the variable.
    package let value: String?

    package init(name: String, value: String?) {
        self.name = name
        self.value = value
    }

    /// What `data` assigns when given to `application`; `nil` when the application assigns nothing.
    package static func parse(_ data: String, for application: String) -> [Assignment]? {
        switch application {
        case "set": return [assignment(data)].compactMap(\.self)
        case "export":
            // `nolocal:` leaves this leg alone; there is no other leg yet.
            return data.hasPrefix("nolocal:") ? [] : [assignment(data)].compactMap(\.self)
        case "unset", "multiunset":
            return words(data).map { Assignment(name: $0, value: nil) }
        case "multiset": return words(data).compactMap(assignment)
        default: return nil
        }
    }

    package func apply(to variables: inout [String: String]) {
        guard variables.count < Self.maximumVariables || variables[name] != nil else { return }
        variables[name] = value
    }

    /// `name=value`; an empty value and `_undef_` remove.
    private static func assignment(_ text: String) -> Assignment? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = String(text[..<equals].trimmed)
        let value = String(text[text.index(after: equals)...].trimmed)
        guard !name.isEmpty else { return nil }
        return Assignment(name: name, value: value.isEmpty || value == "_undef_" ? nil : value)
    }

    /// Separated by blanks, or by `,` in `^^,a=1,b=2`.
    private static func words(_ text: String) -> [String] {
        if text.hasPrefix("^^"), let separator = text.dropFirst(2).first {
            return text.dropFirst(3).split(separator: separator).map(String.init)
        }
        return text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static let maximumVariables = 500
}
