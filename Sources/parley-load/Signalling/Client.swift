import TestKit
import Wire

/// One connection: a member with a call, or a dashboard that only watches. A phone has the call and no connection.
final class Client {
    enum Kind {
        case member(MemberPlan)
        case dashboard(room: Int)
    }

    enum State {
        case connecting
        case loggingIn
        case loggedIn
        case calling
        case answered
        /// Media flows.
        case talking
        case ended
    }

    let kind: Kind
    let callID: String
    var verto: FakeVerto
    var state = State.connecting
    var socket: VertoSocket?
    /// What the server said about the room.
    var membership: FakeVerto.Membership?
    /// Live arrays that were asked for.
    var isWatching = false

    // When things happened.
    var opened: Instant?
    var invited: Instant?

    init(kind: Kind, callID: String, sessionID: String, account: FakeVerto.Account) {
        self.kind = kind
        self.callID = callID
        verto = FakeVerto(account: account, sessionID: sessionID)
    }

    var plan: MemberPlan? {
        if case .member(let plan) = kind { plan } else { nil }
    }

    var room: Int {
        switch kind {
        case .member(let plan): plan.room
        case .dashboard(let room): room
        }
    }
}
