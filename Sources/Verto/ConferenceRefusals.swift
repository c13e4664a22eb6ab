import Conference

/// The words of a room's refusals (conference.md §5). Several depend on what was asked.
extension ConferenceReplies {
    func text(_ refusal: Refusal) -> String {
        switch refusal {
        case .unknownMember(let id): unknown(id)
        case .noSelection: "-ERR Non-Existant member\n"
        case .unknownCommand(let name): "-ERR Conference command '\(name)' not found.\n"
        case .forbidden: "-ERR Permission Denied\n"
        case .badArgument: badArgument
        case .locked: "-ERR Conference \(name) is locked\n"
        case .full(let limit): "-ERR Conference \(name) is full (\(limit))\n"
        case .pinRequired, .wrongPIN: "-ERR Pin required for conference \(name)\n"
        case .joinOnly, .notActive: Self.notFound(room)
        case .alreadyMember(let id): "-ERR Member \(id.text) is in the conference already\n"
        case .floorHeld(let holder): "-ERR floor is held by \(holder.text)\n"
        case .cannotSpeak(let id): "-ERR Member \(id.text) cannot speak\n"
        case .onHold(let id): "-ERR member \(id.text) is on hold\n"
        case .notMixing: "-ERR Conference is not in mixing mode\n"
        case .noVideo: "-ERR Bandwidth not set\n"
        case .soundNotFound(let name): notFound(file: name)
        case .notPlaying: verb.name == "file-vol" ? "-ERR File not playing\n" : "-ERR Nothing is playing\n"
        case .recordingInUse(let name): "-ERR file [\(name.text)] is already being used for recording.\n"
        case .noSuchRecording(let name): "-ERR non-existant recording '\(name.text)'\n"
        case .noSpeech(let command): "-ERR (\(command)) Error!\n"
        case .notStereo: "-ERR not supported\n"
        case .tooMany(let limit): "-ERR Too many (\(limit))\n"
        }
    }

    private func unknown(_ id: MemberID) -> String {
        switch verb.name {
        case "play": "-ERR Member: \(id.text) not found.\n"
        case "saymember": "-ERR (saymember) Unknown Member \(id.text)!\n"
        default: "-ERR Non-Existant ID \(id.text)\n"
        }
    }

    /// Mostly the usage, which ends without a line end.
    private var badArgument: String {
        switch verb.name {
        case "dial", "bgdial": "-ERR Bad Args\n"
        case "dtmf" where words.count > 1: "-ERR Invalid input!\n"
        case "moh": "-ERR invalid moh param\n"
        case "say": "-ERR (say) Error! No text.\n"
        case "saymember" where words.count == 1: "-ERR (saymember) No Text!\n"
        case "enter_sound", "exit_sound":
            switch words.first?.lowercased() {
            case nil, "": "-ERR Not enough args\n"
            case "file": "-ERR No filename specified\n"
            default: "-ERR Bad args\n"
            }
        default: verb.usage
        }
    }

    /// A file that is not there, or that nobody may name: the two are not told apart.
    private func notFound(file: String) -> String {
        let file = String(file.prefix(256))
        return switch verb.name {
        case "record", "recording": "-ERR file [\(file)] cannot be used for recording.\n"
        case "norecord", "pause", "resume": "-ERR non-existant recording '\(file)'\n"
        case "moh": "-ERR invalid moh param\n"
        case "play": "-ERR (play) File: \(file) not found.\n"
        default: "-ERR File: \(file) not found.\n"
        }
    }
}
