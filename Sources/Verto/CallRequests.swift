import Calls
import Wire

/// `verto.invite`, `verto.bye`, `verto.answer`, `verto.attach`.
///
/// A request acts on calls of its own session only; any other call is as unknown as one that never was, and the
/// answer does not tell the two apart (verto.md §11.1 S1, S2).
extension VertoEndpoint {
    // MARK: verto.invite

    /// Answered at once, before anything is known about offer or destination: what goes wrong later is a `verto.bye`
    /// with its cause, since the client does not read the cause of an error.
    mutating func invite(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        guard let params = request.params else { return callError("Params data missing") }
        guard let dialog = DialogParams(params) else { return callError("Dialog data missing") }
        guard let leg = dialog.leg else { return callError("CallID missing") }
        guard let offer = params.text("sdp") else { return callError("SDP missing") }
        guard let connection = connections[c], let identity = connection.identity, let id = connection.session,
            let session = sessions[id], calls[leg] == nil, !releasing.contains(leg),
            session.calls.count < settings.callsPerSession
        else {
            out.append(.count(.callRefused))
            return callError("Cannot create channel", .destinationOutOfOrder)
        }
        let invite = makeInvite(leg, offer, dialog, connection, identity, id)
        if connection.displayName == nil, !invite.callerIDName.isEmpty {
            connections[c]?.displayName = invite.callerIDName
        }
        sessions[id]?.calls.append(leg)
        var call = Call(invite, of: id, settings: settings, at: now)
        call.variables = dialog.variables(userVariables(dialog.object["userVariables"]), switches: false)
        calls[leg] = call
        out.append(.invite(invite))
        return .result(["message": "CALL CREATED", "callID": .string(leg.rawValue)])
    }

    private func makeInvite(
        _ leg: LegID,
        _ offer: String,
        _ dialog: DialogParams,
        _ connection: Connection,
        _ identity: Identity,
        _ session: SessionID
    ) -> Invite {
        let user = identity.user
        let destination = dialog.label("destination_number") ?? "service"
        let isScreenShare = dialog.isTrue("screenShare")
        // What the directory says wins over the client, and over nothing but the client's own prefix.
        var variables = dialog.variables(userVariables(dialog.object["userVariables"]))
        for (name, value) in connection.loginVariables { variables[Self.loginPrefix + name] = value }
        variables.merge(user.variables) { _, directory in directory }
        return Invite(
            leg: leg,
            session: session.rawValue,
            user: identity.uid,
            domain: user.domain,
            callerIDName: dialog.label("caller_id_name") ?? connection.displayName ?? user.callerIDName ?? "",
            callerIDNumber: dialog.label("caller_id_number") ?? user.callerIDNumber ?? "0000000000",
            destination: destination,
            calleeIDName: dialog.label("remote_caller_id_name") ?? "",
            calleeIDNumber: dialog.label("remote_caller_id_number") ?? destination,
            context: user.context ?? settings.context,
            dialplan: user.parameters["verto-dialplan"] ?? settings.dialplan,
            offer: offer,
            variables: variables,
            isScreenShare: isScreenShare,
            outgoingBandwidth: dialog.bandwidth("outgoingBandwidth"),
            incomingBandwidth: dialog.bandwidth("incomingBandwidth"),
            isRecoverable: !dialog.isFalse("recoverCall") && !isScreenShare,
            remoteAddress: connection.address
        )
    }

    /// The one shape of an invite error. The original has `message` twice, which JavaScript reads as the second; here
    /// the first is called `reason`.
    private func callError(_ reason: String, _ cause: HangupCause = .invalidMsgUnspecified) -> Answer {
        .sessionError(
            "CALL ERROR",
            [
                "reason": .string(reason), "causeCode": .integer(Int64(cause.code)), "cause": .string(cause.name),
            ]
        )
    }

    // MARK: verto.bye

    mutating func bye(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        withOwnCall(request, on: c, into: &out) { endpoint, leg, params, out in
            let named = params.text("cause").map { HangupCause(name: $0) ?? .normalClearing }
            let coded = (params["causeCode"]?.int ?? params.text("causeCode").flatMap { Int($0) })
                .map { HangupCause(code: $0) }
            let cause = named ?? coded ?? .normalClearing
            var known = cause.name == "UNKNOWN" ? HangupCause.normalClearing : cause
            // Whoever does not answer declines, whatever its client calls it.
            if known == .normalClearing, let call = endpoint.calls[leg], call.isPlaced, !call.isAnswered {
                known = .callRejected
            }
            endpoint.end(leg, known, at: now, into: &out)
            return .result([
                "callID": .string(leg.rawValue), "message": "CALL ENDED", "causeCode": .integer(Int64(known.code)),
                "cause": .string(known.name),
            ])
        }
    }

