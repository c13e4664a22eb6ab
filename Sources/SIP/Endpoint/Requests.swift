import Calls
import Wire

/// Requests of others, in the order of checks of sip.md §4.2 that come after the transactions'.
extension SIPEndpoint {
    mutating func take(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        let request = asked.request
        guard request.uri.isSIP || request.uri.scheme == .tel else { return refuse(asked, 416, at: now, into: &out) }
        if request.to.tag != nil { return takeInside(asked, at: now, into: &out) }
        guard isUnderstood(asked, at: now, into: &out) else { return }
        switch request.method {
        case .invite: takeInvite(asked, at: now, into: &out)
        case .register: takeRegister(asked, at: now, into: &out)
        case .options: takeOptions(asked, at: now, into: &out)
        case .message: takeText(asked, at: now, into: &out)
        case .subscribe, .publish: refuseEvent(asked, at: now, into: &out)
        case .refer: refuseTransfer(asked, 403, at: now, into: &out)
        case .bye, .update, .prack, .info, .notify: unknownDialog(asked, at: now, into: &out)
        default:
            out.append(.count(.unknownMethod))
            refuse(asked, 405, at: now, into: &out)
        }
    }

    // MARK: Inside a dialog

    private mutating func takeInside(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        let request = asked.request
        guard let leg = leg(of: request), let call = calls[leg], let dialog = call.dialog, dialog.holds(request) else {
            return unknownDialog(asked, at: now, into: &out)
        }
        guard Self.isOwn(asked.path, of: dialog, isTrusted: call.gateway != nil || isTrusted(asked.path)) else {
            out.append(.count(.flowMismatch))
            return refuse(asked, 403, at: now, into: &out)
        }
        if let last = dialog.remoteSequence, request.cseq.number <= last {
            out.append(.count(.badSequence))
            return refuse(asked, 500, retryAfter: .zero, at: now, into: &out)
        }
        calls[leg]?.dialog?.remoteSequence = request.cseq.number
        calls[leg]?.dialog?.path = asked.path
        guard request.method == .bye || call.isLive else { return unknownDialog(asked, at: now, into: &out) }
        guard isUnderstood(asked, at: now, into: &out) else { return }
        switch request.method {
        case .invite, .update: takeOffer(asked, of: leg, at: now, into: &out)
        case .bye: takeBye(asked, of: leg, at: now, into: &out)
        case .prack: takePRACK(asked, of: leg, at: now, into: &out)
        case .info: takeInfo(asked, of: leg, at: now, into: &out)
        case .refer: takeRefer(asked, of: leg, at: now, into: &out)
        case .notify: takeNotify(asked, of: leg, at: now, into: &out)
        case .message: takeText(asked, in: leg, at: now, into: &out)
        case .options: takeOptions(asked, at: now, into: &out)
        case .subscribe: refuseEvent(asked, at: now, into: &out)
        default:
            out.append(.count(.unknownMethod))
            refuse(asked, 405, at: now, into: &out)
        }
    }

    /// The call that a request with a To tag belongs to.
    func leg(of request: SIPRequest) -> LegID? {
        dialogs[
            DialogID(callID: request.callID, localTag: request.to.tag ?? "", remoteTag: request.from.tag ?? "")]
    }

    private mutating func unknownDialog(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        out.append(.count(.unknownDialog))
        refuse(asked, 481, toTag: asked.request.to.tag, at: now, into: &out)
    }

    /// Whether requests of this dialog may come from there: from where they came so far, or from an address the far
    /// end named.
    private static func isOwn(_ path: SIPPath, of dialog: Dialog, isTrusted: Bool) -> Bool {
        let ip = path.remote.ip
        return isTrusted || ip == dialog.path.remote.ip || ip == dialog.remoteTarget.host
            || dialog.routes.contains { $0.uri.host == ip }
    }

    // MARK: What we understand

    /// Requires nothing we cannot do, and has no body we cannot read.
    private mutating func isUnderstood(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) -> Bool {
        let request = asked.request
        let known = Self.extensions + (profiles[asked.path.profile]?.reliableProvisional == true ? ["100rel"] : [])
        let unknown = request.method == .cancel ? [] : request.require.filter { !known.contains($0.lowercased()) }
        guard unknown.isEmpty else {
            out.append(.count(.unknownExtension))
            var response = response(420, to: request)
            response.unsupported = unknown
            answer(asked, response, at: now, into: &out)
            return false
        }
        if let coding = request.headers["Content-Encoding"], coding.lowercased() != "identity" {
            refuseBody(asked, "Accept-Encoding", "identity", at: now, into: &out)
            return false
        }
        return true
    }

    mutating func refuseBody(
        _ asked: Asked, _ header: String, _ value: String, at now: Instant, into out: inout [SIPOutput]
    ) {
        out.append(.count(.unsupportedBody))
        var response = response(415, to: asked.request)
        response.headers[header] = value
        answer(asked, response, at: now, into: &out)
    }

    /// The offer in an INVITE, an UPDATE or a PRACK; `.none` inside when there is no body. `nil`: refused already.
    mutating func offer(
        of asked: Asked, at now: Instant, into out: inout [SIPOutput]
    ) -> (sdp: String?, hasBody: Bool)? {
        let request = asked.request
        if request.method == .invite, request.headers.has("Accept"),
            !request.accept.contains(where: { $0.accepts(.sdp) })
        {
            refuse(asked, 406, at: now, into: &out)
            return nil
        }
        guard !request.body.isEmpty else { return (nil, false) }
        if let sdp = request.sdp {
            guard sdp.utf8.count <= SessionDescription.maximumSize else {
                refuse(asked, 413, at: now, into: &out)
                return nil
            }
            return (sdp, true)
        }
        if request.headers["Content-Disposition"]?.lowercased().contains("handling=optional") == true {
            return (nil, false)
        }
        refuseBody(asked, "Accept", SIPMediaType.sdp.text, at: now, into: &out)
        return nil
    }

    // MARK: Small ones

    /// What we are able to do (RFC 3261 §11.2).
    private mutating func takeOptions(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        guard !settings.defence.isSilent || asked.path.transport != .udp || isTrusted(asked.path) else {
            out.append(.count(.unknownSource))
            return transactions.abandon(asked.transaction)
        }
        var response = response(200, to: asked.request, toTag: asked.request.to.tag)
        response.allow = Self.allowed
        response.headers["Accept"] = SIPMediaType.sdp.text
        response.supported = supported(by: asked.path.profile)
        answer(asked, response, at: now, into: &out)
    }

    private mutating func refuseEvent(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        var response = response(489, to: asked.request)
        response.headers["Allow-Events"] = "refer"
        answer(asked, response, at: now, into: &out)
    }

    /// Option tags that may be required of us.
    private static let extensions = ["timer", "replaces", "norefersub", "path", "outbound", "gruu"]
}
