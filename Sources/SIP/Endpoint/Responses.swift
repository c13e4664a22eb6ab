import Calls
import Wire

/// What comes of our requests.
extension SIPEndpoint {
    mutating func take(
        _ response: SIPResponse, to id: ClientTransactionID, over path: SIPPath, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        guard let sent = requests[id] else {
            out.append(.count(.strayResponse))
            return takeStray(response, over: path, at: now, into: &out)
        }
        guard !response.isProvisional else {
            if case .invite(let leg) = sent.purpose {
                takeProvisional(response, of: leg, sent, over: path, at: now, into: &out)
            }
            return
        }
        let isAnsweredInvite = response.isSuccess && sent.request.method == .invite
        if !isAnsweredInvite { requests[id] = nil }
        if [401, 407].contains(response.status), sent.account != nil,
            answerChallenge(response, to: sent, over: path, at: now, into: &out)
        {
            return
        }
        conclude(sent, id, response, over: path, at: now, into: &out)
    }

    private mutating func conclude(
        _ sent: Sent, _ id: ClientTransactionID, _ response: SIPResponse, over path: SIPPath, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        switch sent.purpose {
        case .invite(let leg):
            if response.isSuccess {
                takeAnswer(response, of: leg, sent, id, over: path, at: now, into: &out)
            } else {
                takeRefusal(response, of: leg, sent, at: now, into: &out)
            }
        case .offer(let leg): takeOfferOutcome(response, of: leg, sent, id, at: now, into: &out)
        case .prack(let leg), .notify(let leg): leaveIfUnknown(leg, response, at: now, into: &out)
        case .info(let leg):
            calls[leg]?.isSendingKey = false
            leaveIfUnknown(leg, response, at: now, into: &out)
            sendNextKey(leg, at: now, into: &out)
        case .refer(let leg): takeReferOutcome(response, of: leg, at: now, into: &out)
        case .bye(let leg): forget(leg, at: now, into: &out)
        case .text, .nothing: break
        case .gateway(let name, let token):
            drive(name, at: now, into: &out) { $0.received(response, for: token, over: path, at: now, into: &$1) }
        case .binding(let handle):
            let isAlive = response.status != 408 && response.status != 503
            for change in registrar.pinged(handle, isAlive: isAlive, at: now) { tell(change, into: &out) }
        }
    }

    /// No response, or nowhere to send it.
    mutating func failed(
        _ id: ClientTransactionID, isTimeout: Bool, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let sent = requests.removeValue(forKey: id) else { return }
        let status = isTimeout ? 408 : 503
        switch sent.purpose {
        case .gateway(let name, let token):
            drive(name, at: now, into: &out) { $0.failed(token, isTimeout: isTimeout, at: now, into: &$1) }
        case .binding(let handle):
            for change in registrar.pinged(handle, isAlive: false, at: now) { tell(change, into: &out) }
        case .invite(let leg): noAnswer(leg, status: status, at: now, into: &out)
        case .bye(let leg): forget(leg, at: now, into: &out)
        case .offer(let leg): offerFailed(leg, id, at: now, into: &out)
        default: conclude(sent, id, SIPResponse(status), over: sent.path, at: now, into: &out)
        }
    }

    /// The far end knows nothing of the call (RFC 3261 §12.2.1.2).
    mutating func leaveIfUnknown(
        _ leg: LegID, _ response: SIPResponse, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard response.status == 481, calls[leg]?.isConfirmed == true else { return }
        hangUp(leg, .normalTemporaryFailure, status: 481, at: now, into: &out)
    }

    // MARK: Challenges

    /// True when the request is on its way once more. Both who asks and where the answer would go are to be whom we
    /// called: sources can be forged, and a Contact may name any host.
    private mutating func answerChallenge(
        _ response: SIPResponse, to sent: Sent, over path: SIPPath, at now: Instant, into out: inout [SIPOutput]
    ) -> Bool {
        guard let account = sent.account, wantsRetry(sent.purpose) else { return false }
        var (request, attempt) = (sent.request, sent.attempt)
        let outcome: GatewayMachine.ChallengeOutcome
        switch account {
        case .gateway(let name):
            guard let gateway = gateways[name] else { return false }
            guard gateway.mayKnow(sent.path.remote) else { return isForeign(sent, path, at: now, into: &out) }
            outcome = gateways[name]?.answer(response, over: path, in: &request, attempt: &attempt) ?? .refused
        case .own(let account):
            let leg = leg(of: sent.purpose)
            let called = leg.flatMap { calls[$0]?.placed?.path?.remote.ip }
            guard [path, sent.path].allSatisfy({ $0.remote.ip == called }) else {
                return isForeign(sent, path, at: now, into: &out)
            }
            var client = leg.flatMap { calls[$0]?.placed?.digest } ?? DigestClient(crypto: crypto)
            let isRetry = client.answer(response, in: &request, as: account, attempt: &attempt) == .retry
            if let leg { calls[leg]?.placed?.digest = client }
            outcome = isRetry ? .retry : .refused
        }
        switch outcome {
        case .refused: return false
        case .foreign: return isForeign(sent, path, at: now, into: &out)
        case .retry:
            repeatRequest(&request, sent, attempt, at: now, into: &out)
            return true
        }
    }

