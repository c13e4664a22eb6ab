package import Calls
package import Wire

/// MESSAGE (RFC 3428): chat in and out.
extension SIPEndpoint {
    /// Outside calls: from users, gateways and listed addresses only.
    mutating func takeText(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        guard let profile = profiles[asked.path.profile], profile.messagesAllowed else {
            return refuse(asked, 405, at: now, into: &out)
        }
        guard let caller = caller(of: asked, at: now, into: &out) else { return }
        guard caller.isTrusted else {
            out.append(.count(.accessDenied))
            return refuse(asked, 403, at: now, into: &out)
        }
        let sender = Sender(
            user: caller.user?.address, address: claimed(by: asked.request, caller, profile),
            domain: caller.user?.domain ?? profile.forcedDomain ?? directory.defaultDomain,
            context: caller.gateway?.context ?? caller.user?.context ?? profile.context)
        take(asked, in: nil, from: sender, profile, at: now, into: &out)
    }

    /// Inside a call: from whoever is at the far end of it, whatever From says now.
    mutating func takeText(_ asked: Asked, in leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], let profile = profiles[call.profile], profile.messagesAllowed else {
            return refuse(asked, 405, at: now, into: &out)
        }
        let sender = Sender(
            user: call.user, address: call.dialog?.remote ?? asked.request.from,
            domain: profile.forcedDomain ?? directory.defaultDomain, context: profile.context)
        take(asked, in: leg, from: sender, profile, at: now, into: &out)
    }

    /// Who sends a text.
    private struct Sender {
        /// `id@domain`, where it is proven.
        let user: String?
        let address: NameAddress
        let domain: String
        let context: String

        /// A URI is no account of ours.
        var name: String {
            user ?? SIPURI(scheme: address.uri.scheme, user: address.uri.user, host: address.uri.host).text
        }
    }

    private mutating func take(
        _ asked: Asked, in leg: LegID?, from sender: Sender, _ profile: SIPProfile, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        let request = asked.request
        let body = request.contentType == nil ? request.body : request.body(of: .plainText).map { Array($0) }
        guard let text = body.flatMap({ String(validating: $0, as: UTF8.self) }) else {
            return refuseBody(asked, "Accept", SIPMediaType.plainText.text, at: now, into: &out)
        }
        guard text.utf8.count <= settings.limits.textBytes else {
            out.append(.count(.invalidText))
            return refuse(asked, 413, at: now, into: &out)
        }
        let to = request.uri.unescapedUser ?? ""
        guard leg != nil || !to.isEmpty else { return refuse(asked, 404, at: now, into: &out) }
        guard !text.isEmpty else { return confirm(asked, at: now, into: &out) }
        let token = SIPRequestToken(nextToken())
        texts[token] = asked
        timers.schedule(.text(token), at: now.advanced(by: Self.textPatience))
        let message = SIPText(
            leg: leg, from: sender.name, fromName: Self.clean(sender.address.displayName ?? ""), to: to, text: text,
            profile: profile.name, user: sender.user, domain: sender.domain, context: sender.context)
        out.append(.message(token, message))
    }

    /// What became of a ``SIPOutput/message(_:_:)``: 200, or why nobody gets it: 404, 480.
    package mutating func messageDone(
        _ token: SIPRequestToken, status: Int, at now: Instant, into out: inout [SIPOutput]
    ) {
        timers.cancel(.text(token))
        guard let asked = texts.removeValue(forKey: token) else { return }
        let status = (200...699).contains(status) ? status : 500
        if status >= 300 { out.append(.count(.textRefused)) }
        refuse(asked, status, toTag: asked.request.to.tag, at: now, into: &out)
        settle(at: now, into: &out)
    }

    /// The bridge has not said a word; well before the sender's own timer F.
    private static let textPatience: Duration = .seconds(20)

    // MARK: Ours

    /// A text message inside a call.
    package mutating func text(_ text: String, to leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.isConfirmed, text.utf8.count <= settings.limits.textBytes else { return }
        send(.message, in: leg, for: .text(leg), at: now, into: &out) { request in
            request.contentType = .plainText
            request.body = Array(text.utf8)
        }
        settle(at: now, into: &out)
    }

    /// A text message to every binding of a user (`id@domain`). False when there is none.
    package mutating func text(
        _ text: String, from sender: String, toUser user: String, at now: Instant, into out: inout [SIPOutput]
    ) -> Bool {
        guard text.utf8.count <= settings.limits.textBytes else { return false }
        let bindings = registrar.bindings(of: user)
        for binding in bindings {
            var request = SIPRequest(.message, binding.uri)
            request.headers.add("Max-Forwards", "70")
            if !binding.path.isEmpty { request.headers.set("Route", all: binding.path) }
            var from =
                SIPURI(parsing: sender.hasPrefix("sip:") ? sender : "sip:" + sender).map { NameAddress($0) }
                ?? NameAddress(SIPURI(user: SIPURI.escaped(user: sender), host: localAddress(binding.flow).ip))
            from.tag = newTag()
            request.from = from
            request.to = NameAddress(binding.uri)
            request.callID = crypto.randomToken(16)
            request.cseq = CSeq(1, .message)
            request.contentType = .plainText
            request.body = Array(text.utf8)
            send(request, over: binding.flow, for: .text(nil), at: now, into: &out)
        }
        settle(at: now, into: &out)
        return !bindings.isEmpty
    }
}
