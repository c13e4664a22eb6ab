/// Flags as configuration writes them: words between `|` or `,`, any case, unknown ones ignored.
enum FlagWords {
    /// At most this many words are looked at; nobody writes as many, and the text comes from a dial string.
    private static let limit = 64

    /// Joins the flags that `words` names in `text`.
    static func parse<Flags: OptionSet>(_ text: String, _ words: [(name: String, flag: Flags)]) -> Flags
    where Flags.Element == Flags {
        var flags: Flags = []
        for word in text.split(maxSplits: limit, whereSeparator: { $0 == "|" || $0 == "," }).prefix(limit) {
            // Values pushed onto a variable are told apart by `|:`.
            let name = word.drop { $0 == ":" }.filter { $0 != " " }.lowercased()
            if let match = words.first(where: { $0.name == name }) { flags.formUnion(match.flag) }
        }
        return flags
    }

    /// The flag text of the variables `base` (values pushed as `ARRAY::a|:b` too) and `base_<flag>=true`; `nil` when
    /// there is none (conference.md §1.3).
    static func text(of base: String, in variables: [String: String]) -> String? {
        var words: [String] = []
        if let value = variables[base], !value.isEmpty {
            words.append(value.hasPrefix("ARRAY::") ? String(value.dropFirst(7)) : value)
        }
        for (name, value) in variables where name.hasPrefix(base + "_") && isTrue(value) {
            words.append(String(name.dropFirst(base.count + 1)))
        }
        return words.isEmpty ? nil : words.sorted().joined(separator: "|")
    }

    /// Whether a configuration value means yes.
    static func isTrue(_ value: String) -> Bool {
        ["true", "yes", "on", "enable", "enabled", "active", "allow", "1", "t"].contains(value.lowercased())
    }
}