    /// Ends a call from our side: it is gone for the client at once, its id stays taken until the end is reported.
    mutating func end(_ leg: LegID, _ cause: HangupCause, at now: Instant, into out: inout [VertoOutput]) {
        guard let call = calls.removeValue(forKey: leg) else { return }
        sessions[call.session]?.calls.removeAll { $0 == leg }
        releasing.insert(leg)
        timers.schedule(.releasing(leg.rawValue), at: now.advanced(by: Self.releaseTimeout))
        out.append(.hangUp(leg, cause))
        abandon(call.requests, at: now, into: &out)
    }

    // MARK: verto.answer, verto.attach

    /// The client's answer to a call that we placed. The call counts as answered once the server has taken it.
    mutating func answer(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        if let params = request.params, DialogParams(params)?.leg != nil, params.text("sdp") == nil {
            return .sessionError("SDP missing")
        }
        return withOwnCall(request, on: c, into: &out) { endpoint, leg, params, out in
            guard let call = endpoint.calls[leg], call.isPlaced, !call.isAnswered, let dialog = DialogParams(params)
            else { return .sessionError("CALL WAS NOT OFFERED") }
            guard let sdp = Self.answerSDP(params, &out) else { return .sessionError("CODEC ERROR") }
            guard let token = endpoint.pend(.answer, leg, on: c, at: now, into: &out) else { return .tooManyRequests }
            let (name, number) = (dialog.label("callee_id_name"), dialog.label("callee_id_number"))
            out.append(.answer(token, leg, sdp: sdp, name: name, number: number))
            return .waiting(token)
        }
    }

    /// The client's answer to an offer of ours for a call that is up.
    mutating func attach(
        _ request: Request,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        if let params = request.params, DialogParams(params) != nil, params.text("sdp") == nil {
            return .sessionError("SDP missing")
        }
        return withOwnCall(request, on: c, into: &out) { endpoint, leg, params, out in
            guard endpoint.calls[leg]?.isAnswered == true else {
                endpoint.drop(leg, .destinationOutOfOrder, at: now, into: &out)
                return .sessionError("Cannot attach to a call that has not been answered.")
            }
            guard endpoint.calls[leg]?.isOffered == true else { return .sessionError("CALL WAS NOT OFFERED") }
            guard let sdp = Self.answerSDP(params, &out) else {
                endpoint.drop(leg, .bearercapabilityNotavail, at: now, into: &out)
                return .sessionError("CODEC NEGOTIATION ERROR")
            }
            guard let token = endpoint.pend(.attach, leg, on: c, at: now, into: &out) else { return .tooManyRequests }
            endpoint.calls[leg]?.isOffered = false
            out.append(.attach(token, leg, sdp: sdp))
            return .waiting(token)
        }
    }

    /// An answer that is no longer than one can be.
    private static func answerSDP(_ params: JSONObject, _ out: inout [VertoOutput]) -> String? {
        guard let sdp = params.text("sdp"), sdp.utf8.count <= SessionDescription.maximumSize else {
            out.append(.count(.oversize))
            return nil
        }
        return sdp
    }

    // MARK: Whose call

    /// Runs `body` for a call of this connection's session.
    mutating func withOwnCall(
        _ request: Request,
        on c: ConnectionID,
        echoing action: String? = nil,
        into out: inout [VertoOutput],
        _ body: (inout VertoEndpoint, LegID, JSONObject, inout [VertoOutput]) -> Answer
    ) -> Answer {
        guard let params = request.params else { return .sessionError("Params data missing") }
        guard let dialog = DialogParams(params) else { return .sessionError("Dialog data missing") }
        guard let leg = dialog.leg else { return .sessionError("CallID missing") }
        guard owns(leg, c) else {
            if calls[leg] != nil { out.append(.count(.foreignCall)) }
            var members: JSONObject = ["callID": .string(leg.rawValue)]
            if let action { members["action"] = .string(action) }
            members["message"] = "CALL DOES NOT EXIST"
            members["code"] = -32002
            return .failure(members)
        }
        return body(&self, leg, params, &out)
    }

    /// Whether `leg` is a live call of the session this connection is bound to.
    func owns(_ leg: LegID, _ c: ConnectionID) -> Bool {
        guard let session = connections[c]?.session else { return false }
        return calls[leg]?.session == session
    }

    /// Where user variables of the login go: not into rows, where everybody would see them.
    private static let loginPrefix = "verto_login_"
    /// A client may use a call's id again after this time, whatever became of the call.
    private static let releaseTimeout: Duration = .seconds(60)
}
