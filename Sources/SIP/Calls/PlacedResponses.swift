import Calls
import Wire

/// What comes of an INVITE of ours (sip.md §2.5).
extension SIPEndpoint {
    // MARK: Before the answer

    mutating func takeProvisional(
        _ response: SIPResponse, of leg: LegID, _ sent: Sent, over path: SIPPath, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], case .calling = call.phase else { return }
        calls[leg]?.placed?.hasProvisional = true
        guard response.status > 100, let tag = response.to.tag else { return ring(leg, response, into: &out) }
        guard response.status != 199 else { return leaveFork(leg, tag) }  // RFC 6228
        guard select(tag, of: leg, response, sent, over: path) else { return }
        guard acknowledgeReliable(response, of: leg, tag, at: now, into: &out) else { return }
        guard let sdp = response.sdp else { return ring(leg, response, into: &out) }
        calls[leg]?.placed?.early[tag]?.sdp = sdp
        guard calls[leg]?.placed?.toldSDP != sdp else { return }
        calls[leg]?.placed?.toldSDP = sdp
        out.append(.early(leg, sdp: sdp))
    }

    private mutating func ring(_ leg: LegID, _ response: SIPResponse, into out: inout [SIPOutput]) {
        guard response.status >= 180, calls[leg]?.placed?.isRinging == false else { return }
        calls[leg]?.placed?.isRinging = true
        out.append(.ringing(leg))
    }

    /// Makes the fork with this tag the call's dialog. False when there are too many.
    private mutating func select(
        _ tag: String, of leg: LegID, _ response: SIPResponse, _ sent: Sent, over path: SIPPath
    ) -> Bool {
        guard let call = calls[leg], let placed = call.placed else { return false }
        if let current = call.dialog, current.id.remoteTag != tag {
            calls[leg]?.placed?.early[current.id.remoteTag]?.dialog = current
        }
        if var known = placed.early[tag] {
            if call.dialog?.id.remoteTag == tag, let current = call.dialog { known.dialog = current }
            known.dialog.refreshTarget(from: response)
            calls[leg]?.placed?.early[tag] = known
            calls[leg]?.dialog = known.dialog
            return true
        }
        guard placed.early.count < Self.maximumForks else { return false }
        let dialog = Dialog(of: sent.request, response, over: path)
        calls[leg]?.placed?.early[tag] = SIPCall.Placed.Early(dialog: dialog)
        calls[leg]?.dialog = dialog
        bind(dialog.id, to: leg)
        return true
    }

    private mutating func leaveFork(_ leg: LegID, _ tag: String) {
        guard let early = calls[leg]?.placed?.early.removeValue(forKey: tag) else { return }
        if calls[leg]?.dialog?.id == early.dialog.id { calls[leg]?.dialog = nil }
        unbind(early.dialog.id, from: leg)
    }

    /// PRACK, where the response wants one (RFC 3262 §4). False for a copy, and for one out of order.
    private mutating func acknowledgeReliable(
        _ response: SIPResponse, of leg: LegID, _ tag: String, at now: Instant, into out: inout [SIPOutput]
    ) -> Bool {
        guard response.require.contains(where: { $0.lowercased() == "100rel" }), let sequence = response.rseq else {
            return true
        }
        if let last = calls[leg]?.placed?.early[tag]?.sequence, sequence != last &+ 1 { return false }
        calls[leg]?.placed?.early[tag]?.sequence = sequence
        send(.prack, in: leg, for: .prack(leg), at: now, into: &out) {
            $0.rack = RAck(sequence, response.cseq)
        }
        return true
    }

    // MARK: The answer

    mutating func takeAnswer(
        _ response: SIPResponse, of leg: LegID, _ sent: Sent, _ id: ClientTransactionID, over path: SIPPath,
        at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], call.isPlaced else {
            requests[id] = nil
            out.append(.count(.strayResponse))
            return takeStray(response, over: path, at: now, into: &out)
        }
        switch call.phase {
        case .looking, .incoming: requests[id] = nil
        case .calling, .cancelling: confirm(leg, response, sent, id, over: path, at: now, into: &out)
        case .confirmed, .awaitingACK, .leaving:
            if call.dialog?.id.remoteTag == response.to.tag ?? "" {
                acknowledge2xx(response, of: leg, sent, into: &out)
            } else {
                sendForkAway(response, of: leg, sent, over: path, at: now, into: &out)
            }
        }
    }

    private mutating func confirm(
        _ leg: LegID, _ response: SIPResponse, _ sent: Sent, _ id: ClientTransactionID, over path: SIPPath,
        at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], let placed = call.placed else { return }
        let tag = response.to.tag ?? ""
        let known = call.dialog?.id.remoteTag == tag ? call.dialog : placed.early[tag]?.dialog
        var dialog = known ?? Dialog(of: sent.request, response, over: path)
        dialog.confirm(by: response)
        dialog.path = path
        for early in placed.early.values where early.dialog.id != dialog.id { unbind(early.dialog.id, from: leg) }
        bind(dialog.id, to: leg)
        calls[leg]?.dialog = dialog
        calls[leg]?.placed?.early = [:]
        calls[leg]?.deadlines = [:]
        calls[leg]?.answeredInvites.append(id)
        acknowledge2xx(response, of: leg, sent, into: &out)
        if case .cancelling(let cause) = call.phase { return sendBye(leg, cause, at: now, into: &out) }
        calls[leg]?.phase = .confirmed
        guard let sdp = response.sdp ?? placed.early[tag]?.sdp else {
            return hangUp(leg, .incompatibleDestination, at: now, into: &out)
        }
        calls[leg]?.remoteSDP = sdp
        calls[leg]?.session = SessionTimer(of: response, weAre: .uac)
        startSession(leg, at: now)
        let asserted = response.assertedIdentities.first ?? response.remotePartyID.first
        out.append(
            .answered(leg, sdp: sdp, name: asserted?.displayName, number: asserted?.uri.unescapedUser))
    }

    /// ACK, with the credentials of the INVITE (RFC 3261 §22.1) where they were shown before; once more for each copy of
    /// the 2xx.
    mutating func acknowledge2xx(
        _ response: SIPResponse, of leg: LegID, _ sent: Sent, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], var ack = call.dialog?.ack(sequence: response.cseq.number) else { return }
        let path = hop(of: call)
        if path.remote.withoutPort == sent.path.remote.withoutPort || mayKnow(sent.account, path) {
            for header in DigestHeader.allCases.map(\.credentialsName) {
                ack.headers.set(header, all: sent.request.headers.all(header))
            }
        }
        sendACK(ack, over: path, into: &out)
    }

    private func mayKnow(_ account: Account?, _ path: SIPPath) -> Bool {
        guard case .gateway(let name) = account else { return false }
        return gateways[name]?.mayKnow(path.remote) == true
    }

    /// Another fork answered too: ACK it and end it (RFC 3261 §13.2.2.4).
    private mutating func sendForkAway(
        _ response: SIPResponse, of leg: LegID, _ sent: Sent, over path: SIPPath, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        var dialog = Dialog(of: sent.request, response, over: path)
        let way = dialog.nextHop
        sendACK(dialog.ack(sequence: response.cseq.number), over: way, into: &out)
        guard let forks = calls[leg]?.placed?.forks, forks.count < Self.maximumForks,
            calls[leg]?.placed?.forks.insert(dialog.id.remoteTag).inserted == true
        else { return }
        out.append(.count(.forkedAnswer))
        send(dialog.request(.bye), over: way, for: .nothing, as: sent.account, at: now, into: &out)
    }

    // MARK: The refusal

    mutating func takeRefusal(
        _ response: SIPResponse, of leg: LegID, _ sent: Sent, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], let placed = call.placed else { return }
        guard case .calling = call.phase else { return forget(leg, at: now, into: &out) }
        switch response.status {
        case 300..<400: redirect(leg, response, into: &out)
        case 408, 503:
            markBusy(call, response, at: now)
            if !placed.targets.isEmpty { return tryNext(leg, at: now, into: &out) }
        case 420, 422:
            if retry(leg, after: response, at: now, into: &out) { return }
        default: break
        }
        if let gateway = call.gateway { gateways[gateway]?.failedCallsOut += 1 }
        let isPlain = call.variables["ignore_q850_reason"]?.lowercased() == "true"
        let cause = HangupCause(status: response.status, reasons: isPlain ? [] : response.reasons)
        fail(
            leg, cause,
            SIPEnding(status: response.status, phrase: response.reason, disposition: .receivedRefusal), at: now,
            into: &out)
    }

    /// Timer B, or no way to send it (RFC 3261 §8.1.3.1).
    mutating func noAnswer(_ leg: LegID, status: Int, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], let placed = call.placed else { return }
        guard case .calling = call.phase else { return forget(leg, at: now, into: &out) }
        markBusy(call, SIPResponse(status), at: now)
        if !placed.targets.isEmpty { return tryNext(leg, at: now, into: &out) }
        if let gateway = call.gateway { gateways[gateway]?.failedCallsOut += 1 }
        fail(
            leg, HangupCause(sipStatus: status), SIPEnding(status: nil, disposition: .receivedRefusal), at: now,
            into: &out)
    }

    private mutating func tryNext(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        for id in calls[leg]?.dialogIDs ?? [] { unbind(id, from: leg) }
        calls[leg]?.dialog = nil
        calls[leg]?.placed?.early = [:]
        sendInvite(leg, at: now, into: &out)
    }

    private mutating func markBusy(_ call: SIPCall, _ response: SIPResponse, at now: Instant) {
        guard let gateway = call.gateway, let address = call.placed?.path?.remote, response.status == 503,
            let seconds = response.retryAfter
        else { return }
        let duration = Duration.seconds(min(max(seconds, 1), Self.longestBusy))
        gateways[gateway]?.markBusy(address, for: duration, at: now)
    }

    /// Leaves out what they do not know, or asks for a longer session; once each.
    private mutating func retry(
        _ leg: LegID, after response: SIPResponse, at now: Instant, into out: inout [SIPOutput]
    ) -> Bool {
        guard var invite = calls[leg]?.placed?.invite,
            calls[leg]?.placed?.retried.insert(response.status).inserted == true
        else { return false }
        if response.status == 422 {
            guard let minimum = response.minSE, minimum <= Self.longestSession else { return false }
            let seconds = max(minimum, SessionTimer.shortest)
            invite.sessionExpires = SIPSessionExpires(seconds, refresher: invite.sessionExpires?.refresher)
            invite.minSE = seconds
        } else {
            let unwanted = Set(response.unsupported.map { $0.lowercased() })
            guard invite.supported.contains(where: { unwanted.contains($0.lowercased()) }) else { return false }
            invite.supported = invite.supported.filter { !unwanted.contains($0.lowercased()) }
            if unwanted.contains("timer") {
                (invite.sessionExpires, invite.minSE) = (nil, nil)
            }
        }
        invite.cseq = CSeq(invite.cseq.number &+ 1, .invite)
        for id in calls[leg]?.dialogIDs ?? [] { unbind(id, from: leg) }
        calls[leg]?.dialog = nil
        calls[leg]?.placed?.early = [:]
        calls[leg]?.placed?.invite = invite
        resendInvite(leg, at: now, into: &out)
        return true
    }

    /// 3xx: the bridge decides, by the rules of the one who called (sip.md §2.10).
    private func redirect(_ leg: LegID, _ response: SIPResponse, into out: inout [SIPOutput]) {
        guard [300, 301, 302, 305].contains(response.status) else { return }
        let contacts = response.contacts.enumerated().sorted { one, other in
            let (first, second) = (Self.priority(one.element), Self.priority(other.element))
            return first == second ? one.offset < other.offset : first > second
        }
        let targets = contacts.compactMap { Self.target($0.element.uri) }.prefix(Self.maximumRedirects)
        if !targets.isEmpty { out.append(.redirected(leg, to: Array(targets))) }
    }

    private static func priority(_ contact: NameAddress) -> Double {
        contact.parameters["q"].flatMap(Double.init) ?? 1
    }

    private static func target(_ uri: SIPURI) -> String? {
        var uri = uri
        uri.headers = []
        switch uri.scheme {
        case .sip, .sips: return uri.text
        case .tel: return uri.unescapedUser
        case .other: return nil
        }
    }

    private static let maximumForks = 12
    private static let maximumRedirects = 8
    /// Seconds: no `Retry-After` keeps an address away for longer.
    private static let longestBusy = 3600
    /// Seconds: more than a day is no session timer.
    private static let longestSession = 86_400
}
