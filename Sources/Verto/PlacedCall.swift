package import Calls

/// A call from us to one client, as the client is told of it (`verto.invite`, verto.md §5.1).
package struct PlacedCall: Sendable, Equatable {
    /// The call's id, unique among live legs; each registration of a user gets a call of its own.
    package var leg: LegID
    /// The session to ring. A secret of its user: it stands in no other field.
    package var session: String
    /// The complete offer.
    package var sdp: String
    /// Whom the client shows as calling.
    package var callerIDName: String
    package var callerIDNumber: String
    /// Who is called.
    package var calleeIDName: String
    package var calleeIDNumber: String
    /// Members beside the others; those whose names do not begin with `verto_h_` are left out.
    package var headers: [String: String]
    /// Members of `variables`; those whose names do not begin with `verto_svar_` are left out.
    package var serverVariables: [String: String]
    /// False ends the call with its socket.
    package var isRecoverable: Bool

    /// What the switchboard wants called, with the offer for it.
    package init(_ outgoing: Outgoing, sdp: String) {
        let leg = outgoing.leg
        let session =
            switch leg.kind {
            case .verto(let session): session
            // No session has this name: what is no client's is not placed.
            case .sip: ""
            }
        self.init(
            leg: leg.id, session: session, sdp: sdp, callerIDName: leg.callerIDName,
            callerIDNumber: leg.callerIDNumber, calleeIDName: leg.calleeIDName, calleeIDNumber: leg.calleeIDNumber,
            headers: outgoing.headers, serverVariables: outgoing.serverVariables, isRecoverable: leg.isRecoverable)
    }

    package init(
        leg: LegID, session: String, sdp: String, callerIDName: String = "", callerIDNumber: String = "",
        calleeIDName: String = "", calleeIDNumber: String = "", headers: [String: String] = [:],
        serverVariables: [String: String] = [:], isRecoverable: Bool = true
    ) {
        (self.leg, self.session, self.sdp) = (leg, session, sdp)
        (self.callerIDName, self.callerIDNumber) = (callerIDName, callerIDNumber)
        (self.calleeIDName, self.calleeIDNumber) = (calleeIDName, calleeIDNumber)
        (self.headers, self.serverVariables, self.isRecoverable) = (headers, serverVariables, isRecoverable)
    }
}
