package import Calls
package import Wire

/// Offers of ours: calls that we place to clients, and new offers for calls that are up.
extension VertoEndpoint {
    /// Rings the client of a session with `verto.invite`. Whatever becomes of the call is reported as for any other,
    /// in the end always by ``CallNews/ended(_:)``.
    ///
    /// - Returns: False when there is no such client now, or it has calls enough; the call was not placed then.
    package mutating func place(_ placed: PlacedCall, at now: Instant, into out: inout [VertoOutput]) -> Bool {
        let id = SessionID(placed.session)
        guard let session = sessions[id], let c = session.connection, session.isRegistered,
            calls[placed.leg] == nil, !releasing.contains(placed.leg), session.calls.count < settings.callsPerSession
        else {
            out.append(.count(.callRefused))
            return false
        }
        let call = Call(placed, settings: settings, at: now)
        sessions[id]?.calls.append(placed.leg)
        calls[placed.leg] = call
        let variables = JSONObject(texts: placed.serverVariables, prefix: "verto_svar_")
        tell(c, "verto.invite", offer(placed.leg, call, placed.sdp, variables), into: &out)
        return true
    }

    /// Makes a new offer for an answered call whose client is here (`verto.attach`); its answer comes as
    /// ``VertoOutput/attach(_:_:sdp:)``. Other calls of the session are left alone.
    package mutating func offered(_ leg: LegID, sdp: String, at now: Instant, into out: inout [VertoOutput]) {
        guard let call = calls[leg], call.isAnswered, let c = sessions[call.session]?.connection else { return }
        calls[leg]?.isOffered = true
        tell(c, "verto.attach", offer(leg, call, sdp), into: &out)
    }

    /// The offers a ``VertoOutput/reattach(session:_:)`` asked for: a `verto.attach` for each, then
    /// `verto.clientReady`. Calls that are left out are not offered to this client again.
    package mutating func reoffer(
        session: String,
        offers: [(leg: LegID, sdp: String)],
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        let id = SessionID(session)
        guard let c = sessions[id]?.connection, connections[c]?.isReady == false else { return }
        let own = offers.filter { calls[$0.leg]?.session == id && calls[$0.leg]?.isDetached == true }
        for (leg, sdp) in own { offered(leg, sdp: sdp, at: now, into: &out) }
        ready(c, own.map(\.leg), into: &out)
    }

    private func offer(
        _ leg: LegID, _ call: Call, _ sdp: String, _ variables: JSONObject = [:]
    ) -> JSONObject {
        var members: JSONObject = [
            "callID": .string(leg.rawValue), "variables": .object(variables), "sdp": .string(sdp),
        ]
        append(parameters(of: call), to: &members)
        return members
    }
}
