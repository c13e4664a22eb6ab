/// One variable set or removed by `set`, `export`, `push`, `multiset` or `unset`.
package struct Assignment: Equatable, Sendable {
    package let name: String
    /// `nil` removes the variable.
    package let value: String?
    /// `push`: the value goes behind what the variable holds, in FreeSWITCH's form `ARRAY::one|:two`.
    package let appends: Bool
    /// `export`: the legs this one calls get the variable too. A name that begins with ``notLocal`` is theirs alone.
    package let exports: Bool

    package init(name: String, value: String?, appends: Bool = false, exports: Bool = false) {
        self.name = name
        self.value = value
        self.appends = appends
        self.exports = exports
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
            return [assignment(data)].compactMap {
                $0.map { Assignment(name: $0.name, value: $0.value, exports: true) }
            }
        case "unset", "multiunset":
            return words(data).map { Assignment(name: $0, value: nil) }
        case "multiset": return words(data).compactMap(assignment)
        default: return nil
        }
    }

    package func apply(to variables: inout [String: String]) {
        guard variables.count < Self.maximumVariables || variables[name] != nil else { return }
        if exports { Self.list(name, in: &variables) }
        guard appends, let value, let old = variables[name] else {
            variables[name] = value
            return
        }
        guard old.utf8.count < Template.maximumSize else { return }
        variables[name] = (old.hasPrefix("ARRAY::") ? old : "ARRAY::\(old)") + "|:\(value)"
    }

    /// What a leg called by one with these variables gets: the names in `export_vars`.
    package static func exported(from variables: [String: String]) -> [String: String] {
        var exported: [String: String] = [:]
        for name in (variables["export_vars"] ?? "").split(separator: ",").map(\.trimmed) {
            let own = name.hasPrefix(notLocal) ? name.dropFirst(notLocal.count) : name
            exported[String(own)] = variables[String(name)]
        }
        return exported
    }

    private static func list(_ name: String, in variables: inout [String: String]) {
        let names = variables["export_vars"] ?? ""
        guard !names.split(separator: ",").contains(Substring(name)), names.utf8.count < Template.maximumSize else {
            return
        }
        variables["export_vars"] = names.isEmpty ? name : "\(names),\(name)"
    }

    /// In front of the name of a variable that only the called legs get.
    static let notLocal = "nolocal:"

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
