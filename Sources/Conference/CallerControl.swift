/// What some keys of a member's telephone do (conference.md §6.9).
package struct CallerControl: Hashable, Sendable {
    /// `0`, `*0`: at most ``limit`` keys.
    package let digits: String
    package let action: Action
    /// What the action needs: an extension for ``Action/transfer``, any text for ``Action/event``.
    package let data: String

    package enum Action: String, Sendable, CaseIterable {
        /// Mutes, or unmutes and lets hear again.
        case toggleMute = "mute"
        case mute = "mute on"
        case unmute = "mute off"
        /// Mutes and deafens together, or neither.
        case toggleDeafMute = "deaf mute"
        case toggleDeaf = "deaf"
        case deaf = "deaf on"
        case undeaf = "deaf off"
        case toggleVideoMute = "vmute"
        case videoMute = "vmute on"
        case videoUnmute = "vmute off"
        case energyUp = "energy up"
        case energyDown = "energy dn"
        /// Back to the profile's.
        case energyEqual = "energy equ"
        // The names say who talks; what the member hears is meant (conference.md §6.9).
        case volumeOutUp = "vol talk up"
        case volumeOutZero = "vol talk zero"
        case volumeOutDown = "vol talk dn"
        case volumeInUp = "vol listen up"
        case volumeInZero = "vol listen zero"
        case volumeInDown = "vol listen dn"
        case hangUp = "hangup"
        /// Raises the hand, or takes it down.
        case toggleHand = "hand"
        case floor
        case videoFloor = "vid-floor"
        case videoFloorForce = "vid-floor-force"
        case lock
        case toggleMusic = "moh toggle"
        case event
        case transfer

        /// Reads the words of a configuration, in any case, blanks as they come.
        package init?(_ words: some StringProtocol) {
            self.init(rawValue: words.lowercased().split(separator: " ").joined(separator: " "))
        }
    }

    /// `nil` for keys that are none, or too many.
    package init?(_ digits: String, _ action: Action, data: String = "") {
        guard (1...Self.limit).contains(digits.count), digits.allSatisfy(Self.isKey) else { return nil }
        (self.digits, self.action, self.data) = (digits.uppercased(), action, data)
    }

    /// A key of a telephone (RFC 4733 §3.2).
    static func isKey(_ key: Character) -> Bool { "0123456789*#ABCDabcd".contains(key) }

    package static let limit = 16

    /// What holds when the configuration has no group `default`: those of stock servers, and the camera's key of stock
    /// clients.
    package static let standard: [CallerControl] = standardRows.compactMap { CallerControl($0.digits, $0.action) }

    private static let standardRows: [(digits: String, action: Action)] = [
        ("0", .toggleMute), ("*", .toggleDeafMute), ("*0", .toggleVideoMute), ("*9", .toggleHand),
        ("9", .energyUp), ("8", .energyEqual),
        ("7", .energyDown), ("3", .volumeOutUp), ("2", .volumeOutZero), ("1", .volumeOutDown), ("6", .volumeInUp),
        ("5", .volumeInZero), ("4", .volumeInDown), ("#", .hangUp),
    ]
}

extension RoomProfile {
    /// The controls of a group: `none` has none, nor has one that is not configured, but for `default`.
    ///
    /// A configured `default` without `*0` and `*9` gets them: the old ones lack them, and their `*` takes the room from
    /// whoever presses a client's camera button.
    package func controls(named name: String) -> [CallerControl] {
        if name == "none" { return [] }
        guard name == "default" else { return controls[name] ?? [] }
        guard let group = controls[name] else { return CallerControl.standard }
        return group
            + CallerControl.standard.filter { control in
                ["*0", "*9"].contains(control.digits) && !group.contains { $0.digits == control.digits }
            }
    }
}
