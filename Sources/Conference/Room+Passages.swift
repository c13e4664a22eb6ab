/// What is played when somebody comes or goes (conference.md §6.12).
extension Room {
    /// For the joiner its own sounds and the number of callers; for all the enter sound, from the second caller on.
    mutating func greet(_ member: Member, at now: Duration, into effects: inout [Effect]) {
        keepPerpetual(at: now, into: &effects)
        guard member.isHeardOf else { return followMusic(into: &effects) }
        play(.memberEnter, in: .member(member.id), .prompt, at: now, into: &effects)
        if count > 1 {
            stop(.queue, at: now, into: &effects) { $0.purpose == .alone }
            announce(.enter, own: member.request.enterSound, at: now, into: &effects)
        }
        if profile.announceCount > 1, count >= profile.announceCount {
            for name in callersPrompt { play(Sound(name), in: .member(member.id), .prompt, at: now, into: &effects) }
        } else {
            tellAlone(at: now, into: &effects)
        }
        followMusic(into: &effects)
    }

    /// For all the exit sound; for one who is left that it is alone.
    mutating func farewell(_ departed: [Member], at now: Duration, into effects: inout [Effect]) {
        for member in departed where member.isHeardOf && !isEmpty {
            announce(.exit, own: member.request.exitSound, at: now, into: &effects)
        }
        if departed.contains(where: \.isCounted) { tellAlone(at: now, into: &effects) }
        followMusic(into: &effects)
    }

    /// The commands `enter_sound` and `exit_sound`.
    mutating func changeAnnouncement(
        _ passage: Passage, _ change: AnnouncementChange, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        let old = announcements[passage]
        var new = old
        switch change {
        case .on: new.isOn = true
        case .off: new.isOn = false
        case .none: new = Announcement(isOn: false, sound: nil)
        case .file(let sound): new = Announcement(isOn: true, sound: try sound.found().name)
        }
        announcements[passage] = new
        if new.sound != old.sound { tell(passage.fileChanged, at: now, into: &effects) }
        if new.isOn != old.isOn { tell(new.isOn ? passage.on : passage.off, at: now, into: &effects) }
        return .announcement(passage, isOn: new.isOn, new.sound)
    }

    /// One that waits already tells of this one too: a crowd that comes at once is no queue of bells.
    private mutating func announce(
        _ passage: Passage, own: SoundName?, at now: Duration, into effects: inout [Effect]
    ) {
        let announcement = announcements[passage]
        let isSaid = announcement.isOn || passage == .exit && own != nil
        guard isSaid, let name = own ?? announcement.sound else { return }
        let waiting = playbacks[.queue].dropFirst()
        guard !waiting.contains(where: { $0.purpose == .passage(passage) && $0.sound == name }) else { return }
        play(Sound(name), in: .queue, .passage(passage), at: now, into: &effects)
    }

    private mutating func tellAlone(at now: Duration, into effects: inout [Effect]) {
        guard count == 1, !isWaiting, profile.sound(.perpetual) == nil else { return }
        guard !playbacks[.queue].contains(where: { $0.purpose == .alone }) else { return }
        play(.alone, in: .queue, .alone, at: now, into: &effects)
    }

    private var callersPrompt: [SoundName] {
        [profile.sound(.thereAre)].compactMap { $0 } + SpokenNumber.sounds(count)
            + [profile.sound(.callers)].compactMap { $0 }
    }
}

/// Whether all are told of comings, or goings, and by what.
struct Announcement: Equatable, Sendable {
    var isOn = true
    var sound: SoundName?
}

/// Both of them.
struct Announcements: Equatable, Sendable {
    private var enter: Announcement
    private var exit: Announcement

    init(_ profile: RoomProfile) {
        enter = Announcement(sound: profile.sound(.enter))
        exit = Announcement(sound: profile.sound(.exit))
    }

    subscript(passage: Passage) -> Announcement {
        get { passage == .enter ? enter : exit }
        set { if passage == .enter { enter = newValue } else { exit = newValue } }
    }
}

extension Passage {
    fileprivate var on: RoomAction { self == .enter ? .enterSoundsOn : .exitSoundsOn }
    fileprivate var off: RoomAction { self == .enter ? .enterSoundsOff : .exitSoundsOff }
    fileprivate var fileChanged: RoomAction { self == .enter ? .enterSoundFileChanged : .exitSoundFileChanged }
}

extension Member {
    /// Others hear that it comes and goes, and it is told about them.
    fileprivate var isHeardOf: Bool { isCounted && !request.isSilent && !flags.contains(.secondScreen) }
}
