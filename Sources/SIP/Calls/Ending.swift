import Calls
import Wire

/// Calls end.
extension SIPEndpoint {
    /// The bridge is done with the call.
    mutating func end(
        _ leg: LegID, _ cause: HangupCause, status: Int?, warning: Int? = nil, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg] else { return }
        switch call.phase {
        case .looking: forget(leg, at: now, into: &out)
        case .calling: cancel(call, cause, at: now, into: &out)
        case .incoming: refuse(leg, cause, status: status, warning: warning, at: now, into: &out)
        case .confirmed:
            if let accept = call.accept, accept.asked.transaction == call.incoming?.asked.transaction {
                calls[leg]?.phase = .awaitingACK(cause)
            } else {
                sendBye(leg, cause, at: now, into: &out)
            }
        case .cancelling, .awaitingACK, .leaving: break
        }
    }

    /// CANCEL, as soon as there was a response (RFC 3261 §9.1).
    private mutating func cancel(
        _ call: SIPCall, _ cause: HangupCause, at now: Instant, into out: inout [SIPOutput]
    ) {
        let leg = call.leg
        guard let transaction = call.placed?.transaction else { return forget(leg, at: now, into: &out) }
        calls[leg]?.phase = .cancelling(cause)
        calls[leg]?.deadlines = [:]
        let reason: String? =
            if cause == .loseRace || cause == .pickedOff {
                "SIP;cause=200;text=\"Call completed elsewhere\""
            } else if call.variables["disable_q850_reason"]?.lowercased() == "true" {
                nil
            } else {
                cause.reasonValue
            }
        with(&out) { endpoint, events in
            endpoint.transactions.cancel(transaction, reason: reason, at: now, into: &events)
        }
        // The layer gives up by itself; this is for the case that it never does.
        arm(.cancelled, of: leg, after: settings.timers.t1x64 * 3, at: now)
    }

    /// We end a call that the bridge still counts on.
    mutating func hangUp(
        _ leg: LegID, _ cause: HangupCause, status: Int? = nil, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg] else { return }
        if call.isLive { out.append(.hangUp(leg, cause, SIPEnding(status: status, disposition: .sentBye))) }
        sendBye(leg, cause, at: now, into: &out)
    }

    /// The call came to nothing; the far end needs no word.
    mutating func fail(
        _ leg: LegID, _ cause: HangupCause, _ ending: SIPEnding, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg] else { return }
        if call.isLive { out.append(.hangUp(leg, cause, ending)) }
        forget(leg, at: now, into: &out)
    }

    /// BYE. The dialog stays until it is answered, for a BYE that crosses it and for copies of a 2xx.
    mutating func sendBye(_ leg: LegID, _ cause: HangupCause, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.dialog != nil else { return forget(leg, at: now, into: &out) }
        refusePending(call, at: now, into: &out)
        calls[leg]?.phase = .leaving
        calls[leg]?.accept = nil
        calls[leg]?.deadlines = [:]
        timers.cancel(.call(leg))
        let sent = send(.bye, in: leg, for: .bye(leg), at: now, into: &out) { request in
            Self.addReason(cause, of: call, to: &request.headers)
            Self.addHeaders(call.variables, "sip_bye_h_", to: &request.headers)
        }
        if sent == nil { forget(leg, at: now, into: &out) }
    }

    mutating func takeBye(_ asked: Asked, of leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg] else { return }
        confirm(asked, at: now, into: &out)
        refusePending(call, at: now, into: &out)
        if case .incoming = call.phase, let incoming = call.incoming {
            refuse(incoming.asked, 487, toTag: incoming.toTag, at: now, into: &out)
        }
        let isPlain = call.variables["ignore_q850_reason"]?.lowercased() == "true"
        let cause = HangupCause(status: 200, reasons: isPlain ? [] : asked.request.reasons)
        fail(leg, cause, SIPEnding(status: 200, phrase: "OK", disposition: .receivedBye), at: now, into: &out)
    }

    /// What they still wait for in a call that ends: 487 to their re-INVITE (RFC 3261 §15.1.2).
    private mutating func refusePending(_ call: SIPCall, at now: Instant, into out: inout [SIPOutput]) {
        guard let offer = call.theirOffer else { return }
        offers[offer.token] = nil
        calls[call.leg]?.theirOffer = nil
        refuse(offer.asked, 487, toTag: offer.asked.request.to.tag, at: now, into: &out)
    }

    /// Nobody answered in time, whatever asked for the call.
    mutating func ringTooLong(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.isLive else { return }
        out.append(.hangUp(leg, .noAnswer, SIPEnding(status: nil, disposition: .sentCancel)))
        end(leg, .noAnswer, status: nil, at: now, into: &out)
    }

    // MARK: Dialogs

    mutating func bind(_ id: DialogID, to leg: LegID) {
        dialogs[id] = leg
        calls[leg]?.dialogIDs.insert(id)
    }

    mutating func unbind(_ id: DialogID, from leg: LegID) {
        if dialogs[id] == leg { dialogs[id] = nil }
        calls[leg]?.dialogIDs.remove(id)
    }

    /// Nothing is left of the call but what its transactions keep.
    mutating func forget(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls.removeValue(forKey: leg) else { return }
        cancelPending(call, at: now, into: &out)
        timers.cancel(.call(leg))
        count(call, -1)
        for id in call.dialogIDs where dialogs[id] == leg { dialogs[id] = nil }
        if let transaction = call.incoming?.asked.transaction { invites[transaction] = nil }
        if let offer = call.theirOffer {
            offers[offer.token] = nil
            invites[offer.asked.transaction] = nil
        }
        if let transfer = call.transfer { transfers[transfer.token] = nil }
        if case .looking(let token) = call.phase {
            lookups[token] = nil
            timers.cancel(.lookup(token))
        }
        if let caller = call.caller { leave(caller) }
        quotas.release(call.share)
        if let invite = call.placed?.invite {
            timers.schedule(.placed(InviteName(invite)), at: now.advanced(by: settings.timers.t1x64))
        }
        for transaction in call.answeredInvites where requests[transaction] != nil {
            timers.schedule(.late(transaction), at: now.advanced(by: settings.timers.t1x64))
        }
    }

    /// An INVITE of ours that the far end has begun to deal with would wait for its final response for ever.
    private mutating func cancelPending(_ call: SIPCall, at now: Instant, into out: inout [SIPOutput]) {
        var pending = call.ourOffer?.method == .invite ? call.ourOffer?.transaction : nil
        if case .calling = call.phase { pending = call.placed?.transaction }
        guard let pending else { return }
        with(&out) { endpoint, events in endpoint.transactions.cancel(pending, at: now, into: &events) }
    }

    private mutating func leave(_ caller: TransportAddress) {
        let number = callers[caller, default: 1] - 1
        callers[caller] = number == 0 ? nil : number
    }
}

extension HangupCause {
    /// Why a call ended, by what the far end says: its `Reason` for Q.850 (or FreeSWITCH) goes before the status
    /// (sip.md §3.1).
    init(status: Int, reasons: [SIPReason]) {
        for reason in reasons {
            if reason.isNamed("Q.850") || reason.isNamed("FreeSWITCH"), let code = reason.cause,
                (1...999).contains(code)
            {
                self.init(code: code)
                return
            }
            if reason.isNamed("SIP"), let text = reason.phrase, let cause = HangupCause(reasonText: text) {
                self = cause
                return
            }
        }
        self.init(sipStatus: status)
    }
}
