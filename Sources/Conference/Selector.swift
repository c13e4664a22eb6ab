/// Whom a command is for (conference.md §5.1).
package enum Selector: Hashable, Sendable {
    case member(MemberID)
    /// Everybody, newest first.
    case all
    /// Everybody but moderators, who are reported as skipped.
    case nonModerator
    /// The member with the highest number.
    case last
    /// The newest member whose call has a variable of this value.
    case variable(String, String)

    var isCollective: Bool { self == .all || self == .nonModerator }

    /// Reads a number above 0, `all`, `non_moderator` or `last`, in any case, or `<variable>=<value>`.
    package init?(_ text: some StringProtocol) {
        if let equals = text.firstIndex(of: "="), equals > text.startIndex {
            self = .variable(String(text[..<equals]), String(text[text.index(after: equals)...]))
            return
        }
        switch text.lowercased() {
        case "all": self = .all
        case "non_moderator": self = .nonModerator
        case "last": self = .last
        case let word:
            guard let number = Int(word), number > 0, word.first != "+" else { return nil }
            self = .member(MemberID(number))
        }
    }
}
