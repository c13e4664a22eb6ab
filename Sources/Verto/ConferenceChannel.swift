import Conference

/// The names of the event channels of rooms, and what kind of channel a name is.
enum ConferenceChannel: Equatable {
    /// `conference-liveArray.<address>`, or the list of rooms, `conference-rooms.<domain>`.
    case liveArray
    case moderator(RoomKey)
    case chat(RoomKey)
    case info(RoomKey)
    /// `conference.<address>`: who is in a room.
    case description(RoomKey)
    /// Anything else that begins so: nothing but the server speaks there.
    case other

    /// `nil` for a channel that is none of a conference's.
    init?(_ channel: String) {
        let parent = (EventChannels.parent(of: channel) ?? channel).lowercased()
        guard parent == "conference" || parent.hasPrefix("conference-") else { return nil }
        let address = String(channel.dropFirst(parent.count + 1))
        let room = RoomKey(name: address, profileDomain: nil, callerDomain: nil, fallback: "")
        switch EventChannels.parent(of: channel) {
        case "conference-liveArray", "conference-rooms": self = .liveArray
        case "conference-mod": self = .moderator(room)
        case "conference-chat": self = .chat(room)
        case "conference-info": self = .info(room)
        case "conference": self = .description(room)
        default: self = .other
        }
    }

    static func liveArray(_ room: RoomKey) -> String { "conference-liveArray.\(room.address)" }
    static func moderator(_ room: RoomKey) -> String { "conference-mod.\(room.address)" }
    static func chat(_ room: RoomKey) -> String { "conference-chat.\(room.address)" }
    static func description(_ room: RoomKey) -> String { "conference.\(room.address)" }
    static func info(_ room: RoomKey) -> String { "conference-info.\(room.address)" }

    /// The list of all rooms of a domain: a live array called ``roomListName`` for users whose event channel list
    /// allows `conference-rooms`. Its keys are room addresses, its rows ``RowJSON/bytes(_:)``'s five columns.
    static func roomList(_ domain: String) -> String { "conference-rooms.\(domain)" }
    static let roomListName = "rooms"
}
