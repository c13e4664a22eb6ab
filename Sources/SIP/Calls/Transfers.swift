package import Calls
package import Wire

/// REFER in both directions (RFC 3515, RFC 4488), and Replaces (RFC 3891).
struct Transfer: Sendable {
    let token: SIPRequestToken
    /// The REFER.
    let asked: Asked
    /// They want NOTIFYs.
    let isReported: Bool
    var isAccepted = false
}

extension SIPEndpoint {
    // MARK: Theirs

    mutating func takeRefer(_ asked: Asked, of leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        let request = asked.request
        guard let call = calls[leg], profiles[call.profile]?.transfersAllowed == true, call.isConfirmed else {
            return refuseTransfer(asked, 403, at: now, into: &out)
        }
        guard call.transfer == nil else { return refuseTransfer(asked, 491, at: now, into: &out) }
        guard request.headers.all("Refer-To").count == 1, let uri = request.referTo?.uri else {
            return refuseTransfer(asked, 400, at: now, into: &out)
        }
        guard uri.isSIP || uri.scheme == .tel else { return refuseTransfer(asked, 416, at: now, into: &out) }
        let method = uri.parameters["method"]?.uppercased() ?? "INVITE"
        guard method == "INVITE", let target = target(of: uri, asked) else {
            return refuseTransfer(asked, 400, at: now, into: &out)
        }
        var other: LegID?
        if let text = uri.headers.first(where: { $0.name.lowercased() == "replaces" })?.value {
            guard let found = SIPReplaces(parsing: SIPURI.unescaped(text)).flatMap(leg(replacedBy:)), found != leg
            else {
                return refuseTransfer(asked, 481, at: now, into: &out)
            }
            guard isParty(of: found, user: call.user, gateway: call.gateway, asked.path) else {
                return refuseTransfer(asked, 403, at: now, into: &out)
            }
            other = found
        }
        let token = SIPRequestToken(nextToken())
        let isReported = request.headers["Refer-Sub"]?.lowercased() != "false"
        calls[leg]?.transfer = Transfer(token: token, asked: asked, isReported: isReported)
        transfers[token] = leg
        arm(.transferUnanswered, of: leg, after: Self.transferPatience, at: now)
        out.append(.refer(token, leg, target: target, replaces: other))
    }

    mutating func refuseTransfer(_ asked: Asked, _ status: Int, at now: Instant, into out: inout [SIPOutput]) {
        out.append(.count(.transferDenied))
        refuse(asked, status, toTag: asked.request.to.tag, at: now, into: &out)
    }

    /// A number or name of ours, or the URI of another host; `nil` when it names nobody.
    private func target(of uri: SIPURI, _ asked: Asked) -> String? {
        guard uri.isSIP else { return uri.unescapedUser }
        let host = uri.host.lowercased()
        let isOurs =
            host == localAddress(asked.path).ip || host == asked.request.uri.host.lowercased()
            || domains.contains(host)
        guard !isOurs else { return uri.unescapedUser.flatMap { $0.isEmpty ? nil : $0 } }
        return SIPURI(scheme: uri.scheme, user: uri.user, host: uri.host, port: uri.port).text
    }

    /// The live leg of the dialog that is named from its far end's view.
    func leg(replacedBy replaces: SIPReplaces) -> LegID? {
        let id = DialogID(callID: replaces.callID, localTag: replaces.toTag, remoteTag: replaces.fromTag)
        guard let leg = dialogs[id], calls[leg]?.isLive == true else { return nil }
        return leg
    }

    /// The answer to ``SIPOutput/refer(_:_:target:replaces:)``, step by step.
    package mutating func transferred(
        _ token: SIPRequestToken, _ outcome: SIPTransferOutcome, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let leg = transfers[token], let transfer = calls[leg]?.transfer else { return }
        switch outcome {
        case .accepted: acceptTransfer(leg, at: now, into: &out)
        case .progress(let status):
            acceptTransfer(leg, at: now, into: &out)
            notify(leg, status, isLast: false, at: now, into: &out)
        case .refused(let status) where !transfer.isAccepted:
            refuseTransfer(transfer.asked, status, at: now, into: &out)
            leaveTransfer(leg)
        case .refused(let status), .done(let status):
            acceptTransfer(leg, at: now, into: &out)
            endTransfer(leg, status: status, at: now, into: &out)
        }
        settle(at: now, into: &out)
    }

    private mutating func acceptTransfer(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let transfer = calls[leg]?.transfer, !transfer.isAccepted else { return }
        calls[leg]?.transfer?.isAccepted = true
        var response = response(202, to: transfer.asked.request)
        if !transfer.isReported { response.headers["Refer-Sub"] = "false" }
        if let call = calls[leg] { response.headers["Contact"] = contact(on: transfer.asked.path, user: nil, of: call) }
        answer(transfer.asked, response, at: now, into: &out)
        notify(leg, 100, isLast: false, at: now, into: &out)
        arm(.transferUnanswered, of: leg, after: Self.transferLimit, at: now)
    }

    /// The last NOTIFY, or the refusal when nothing was said yet.
    mutating func endTransfer(_ leg: LegID, status: Int, at now: Instant, into out: inout [SIPOutput]) {
        guard let transfer = calls[leg]?.transfer else { return }
        if transfer.isAccepted {
            notify(leg, status, isLast: true, at: now, into: &out)
        } else {
            refuseTransfer(transfer.asked, status, at: now, into: &out)
        }
        leaveTransfer(leg)
    }

