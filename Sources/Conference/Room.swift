/// One room: who is in it, what they may do, and what follows. It carries nothing out itself.
///
/// Its owner, the engine, hands in facts and time ("room time", from 0 at its creation), carries out the effects in
/// order, and calls ``advance(to:)`` at ``deadline``. Media has three ways in: ``talking(_:_:score:at:)`` when a
/// member's ``TalkDetector`` changes, ``energy(_:score:at:)`` as often as it likes while a member talks, and once a
/// tick ``beginTick()``, ``consider(_:smoothedScore:)`` for each member, ``endTick(at:)``: the room owns the floor,
/// because mute, hold, leaving and the `floor` command move it too. Video has ``videoReady(_:at:)``,
/// ``setVideo(_:_:at:)`` and ``view(_:slots:)``; the video floor follows the audio floor at ``endTick(at:)``. Keys come
/// in by ``digit(_:_:at:)``, and what became of sounds, recordings and calls that effects asked for by
/// ``playbackEnded(_:at:)``, ``recordingEnded(_:failure:at:)`` and ``dialEnded(_:cause:peer:at:)``.
package struct Room: Sendable {
    package let key: RoomKey
    package let uuid: String
    /// As it is now: `set` and the like change it.
    package internal(set) var profile: RoomProfile
    package internal(set) var isLocked = false
    /// Nobody is mixed until a moderator comes.
    package internal(set) var isWaiting: Bool
    /// The room has ended: it refuses everything and says nothing more.
    package internal(set) var isClosed = false

    let startedAt: Int
    let isDynamic: Bool
    var members: [MemberID: Member] = [:]
    /// In order of joining.
    var order: [MemberID] = []
    var liveArray = LiveArray()
    var keeper: FloorKeeper
    var videoKeeper: VideoFloorKeeper
    var lastSummary: RoomSummary?
    /// Two when a `mintwo` member has joined.
    var minimum = 1
    var hasReachedMinimum = false
    var timers = RoomTimers()
    var playbacks = PlaybackLanes()
    var announcements: Announcements
    /// The profile's perpetual sound can be played, as far as anybody knows.
    var hasPerpetual: Bool
    var isMusicOn = true
    /// Instead of the profile's music.
    var otherMusic: SoundName?
    /// What the media were last told.
    var playingMusic: SoundName?
    var recordings: [Recording] = []
    /// Recording may begin by itself.
    var mayRecord = true
    var lastRecording = 0
    var relations: [RelatedPair: Relation.Words] = [:]
    var variables: [String: String]
    /// Whose calls come in muted, for a moderator muted one of them.
    var mutedPersons: Set<String> = []
    /// Calls that were asked for; whether nobody waits for them.
    var jobs: [JobID: Bool] = [:]
    var lastJob = 0
    var book = ConferenceBook()
    /// Members by kind, so that nothing has to count them.
    var headcount = Headcount()
    /// Its first member has been told of.
    var isCreated = false
    /// When somebody last spoke or came.
    var lastActivity: Duration = .zero

    /// - Parameters:
    ///   - startedAt: Seconds since 1970.
    ///   - isDynamic: Ends when the last member leaves.
    package init(key: RoomKey, profile: RoomProfile, startedAt: Int, uuid: String = "", isDynamic: Bool = true) {
        (self.key, self.profile, self.startedAt, self.uuid) = (key, profile, startedAt, uuid)
        self.isDynamic = isDynamic
        isWaiting = profile.roomFlags.contains(.waitMod)
        keeper = FloorKeeper(minimumHold: Int(profile.floorHold / .milliseconds(20)))
        announcements = Announcements(profile)
        hasPerpetual = profile.sound(.perpetual) != nil
        variables = profile.variables
        videoKeeper = VideoFloorKeeper(autoFloor: profile.videoAutoFloor, minimumHold: profile.videoFloorHold)
    }

    /// When ``advance(to:)`` next has something to do; `nil` means never.
    package var deadline: Duration? { timers.earliest }

    /// Does what is due: keys that wait for others, a grace or a silence that lasted too long, reports.
    package mutating func advance(to now: Duration) -> [Effect] {
        var effects: [Effect] = []
        while !isClosed, let timer = timers.next(at: now) {
            switch timer {
            case .end: close(isForced: true, at: now, into: &effects)
            case .silence: endSilence(at: now, into: &effects)
            case .heartbeat: beat(at: now, into: &effects)
            case .talkReport(let id): reportTalk(of: id, at: now, into: &effects)
            case .keys(let id): keysEnded(id, at: now, into: &effects)
            }
        }
        if !isClosed, !effects.isEmpty { summarise(into: &effects) }
        return effects
    }

    /// Ends the room: everybody is removed, newest first.
    package mutating func close(at now: Duration) -> [Effect] {
        var effects: [Effect] = []
        close(isForced: false, at: now, into: &effects)
        return effects
    }
}

