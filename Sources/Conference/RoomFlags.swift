/// How a room behaves: profile `conference-flags`, variable `conference_flags`, and the opener's `+flags{}`
/// (conference.md §9.3).
package struct RoomFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Rows, join and part notices are sent. Off unless configured; every Verto conference page needs it.
    package static let liveArraySync = RoomFlags(rawValue: 1 << 0)
    package static let liveArrayJSONStatus = RoomFlags(rawValue: 1 << 1)
    package static let jsonEvents = RoomFlags(rawValue: 1 << 2)
    /// Nobody is mixed until the first moderator has joined.
    package static let waitMod = RoomFlags(rawValue: 1 << 3)
    /// Mixes everybody, whatever the energy gate says.
    package static let audioAlways = RoomFlags(rawValue: 1 << 4)
    package static let rfc4579 = RoomFlags(rawValue: 1 << 5)
    package static let restartAutoRecord = RoomFlags(rawValue: 1 << 6)
    package static let videoFloorOnly = RoomFlags(rawValue: 1 << 7)

    /// Reads `livearray-sync|wait-mod`; separators `|` and `,`, any case, unknown words ignored.
    package init(parsing text: String) { self = FlagWords.parse(text, Self.words) }

    /// The flags that the opening call's variables give the room, or `nil` when they say nothing.
    package init?(variables: [String: String]) {
        guard let text = FlagWords.text(of: "conference_flags", in: variables) else { return nil }
        self.init(parsing: text)
    }

    private static let words: [(name: String, flag: RoomFlags)] = [
        ("livearray-sync", .liveArraySync), ("livearray-json-status", .liveArrayJSONStatus),
        ("json-events", .jsonEvents), ("wait-mod", .waitMod), ("audio-always", .audioAlways),
        ("rfc-4579", .rfc4579), ("restart-auto-record", .restartAutoRecord),
        ("video-floor-only", .videoFloorOnly),
    ]
}
