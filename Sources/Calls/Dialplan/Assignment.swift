/// One variable set or removed by `set`, `export`, `push`, `multiset` or `unset`.
package struct Assignment: Equatable, Sendable {
    package let name: String
    /// `nil` removes the variable.
    package let value: String?
    /// `push`: the value goes behind what the variable holds, in FreeSWITCH's form `ARRAY::one|:two`.
    package let appends: Bool

    package init(name: String, value: String?, appends: Bool = false) {
        self.name = name
        self.value = value
        self.appends = appends
    }

    /// What `data` assigns when given to `application`; `nil` when the application assigns nothing.
    package static func parse(_ data: String, for application: String) -> [Assignment]? {
        switch application {
        case "push":
            return [assignment(data)].compactMap {
                $0.map { Assignment(name: $0.name, value: $0.value, appends: true) }
            }
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
        guard appends, let value, let old = variables[name] else {
            variables[name] = value
            return
        }
        guard old.utf8.count < Template.maximumSize else { return }
        variables[name] = (old.hasPrefix("ARRAY::") ? old : "ARRAY::\(old)") + "|:\(value)"
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
