import Calls
import Conference
import Engine
import Logging
import Native

/// What callers hear from files.
extension Bridge {
    /// Tones and silence are made by the loop; files are loaded first. A file that is not there is over at once.
    func play(_ playback: Playback, to id: LegID) {
        guard case .file(let name) = playback else { return start(.play(playback), for: id) }
        play(file: name, to: id)
    }

    func play(_ name: SoundName, to id: LegID) {
        guard name.isStream, let playback = try? Playback(parsing: name.text) else {
            return play(file: name.text, to: id)
        }
        start(.play(playback), for: id)
    }

    func start(_ program: SoloCall.Program, for id: LegID) { start(program, number: nextPlay(for: id), for: id) }

    /// A call on its way to another loop hears it there.
    private func start(_ program: SoloCall.Program, number: Int, for id: LegID) {
        guard calls[id]?.move == nil else {
            calls[id]?.move?.destination = .program(program, number: number)
            return
        }
        order(.play(id, program, number: number), for: id)
    }

    /// Whatever is said of what the call heard before is old news.
    private func nextPlay(for id: LegID) -> Int {
        lastPlay += 1
        calls[id]?.play = lastPlay
        return lastPlay
    }

    private func play(file name: String, to id: LegID) {
        guard calls[id] != nil else { return }
        let play = nextPlay(for: id)
        let sounds = helpers.sounds
        later {
            try? await sounds.sound(name)
        } then: { bridge, sound in
            // It was stopped, or something else is to be played by now.
            guard bridge.calls[id]?.play == play else { return }
            guard let sound else {
                bridge.log.warning("no such sound", metadata: ["leg": "\(id)", "file": "\(name)"])
                return bridge.played(id)
            }
            bridge.start(.sound(sound, loops: 1), number: play, for: id)
        }
    }

    func stopPlaying(_ id: LegID) {
        calls[id]?.play = nil
        order(.stopPlaying(id), for: id)
    }

    /// A room was to play a file that it does not have: next time it does, if there is one.
    func loadMissing(_ name: SoundName, for key: RoomKey) {
        if let before = missingSounds[name], time < before + Self.searchInterval { return }
        missingSounds[name] = time
        let sounds = helpers.sounds
        later {
            try? await sounds.sound(name.text)
        } then: { bridge, sound in
            guard let sound else {
                return bridge.log.warning(
                    "no such sound", metadata: ["room": "\(key.address)", "file": "\(name.text)"])
            }
            bridge.missingSounds[name] = nil
            for loop in bridge.loops { loop.send(.sounds([(name, sound)])) }
        }
    }
}

extension Bridge {
    /// How soon a sound that was not there is looked for again.
    private static let searchInterval: Duration = .seconds(60)
}

extension SoundName {
    /// One pass of tones or silence that are made.
    var streamDuration: Duration? {
        guard let playback = try? Playback(parsing: text) else { return nil }
        switch playback {
        case .tones(let script): return script.loops.map { script.duration * $0 } ?? Conference.Sound.endless
        case .silence(let duration, _): return duration ?? Conference.Sound.endless
        case .file: return nil
        }
    }
}
