import Wire

extension JSON {
    /// For people, as the original prints it: a member a line behind tabs, arrays in one line.
    var formatted: String { formatted(depth: 0) }

    private func formatted(depth: Int) -> String {
        switch self {
        case .array(let items): return "[\(items.map { $0.formatted(depth: depth + 1) }.joined(separator: ", "))]"
        case .object(let object) where object.isEmpty: return "{\n\(Self.tabs(depth))}"
        case .object(let object):
            let members = object.members.map { key, value in
                "\(Self.tabs(depth + 1))\(JSON.string(key).text):\t\(value.formatted(depth: depth + 1))"
            }
            return "{\n\(members.joined(separator: ",\n"))\n\(Self.tabs(depth))}"
        default: return text
        }
    }

    private static func tabs(_ count: Int) -> String { String(repeating: "\t", count: count) }
}
