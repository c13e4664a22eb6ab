/// One thing that is playing or waits to be played, unique in its room.
package struct PlaybackID: Hashable, Sendable {
    package let rawValue: Int

    package init(_ rawValue: Int) { self.rawValue = rawValue }
}

/// What the media are to play, from now on. They tell its end by ``Room/playbackEnded(_:at:)``, at once for a sound
/// that they do not have; not after a ``Effect/stopPlayback(_:)``.
package struct PlaybackOrder: Hashable, Sendable {
    package enum Listener: Hashable, Sendable {
        /// Whoever is here, in the shared mix. Nobody who is held or deaf hears it.
        case everybody
        /// One member, deaf or not.
        case member(MemberID)
    }

    package var id: PlaybackID
    package var sound: SoundName
    package var to: Listener
    /// dB, −50…50.
    package var gain: Int
    /// How often; `nil` for ever.
    package var loops: Int?
    /// Milliseconds from the beginning of the sound.
    package var startAt: Int
    /// The member hears this instead of the room, held or not.
    package var isExclusive: Bool

    package init(
        id: PlaybackID, sound: SoundName, to: Listener, gain: Int = 0, loops: Int? = 1, startAt: Int = 0,
        isExclusive: Bool = false
    ) {
        (self.id, self.sound, self.to, self.gain) = (id, sound, to, gain)
        (self.loops, self.startAt, self.isExclusive) = (loops, startAt, isExclusive)
    }
}

/// A `play` command.
package struct PlayRequest: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        /// After whatever all hear already.
        case queue
        /// At once, under the queue, in place of what plays there.
        case background
        /// After whatever these hear already; instead of the room for an exclusive one.
        case member(Selector, isExclusive: Bool)
    }

    package var sound: Sound
    package var target: Target
    /// dB, −50…50.
    package var gain: Int
    /// `nil` for ever.
    package var loops: Int?

    package init(_ sound: Sound, to target: Target = .queue, gain: Int = 0, loops: Int? = 1) {
        (self.sound, self.target, self.gain, self.loops) = (sound, target, gain, loops)
    }
}

/// What `stop` ends: of the room's files, or of a member's.
package enum StopScope: String, Sendable, CaseIterable {
    /// The one that plays; the next begins.
    case current
    /// All in the queue, and the one in the background.
    case all
    /// The one in the background.
    case background = "async"
}

/// Where `file_seek` goes, in milliseconds.
package enum SeekChange: Hashable, Sendable {
    case to(Int)
    case by(Int)

    /// Reads `1500`, `+1500` or `-1500`.
    package init?(_ text: some StringProtocol) {
        guard let number = Int(text), (-86_400_000...86_400_000).contains(number) else { return nil }
        self = text.hasPrefix("+") || text.hasPrefix("-") ? .by(number) : .to(number)
    }
}

/// What is playing, for `play_status`.
package struct PlaybackStatus: Equatable, Sendable {
    package var sound: SoundName
    /// Milliseconds from the beginning of the sound.
    package var position: Int
    /// Milliseconds of one pass; `nil` when it is not known, or there is no end.
    package var duration: Int?
    package var isPaused: Bool
}

/// What `moh` asks for.
package enum MusicChange: Hashable, Sendable {
    case on
    case off
    case toggle
    /// Back to the profile's.
    case reset
    case file(Sound)
}

/// What `enter_sound` and `exit_sound` ask for.
package enum AnnouncementChange: Hashable, Sendable {
    case on
    case off
    /// Off, and forgets the file.
    case none
    case file(Sound)
}

/// When all are told that somebody comes or goes.
package enum Passage: String, Sendable, CaseIterable {
    case enter
    case exit
}
