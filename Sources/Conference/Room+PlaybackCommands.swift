/// What each command about playback does (conference.md §5.5).
extension Room {
    /// - Throws: ``Refusal/soundNotFound(_:)``, ``Refusal/tooMany(limit:)``, or why there is nobody to play it to.
    mutating func play(
        _ request: PlayRequest, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        let sound = try request.sound.found()
        guard case .member(let who, let isExclusive) = request.target else {
            let isQueued = request.target == .queue
            if isQueued { try refuseFull(.queue) }
            start(request, sound, isQueued ? .queue : .background, at: now, into: &effects)
            return .playing(sound.name, to: nil)
        }
        let ids = try presentMembers(who)
        for id in ids { try refuseFull(.member(id)) }
        for id in ids { start(request, sound, .member(id), isExclusive: isExclusive, at: now, into: &effects) }
        return .playing(sound.name, to: ids)
    }

    mutating func stop(
        _ scope: StopScope, _ who: Selector?, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        var count = 0
        for lane in try lanes(of: who) {
            let first = playbacks[lane].first?.id
            switch (scope, lane) {
            case (.background, .background), (.all, _):
                count += stop(lane, at: now, into: &effects) { $0.purpose != .perpetual }
            case (.current, .queue), (.current, .member):
                count += stop(lane, at: now, into: &effects) { $0.id == first }
            default: break
            }
        }
        return .stopped(count)
    }

    mutating func togglePause(
        _ who: Selector?, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        guard let (lane, playback) = try current(who) else { return .paused(nil) }
        let isPaused = playback.clock?.isPaused != true
        playbacks.update(lane) { $0.clock?.setPaused(isPaused, at: now) }
        effects.append(.pausePlayback(playback.id, isPaused))
        return .paused(isPaused)
    }

    func playbackStatus(_ who: Selector?, at now: Duration) throws(Refusal) -> Reply {
        .playback(try current(who)?.1.status(at: now))
    }

    mutating func seek(
        _ change: SeekChange, _ who: Selector?, at now: Duration, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        guard let (lane, playback) = try current(who) else { return .sought(nil) }
        let position = playback.target(of: change, at: now)
        playbacks.update(lane) { $0.clock?.seek(to: position, at: now) }
        effects.append(.seekPlayback(playback.id, to: position))
        return .sought(position)
    }

    mutating func setFileVolume(
        _ gain: Int, inBackground: Bool, into effects: inout [Effect]
    ) throws(Refusal) -> Reply {
        let lane = inBackground ? PlaybackLanes.Lane.background : .queue
        guard let playback = playbacks[lane].first else { throw .notPlaying }
        let gain = min(max(gain, Gain.range.lowerBound), Gain.range.upperBound)
        if playback.gain != gain {
            playbacks.update(lane) { $0.gain = gain }
            effects.append(.setPlaybackGain(playback.id, gain))
        }
        return .fileVolume(gain)
    }

    private mutating func start(
        _ request: PlayRequest, _ sound: Sound, _ lane: PlaybackLanes.Lane, isExclusive: Bool = false,
        at now: Duration, into effects: inout [Effect]
    ) {
        let headers = ["File": sound.name.text, "Async": lane == .background ? "true" : "false"]
        if case .member(let id) = lane {
            tell(.playFileMember, id, headers, at: now, into: &effects)
        } else {
            tell(.playFile, headers, at: now, into: &effects)
        }
        play(
            sound, in: lane, .command, gain: request.gain, loops: request.loops, isExclusive: isExclusive, at: now,
            into: &effects
        )
    }

    private func refuseFull(_ lane: PlaybackLanes.Lane) throws(Refusal) {
        guard !playbacks.isFull(lane) else { throw .tooMany(limit: lane.limit) }
    }

    private func lanes(of who: Selector?) throws(Refusal) -> [PlaybackLanes.Lane] {
        guard let who else { return [.queue, .background] }
        return try presentMembers(who).map { .member($0) }
    }

    /// What plays in the first lane that has something; of the room's, not what plays for ever.
    private func current(_ who: Selector?) throws(Refusal) -> (PlaybackLanes.Lane, Playback)? {
        for lane in try lanes(of: who) {
            if let playback = playbacks[lane].first, playback.purpose != .perpetual { return (lane, playback) }
        }
        return nil
    }
}
