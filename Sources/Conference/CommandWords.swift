/// The words behind a command, and what they mean to several. An empty word is one that a client left out.
struct CommandWords {
    private let words: [String]

    init(_ words: [String]) { self.words = words }

    /// The word at `index`; `nil` when it is missing or empty.
    subscript(index: Int) -> String? { index < words.count && !words[index].isEmpty ? words[index] : nil }

    var selector: Selector? { self[0].flatMap { Selector($0) } }
    var property: Property? { self[0].flatMap { Property(rawValue: $0) } }
    var isQuiet: Bool { self[1]?.lowercased().contains("quiet") == true }

    /// A variable's name: what can be a header of an event.
    var variable: String? {
        self[0].flatMap { name in
            let isName = name.utf8.count <= 128 && name.utf8.allSatisfy { 0x21..<0x7F ~= $0 && $0 != UInt8(ascii: ":") }
            return isName ? name : nil
        }
    }

    /// Everything from `index` on as one text; `nil` when that is nothing.
    func rest(from index: Int) -> String? {
        let text = words.dropFirst(index).joined(separator: " ")
        return text.isEmpty || text.utf8.count > 4096 ? nil : text
    }

    /// Whom something is played to: `.some(nil)` for all when the word is missing, `nil` for a word that means nobody.
    func target(_ index: Int) -> Selector?? {
        guard let word = self[index] else { return .some(nil) }
        return Selector(word).map { .some($0) }
    }

    /// `<selector> [up|down|<n>]`; an empty level asks for the present one.
    func levelled(_ make: (Selector, LevelChange?) -> Command) -> Command? {
        asking(LevelChange.init, make)
    }

    /// `<selector> [<value>]`; no value asks for the present one.
    func asking<Value>(_ read: (String) -> Value?, _ make: (Selector, Value?) -> Command) -> Command? {
        guard let selector else { return nil }
        guard let word = self[1] else { return make(selector, nil) }
        return read(word).map { make(selector, $0) }
    }

    /// `hand <who> [up|down]`.
    func raising(_ make: (Selector, Bool?) -> Command) -> Command? {
        asking({ ["up": true, "down": false][$0.lowercased()] }, make)
    }

    static func switched(_ word: String) -> Bool? {
        switch word.lowercased() {
        case "on", "true", "yes": true
        case "off", "false", "no": false
        default: nil
        }
    }

    /// Keys of a telephone, and pauses (`w`, `W`).
    var digits: String? {
        self[1].flatMap { text in
            let isKeys = text.utf8.count <= 128 && text.allSatisfy { CallerControl.isKey($0) || "wW".contains($0) }
            return isKeys ? text : nil
        }
    }

    /// `[<selector>] <kb/s>|auto|clear`, everybody without a selector; a number may end in `kb` or `mb`.
    var bandwidth: (Selector, Int?)? {
        let given = words.filter { !$0.isEmpty }
        guard let last = given.last?.lowercased(), given.count <= 2 else { return nil }
        let who = given.count == 2 ? Selector(given[0]) : .all
        guard let who else { return nil }
        if ["auto", "clear"].contains(last) { return (who, nil) }
        return VideoBandwidth.kilobits(last).map { (who, $0) }
    }
}

// MARK: Members and rooms

extension CommandWords {
    /// `[<id>]` lists; `<id>[,<id>…] <id>[,<id>…] nospeak|nohear|clear` changes, words in one text or several.
    var relation: Command? {
        guard let first = self[0] else { return .listRelations(of: nil) }
        guard let ones = Self.members(first) else { return nil }
        guard let second = self[1] else { return ones.count == 1 ? .listRelations(of: ones[0]) : nil }
        guard let others = Self.members(second), let text = rest(from: 2)?.lowercased() else { return nil }
        if text.contains("clear") { return .relate(ones, others, .clear) }
        var relation: Relation.Words = []
        if text.contains("nospeak") { relation.insert(.noSpeak) }
        if text.contains("nohear") { relation.insert(.noHear) }
        return relation.isEmpty ? nil : .relate(ones, others, .set(relation))
    }

    /// `<pin>` or `mod <pin>`.
    var pin: Command? {
        guard let first = self[0] else { return nil }
        if first.lowercased() == "mod" { return self[1].flatMap { Self.isPIN($0) ? .pin($0, for: .moderator) : nil } }
        return Self.isPIN(first) ? .pin(first, for: .participant) : nil
    }

    /// `<dial string> [<caller number> [<caller name>]]`.
    var dialRequest: DialRequest? {
        guard let dialString = self[0], dialString.utf8.count <= 2048 else { return nil }
        guard [1, 2].allSatisfy({ (self[$0]?.utf8.count ?? 0) <= 256 }) else { return nil }
        return DialRequest(dialString, callerNumber: self[1], callerName: self[2])
    }

    /// `<conference>[@<profile>] <id> [<id>…]`.
    var transfer: Command? {
        guard let target = self[0], target.utf8.count <= 256, let list = rest(from: 1) else { return nil }
        let at = target.lastIndex(of: "@")
        let room = at.map { String(target[..<$0]) } ?? target
        let profile = at.map { String(target[target.index(after: $0)...]) } ?? "default"
        let ids = list.split(separator: " ").map { Self.member($0) }
        guard !room.isEmpty, !profile.isEmpty, !ids.isEmpty, ids.count <= Self.mostMembers else { return nil }
        let members = ids.compactMap { $0 }
        return members.count == ids.count ? .transfer(members, room: room, profile: profile) : nil
    }