// MARK: Reading

extension Room {
    /// Nobody is here, ghosts included.
    package var isEmpty: Bool { members.isEmpty }

    /// The newest first: the order in which commands and lists go through the room.
    package var memberIDs: [MemberID] { order.reversed() }

    package func contains(_ id: MemberID) -> Bool { members.index(forKey: id) != nil }

    /// The role of a member now; `nil` when it is not here.
    package func role(of id: MemberID) -> Role? { members[id]?.role }

    /// Who holds the audio floor.
    package var floorHolder: MemberID? { keeper.holder }

    /// People, without ghosts and screen shares.
    package var count: Int { headcount.people }

    /// The live array's rows, with every delta up to ``serial``.
    package var snapshot: [LiveArray.Entry] { publishes ? liveArray.snapshot : [] }

    /// The serial of the last delta.
    package var serial: Int { liveArray.serial }

    /// Every member, newest first.
    package func summaries(at now: Duration) -> [MemberSummary] {
        order.reversed().compactMap { id in members[id].map { summary(of: $0, at: now) } }
    }

    package var summary: RoomSummary {
        RoomSummary(
            name: key.name, domain: key.domain, members: count, talking: headcount.talkers, isLocked: isLocked,
            since: startedAt
        )
    }

    /// Everything that `json_list` shows.
    package func roster(at now: Duration) -> Roster {
        Roster(
            key: key, uuid: uuid, profile: profile.name, memberCount: count, ghostCount: ghostCount,
            rate: profile.rate, runTime: wholeSeconds(now), isLocked: isLocked, isWaiting: isWaiting,
            isDynamic: isDynamic, audioAlways: profile.roomFlags.contains(.audioAlways),
            enforcesMinimum: hasReachedMinimum, maxMembers: profile.maxMembers,
            videoBandwidthIn: profile.videoBandwidthIn ?? 0,
            videoFloorTicks: Int(profile.videoAutoFloor / .milliseconds(20)),
            videoFloorOnly: profile.roomFlags.contains(.videoFloorOnly),
            announcesEnter: announcements[.enter].isOn, announcesExit: announcements[.exit].isOn, flags: flagWords,
            variables: variables, recordings: recordingSummaries, members: summaries(at: now)
        )
    }

    /// What lists put behind `flags:`, in their order (conference.md §5.9).
    private var flagWords: [String] {
        let flags = profile.roomFlags
        let words: [(String, Bool)] = [
            ("locked", isLocked), ("destruct", isClosed), ("wait_mod", isWaiting),
            ("audio_always", flags.contains(.audioAlways)), ("running", !isClosed), ("answered", !isEmpty),
            ("enforce_min", hasReachedMinimum), ("dynamic", isDynamic), ("exit_sound", announcements[.exit].isOn),
            ("enter_sound", announcements[.enter].isOn), ("recording", !recordings.isEmpty),
            ("video_floor_only", flags.contains(.videoFloorOnly)), ("video_rfc4579", flags.contains(.rfc4579)),
            ("livearray_sync", publishes), ("video_floor_lock", videoKeeper.state.isLocked), ("json_status", publishes),
        ]
        return words.filter(\.1).map(\.0)
    }

    var ghostCount: Int { headcount.ghosts }

    /// Rows and notices go out only where the configuration asks for them.
    var publishes: Bool { profile.roomFlags.contains(.liveArraySync) }
}

// MARK: Telling

extension Room {
    /// Writes the member's row, and says so when that changes it.
    mutating func publish(_ id: MemberID, at now: Duration, into effects: inout [Effect]) {
        guard publishes, let member = members[id], member.hasRow else { return }
        let row = member.row(hasFloor: id == keeper.holder, videoKeeper.state)
        guard let delta = liveArray.set(row, for: member.callID) else { return }
        members[id]?.publishedAt = now
        effects.append(.publish(delta))
    }

    /// Says the room's summary when it changed.
    mutating func summarise(into effects: inout [Effect]) {
        let summary = summary
        guard summary != lastSummary else { return }
        lastSummary = summary
        effects.append(.summary(summary))
    }
}
