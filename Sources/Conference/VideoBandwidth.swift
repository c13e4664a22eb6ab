/// Bandwidths as configuration, clients and commands write them.
package enum VideoBandwidth {
    /// Reads `800`, `800kb` or `2mb`, any case, as kb/s; `nil` for what is none or beyond ``range``.
    package static func kilobits(_ text: some StringProtocol) -> Int? {
        let text = text.lowercased()
        let factor = text.hasSuffix("mb") ? 1000 : 1
        let digits = text.hasSuffix("mb") || text.hasSuffix("kb") ? text.dropLast(2) : text[...]
        guard let first = digits.first, first.isNumber, let number = Int(digits), number <= range.upperBound else {
            return nil
        }
        return range.contains(number * factor) ? number * factor : nil
    }

    /// kb/s.
    package static let range = 1...1_000_000
}
