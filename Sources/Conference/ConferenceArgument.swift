/// The argument of the dialplan application `conference` (conference.md §1.1):
///
///     [bridge:]<name>[:<dialstring>][@<profile>][+<pin>][+flags{<flag>[|<flag>]...}]
package struct ConferenceArgument: Equatable, Sendable {
    package enum Invalid: Error, Equatable, Sendable {
        /// More bytes than a sane argument has; the limit.
        case tooLong(limit: Int)
        case missingName
        /// `bridge:` without a dial string.
        case missingDialString
    }

    /// The room's name; it may hold an `@`.
    package let name: String
    package let profile: String
    /// The PIN this extension asks for instead of the profile's.
    package let pin: String?
    /// The inside of `+flags{}`; `nil` without one. `+flags{}` is text, though empty: it resets the profile's `mute`.
    package let flagText: String?
    /// Whom a `bridge:` room calls.
    package let dialString: String?

    /// Reads `text` in the order the servers before us did, so that old dialplans mean the same: flags, `bridge:`,
    /// leading spaces, the first `+`, the last `@`.
    package init(parsing text: String) throws(Invalid) {
        guard text.utf8.count <= Self.limit else { throw .tooLong(limit: Self.limit) }
        var (rest, flags) = Self.cutFlags(text[...])
        flagText = flags.map(String.init)
        dialString = try Self.cutDialString(&rest)
        rest = rest.drop { $0 == " " }
        pin = Self.cut(&rest, at: rest.firstIndex(of: "+"))
        profile = Self.cut(&rest, at: rest.lastIndex(of: "@")) ?? Self.defaultProfile
        guard !rest.isEmpty else { throw .missingName }
        name = String(rest)
    }

    /// The flags of this call, joined with those of its variables; `nil` when neither says anything.
    package func memberFlags(variables: [String: String] = [:]) -> MemberFlags? {
        let own = flagText.map(MemberFlags.init(parsing:))
        let given = MemberFlags(variables: variables)
        return own == nil && given == nil ? nil : (own ?? []).union(given ?? [])
    }

    /// The flags this call gives a room that it opens: member flag text counts as room flags too.
    package func roomFlags(variables: [String: String] = [:]) -> RoomFlags {
        [flagText, FlagWords.text(of: "conference_member_flags", in: variables)].compactMap { $0 }
            .reduce(RoomFlags(variables: variables) ?? []) { $0.union(RoomFlags(parsing: $1)) }
    }

    private static func cutFlags(_ text: Substring) -> (rest: Substring, flags: Substring?) {
        var start = text.startIndex
        while start < text.endIndex, !text[start...].hasPrefix(flagMark) { start = text.index(after: start) }
        guard start < text.endIndex else { return (text, nil) }
        return (text[..<start], text[start...].dropFirst(flagMark.count).prefix { $0 != "}" })
    }

    private static func cutDialString(_ rest: inout Substring) throws(Invalid) -> String? {
        guard rest.hasPrefix(bridgeMark) else { return nil }
        rest = rest.dropFirst(bridgeMark.count)
        guard let dialString = cut(&rest, at: rest.firstIndex(of: ":")) else { throw .missingDialString }
        return dialString
    }

    /// Takes the text from `index` off `rest` and returns what follows the separator, `nil` when that is empty.
    private static func cut(_ rest: inout Substring, at index: Substring.Index?) -> String? {
        guard let index else { return nil }
        let tail = rest[index...].dropFirst()
        rest = rest[..<index]
        return tail.isEmpty ? nil : String(tail)
    }

    private static let flagMark = "+flags{"
    private static let bridgeMark = "bridge:"
    private static let defaultProfile = "default"
    /// Bytes.
    private static let limit = 1024
}
