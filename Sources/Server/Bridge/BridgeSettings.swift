package import Calls
package import Conference
package import SIP
package import Verto

/// What the bridge needs of the configuration.
package struct BridgeSettings: Sendable {
    package var verto: VertoSettings
    package var directory: Directory
    package var dialplan: Dialplan
    package var limits: Switchboard.Limits
    package var profiles: [String: RoomProfile]
    package var sip = SIPSettings()

    /// An unknown profile is a room with built-in defaults, as in FreeSWITCH.
    func profile(_ name: String) -> RoomProfile { profiles[name] ?? profiles["none"] ?? RoomProfile(name: "none") }
}
