/// Case folding of ASCII letters only, so that no other letter folds onto a protocol name (U+212A is not `k`).
extension String {
    var asciiLowercased: String { String(decoding: utf8.map { ($0 &- 0x41) < 26 ? $0 | 0x20 : $0 }, as: UTF8.self) }
    var asciiUppercased: String { String(decoding: utf8.map { ($0 &- 0x61) < 26 ? $0 & 0xDF : $0 }, as: UTF8.self) }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends on either side.
    var trimmed: SubSequence {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        var rest = self[...]
        while let first = rest.first, isBlank(first) { rest.removeFirst() }
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// FreeSWITCH's reading of a yes: `true`, `yes`, `on`, `enabled`, `active`, `allow`, `t` or a number other than 0.
    var isAffirmative: Bool {
        let word = String(self).asciiLowercased
        return ["true", "yes", "on", "enabled", "active", "allow", "t"].contains(word)
            || (Int(word).map { $0 != 0 } ?? false)
    }
}
