/// What a room plays while nothing happens (conference.md §6.10).
extension Room {
    /// Says which music plays now, when that changed: for one who is alone, unless something else is played, and for
    /// all who wait for a moderator.
    mutating func followMusic(into effects: inout [Effect]) {
        let music = wantedMusic
        guard music != playingMusic else { return }
        playingMusic = music
        effects.append(.music(music))
    }

    /// The `moh` command.
    mutating func changeMusic(_ change: MusicChange, into effects: inout [Effect]) throws(Refusal) -> Reply {
        switch change {
        case .on: isMusicOn = true
        case .off: isMusicOn = false
        case .toggle: isMusicOn.toggle()
        case .reset: (isMusicOn, otherMusic) = (true, nil)
        case .file(let sound): (isMusicOn, otherMusic) = (true, try sound.found().name)
        }
        followMusic(into: &effects)
        return .music(isOn: isMusicOn, music)
    }

    private var music: SoundName? { otherMusic ?? profile.sound(.music) }

    private var wantedMusic: SoundName? {
        guard isMusicOn, !isClosed, !isEmpty else { return nil }
        if isWaiting { return music }
        guard count == 1, playbacks[.queue].isEmpty else { return nil }
        return members.values.contains { $0.flags.contains(.nomoh) } ? nil : music
    }
}
