import Calls
import Wire

/// Responses and requests of ours go out.
extension SIPEndpoint {
    /// A request of ours that waits for its response.
    struct Sent: Sendable {
        enum Purpose: Sendable {
            /// The INVITE of a placed call.
            case invite(LegID)
            /// A re-INVITE or UPDATE.
            case offer(LegID)
            case prack(LegID)
            case bye(LegID)
            case info(LegID)
            case refer(LegID)
            case notify(LegID)
            case text(LegID?)
            /// The BYE of a fork that came too late, and the like.
            case nothing
            case gateway(String, GatewayMachine.Token)
            /// An OPTIONS to a binding, by its handle.
            case binding(String)
        }

        let purpose: Purpose
        /// Without our Via.
        let request: SIPRequest
        let path: SIPPath
        var account: Account?
        var attempt = DigestClient.Attempt()
    }

    /// Who answers challenges.
    enum Account: Sendable, Equatable {
        case gateway(String)
        /// `sip_auth_username`, `sip_auth_password`.
        case own(DigestClient.Account)
    }

    // MARK: Responses

    /// A response with our tag: the dialog's, or a new one.
    func response(_ status: Int, _ phrase: String? = nil, to request: SIPRequest, toTag: String? = nil) -> SIPResponse {
        var response = SIPResponse(status, phrase, to: request, toTag: toTag ?? newTag())
        stamp(&response)
        return response
    }

    func stamp(_ response: inout SIPResponse) {
        if !settings.userAgent.isEmpty { response.headers["Server"] = settings.userAgent }
    }

    mutating func answer(_ asked: Asked, _ response: SIPResponse, at now: Instant, into out: inout [SIPOutput]) {
        if response.status >= 200 { invites[asked.transaction] = nil }
        with(&out) { endpoint, events in
            endpoint.transactions.respond(asked.transaction, response, at: now, into: &events)
        }
    }

    /// Answers with nothing more than a status.
    mutating func refuse(
        _ asked: Asked, _ status: Int, _ phrase: String? = nil, toTag: String? = nil, retryAfter: Duration? = nil,
        at now: Instant, into out: inout [SIPOutput]
    ) {
        var response = response(status, phrase, to: asked.request, toTag: toTag)
        if let retryAfter { response.retryAfter = Int(retryAfter.components.seconds) }
        if status == 405 || status == 501 { response.allow = Self.allowed }
        answer(asked, response, at: now, into: &out)
    }

    /// 200 without a body.
    mutating func confirm(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        answer(asked, response(200, to: asked.request), at: now, into: &out)
    }

    // MARK: Requests

    /// Sends a request in a transaction of its own; credentials that are known go with it.
    @discardableResult
    mutating func send(
        _ request: SIPRequest, over path: SIPPath, for purpose: Sent.Purpose, as account: Account? = nil,
        attempt: DigestClient.Attempt = DigestClient.Attempt(), at now: Instant, into out: inout [SIPOutput]
    ) -> ClientTransactionID {
        var request = request
        if !settings.userAgent.isEmpty, request.userAgent == nil { request.userAgent = settings.userAgent }
        if case .gateway(let name) = account, attempt == DigestClient.Attempt() {
            gateways[name]?.authorize(&request, over: path)
        }
        let sent = Sent(purpose: purpose, request: request, path: path, account: account, attempt: attempt)
        let id = with(&out) { endpoint, events in
            endpoint.transactions.send(request, over: path, at: now, into: &events)
        }
        requests[id] = sent
        return id
    }

    /// A request inside a call's dialog. `change` fills it.
    @discardableResult
    mutating func send(
        _ method: SIPMethod, in leg: LegID, for purpose: Sent.Purpose, at now: Instant, into out: inout [SIPOutput],
        _ change: (inout SIPRequest) -> Void = { _ in }
    ) -> ClientTransactionID? {
        guard let call = calls[leg], var request = calls[leg]?.dialog?.request(method) else { return nil }
        let path = hop(of: call)
        if [.invite, .update, .refer, .info, .options, .notify].contains(method) {
            request.headers["Contact"] = contact(on: path, user: nil, of: call)
        }
        change(&request)
        return send(request, over: path, for: purpose, as: account(of: call), at: now, into: &out)
    }

    /// Down the dialog's connection while it is open; else down the one that the phone has registered anew over (sip.md
    /// §8.2), else to where it listens.
    func hop(of call: SIPCall) -> SIPPath {
        guard let dialog = call.dialog else { return call.placed?.path ?? Self.nowhere(call.profile) }
        guard let connection = dialog.path.connection, streams[connection] == nil else { return dialog.nextHop }
        if let flow = call.binding.flatMap(openFlow) { return flow }
        return dialog.detour ?? dialog.path
    }

    /// The connection that the same phone, or the same page, has registered over since.
    private func openFlow(of old: Binding) -> SIPPath? {
        registrar.bindings(of: old.user).last { binding in
            let isSame = old.instance.map { $0 == binding.instance } ?? (binding.uri.host == old.uri.host)
            return isSame && binding.flow.connection.map { streams[$0] != nil } == true
        }?.flow
    }

    func account(of call: SIPCall) -> Account? {
        if let placed = call.placed { return placed.account }
        return call.gateway.map { .gateway($0) }
    }

    // MARK: What we say of ourselves

    /// Our Contact: always reachable on the transport of the dialog (RFC 3261 §8.1.1.8).
    func contact(on path: SIPPath, user: String?, of call: SIPCall) -> String {
        let address = localAddress(path)
        let user = call.variables["sip_contact_user"] ?? user ?? profiles[call.profile]?.contactUser ?? ""
        if let gateway = call.gateway, call.isPlaced, let machine = gateways[gateway] {
            return machine.contact(over: path).text
        }
        var uri = SIPURI(
            user: user.isEmpty ? nil : SIPURI.escaped(user: user), host: address.ip, port: address.port)
        if path.transport != .udp { uri.parameters["transport"] = path.transport.uriParameter }
        return NameAddress(uri).text
    }

    func supported(by profile: String) -> [String] {
        ["timer", "replaces"] + (profiles[profile]?.reliableProvisional == true ? ["100rel"] : [])
    }

    /// What a call's variables with this prefix say, as headers; those that make the message itself are left out.
    static func addHeaders(_ variables: [String: String], _ prefix: String, to headers: inout SIPHeaders) {
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix) {
            let header = String(name.dropFirst(prefix.count))
            guard !ownHeaders.contains(header.lowercased()), header.utf8.count > 1 else { continue }
            headers.add(header, value)
        }
    }

    static func addReason(_ cause: HangupCause, of call: SIPCall, to headers: inout SIPHeaders) {
        guard call.variables["disable_q850_reason"]?.lowercased() != "true" else { return }
        headers["Reason"] = cause.reasonValue
    }

    private static func nowhere(_ profile: String) -> SIPPath {
        SIPPath(profile: profile, transport: .udp, remote: TransportAddress(ipv4: 0, port: 0))
    }

    static let allowed: [SIPMethod] = [
        .invite, .ack, .bye, .cancel, .options, .message, .info, .update, .prack, .refer, .notify, .register,
    ]

    /// Headers no variable may set.
    private static let ownHeaders: Set<String> = [
        "via", "from", "to", "call-id", "cseq", "max-forwards", "contact", "route", "record-route", "content-length",
        "content-type", "content-encoding", "authorization", "proxy-authorization", "www-authenticate",
        "proxy-authenticate", "require", "proxy-require", "supported", "unsupported", "allow", "rseq", "rack",
        "session-expires", "min-se", "replaces", "event", "subscription-state",
    ]
}
