/// Something that plays in a room, or waits for its turn.
struct Playback: Sendable {
    enum Purpose: Hashable, Sendable {
        /// A moderator asked for it, and events tell of it.
        case command
        /// Somebody came or went. One that waits already is enough.
        case passage(Passage)
        case alone
        /// The room's news for all, or for one member.
        case prompt
        /// How the member is: what it hears of before is no longer so.
        case state
        case perpetual
        case hold
    }

    let id: PlaybackID
    let sound: SoundName
    /// One pass; `nil` when nobody has told.
    let duration: Duration?
    var gain: Int
    let loops: Int?
    let isExclusive: Bool
    let purpose: Purpose
    /// Since it plays.
    var clock: PlaybackClock?

    func order(to listener: PlaybackOrder.Listener) -> PlaybackOrder {
        PlaybackOrder(
            id: id, sound: sound, to: listener, gain: gain, loops: loops, startAt: 0, isExclusive: isExclusive
        )
    }

    func status(at now: Duration) -> PlaybackStatus {
        PlaybackStatus(
            sound: sound, position: position(at: now), duration: finiteDuration.map(milliseconds),
            isPaused: clock?.isPaused ?? false
        )
    }

    /// Milliseconds from the beginning of the sound.
    func position(at now: Duration) -> Int {
        let played = milliseconds(clock?.position(at: now) ?? .zero)
        guard let length = finiteDuration.map(milliseconds), length > 0 else { return played }
        return loops == 1 ? min(played, length) : played % length
    }

    /// Where a seek ends up, in milliseconds.
    func target(of change: SeekChange, at now: Duration) -> Int {
        let wanted =
            switch change {
            case .to(let position): position
            case .by(let distance): position(at: now) + distance
            }
        return min(max(0, wanted), finiteDuration.map(milliseconds) ?? .max)
    }

    private var finiteDuration: Duration? { duration == Sound.endless ? nil : duration }
}

/// How far something has played, told by nothing but the time.
struct PlaybackClock: Sendable {
    private var offset: Duration = .zero
    private var since: Duration
    private(set) var isPaused = false

    init(startedAt now: Duration) { since = now }

    func position(at now: Duration) -> Duration { isPaused ? offset : offset + (now - since) }

    mutating func setPaused(_ pause: Bool, at now: Duration) {
        (offset, since, isPaused) = (position(at: now), now, pause)
    }

    mutating func seek(to milliseconds: Int, at now: Duration) {
        (offset, since) = (.milliseconds(milliseconds), now)
    }
}

/// `duration` in milliseconds, the fraction dropped.
func milliseconds(_ duration: Duration) -> Int {
    Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
}
