import Calls
import Wire

/// Somebody calls us: from an INVITE that was let in to its final response.
extension SIPEndpoint {
    /// Makes a call of an INVITE outside dialogs whose sender may call.
    mutating func begin(_ asked: Asked, by caller: Caller, at now: Instant, into out: inout [SIPOutput]) {
        let request = asked.request
        guard let profile = profiles[asked.path.profile] else { return refuse(asked, 503, at: now, into: &out) }
        let share = share(of: asked, caller)
        guard mayBegin(asked, caller, profile, at: now, into: &out), let offer = offer(of: asked, at: now, into: &out)
        else {
            return
        }
        let toTag = newTag()
        guard let dialog = Dialog(answering: request, localTag: toTag, over: asked.path) else {
            out.append(.count(.contactMissing))
            return refuse(asked, 400, "Missing Contact Header", at: now, into: &out)
        }
        let replaced = replacedLeg(by: asked, from: caller, at: now, into: &out)
        if case .refused = replaced { return }

        guard isWithinQuota(asked, caller, share, profile, at: now, into: &out) else { return }

        let leg = LegID(crypto.randomToken(16))
        var call = SIPCall(
            leg, profile: profile.name, gateway: caller.gateway?.name, phase: .incoming, variables: [:])
        call.remoteSDP = offer.sdp
        call.incoming = SIPCall.Incoming(asked: asked, toTag: toTag, hasOffer: offer.sdp != nil)
        call.dialog = dialog
        call.session = SessionTimer(answering: request, profile)
        call.share = share
        quotas.take(share)
        call.user = caller.user?.address
        if let user = caller.user {
            call.binding = registrar.bindings(of: user.address).first { $0.flow == asked.path }
            call.caller = asked.path.remote.withoutPort
            callers[asked.path.remote.withoutPort, default: 0] += 1
        }
        calls[leg] = call
        bind(dialog.id, to: leg)
        invites[asked.transaction] = leg
        count(call, 1)

        // A stranger's INVITE may be forged: a refusal that comes at once is then all that anybody is sent. The
        // transaction says 100 by itself when it takes longer (RFC 3261 §17.2.1).
        if caller.isTrusted { answer(asked, response(100, to: request), at: now, into: &out) }
        let invite = invite(leg, asked, by: caller, profile, offer: offer.sdp)
        if case .leg(let old) = replaced {
            out.append(.replaced(old: old, by: invite))
        } else {
            out.append(.invite(invite))
        }
    }

    /// There is room for one more call.
    private mutating func mayBegin(
        _ asked: Asked, _ caller: Caller, _ profile: SIPProfile, at now: Instant, into out: inout [SIPOutput]
    ) -> Bool {
        if isShuttingDown {
            out.append(.count(.draining))
            refuse(asked, 503, retryAfter: settings.busyRetryAfter, at: now, into: &out)
            return false
        }
        let isGatewayFull = caller.gateway.map {
            callsOfGateway[$0.name, default: 0] >= $0.maximumCalls ?? .max
        }
        let isFull =
            calls.count >= settings.maximumCalls || callsOf[profile.name, default: 0] >= profile.maximumCalls ?? .max
            || isGatewayFull == true
        guard !isFull else {
            out.append(.count(.callLimit))
            refuse(
                asked, 503, "Maximum Calls In Progress", retryAfter: settings.busyRetryAfter, at: now, into: &out)
            return false
        }
        guard let interval = asked.request.sessionExpires?.seconds, interval < profile.shortestSession else {
            return true
        }
        var response = response(422, to: asked.request)
        response.minSE = profile.shortestSession
        answer(asked, response, at: now, into: &out)
        return false
    }

    private func share(of asked: Asked, _ caller: Caller) -> CallQuotas.Share {
        guard caller.gateway == nil, !caller.isListed else { return CallQuotas.Share() }
        let source = SourceKey(asked.path.remote)
        let name = caller.user?.address ?? asked.request.from.uri.unescapedUser ?? ""
        let pair = CallQuotas.Pair(source: source, caller: name, callee: asked.request.uri.unescapedUser ?? "")
        return CallQuotas.Share(source: caller.user == nil ? source : nil, pair: pair)
    }

    /// The last check, so that what is refused for something else costs nobody a place.
    private mutating func isWithinQuota(
        _ asked: Asked, _ caller: Caller, _ share: CallQuotas.Share, _ profile: SIPProfile, at now: Instant,
        into out: inout [SIPOutput]
    ) -> Bool {
        if let counter = quotas.refuses(share, profile) {
            out.append(.count(counter))
            let isBusy = counter == .pairCallLimit
            refuse(
                asked, isBusy ? 486 : 503, retryAfter: isBusy ? nil : settings.busyRetryAfter, at: now, into: &out)
            return false
        }
        let (rate, perSecond): (CallQuotas.Rate, Double?) =
            if let gateway = caller.gateway { (.gateway(gateway.name), gateway.callsPerSecond) } else {
                (.profile(profile.name), caller.isListed ? nil : profile.callsPerSecond)
            }
        guard quotas.permits(rate, perSecond, at: now) else {
            out.append(.count(.callRate))
            refuse(asked, 503, retryAfter: .seconds(Self.rateRetryAfter), at: now, into: &out)
            return false
        }
        return true
    }

    /// Seconds.
    private static let rateRetryAfter: Int64 = 5

    // MARK: Before the answer