    private static func isPIN(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }

    private static func members(_ text: String) -> [MemberID]? {
        let ids = text.split(separator: ",", omittingEmptySubsequences: false).map { member($0) }
        let members = ids.compactMap { $0 }
        return members.count == ids.count && (1...mostMembers).contains(ids.count) ? members : nil
    }

    private static func member(_ text: some StringProtocol) -> MemberID? {
        guard case .member(let id)? = Selector(text) else { return nil }
        return id
    }

    private static let mostMembers = 256
}

// MARK: Sounds and recordings

extension CommandWords {
    /// A file's name at `index`, `nil` when there is none.
    func sound(_ index: Int) throws(Refusal) -> Sound? {
        guard let word = self[index] else { return nil }
        guard let name = SoundName(word) else { throw .soundNotFound(word) }
        return Sound(name)
    }

    /// `[{loops=<n>|inf,vol=<dB>}]<file> [async | <id>|last [nomux]]`.
    var play: Command? {
        get throws(Refusal) {
            guard let text = self[0], let (file, gain, loops) = Self.parameters(of: text) else { return nil }
            guard let name = SoundName(file) else { throw .soundNotFound(String(file)) }
            let target: PlayRequest.Target
            switch self[1]?.lowercased() {
            case nil: target = .queue
            case "async": target = .background
            case let word?:
                guard let who = Selector(word) else { return nil }
                target = .member(who, isExclusive: self[2]?.lowercased() == "nomux")
            }
            return .play(PlayRequest(Sound(name), to: target, gain: gain, loops: loops))
        }
    }

    /// `[current|all|async]`, or nothing for all.
    var stopScope: StopScope? {
        guard let word = self[0] else { return .all }
        return StopScope(rawValue: word.lowercased())
    }

    /// `<dB> [async]`.
    var fileVolume: Command? {
        guard let gain = self[0].flatMap({ Int($0) }), Gain.range.contains(gain) else { return nil }
        return .fileVolume(gain, inBackground: self[1]?.lowercased() == "async")
    }

    /// `<file>|on|off|toggle|reset`.
    var music: MusicChange? {
        get throws(Refusal) {
            switch self[0]?.lowercased() {
            case nil: nil
            case "on": .on
            case "off": .off
            case "toggle": .toggle
            case "reset": .reset
            default: try sound(0).map { .file($0) }
            }
        }
    }

    /// `on|off|none|file <file>`.
    var announcement: AnnouncementChange? {
        get throws(Refusal) {
            switch self[0]?.lowercased() {
            case "on": .on
            case "off": .off
            case "none": AnnouncementChange.none
            case "file": try sound(1).map { .file($0) }
            default: nil
            }
        }
    }

    func recordingName(_ index: Int) throws(Refusal) -> RecordingName? {
        guard let word = self[index] else { return nil }
        guard let name = RecordingName(word) else { throw .soundNotFound(word) }
        return name
    }

    /// `[<name>] [tracks]`; a canvas's number is passed over.
    func record(from index: Int) throws(Refusal) -> Command {
        let isTracks = [index, index + 1].contains { self[$0]?.lowercased() == "tracks" }
        let first = self[index]?.lowercased()
        // A moderator's client that names no file gets `all` put there, which is none.
        let isUnnamed = first == nil || first == "tracks" || first == "all"
        return .record(isUnnamed ? nil : try recordingName(index), tracks: isTracks)
    }

    /// `<name>|all`.
    func stopRecording(from index: Int, isWordNeeded: Bool) throws(Refusal) -> Command? {
        guard let word = self[index] else { return isWordNeeded ? nil : .stopRecording(nil) }
        return .stopRecording(word.lowercased() == "all" ? nil : try recordingName(index))
    }

    /// `start [<name>] [tracks]`, `stop [<name>|all]`, `check`, `pause <name>`, `resume <name>`, or a name to record.
    var recording: Command? {
        get throws(Refusal) {
            switch self[0]?.lowercased() {
            case nil: nil
            case "start": try record(from: 1)
            case "stop": try stopRecording(from: 1, isWordNeeded: false)
            case "check": .checkRecording
            case "pause": try recordingName(1).map { .pauseRecording($0) }
            case "resume": try recordingName(1).map { .resumeRecording($0) }
            default: try record(from: 0)
            }
        }
    }

    /// Takes `{name=value,…}` off a file's name. Parameters that mean nothing here are passed over.
    private static func parameters(of text: String) -> (file: Substring, gain: Int, loops: Int?)? {
        guard text.hasPrefix("{") else { return (text[...], 0, 1) }
        guard let end = text.firstIndex(of: "}") else { return nil }
        var (gain, loops): (Int, Int?) = (0, 1)
        for pair in text[..<end].dropFirst().split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0].lowercased() {
            case "vol":
                guard let value = Int(parts[1]), Gain.range.contains(value) else { return nil }
                gain = value
            case "loops" where parts[1].lowercased() == "inf": loops = nil
            case "loops":
                guard let value = Int(parts[1]), (1...1_000_000).contains(value) else { return nil }
                loops = value
            default: continue
            }
        }
        return (text[text.index(after: end)...], gain, loops)
    }
}

/// dB of what is played.
enum Gain {
    static let range = -50...50
}
