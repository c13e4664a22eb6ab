import Calls
package import Wire

/// A request about a call that waits for what the server says to it.
///
/// It keeps its place in the quota of its call until it is answered, even when its connection is gone: somebody who
/// connects anew for each gets no further than anybody else.
struct CallRequest {
    enum Kind {
        /// `verto.answer`.
        case answer
        /// `verto.attach`.
        case attach
        /// `verto.modify`, whatever is asked.
        case modify(CallModification)
    }

    let kind: Kind
    let leg: LegID
    let connection: ConnectionID

    /// The answer when there is no such call any more.
    var unknownCall: Answer {
        if case .modify(let modification) = kind { return modification.failure("CALL DOES NOT EXIST") }
        return .failure(["callID": .string(leg.rawValue), "message": "CALL DOES NOT EXIST", "code": -32002])
    }
}

extension VertoEndpoint {
    /// Makes a request wait; `nil` when too many about this call do.
    mutating func pend(
        _ kind: CallRequest.Kind,
        _ leg: LegID,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> RequestToken? {
        guard let call = calls[leg], call.requests.count < settings.pendingCallRequests else {
            out.append(.count(.overflow))
            return nil
        }
        let token = nextToken()
        callRequests[token] = CallRequest(kind: kind, leg: leg, connection: c)
        calls[leg]?.requests.append(token)
        timers.schedule(.callRequest(token), at: now.advanced(by: settings.commandTimeout))
        return token
    }

    /// Ends the wait of a request with its answer.
    mutating func settle(
        _ token: RequestToken,
        _ answer: Answer,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let request = callRequests.removeValue(forKey: token) else { return }
        timers.cancel(.callRequest(token))
        calls[request.leg]?.requests.removeAll { $0 == token }
        resume(request.connection, waitingFor: token, with: answer, at: now, into: &out)
    }

    /// The call of these requests is over.
    mutating func abandon(_ tokens: [RequestToken], at now: Instant, into out: inout [VertoOutput]) {
        for token in tokens {
            guard let request = callRequests[token] else { continue }
            settle(token, request.unknownCall, at: now, into: &out)
        }
    }

    mutating func timeOutCallRequest(_ token: RequestToken, at now: Instant, into out: inout [VertoOutput]) {
        guard let request = callRequests[token] else { return }
        let words = RenegotiationOutcome.Reason.media.words
        switch request.kind {
        case .modify(let modification):
            let isOffer = modification.action.lowercased() == "updatemedia"
            out.append(.count(isOffer ? .renegotiationTimedOut : .callRequestTimedOut))
            settle(token, modification.failure(isOffer ? words : "Timeout"), at: now, into: &out)
        case .answer, .attach:
            out.append(.count(.callRequestTimedOut))
            settle(token, .sessionError(words), at: now, into: &out)
        }
    }

    // MARK: What the server says

    /// What became of a ``VertoOutput/answer(_:_:sdp:name:number:)`` or an ``VertoOutput/attach(_:_:sdp:)``. To be
    /// called before the news that follow from it.
    package mutating func settled(
        _ token: RequestToken,
        _ outcome: AnswerOutcome,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let request = callRequests[token] else { return }
        if case .refused = outcome { out.append(.count(.answerRefused)) }
        switch (request.kind, outcome) {
        case (.answer, .accepted):
            calls[request.leg]?.isAnswered = true
            settle(token, .result([:]), at: now, into: &out)
        case (.attach, .accepted):
            settle(token, .result([:]), at: now, into: &out)
            attached(request, into: &out)
        case (.answer, .refused(.codecs)):  // the client ends the call, or tries again
            settle(token, .sessionError("CODEC ERROR"), at: now, into: &out)
        case (.answer, .refused(.media)):
            settle(token, .sessionError("MEDIA ERROR"), at: now, into: &out)
            drop(request.leg, .destinationOutOfOrder, at: now, into: &out)
        case (.attach, .refused(.codecs)):
            settle(token, .sessionError("CODEC NEGOTIATION ERROR"), at: now, into: &out)
            drop(request.leg, .bearercapabilityNotavail, at: now, into: &out)
        case (.attach, .refused(.media)):
            settle(token, .sessionError("MEDIA ERROR"), at: now, into: &out)
        case (.modify, _): return
        }
    }

    /// What became of a ``VertoOutput/modify(_:_:_:)``. To be called before the news that follow from it: a transferred
    /// call ends, and its client must have the answer first.
    package mutating func settled(
        _ token: RequestToken,
        _ outcome: ModifyOutcome,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let request = callRequests[token], case .modify(var modification) = request.kind else { return }
        switch outcome {
        case .done(let isHeld):
            calls[request.leg]?.isHeld = isHeld
            modification.isHeld = isHeld
            let isTransfer = modification.action.lowercased() == "transfer"
            settle(
                token, modification.result(isTransfer ? ["message": "CALL TRANSFERRED"] : [:]), at: now, into: &out)
        case .refused(let reason): settle(token, modification.failure(reason.words), at: now, into: &out)
        }
    }

    /// The client has taken a call up again: what it lost with its last connection it gets anew (verto.md §3.9).
    private mutating func attached(_ request: CallRequest, into out: inout [VertoOutput]) {
        let leg = request.leg
        guard let call = calls[leg] else { return }
        guard sessions[call.session]?.connection == request.connection else {
            return out.append(.detached([leg]))  // and is gone again
        }
        guard call.isDetached else { return }
        calls[leg]?.isDetached = false
        rejoin(leg, into: &out)
    }

    /// Ends a call from our side and tells its client.
    mutating func drop(_ leg: LegID, _ cause: HangupCause, at now: Instant, into out: inout [VertoOutput]) {
        guard let call = calls[leg] else { return }
        end(leg, cause, at: now, into: &out)
        sayBye(leg, call, cause, into: &out)
    }
}

extension TransferRefusal {
    /// As clients know it (verto.md §4.9).
    fileprivate var words: String {
        switch self {
        case .noSuchCall: "CALL DOES NOT EXIST"
        case .notBridged: "call is not bridged"
        case .badDestination: "destination missing"
        case .invalidLeg: "invalid transfer leg"
        case .failed: "transfer failed"
        }
    }
}
