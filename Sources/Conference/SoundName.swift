/// What to play, by name: a file below the server's sound folders, or tones or silence that are made.
package struct SoundName: Hashable, Sendable {
    /// `conference/conf-alone.wav`, `tone_stream://%(200,0,500)`.
    package let text: String

    /// What a moderator or a client wrote; `nil` for absolute paths, ways up, hidden files and other addresses.
    package init?(_ text: some StringProtocol) {
        guard Self.isStream(text) || SafePath.accepts(text) else { return nil }
        self.text = String(text)
    }

    /// What the configuration says: any path, for the server looks only below its folders. `nil` for the words that
    /// mean no sound.
    package init?(configured text: String) {
        guard !text.isEmpty, !["silence", "indicate_hold", "none"].contains(text.lowercased()) else { return nil }
        self.text = text
    }

    /// Made, not read from a file.
    package var isStream: Bool { Self.isStream(text) }

    private static func isStream(_ text: some StringProtocol) -> Bool {
        guard text.utf8.count <= 512, text.utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) else { return false }
        return text.hasPrefix("tone_stream://") || text.hasPrefix("silence_stream://")
    }
}

/// A name with what the server knows of it.
package struct Sound: Hashable, Sendable {
    package var name: SoundName
    /// One pass; ``endless`` for a stream without an end. `nil` until the server has loaded it: a command with such a
    /// sound is refused as not found.
    package var duration: Duration?

    package init(_ name: SoundName, duration: Duration? = nil) { (self.name, self.duration) = (name, duration) }

    package static let endless: Duration = .seconds(1 << 40)
}

/// The sounds that a profile names, by the parameter that does.
package enum RoomSound: String, CaseIterable, Sendable {
    /// To all when somebody comes.
    case enter = "enter-sound"
    /// To all when somebody goes.
    case exit = "exit-sound"
    /// To whoever comes.
    case memberEnter = "member-enter-sound"
    /// To the only one here.
    case alone = "alone-sound"
    /// While one is alone, or all wait for a moderator.
    case music = "moh-sound"
    /// Under everything, for ever.
    case perpetual = "perpetual-sound"
    case muted = "muted-sound"
    case unmuted = "unmuted-sound"
    /// To a muted member that speaks; ``muted`` when there is none.
    case muteDetect = "mute-detect-sound"
    case deaf = "deaf-sound"
    case undeaf = "undeaf-sound"
    /// To a member that was kicked, after it left.
    case kicked = "kicked-sound"
    /// To a caller who finds the room locked.
    case locked = "locked-sound"
    /// To all when the room is locked.
    case isLocked = "is-locked-sound"
    case isUnlocked = "is-unlocked-sound"
    /// To a caller for whom there is no place.
    case maxMembers = "max-members-sound"
    case joinOnly = "join-only-sound"
    case pin = "pin-sound"
    case badPIN = "bad-pin-sound"
    /// "There are", before a number.
    case thereAre = "there-are-sound"
    /// "callers", after it.
    case callers = "callers-sound"

    /// What it is when the profile says nothing.
    var standard: String? {
        switch self {
        case .pin: "conference/conf-pin.wav"
        case .badPIN: "conference/conf-bad-pin.wav"
        case .thereAre: "conference/conf-there-are.wav"
        case .callers: "conference/conf-callers.wav"
        default: nil
        }
    }
}

extension RoomProfile {
    /// What this profile plays there, or `nil`.
    package func sound(_ sound: RoomSound) -> SoundName? {
        (sounds[sound.rawValue] ?? sound.standard).flatMap { SoundName(configured: $0) }
    }

    /// What a caller hears who was refused for this reason.
    package func sound(for refusal: Refusal) -> SoundName? {
        switch refusal {
        case .locked: sound(.locked)
        case .full: sound(.maxMembers)
        case .joinOnly: sound(.joinOnly)
        default: nil
        }
    }

    /// Every file that a room of this profile may play without being told, for the server to load at start-up.
    package var allSounds: [SoundName] { RoomSound.allCases.compactMap { sound($0) } }
}