    func isReliable(_ incoming: SIPCall.Incoming, _ profile: String) -> Bool {
        let request = incoming.asked.request
        if request.require.contains(where: { $0.lowercased() == "100rel" }) { return true }
        return profiles[profile]?.reliableProvisional == true
            && request.supported.contains { $0.lowercased() == "100rel" }
    }

    /// 180, or 183 with a description. Without reliable responses an offer of ours has to wait for the 200.
    mutating func progress(
        _ leg: LegID, _ status: Int, sdp: String?, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], case .incoming = call.phase, let incoming = call.incoming else { return }
        let isReliable = isReliable(incoming, call.profile)
        if let sdp { calls[leg]?.incoming?.sdp = sdp }
        let body = incoming.hasOffer || isReliable ? sdp : nil
        let status = status == 183 && body == nil ? 180 : status
        if let last = incoming.sentProvisional, last.status == status, last.body == Array((body ?? "").utf8) { return }
        var response = response(status, to: incoming.asked.request, toTag: incoming.toTag)
        describe(&response, of: call, sdp: body)
        Self.addHeaders(call.variables, "sip_ph_", to: &response.headers)
        calls[leg]?.incoming?.sentProvisional = response
        if isReliable {
            sendReliably(leg, response, at: now, into: &out)
        } else {
            answer(incoming.asked, response, at: now, into: &out)
        }
    }

    // MARK: The answer

    /// 200. `nil` repeats the description that went out before it.
    mutating func accept(_ leg: LegID, sdp: String?, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], case .incoming = call.phase, let incoming = call.incoming else { return }
        guard let sdp = sdp ?? incoming.sdp else {
            refuse(incoming.asked, 500, toTag: incoming.toTag, at: now, into: &out)
            return fail(leg, .protocolError, SIPEnding(status: nil, disposition: .sentRefusal), at: now, into: &out)
        }
        calls[leg]?.incoming?.sdp = sdp
        guard incoming.reliable.isIdle else {  // RFC 3262 §3: not before the PRACK
            calls[leg]?.incoming?.reliable.isAnswered = true
            return
        }
        var response = response(200, to: incoming.asked.request, toTag: incoming.toTag)
        describe(&response, of: call, sdp: incoming.reliable.hasAnswer ? nil : sdp)
        call.session?.describe(&response)
        Self.addHeaders(call.variables, "sip_rh_", to: &response.headers)
        calls[leg]?.phase = .confirmed
        calls[leg]?.localSDP = sdp
        send2xx(
            leg, incoming.asked, response, wantsAnswer: !incoming.hasOffer && !incoming.reliable.hasAnswer, at: now,
            into: &out)
        startSession(leg, at: now)
    }

    /// Refuses a caller who was not answered.
    mutating func refuse(
        _ leg: LegID, _ cause: HangupCause, status: Int?, warning: Int?, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], let incoming = call.incoming else { return }
        let isUsable = status.map { (300...699).contains($0) && ![401, 407].contains($0) } ?? false
        var response = response(
            isUsable ? status ?? cause.sipStatus : cause.sipStatus, to: incoming.asked.request, toTag: incoming.toTag)
        Self.addReason(cause, of: call, to: &response.headers)
        Self.addHeaders(call.variables, "sip_rh_", to: &response.headers)
        warn(warning, in: &response, over: incoming.asked.path)
        if response.status == 503 { response.retryAfter = Self.retryAfter }
        answer(incoming.asked, response, at: now, into: &out)
        forget(leg, at: now, into: &out)
    }

    /// CANCEL came; its own 200 is out.
    mutating func cancelled(
        _ transaction: ServerTransactionID, by cancel: SIPRequest, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let leg = invites[transaction], let call = calls[leg] else { return }
        if let offer = call.theirOffer, offer.asked.transaction == transaction {
            calls[leg]?.theirOffer = nil
            offers[offer.token] = nil
            disarm(.offerUnanswered, of: leg)
            refuse(offer.asked, 487, toTag: offer.asked.request.to.tag, at: now, into: &out)
            return proceedWithOffers(leg, at: now, into: &out)
        }
        guard let incoming = call.incoming, case .incoming = call.phase else { return }
        refuse(incoming.asked, 487, toTag: incoming.toTag, at: now, into: &out)
        fail(
            leg, .originatorCancel, SIPEnding(status: 487, phrase: "Request Terminated", disposition: .receivedCancel),
            at: now, into: &out)
    }

    /// What 1xx and 2xx to an INVITE have in common.
    func describe(_ response: inout SIPResponse, of call: SIPCall, sdp: String?) {
        guard let dialog = call.dialog else { return }
        response.headers["Contact"] = contact(on: dialog.path, user: profiles[call.profile]?.contactUser, of: call)
        response.allow = Self.allowed
        response.supported = supported(by: call.profile)
        if let request = call.incoming?.asked.request, request.cseq == response.cseq {
            response.headers.set("Record-Route", all: request.headers.values("Record-Route"))
        }
        if let shown = call.shown, !shown.number.isEmpty {
            var identity = NameAddress(
                displayName: shown.name,
                SIPURI(user: SIPURI.escaped(user: shown.number), host: localAddress(dialog.path).ip))
            identity.parameters["party"] = "called"
            response.remotePartyID = [identity]
        }
        guard let sdp else { return }
        response.contentType = .sdp
        response.body = Array(sdp.utf8)
    }

    /// Seconds; for what is likely to pass.
    static let retryAfter = 30
}
