/// The digits that open a door (conference.md §1.5).
enum PIN {
    /// Longest text looked at, in bytes; longer ones match nothing. The text is a caller's.
    private static let limit = 256
    private static let mark = "X-ConfPin="

    /// The PIN inside what a caller supplied: the text itself, or what follows `X-ConfPin=` up to a `;`.
    /// `nil` when it is empty or longer than anybody's PIN.
    static func supplied(_ text: String?) -> String? {
        guard let text, !text.isEmpty, text.utf8.count <= limit else { return nil }
        var rest = text[...]
        while !rest.isEmpty, !rest.hasPrefix(mark) { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return text }
        let pin = rest.dropFirst(mark.count).prefix { $0 != ";" }
        return pin.isEmpty ? nil : String(pin)
    }

    /// Compares without telling by its time how much was right. An unset PIN matches nothing.
    static func matches(_ supplied: String, _ pin: String?) -> Bool {
        guard let pin, !pin.isEmpty, pin.utf8.count == supplied.utf8.count else { return false }
        return zip(pin.utf8, supplied.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