    /// Somebody who is not whom we called wants our password (sip.md §2.4): the call is dropped.
    private mutating func isForeign(
        _ sent: Sent, _ path: SIPPath, at now: Instant, into out: inout [SIPOutput]
    ) -> Bool {
        out.append(.count(.foreignChallenge))
        out.append(.log(SIPLog(.warning, "SIP challenge from a stranger", [("from", path.remote.ip)])))
        switch sent.purpose {
        case .invite(let leg):
            guard case .calling? = calls[leg]?.phase else { return false }
            fail(leg, .mandatoryIEMissing, SIPEnding(status: 407, disposition: .receivedRefusal), at: now, into: &out)
            return true
        default: return false
        }
    }

    /// Whether anybody still wants it.
    private func wantsRetry(_ purpose: Sent.Purpose) -> Bool {
        switch purpose {
        case .invite(let leg): if case .calling? = calls[leg]?.phase { true } else { false }
        case .bye, .text, .nothing: true
        case .offer(let leg), .prack(let leg), .info(let leg), .refer(let leg), .notify(let leg):
            calls[leg]?.isLive == true
        case .gateway, .binding: false
        }
    }

    /// The same request with the next number (RFC 3261 §22.2).
    private mutating func repeatRequest(
        _ request: inout SIPRequest, _ sent: Sent, _ attempt: DigestClient.Attempt, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        var number = request.cseq.number &+ 1
        if case .invite(let leg) = sent.purpose {
            calls[leg]?.dialog = nil
            request.cseq = CSeq(number, request.method)
            calls[leg]?.placed?.invite = request
        } else if let leg = leg(of: sent.purpose), let next = calls[leg]?.dialog.map({ $0.localSequence &+ 1 }) {
            number = next
            calls[leg]?.dialog?.localSequence = next
        }
        request.cseq = CSeq(number, request.method)
        let id = send(
            request, over: sent.path, for: sent.purpose, as: sent.account, attempt: attempt, at: now, into: &out)
        switch sent.purpose {
        case .invite(let leg): calls[leg]?.placed?.transaction = id
        case .offer(let leg): calls[leg]?.ourOffer?.transaction = id
        default: break
        }
    }

    private func leg(of purpose: Sent.Purpose) -> LegID? {
        switch purpose {
        case .invite(let leg), .offer(let leg), .prack(let leg), .bye(let leg), .info(let leg), .refer(let leg),
            .notify(let leg):
            leg
        case .text(let leg): leg
        case .nothing, .gateway, .binding: nil
        }
    }

    // MARK: Strays

    /// A 2xx to an INVITE of ours that nobody waits for: ACK, and BYE once, back where it came from.
    mutating func takeStray(
        _ response: SIPResponse, over path: SIPPath, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard response.isSuccess, response.cseq.method == .invite else { return }
        var dialog = Dialog(of: SIPRequest(strayedFrom: response), response, over: path)
        sendACK(dialog.ack(sequence: response.cseq.number), over: path, into: &out)
        guard dialogs[dialog.id] == nil else { return }
        sendACK(dialog.request(.bye), over: path, into: &out)
    }

    /// Sends a request without a transaction: nothing of it is repeated.
    mutating func sendACK(_ request: SIPRequest, over path: SIPPath, into out: inout [SIPOutput]) {
        _ = with(&out) { endpoint, events in endpoint.transactions.sendACK(request, over: path, into: &events) }
    }
}

extension SIPRequest {
    /// What a dialog is made of when only the response is known.
    fileprivate init(strayedFrom response: SIPResponse) {
        self.init(.invite, response.to.uri)
        (from, to, callID, cseq) = (response.from, response.to, response.callID, response.cseq)
    }
}
