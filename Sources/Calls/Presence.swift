/// One change of a leg's state, for those who may watch its user (reference §6.6). Never names a session.
package struct Presence: Sendable, Equatable {
    /// `channelCallState` on the wire.
    package enum State: String, Sendable, CaseIterable {
        /// An outbound leg is offered.
        case dialing = "DIALING"
        case ringing = "RINGING"
        case early = "EARLY"
        case active = "ACTIVE"
        case held = "HELD"
        case unheld = "UNHELD"
        case hangup = "HANGUP"
    }

    /// `id@domain`.
    package let user: String
    package let uuid: String
    package let direction: Leg.Direction
    package let state: State
    package let callerIDName: String
    package let callerIDNumber: String
    package let calleeIDName: String
    package let calleeIDNumber: String

    /// `nil` for a leg without a user.
    package init?(of leg: Leg, _ state: State) {
        guard let user = leg.user else { return nil }
        self.user = user
        uuid = leg.id.rawValue
        direction = leg.direction
        self.state = state
        callerIDName = leg.callerIDName
        callerIDNumber = leg.callerIDNumber
        calleeIDName = leg.calleeIDName
        calleeIDNumber = leg.calleeIDNumber
    }
}
