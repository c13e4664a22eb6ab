/// The name of one leg: the client's `callID`, any text, unique among live legs.
package struct LegID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package var description: String { rawValue }
}

/// One side of a call: who is there, where it wants to go, how far it has come.
///
/// A leg knows no media and no socket. The ``Switchboard`` owns it; the door it came through and the engine are told
/// what to do with it by its ``LegID``.
package struct Leg: Sendable, Equatable {
    /// How the far end is reached. More kinds of legs are more cases here.
    package enum Kind: Sendable, Hashable {
        /// A Verto client, by the session (`sessid`) that owns the call.
        case verto(session: String)
        /// A phone, a trunk or a gateway.
        case sip(SIPTarget)

        /// The dialplan's `source` field, FreeSWITCH's module name, so that its dialplans match.
        package var source: String {
            switch self {
            case .verto: "mod_verto"
            case .sip: "mod_sofia"
            }
        }

        package var isSIP: Bool {
            switch self {
            case .verto: false
            case .sip: true
            }
        }
    }

    /// Who called whom.
    package enum Direction: String, Sendable, Hashable {
        /// The far end called us.
        case inbound
        /// We call the far end.
        case outbound
    }

    /// How far the call has come. A leg that is gone has no state: the switchboard forgets it.
    package enum State: Sendable, Hashable {
        /// Inbound: invited; nothing but the acknowledgement was sent.
        case routing
        /// Outbound: offered to the far end, which may ring.
        case calling
        /// Early media: an SDP answer was sent, the call is not answered.
        case early
        case answered
    }

    package let id: LegID
    package var kind: Kind
    package let direction: Direction
    /// Who called: on an outbound leg the one it is told about.
    package var callerIDName: String
    package var callerIDNumber: String
    /// Who was called; on an inbound leg known once somebody answered.
    package var calleeIDName: String
    package var calleeIDNumber: String
    /// What was dialled, or where the leg was transferred to. An outbound leg's is the id of its user.
    package internal(set) var destination: String
    /// Dialplan context to hunt in.
    package internal(set) var context: String
    /// `id@domain` of the account at the far end; `nil` on a profile without logins.
    package let user: String?
    package let domain: String
    /// The far end's IP address, without a port; empty on an outbound leg.
    package let networkAddress: String
    /// The context this leg may dial in by itself: where it came in. A transfer that it asks for is routed there,
    /// wherever others have sent it since.
    package let homeContext: String
    /// How many more hops a call of this leg may take (RFC 3261 §8.1.1.6).
    package let maxForwards: Int
    /// `false` after `recoverCall: false`, and for SIP: losing the socket ends the call at once.
    package let isRecoverable: Bool
    package var variables: [String: String]
    /// Of these, what holds text that the caller chose, fit for a dial string.
    package internal(set) var suppliedVariables: [String: String] = [:]

    package internal(set) var state: State
    /// The media path (ICE and DTLS) was up at least once since the client was last there.
    package internal(set) var isMediaUp = false
    /// When the far end's socket was lost; `nil` while it is there.
    package internal(set) var detachedSince: Duration?
    /// The far end put us on hold.
    package internal(set) var isOnHold = false
    /// The other leg of the bridge this one is in.
    package internal(set) var bridgedTo: LegID?

    package init(
        id: LegID,
        kind: Kind,
        direction: Direction = .inbound,
        callerIDName: String = "",
        callerIDNumber: String = "",
        calleeIDName: String = "",
        calleeIDNumber: String = "",
        destination: String,
        context: String = "default",
        user: String? = nil,
        domain: String = "",
        networkAddress: String = "",
        homeContext: String? = nil,
        maxForwards: Int = 70,
        isRecoverable: Bool = true,
        variables: [String: String] = [:]
    ) {
        self.id = id
        self.kind = kind
        self.direction = direction
        self.callerIDName = callerIDName
        self.callerIDNumber = callerIDNumber
        self.calleeIDName = calleeIDName
        self.calleeIDNumber = calleeIDNumber
        self.destination = destination
        self.context = context
        self.homeContext = homeContext ?? context
        self.maxForwards = maxForwards
        self.user = user
        self.domain = domain
        self.networkAddress = networkAddress
        self.isRecoverable = isRecoverable && !kind.isSIP
        self.variables = variables
        state = direction == .inbound ? .routing : .calling
    }

    package var isAnswered: Bool { state == .answered }
    package var isDetached: Bool { detachedSince != nil }

    /// Why it ended in the words of its own protocol, such as `sip:486`.
    var protocolCause: String? { variables["proto_specific_hangup_cause"] }

    /// What the dialplan may ask about this leg.
    package var attributes: CallAttributes {
        let caller = identity
        return CallAttributes(
            uuid: id.rawValue,
            destinationNumber: destination,
            callerIDName: caller.name,
            callerIDNumber: caller.number,
            networkAddress: networkAddress,
            context: context,
            source: kind.source,
            username: user ?? "",
            domain: domain,
            variables: variables,
            suppliedVariables: suppliedVariables
        )
    }

    /// Whom ``Switchboard/Limits/legsPerUser`` counts this leg for; `nil` for a trunk, which many use.
    package var owner: String? {
        if let user { return user }
        switch kind {
        case .verto(let session): return session
        case .sip: return nil
        }
    }

    /// The trunk or the address this leg came from, when no user answers for it.
    var trunk: SIPTarget? {
        guard user == nil, case .sip(let target) = kind, case .caller = target else { return nil }
        return target
    }
}
