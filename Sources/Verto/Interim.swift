package enum HoldChange: Sendable, Hashable {
    case on, off, toggle
}

package enum TransferRefusal: Error, Sendable, Hashable {
    case noSuchCall
    case notBridged
    case badDestination
    case invalidLeg
    case failed
}

package struct Presence: Sendable, Equatable {
    package enum Direction: String, Sendable { case inbound, outbound }
    package enum State: String, Sendable, CaseIterable {
        case dialing = "DIALING"
        case ringing = "RINGING"
        case early = "EARLY"
        case active = "ACTIVE"
        case held = "HELD"
        case unheld = "UNHELD"
        case hangup = "HANGUP"
    }
    package let user: String
    package let uuid: String
    package let direction: Direction
    package let state: State
    package let callerIDName: String
    package let callerIDNumber: String
    package let calleeIDName: String
    package let calleeIDNumber: String
}
