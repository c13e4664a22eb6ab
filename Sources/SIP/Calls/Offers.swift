package import Calls
package import Wire

/// Re-INVITE and UPDATE, theirs and ours (RFC 3261 §14, RFC 3311, RFC 6141).
extension SIPEndpoint {
    // MARK: Theirs

    mutating func takeOffer(_ asked: Asked, of leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], let profile = profiles[call.profile],
            let (sdp, _) = offer(of: asked, at: now, into: &out)
        else { return }
        let request = asked.request
        let isRefresh = request.method == .update && sdp == nil
        if !isRefresh, let status = conflict(call, request) {
            out.append(.count(.glare))
            let delay = Duration.seconds(Int64(randomNumber(below: 11)))
            return refuse(asked, status, retryAfter: status == 500 ? delay : nil, at: now, into: &out)
        }
        if let interval = request.sessionExpires?.seconds, interval < profile.shortestSession {
            var response = response(422, to: request)
            response.minSE = profile.shortestSession
            return answer(asked, response, at: now, into: &out)
        }
        calls[leg]?.dialog?.refreshTarget(from: request)
        if request.method == .invite { acknowledged(leg) }  // they have our 2xx, or they would not go on
        guard isRefresh else { return ask(leg, asked, sdp, at: now, into: &out) }
        var response = response(200, to: request)
        describe(&response, of: call, sdp: nil)
        renewSession(leg, by: request, describing: &response, at: now)
        answer(asked, response, at: now, into: &out)
    }

    /// An offer that came in a PRACK.
    mutating func takeOffer(
        _ sdp: String, _ asked: Asked, of leg: LegID, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard calls[leg]?.theirOffer == nil else { return refuse(asked, 491, at: now, into: &out) }
        ask(leg, asked, sdp, at: now, into: &out)
    }

    /// What an offer meets that is still under way (RFC 3261 §14.2, RFC 3311 §5.2).
    private func conflict(_ call: SIPCall, _ request: SIPRequest) -> Int? {
        if call.ourOffer?.transaction != nil || call.accept?.wantsAnswer == true { return 491 }
        guard call.isConfirmed else { return call.isPlaced ? 491 : 500 }
        return call.theirOffer == nil ? nil : 500
    }

    private mutating func ask(
        _ leg: LegID, _ asked: Asked, _ sdp: String?, at now: Instant, into out: inout [SIPOutput]
    ) {
        let token = SIPRequestToken(nextToken())
        offers[token] = leg
        calls[leg]?.theirOffer = SIPCall.TheirOffer(token: token, asked: asked, hasOffer: sdp != nil)
        if asked.request.method == .invite {
            invites[asked.transaction] = leg
            answer(asked, response(100, to: asked.request), at: now, into: &out)
        }
        arm(.offerUnanswered, of: leg, after: Self.offerPatience, at: now)
        out.append(.reoffer(token, leg, offer: sdp))
    }

    /// The answer to ``SIPOutput/reoffer(_:_:offer:)``.
    package mutating func answerOffer(
        _ token: SIPRequestToken, _ outcome: SIPOfferOutcome, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let leg = offers.removeValue(forKey: token), let call = calls[leg], let theirs = call.theirOffer else {
            return
        }
        calls[leg]?.theirOffer = nil
        disarm(.offerUnanswered, of: leg)
        switch outcome {
        case .answered(let sdp): answerTheirs(leg, theirs, sdp, at: now, into: &out)
        case .refused(let status, let warning):
            out.append(.count(.notAcceptable))
            var response = response((400...699).contains(status) ? status : 488, to: theirs.asked.request)
            warn(warning, in: &response, over: theirs.asked.path)
            answer(theirs.asked, response, at: now, into: &out)
        }
        proceedWithOffers(leg, at: now, into: &out)
        settle(at: now, into: &out)
    }

    private mutating func answerTheirs(
        _ leg: LegID, _ theirs: SIPCall.TheirOffer, _ sdp: String, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg] else { return }
        let request = theirs.asked.request
        var response = response(200, to: request)
        describe(&response, of: call, sdp: sdp)
        calls[leg]?.localSDP = sdp
        if let offer = request.sdp { calls[leg]?.remoteSDP = offer }
        if request.method != .prack { renewSession(leg, by: request, describing: &response, at: now) }
        guard request.method == .invite else { return answer(theirs.asked, response, at: now, into: &out) }
        send2xx(leg, theirs.asked, response, wantsAnswer: !theirs.hasOffer, at: now, into: &out)
    }

    /// The bridge has not said a word.
    mutating func refuseTheirOffer(_ leg: LegID, status: Int, at now: Instant, into out: inout [SIPOutput]) {
        guard let theirs = calls[leg]?.theirOffer else { return }
        out.append(.count(.offerUnanswered))
        calls[leg]?.theirOffer = nil
        offers[theirs.token] = nil
        refuse(theirs.asked, status, toTag: theirs.asked.request.to.tag, at: now, into: &out)
        proceedWithOffers(leg, at: now, into: &out)
    }

    // MARK: Ours

    /// A re-INVITE of ours: hold, other media. Answered by ``SIPOutput/answerToOffer(_:sdp:)``. While another is under
    /// way it waits, and takes the place of one that waits.
    package mutating func offer(_ leg: LegID, sdp: String, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.isConfirmed else { return out.append(.answerToOffer(leg, sdp: nil)) }
        if isBusy(call) {
            calls[leg]?.nextOffer = sdp
        } else {
            start(SIPCall.OurOffer(sdp: sdp, method: .invite, isRefresh: false), of: leg, at: now, into: &out)
        }
        settle(at: now, into: &out)
    }

    func isBusy(_ call: SIPCall) -> Bool { call.ourOffer != nil || call.theirOffer != nil || call.accept != nil }

    mutating func start(
        _ offer: SIPCall.OurOffer, of leg: LegID, at now: Instant, into out: inout [SIPOutput]
    ) {
        calls[leg]?.ourOffer = offer
        sendOffer(leg, at: now, into: &out)
    }

    private mutating func sendOffer(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], let offer = call.ourOffer else { return }
        calls[leg]?.ourOffer?.tries += 1
        let supported = supported(by: call.profile)
        let id = send(offer.method, in: leg, for: .offer(leg), at: now, into: &out) { request in
            request.allow = Self.allowed
            request.supported = supported
            call.session?.describe(&request)
            guard let sdp = offer.sdp else { return }
            request.contentType = .sdp
            request.body = Array(sdp.utf8)
        }
        calls[leg]?.ourOffer?.transaction = id
        arm(.ourOffer, of: leg, after: Self.offerLimit, at: now)
    }

    /// Takes a re-INVITE back that has no final response; 487 refuses it, silence ends the call.
    mutating func cancelOffer(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let transaction = calls[leg]?.ourOffer?.transaction else { return }
        with(&out) { endpoint, events in endpoint.transactions.cancel(transaction, at: now, into: &events) }
    }

    mutating func takeOfferOutcome(
        _ response: SIPResponse, of leg: LegID, _ sent: Sent, _ id: ClientTransactionID, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        let isAnsweredInvite = response.isSuccess && sent.request.method == .invite
        guard let call = calls[leg] else {
            requests[id] = nil
            return
        }
        if isAnsweredInvite {
            remember(id, of: leg)
            acknowledge2xx(response, of: leg, sent, into: &out)
        }
        guard let offer = call.ourOffer, offer.transaction == id, call.isLive else { return }
        switch response.status {
        case 200..<300:
            calls[leg]?.dialog?.refreshTarget(from: response)
            settleOffer(leg, answer: response.sdp, at: now, into: &out)
            if let session = SessionTimer(of: response, weAre: .uac) { calls[leg]?.session = session }
            startSession(leg, at: now)
        case 491 where offer.tries < Self.maximumTries:
            calls[leg]?.ourOffer?.transaction = nil
            disarm(.ourOffer, of: leg)
            arm(.glare, of: leg, after: glareDelay(call), at: now)
        case 422 where offer.tries < Self.maximumTries && response.minSE != nil:
            calls[leg]?.session?.seconds = min(
                max(SessionTimer.shortest, response.minSE ?? 0), SessionTimer.longest)
            sendOffer(leg, at: now, into: &out)
        case 408, 481:
            hangUp(leg, HangupCause(sipStatus: response.status), status: response.status, at: now, into: &out)
        case 405 where offer.method == .update, 501 where offer.method == .update:
            calls[leg]?.dialog?.allowed = [.invite]
            calls[leg]?.ourOffer = nil
            refreshSession(leg, at: now, into: &out)
        default: settleOffer(leg, answer: nil, isRefused: true, at: now, into: &out)
        }
    }

    private mutating func settleOffer(
        _ leg: LegID, answer: String?, isRefused: Bool = false, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let offer = calls[leg]?.ourOffer else { return }
        calls[leg]?.ourOffer = nil
        disarm(.ourOffer, of: leg)
        if !offer.isRefresh {
            if !isRefused { calls[leg]?.localSDP = offer.sdp }
            if let answer {
                takeDescription(answer, of: leg, into: &out)
            } else {
                out.append(.answerToOffer(leg, sdp: nil))
            }
        } else if let answer, calls[leg]?.isNews(answer) == true {
            takeDescription(answer, of: leg, into: &out)
        }
        proceedWithOffers(leg, at: now, into: &out)
    }

    /// No answer to it, or nowhere to send it: the dialog is dead (RFC 3261 §14.1).
    mutating func offerFailed(
        _ leg: LegID, _ id: ClientTransactionID, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], call.ourOffer?.transaction == id, call.isLive else { return }
        hangUp(leg, .recoveryOnTimerExpire, status: 408, at: now, into: &out)
    }

    /// The time after a 491 is over.
    mutating func retryOffer(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.ourOffer != nil, call.ourOffer?.transaction == nil else { return }
        guard call.theirOffer == nil, call.accept == nil else { return }  // goes on when that is done
        sendOffer(leg, at: now, into: &out)
    }

    /// Something that was in the way is done.
    mutating func proceedWithOffers(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.isConfirmed, call.theirOffer == nil, call.accept == nil else { return }
        if let offer = call.ourOffer {
            if offer.transaction == nil, call.deadlines[.glare] == nil { sendOffer(leg, at: now, into: &out) }
        } else if let sdp = call.nextOffer {
            calls[leg]?.nextOffer = nil
            start(SIPCall.OurOffer(sdp: sdp, method: .invite, isRefresh: false), of: leg, at: now, into: &out)
        }
    }

    /// Keeps an answered INVITE for copies of its 2xx; only the last few.
    private mutating func remember(_ id: ClientTransactionID, of leg: LegID) {
        guard calls[leg]?.answeredInvites.contains(id) == false else { return }
        calls[leg]?.answeredInvites.append(id)
        guard let known = calls[leg]?.answeredInvites, known.count > Self.rememberedInvites else { return }
        calls[leg]?.answeredInvites.removeFirst()
        requests[known[0]] = nil
    }

    /// RFC 3261 §14.1: 2.1 to 4 s for who owns the Call-ID, up to 2 s for the other, in steps of 10 ms.
    private func glareDelay(_ call: SIPCall) -> Duration {
        call.dialog?.ownsCallID == true
            ? .milliseconds(Int64(2100 + 10 * randomNumber(below: 191)))
            : .milliseconds(Int64(10 * randomNumber(below: 201)))
    }

    private static let maximumTries = 6
    private static let rememberedInvites = 4
    /// Timer B is for silence; this is for a far end that only says 100.
    private static let offerLimit: Duration = .seconds(60)
    /// Well before the far end's own timer B.
    private static let offerPatience: Duration = .seconds(20)
}
