/// How commands are spelled where a door gets words: the text API, the moderator channel and the command line.
extension Command {
    /// Reads a command's name (any case) and the words behind it: first the selector where the command has one.
    ///
    /// - Throws: ``Refusal/unknownCommand(_:)``, ``Refusal/badArgument(command:)``, or
    ///   ``Refusal/soundNotFound(_:)`` for a file that lies where nobody may ask for it.
    package init(name: String, words: [String]) throws(Refusal) {
        let name = name.lowercased()
        guard let spelling = Self.spellings[name] else { throw .unknownCommand(name) }
        guard let command = try spelling(CommandWords(words)) else { throw .badArgument(command: name) }
        self = command
    }

    /// The names this room knows, sorted.
    package static var names: [String] { spellings.keys.sorted() }

    private typealias Spelling = @Sendable (CommandWords) throws(Refusal) -> Command?

    private static let spellings: [String: Spelling] = [memberSpellings, videoSpellings, roomSpellings, soundSpellings]
        .reduce(into: [:]) { $0.merge($1) { $1 } }

    private static let memberSpellings: [String: Spelling] = [
        "mute": { words in words.selector.map { .mute($0, quiet: words.isQuiet) } },
        "unmute": { words in words.selector.map { .unmute($0, quiet: words.isQuiet) } },
        "tmute": { words in words.selector.map { .toggleMute($0, quiet: words.isQuiet) } },
        "deaf": { words in words.selector.map { .deaf($0, quiet: words.isQuiet) } },
        "undeaf": { words in words.selector.map { .undeaf($0, quiet: words.isQuiet) } },
        "hold": { words throws(Refusal) in
            guard let who = words.selector else { return nil }
            return .hold(who, try words.sound(1))
        },
        "unhold": { $0.selector.map(Command.unhold) },
        "kick": { words throws(Refusal) in
            guard let who = words.selector else { return nil }
            return .kick(who, try words.sound(1))
        },
        "hup": { $0.selector.map(Command.hup) },
        "volume_in": { $0.levelled(Command.volumeIn) },
        "volume_out": { $0.levelled(Command.volumeOut) },
        "energy": { $0.levelled(Command.energy) },
        "auto-energy": { $0.levelled(Command.autoEnergy) },
        "agc": { $0.asking(AutoGainChange.init, Command.autoGain) },
        "denoise": { $0.asking(CommandWords.switched, Command.denoise) },
        "position": { $0.asking(Position.init, Command.position) },
        "dtmf": { words in words.selector.flatMap { who in words.digits.map { .sendDigits(who, $0) } } },
        "floor": { $0.selector.map(Command.floor) },
        "hand": { $0.raising(Command.hand) },
        "get-uuid": { $0.selector.map(Command.getUUID) },
    ]

    private static let videoSpellings: [String: Spelling] = [
        "vmute": { $0.selector.map(Command.videoMute) },
        "unvmute": { $0.selector.map(Command.videoUnmute) },
        "tvmute": { $0.selector.map(Command.toggleVideoMute) },
        "vblind": { $0.selector.map(Command.videoBlind) },
        "unvblind": { $0.selector.map(Command.videoUnblind) },
        "tvblind": { $0.selector.map(Command.toggleVideoBlind) },
        "vid-floor": { words in words.selector.map { .videoFloor($0, force: words[1]?.lowercased() == "force") } },
        "clear-vid-floor": { _ in .clearVideoFloor },
        "vid-res-id": { words in words.selector.flatMap { who in words[1].map { .reserveLayer(who, $0) } } },
        "vid-bandwidth": { $0.bandwidth.map { .videoBandwidth($0, $1) } },
    ]

    private static let roomSpellings: [String: Spelling] = [
        "relate": { $0.relation },
        "lock": { _ in .lock },
        "unlock": { _ in .unlock },
        "pin": { $0.pin },
        "nopin": { _ in .noPIN },
        "list": { _ in .list },
        "count": { _ in .count },
        "json_list": { _ in .jsonList },
        "xml_list": { _ in .jsonList },
        "get": { $0.property.map(Command.get) },
        "set": { words in words.property.flatMap { name in words[1].map { .set(name, $0) } } },
        "getvar": { $0.variable.map(Command.getVariable) },
        "setvar": { words in words.variable.map { .setVariable($0, words.rest(from: 1)) } },
        "dial": { words in words.dialRequest.map { .dial($0, inBackground: false) } },
        "bgdial": { words in words.dialRequest.map { .dial($0, inBackground: true) } },
        "transfer": { $0.transfer },
        "record": { words throws(Refusal) in try words.record(from: 0) },
        "norecord": { words throws(Refusal) in try words.stopRecording(from: 0, isWordNeeded: true) },
        "pause": { words throws(Refusal) in try words.recordingName(0).map(Command.pauseRecording) },
        "resume": { words throws(Refusal) in try words.recordingName(0).map(Command.resumeRecording) },
        "chkrecord": { _ in .checkRecording },
        "check_record": { _ in .checkRecording },
        "recording": { words throws(Refusal) in try words.recording },
    ]

    private static let soundSpellings: [String: Spelling] = [
        "play": { words throws(Refusal) in try words.play },
        "stop": { words in words.target(1).flatMap { who in words.stopScope.map { .stop($0, who) } } },
        "pause_play": { words in words.target(0).map(Command.pausePlayback) },
        "play_status": { words in words.target(0).map(Command.playbackStatus) },
        "file_seek": { words in
            words.target(1).flatMap { who in words[0].flatMap { SeekChange($0) }.map { .seek($0, who) } }
        },
        "file-vol": { $0.fileVolume },
        "moh": { words throws(Refusal) in try words.music.map(Command.music) },
        "enter_sound": { words throws(Refusal) in try words.announcement.map { .announcement(.enter, $0) } },
        "exit_sound": { words throws(Refusal) in try words.announcement.map { .announcement(.exit, $0) } },
        "say": { words in words.rest(from: 0).map(Command.say) },
        "saymember": { words in
            words.selector.flatMap { who in words.rest(from: 1).map { .sayMember(who, $0) } }
        },
    ]
}
