import Calls
import Conference
import Verto

/// What the bridge needs of the configuration.
struct BridgeSettings: Sendable {
    var verto: VertoSettings
    var directory: Directory
    var dialplan: Dialplan
    var limits: Switchboard.Limits
    var profiles: [String: RoomProfile]

    /// An unknown profile is a room with built-in defaults, as in FreeSWITCH.
    func profile(_ name: String) -> RoomProfile { profiles[name] ?? RoomProfile(name: "none") }
}
