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

        /// The dialplan's `source` field, FreeSWITCH's module name, so that its dialplans match.
        package var source: String {
            switch self {
            case .verto: "mod_verto"
            }
        }
    }

    /// How far the call has come. A leg that is gone has no state: the switchboard forgets it.
    package enum State: Sendable, Hashable {
        /// Invited; nothing but the acknowledgement was sent.
        case routing
        /// Early media: an SDP answer was sent, the call is not answered.
        case early
        case answered
    }

    package let id: LegID
    package var kind: Kind
    package var callerIDName: String
    package var callerIDNumber: String
    package let destination: String
    /// Dialplan context to hunt in.
    package let context: String
    /// `id@domain` of the account that calls; `nil` on a profile without logins.
    package let user: String?
    package let domain: String
    /// The far end's IP address, without a port.
    package let networkAddress: String
    /// `false` after `recoverCall: false`: losing the socket ends the call at once.
    package let isRecoverable: Bool
    package var variables: [String: String]

    package internal(set) var state: State = .routing
    /// The media path (ICE and DTLS) was up at least once.
    package internal(set) var isMediaUp = false
    /// When the far end's socket was lost; `nil` while it is there.
    package internal(set) var detachedSince: Duration?

    package init(
        id: LegID,
        kind: Kind,
        callerIDName: String = "",
        callerIDNumber: String = "",
        destination: String,
        context: String = "default",
        user: String? = nil,
        domain: String = "",
        networkAddress: String = "",
        isRecoverable: Bool = true,
        variables: [String: String] = [:]
    ) {
        self.id = id
        self.kind = kind
        self.callerIDName = callerIDName
        self.callerIDNumber = callerIDNumber
        self.destination = destination
        self.context = context
        self.user = user
        self.domain = domain
        self.networkAddress = networkAddress
        self.isRecoverable = isRecoverable
        self.variables = variables
    }

    package var isAnswered: Bool { state == .answered }
    package var isDetached: Bool { detachedSince != nil }

    /// What the dialplan may ask about this leg.
    package var attributes: CallAttributes {
        CallAttributes(
            uuid: id.rawValue,
            destinationNumber: destination,
            callerIDName: callerIDName,
            callerIDNumber: callerIDNumber,
            networkAddress: networkAddress,
            context: context,
            source: kind.source,
            username: user ?? "",
            domain: domain,
            variables: variables
        )
    }

    /// Whom ``Switchboard/Limits/legsPerUser`` counts this leg for.
    var owner: String {
        if let user { return user }
        switch kind {
        case .verto(let session): return session
        }
    }
}
