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