    private mutating func leaveTransfer(_ leg: LegID) {
        if let token = calls[leg]?.transfer?.token { transfers[token] = nil }
        calls[leg]?.transfer = nil
        disarm(.transferUnanswered, of: leg)
    }

    private mutating func notify(
        _ leg: LegID, _ status: Int, isLast: Bool, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], call.isLive, let transfer = call.transfer, transfer.isReported else { return }
        send(.notify, in: leg, for: .notify(leg), at: now, into: &out) { request in
            request.event = SIPEvent("refer", id: "\(transfer.asked.request.cseq.number)")
            request.subscriptionState =
                isLast
                ? SIPSubscriptionState("terminated", reason: "noresource")
                : SIPSubscriptionState("active", expires: Int(Self.transferLimit.components.seconds))
            request.contentType = SIPMediaType("message", "sipfrag", parameters: [SIPParameter("version", "2.0")])
            request.body = Array("SIP/2.0 \(status) \(SIPResponse.phrase(of: status))\r\n".utf8)
        }
    }

    // MARK: Ours

    /// Asks the far end to call `target` itself and to leave us (REFER). A number is one of the far end's own server:
    /// ours. What becomes of it comes as ``SIPOutput/referred(_:status:)``.
    package mutating func refer(_ leg: LegID, to target: String, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.isConfirmed, let dialog = call.dialog,
            let uri = SIPURI(parsing: target).flatMap({ $0.isSIP || $0.scheme == .tel ? $0 : nil })
                ?? SIPURI(parsing: "sip:\(SIPURI.escaped(user: target))@\(dialog.local.uri.hostPort)")
        else { return out.append(.referred(leg, status: 400)) }
        calls[leg]?.isReferring = true
        send(.refer, in: leg, for: .refer(leg), at: now, into: &out) { request in
            request.referTo = NameAddress(uri)
            request.referredBy = NameAddress(dialog.local.uri)
        }
        settle(at: now, into: &out)
    }

    mutating func takeReferOutcome(
        _ response: SIPResponse, of leg: LegID, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard !response.isSuccess, calls[leg]?.isReferring == true else { return }
        calls[leg]?.isReferring = false
        out.append(.referred(leg, status: response.status))
        leaveIfUnknown(leg, response, at: now, into: &out)
    }

    mutating func takeNotify(_ asked: Asked, of leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        let request = asked.request
        guard let event = request.event, event.package == "refer" else {
            var response = response(489, to: request)
            response.headers["Allow-Events"] = "refer"
            return answer(asked, response, at: now, into: &out)
        }
        guard calls[leg]?.isReferring == true else { return refuse(asked, 481, at: now, into: &out) }
        confirm(asked, at: now, into: &out)
        let words = String(decoding: request.body.prefix(64), as: UTF8.self).split(separator: " ")
        guard words.count > 1, words[0] == "SIP/2.0", let status = Int(words[1]), (100...699).contains(status) else {
            return
        }
        if status >= 200 || request.subscriptionState?.state == "terminated" { calls[leg]?.isReferring = false }
        out.append(.referred(leg, status: status))
    }

    // MARK: Replaces

    enum Replaced {
        case nothing
        case leg(LegID)
        /// It has its answer.
        case refused
    }

    /// Whether somebody is who is at the far end of `leg` (RFC 3891 §4): the same user or gateway, and where that is not
    /// known of both, the same address.
    private func isParty(of leg: LegID, user: String?, gateway: String?, _ path: SIPPath) -> Bool {
        guard let call = calls[leg] else { return false }
        if let user, let other = call.user { return user == other }
        if let gateway, gateway == call.gateway { return true }
        return path.remote.ip == (call.dialog?.path ?? call.placed?.path)?.remote.ip
    }

    /// The call whose place an INVITE is to take (RFC 3891 §3).
    mutating func replacedLeg(
        by asked: Asked, from caller: Caller, at now: Instant, into out: inout [SIPOutput]
    ) -> Replaced {
        guard asked.request.headers.has("Replaces") else { return .nothing }
        let status: Int
        if asked.request.headers.all("Replaces").count > 1 || asked.request.replaces == nil {
            status = 400
        } else if let replaces = asked.request.replaces,
            let leg = dialogs[
                DialogID(callID: replaces.callID, localTag: replaces.toTag, remoteTag: replaces.fromTag)],
            let call = calls[leg]
        {
            switch call.phase {
            case _ where !isParty(of: leg, user: caller.user?.address, gateway: caller.gateway?.name, asked.path):
                status = 403
            case .confirmed:
                guard replaces.earlyOnly else { return .leg(leg) }
                status = 486
            case .calling: return .leg(leg)
            case .leaving, .awaitingACK, .cancelling: status = 603
            case .looking, .incoming: status = 481
            }
        } else {
            status = 481
        }
        out.append(.count(.replacesRefused))
        refuse(asked, status, at: now, into: &out)
        return .refused
    }

    /// How long the bridge may think about a REFER.
    private static let transferPatience: Duration = .seconds(20)
    /// How long a transfer may take.
    private static let transferLimit: Duration = .seconds(180)
}
