/// How a caller is asked for the digits that let it in (conference.md §1.5): a prompt, keys up to `#` or to the
/// longest PIN, and so again.
///
/// Feed it keys and the ends of what it plays; call ``advance(to:)`` at ``deadline``. What was entered is tried by the
/// room, and a wrong PIN comes back by ``wrong(at:)``.
package struct PINEntry: Sendable {
    package enum Output: Equatable, Sendable {
        /// To the caller, in place of what plays.
        case play(SoundName)
        case stopPlaying
        /// Ask the room with these digits.
        case entered(String)
        /// It had its tries; what was last to be played may end.
        case givenUp
    }

    /// When ``advance(to:)`` next has something to do; `nil` means never.
    package private(set) var deadline: Duration?

    private enum State: Equatable {
        /// The prompt plays; a key ends it.
        case prompting
        /// A wrong PIN is told, and the prompt comes after it; a key ends both.
        case scolding
        case collecting
        /// The room looks at what was entered.
        case asking
        case over
    }

    private var state = State.prompting
    private var digits = ""
    private var triesLeft: Int
    private let longest: Int
    private let prompt: SoundName?
    private let scolding: SoundName?

    /// - Parameters:
    ///   - longest: Digits of the longest PIN; with so many no `#` is needed.
    ///   - profile: For the sounds and the number of tries.
    package init(longest: Int, profile: RoomProfile) {
        self.longest = min(max(longest, 1), Self.limit)
        (prompt, scolding) = (profile.sound(.pin), profile.sound(.badPIN))
        triesLeft = max(1, profile.pinRetries)
    }

    /// Begins.
    package mutating func start(at now: Duration) -> [Output] { ask(at: now) }

    /// A key. Those that are none of a PIN's are passed over.
    package mutating func digit(_ key: Character, at now: Duration) -> [Output] {
        switch state {
        case .asking, .over: return []
        case .collecting: return collect(key, at: now)
        case .prompting, .scolding:
            guard key.isDigit else { return [] }
            (state, deadline) = (.collecting, now + Self.patience)
            return [.stopPlaying] + collect(key, at: now)
        }
    }

    /// What ``Output/play(_:)`` named is over, or could not be played.
    package mutating func played(at now: Duration) -> [Output] {
        switch state {
        case .prompting:
            (state, deadline) = (.collecting, now + Self.patience)
            return []
        case .scolding: return ask(at: now)
        case .collecting, .asking, .over: return []
        }
    }

    /// The room did not know the PIN.
    package mutating func wrong(at now: Duration) -> [Output] {
        guard state == .asking else { return [] }
        return fail(at: now)
    }

    /// The time for a try is over: as a wrong PIN.
    package mutating func advance(to now: Duration) -> [Output] {
        guard let deadline, now >= deadline else { return [] }
        self.deadline = nil
        switch state {
        case .prompting: return played(at: now)
        case .scolding: return ask(at: now)
        case .collecting: return digits.isEmpty ? fail(at: now) : enter()
        case .asking, .over: return []
        }
    }

    private mutating func ask(at now: Duration) -> [Output] {
        digits = ""
        guard let prompt else {
            (state, deadline) = (.collecting, now + Self.patience)
            return []
        }
        (state, deadline) = (.prompting, now + Self.longestSound)
        return [.play(prompt)]
    }

    private mutating func collect(_ key: Character, at now: Duration) -> [Output] {
        // Behind a PIN that was long enough without it.
        if key == "#" { return digits.isEmpty ? [] : enter() }
        guard key.isDigit else { return [] }
        digits.append(key)
        return digits.count >= longest ? enter() : []
    }

    private mutating func enter() -> [Output] {
        (state, deadline) = (.asking, nil)
        defer { digits = "" }
        return [.entered(digits)]
    }

    private mutating func fail(at now: Duration) -> [Output] {
        (digits, deadline) = ("", nil)
        triesLeft -= 1
        guard triesLeft > 0 else {
            state = .over
            return [scolding.map { .play($0) }, .givenUp].compactMap { $0 }
        }
        guard let scolding else { return ask(at: now) }
        (state, deadline) = (.scolding, now + Self.longestSound)
        return [.play(scolding)]
    }

    /// For one try, from the end of the prompt or the first key.
    private static let patience: Duration = .seconds(10)
    /// For a prompt whose end nobody tells.
    private static let longestSound: Duration = .seconds(60)
    private static let limit = 64
}

extension Character {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
