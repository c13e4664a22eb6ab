/// The files that a command brings: the server loads them first, off the media's threads.
extension Command {
    /// What has to be loaded, streams among them.
    package var sounds: [SoundName] { sound.map { [$0.name] } ?? [] }

    /// The command with what the server found out: how long each sound is, one pass. A sound that is missing here was
    /// not found, and the room will say so to who may ask for it at all.
    package func loaded(_ durations: [SoundName: Duration]) -> Command {
        guard var sound else { return self }
        sound.duration = durations[sound.name]
        switch self {
        case .hold(let who, _): return .hold(who, sound)
        case .kick(let who, _): return .kick(who, sound)
        case .announcement(let passage, _): return .announcement(passage, .file(sound))
        case .music: return .music(.file(sound))
        case .play(var request):
            request.sound = sound
            return .play(request)
        default: return self
        }
    }

    private var sound: Sound? {
        switch self {
        case .hold(_, let sound), .kick(_, let sound): sound
        case .announcement(_, .file(let sound)), .music(.file(let sound)): sound
        case .play(let request): request.sound
        default: nil
        }
    }
}

extension Sound {
    /// - Throws: ``Refusal/soundNotFound(_:)`` when nobody has loaded it.
    func found() throws(Refusal) -> Sound {
        guard duration != nil else { throw .soundNotFound(name.text) }
        return self
    }
}
