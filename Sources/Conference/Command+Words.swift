/// How commands are spelled where a door gets words: the text API and the moderator channel.
extension Command {
    /// Reads a command's name (any case) and the words behind it: first the selector where the command has one.
    ///
    /// - Throws: ``Refusal/unknownCommand(_:)`` or ``Refusal/badArgument(command:)``.
    package init(name: String, words: [String]) throws(Refusal) {
        let name = name.lowercased()
        guard let spelling = Self.spellings[name] else { throw .unknownCommand(name) }
        guard let command = spelling(Words(words)) else { throw .badArgument(command: name) }
        self = command
    }

    /// The names this room knows, sorted.
    package static var names: [String] { spellings.keys.sorted() }

    private static let spellings: [String: @Sendable (Words) -> Command?] = [
        "mute": { $0.selector.map(Command.mute) },
        "unmute": { $0.selector.map(Command.unmute) },
        "tmute": { $0.selector.map(Command.toggleMute) },
        "deaf": { $0.selector.map(Command.deaf) },
        "undeaf": { $0.selector.map(Command.undeaf) },
        "kick": { $0.selector.map(Command.kick) },
        "hup": { $0.selector.map(Command.hup) },
        "volume_in": { $0.levelled(Command.volumeIn) },
        "volume_out": { $0.levelled(Command.volumeOut) },
        "energy": { $0.levelled(Command.energy) },
        "floor": { $0.selector.map(Command.floor) },
        "vmute": { $0.selector.map(Command.videoMute) },
        "unvmute": { $0.selector.map(Command.videoUnmute) },
        "tvmute": { $0.selector.map(Command.toggleVideoMute) },
        "vblind": { $0.selector.map(Command.videoBlind) },
        "unvblind": { $0.selector.map(Command.videoUnblind) },
        "tvblind": { $0.selector.map(Command.toggleVideoBlind) },
        "vid-floor": { words in
            words.selector.map { .videoFloor($0, force: words.second?.lowercased() == "force") }
        },
        "clear-vid-floor": { _ in .clearVideoFloor },
        "vid-res-id": { words in
            words.selector.flatMap { who in words.second.flatMap { $0.isEmpty ? nil : .reserveLayer(who, $0) } }
        },
        "vid-bandwidth": { $0.bandwidth.map { .videoBandwidth($0, $1) } },
        "lock": { _ in .lock },
        "unlock": { _ in .unlock },
        "list": { _ in .list },
        "count": { _ in .count },
        "json_list": { _ in .jsonList },
        "xml_list": { _ in .jsonList },
        "get": { $0.property.map(Command.get) },
        "set": { words in words.property.flatMap { name in words.second.map { .set(name, $0) } } },
    ]
}

/// The words behind a command. Words too many (`quiet`, a file for `kick`) are for the doors' prompts, not for rules.
private struct Words {
    private let words: [String]

    init(_ words: [String]) { self.words = words }

    var second: String? { words.count > 1 ? words[1] : nil }
    var selector: Selector? { words.first.flatMap { Selector($0) } }
    var property: Property? { words.first.flatMap { Property(rawValue: $0) } }

    /// `[<selector>] <kb/s>|auto|clear`, everybody without a selector; a number may end in `kb` or `mb`.
    var bandwidth: (Selector, Int?)? {
        let given = words.filter { !$0.isEmpty }
        guard let last = given.last?.lowercased(), given.count <= 2 else { return nil }
        let who = given.count == 2 ? Selector(given[0]) : .all
        guard let who else { return nil }
        if ["auto", "clear"].contains(last) { return (who, nil) }
        return VideoBandwidth.kilobits(last).map { (who, $0) }
    }

    /// `<selector> [up|down|<n>]`; an empty level asks for the present one.
    func levelled(_ make: (Selector, LevelChange?) -> Command) -> Command? {
        guard let selector else { return nil }
        guard let second, !second.isEmpty else { return make(selector, nil) }
        return LevelChange(second).map { make(selector, $0) }
    }
}
