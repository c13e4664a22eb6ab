/// What is played, when, and to whom.
extension Room {
    /// What ``Effect/play(_:)`` began is over, or could not be played. Nothing happens for what was stopped.
    package mutating func playbackEnded(_ id: PlaybackID, at now: Duration) -> [Effect] {
        guard !isClosed, let lane = playbacks.lane(of: id) else { return [] }
        var effects: [Effect] = []
        if playbacks[lane].first?.purpose == .perpetual { hasPerpetual = false }  // it cannot be played
        finish(id, at: now, into: &effects)
        proceed(lane, at: now, into: &effects)
        return effects
    }

    /// Lets a sound play in a lane, now or in its turn. One too many is left out.
    mutating func play(
        _ sound: Sound, in lane: PlaybackLanes.Lane, _ purpose: Playback.Purpose, gain: Int = 0, loops: Int? = 1,
        isExclusive: Bool = false, at now: Duration, into effects: inout [Effect]
    ) {
        if lane == .background { stopAll(in: lane, at: now, into: &effects) }
        guard !playbacks.isFull(lane) else { return }
        let playback = Playback(
            id: playbacks.nextID(), sound: sound.name, duration: sound.duration, gain: gain, loops: loops,
            isExclusive: isExclusive, purpose: purpose
        )
        playbacks.append(playback, to: lane)
        if playbacks[lane].count == 1 { begin(lane, at: now, into: &effects) }
        if lane == .queue { followMusic(into: &effects) }
    }

    /// As above, for one of the profile's sounds, if it has it.
    mutating func play(
        _ sound: RoomSound, in lane: PlaybackLanes.Lane, _ purpose: Playback.Purpose, at now: Duration,
        into effects: inout [Effect]
    ) {
        if let name = profile.sound(sound) { play(Sound(name), in: lane, purpose, at: now, into: &effects) }
    }

    /// Stops playbacks of a lane, and lets the next one begin.
    ///
    /// - Returns: How many.
    @discardableResult
    mutating func stop(
        _ lane: PlaybackLanes.Lane, at now: Duration, into effects: inout [Effect],
        where isMeant: (Playback) -> Bool = { _ in true }
    ) -> Int {
        let meant = playbacks[lane].filter(isMeant)
        for playback in meant {
            if playback.clock != nil { effects.append(.stopPlayback(playback.id)) }
            finish(playback.id, at: now, into: &effects)
        }
        if !meant.isEmpty { proceed(lane, at: now, into: &effects) }
        return meant.count
    }

    /// The same without a next one: for a lane that is taken over, or ends with its member or its room.
    mutating func stopAll(in lane: PlaybackLanes.Lane, at now: Duration, into effects: inout [Effect]) {
        for playback in playbacks[lane] {
            if playback.clock != nil { effects.append(.stopPlayback(playback.id)) }
            finish(playback.id, at: now, into: &effects)
        }
    }

    /// The perpetual sound plays whenever nothing else is in the background.
    mutating func keepPerpetual(at now: Duration, into effects: inout [Effect]) {
        guard hasPerpetual, !isEmpty, playbacks[.background].isEmpty, let name = profile.sound(.perpetual) else {
            return
        }
        play(Sound(name), in: .background, .perpetual, loops: nil, at: now, into: &effects)
    }

    private mutating func begin(_ lane: PlaybackLanes.Lane, at now: Duration, into effects: inout [Effect]) {
        guard let next = playbacks[lane].first, next.clock == nil else { return }
        playbacks.update(lane) { $0.clock = PlaybackClock(startedAt: now) }
        effects.append(.play(next.order(to: lane.listener)))
    }

    private mutating func proceed(_ lane: PlaybackLanes.Lane, at now: Duration, into effects: inout [Effect]) {
        begin(lane, at: now, into: &effects)
        switch lane {
        case .queue: followMusic(into: &effects)
        case .background: keepPerpetual(at: now, into: &effects)
        case .member: break
        }
    }

    /// Takes a playback out, and tells of its end if its beginning was told.
    private mutating func finish(_ id: PlaybackID, at now: Duration, into effects: inout [Effect]) {
        guard let lane = playbacks.lane(of: id), let playback = playbacks.remove(id) else { return }
        guard playback.purpose == .command else { return }
        let played = playback.clock?.position(at: now) ?? .zero
        let headers = [
            "File": playback.sound.text, "Async": lane == .background ? "true" : "false",
            "seconds": String(wholeSeconds(played)), "milliseconds": String(milliseconds(played)),
            "samples": String(milliseconds(played) * profile.rate / 1000),
        ]
        if case .member(let member) = lane {
            tell(.playFileMemberDone, member, headers, at: now, into: &effects)
        } else {
            tell(.playFileDone, headers, at: now, into: &effects)
        }
    }
}
