package import Calls
package import Wire

/// We call somebody: from the dial string's target to the INVITE.
extension SIPCall {
    /// An INVITE of ours.
    struct Placed: Sendable {
        /// What one fork has said so far.
        struct Early: Sendable {
            var dialog: Dialog
            /// Of the last reliable response (RFC 3262).
            var sequence: UInt32?
            var sdp: String?
        }

        /// The last one sent, without Via.
        var invite: SIPRequest
        let account: Account?
        /// Of an account of the call's own: what it has been asked for.
        var digest: DigestClient?
        var transaction: ClientTransactionID?
        var path: SIPPath?
        /// Where to go when this one does not answer.
        var targets: [SIPPath]
        var hasProvisional = false
        var isRinging = false
        /// The early media that the bridge was told last.
        var toldSDP: String?
        /// By remote tag.
        var early: [String: Early] = [:]
        /// Remote tags of forks that answered too late and were sent away.
        var forks: Set<String> = []
        /// Statuses that were answered by another try (420, 422); each only once.
        var retried: Set<Int> = []
    }

    typealias Account = SIPEndpoint.Account
}

extension SIPEndpoint {
    /// Where an INVITE goes.
    struct Route {
        let profile: String
        let uri: SIPURI
        var gateway: String?
        var binding: Binding?
        /// As written, for `Route`.
        var routes: [String] = []
        /// Empty: the host has to be looked up.
        var paths: [SIPPath] = []
        var lookup: SIPLookup?
        /// Host of our From when nothing else says it; `nil`: our address.
        var domain: String?
    }

    /// Why nothing can be sent.
    struct Unplaceable: Error {
        let cause: HangupCause
        init(_ cause: HangupCause) { self.cause = cause }
    }

    /// Sends an INVITE. `nil`: it is on its way, and ends with a ``SIPOutput/hangUp(_:_:_:)`` or by `.ended`; else why
    /// not a packet was sent.
    package mutating func place(
        _ call: SIPPlacedCall, at now: Instant, into out: inout [SIPOutput]
    ) -> HangupCause? {
        do throws(Unplaceable) {
            guard !isShuttingDown else { throw Unplaceable(.systemShutdown) }
            guard call.maxForwards > 0 else { throw Unplaceable(.exchangeRoutingError) }
            guard calls[call.leg.id] == nil else { throw Unplaceable(.destinationOutOfOrder) }
            guard calls.count < settings.maximumCalls else {
                out.append(.count(.callLimit))
                throw Unplaceable(.switchCongestion)
            }
            let route = try route(to: call.target, call.variables, at: now)
            if let name = route.gateway,
                !quotas.permits(.gateway(name), gateways[name]?.settings.callsPerSecond, at: now)
            {
                out.append(.count(.callRate))
                throw Unplaceable(.normalCircuitCongestion)
            }
            place(call, over: route, at: now, into: &out)
            settle(at: now, into: &out)
            return nil
        } catch {
            return error.cause
        }
    }

    private mutating func place(
        _ placed: SIPPlacedCall, over route: Route, at now: Instant, into out: inout [SIPOutput]
    ) {
        let leg = placed.leg.id
        let account = account(placed.variables, route)
        var call = SIPCall(
            leg, profile: route.profile, gateway: route.gateway, phase: .calling, variables: placed.variables)
        call.binding = route.binding
        call.user = route.binding?.user
        call.localSDP = placed.sdp
        call.placed = SIPCall.Placed(invite: invite(placed, over: route), account: account, targets: route.paths)
        calls[leg] = call
        call.placed.map { _ = self.placed.insert(InviteName($0.invite)) }
        count(call, 1)
        arm(.ringing, of: leg, after: settings.ringLimit, at: now)
        guard let lookup = route.lookup else { return sendInvite(leg, at: now, into: &out) }
        let token = lookUp(lookup, for: .call(leg, lookup), at: now, into: &out)
        calls[leg]?.phase = .looking(token)
    }

    /// Keeps the numbers of calls per profile and gateway.
    mutating func count(_ call: SIPCall, _ change: Int) {
        let profile = callsOf[call.profile, default: 0] + change
        callsOf[call.profile] = profile == 0 ? nil : profile
        guard let gateway = call.gateway else { return }
        let number = callsOfGateway[gateway, default: 0] + change
        callsOfGateway[gateway] = number == 0 ? nil : number
        guard change > 0 else { return }
        if call.isPlaced { gateways[gateway]?.callsOut += 1 } else { gateways[gateway]?.callsIn += 1 }
    }

    mutating func found(
        _ addresses: [TransportAddress], _ lookup: SIPLookup, for leg: LegID, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        guard let call = calls[leg], case .looking = call.phase else { return }
        let host = lookup.transport == .tls ? lookup.host : nil
        calls[leg]?.phase = .calling
        calls[leg]?.placed?.targets = addresses.map {
            SIPPath(profile: call.profile, transport: lookup.transport, remote: $0, host: host)
        }
        sendInvite(leg, at: now, into: &out)
    }

    /// Sends the INVITE to the next of its targets: another branch, the same Call-ID and CSeq (RFC 3263 §4.3).
    mutating func sendInvite(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], let placed = call.placed, let path = placed.targets.first else {
            return fail(
                leg, .normalTemporaryFailure, SIPEnding(status: 503, disposition: .receivedRefusal), at: now, into: &out
            )
        }
        calls[leg]?.placed?.targets.removeFirst()
        calls[leg]?.placed?.path = path
        calls[leg]?.placed?.hasProvisional = false
        let contact = contact(on: path, user: nil, of: call)
        calls[leg]?.placed?.invite.headers["Contact"] = contact
        resendInvite(leg, at: now, into: &out)
    }

    /// Sends the INVITE as it is now, to where it went last.
    mutating func resendInvite(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let placed = calls[leg]?.placed, let path = placed.path else { return }
        let id = send(placed.invite, over: path, for: .invite(leg), as: placed.account, at: now, into: &out)
        calls[leg]?.placed?.transaction = id
    }

    // MARK: Targets

    func route(
        to target: SIPTarget, _ variables: [String: String], at now: Instant
    ) throws(Unplaceable) -> Route {
        var route: Route
        switch target {
        case .caller: throw Unplaceable(.destinationOutOfOrder)
        case .gateway(let name, let destination): route = try self.route(gateway: name, destination, at: now)
        case .address(let profile, let uri): route = try self.route(profile: profile, uri)
        case .binding(let handle, let profile):
            guard profiles[profile] != nil else { throw Unplaceable(.invalidProfile) }
            guard let binding = registrar.binding(handle) else { throw Unplaceable(.userNotRegistered) }
            route = Route(
                profile: binding.profile, uri: binding.uri, binding: binding, routes: binding.path,
                paths: [binding.flow]
            )
            route.domain = binding.user.split(separator: "@").last.map(String.init)
        }
        guard let hop = variables["sip_route_uri"] ?? variables["sip_invite_route_uri"] else { return route }
        return try self.route(route, over: hop)
    }

    private func route(
        gateway name: String, _ destination: String, at now: Instant
    ) throws(Unplaceable) -> Route {
        guard let machine = gateways[name] else { throw Unplaceable(.invalidGateway) }
        let gateway = machine.settings
        guard machine.isUp else { throw Unplaceable(.gatewayDown) }
        let limit = gateway.maximumCalls ?? settings.maximumCallsPerGateway
        guard callsOfGateway[name, default: 0] < limit else { throw Unplaceable(.normalCircuitCongestion) }
        let paths = machine.callPaths(at: now)
        guard !paths.isEmpty else { throw Unplaceable(.gatewayDown) }
        let parts = destination.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        let (number, parameters) = (String(parts[0]), parts.count > 1 ? ";" + parts[1] : "")
        guard !number.isEmpty else { throw Unplaceable(.invalidURL) }
        let user = number.contains("@") ? number : SIPURI.escaped(user: gateway.destinationPrefix + number)
        let place = number.contains("@") ? "" : "@" + Self.host(of: gateway.effectiveProxy)
        guard var uri = SIPURI(parsing: "sip:" + user + place + parameters) else { throw Unplaceable(.invalidURL) }
        if let transport = uri.transport, transport != gateway.transport.uriParameter {
            throw Unplaceable(.destinationOutOfOrder)
        }
        if gateway.transport != .udp { uri.parameters["transport"] = gateway.transport.uriParameter }
        return Route(
            profile: machine.profile, uri: uri, gateway: name, paths: paths, domain: gateway.effectiveFromDomain)
    }

    /// `host`, `host:port` or a URI: what stands behind the `@`.
    private static func host(of proxy: String) -> String {
        guard proxy.hasPrefix("sip:") || proxy.hasPrefix("sips:") else { return proxy }
        return SIPURI(parsing: proxy)?.hostPort ?? proxy
    }

    private func route(profile name: String, _ text: String) throws(Unplaceable) -> Route {
        guard let profile = profiles[name] else { throw Unplaceable(.invalidProfile) }
        guard var uri = SIPURI(parsing: text), uri.isSIP, !uri.host.isEmpty else { throw Unplaceable(.invalidURL) }
        uri.headers = []
        let pinned = uri.parameters["fs_path"].flatMap { SIPURI(parsing: SIPURI.unescaped($0)) }
        uri.parameters["fs_path"] = nil
        let route = Route(profile: profile.name, uri: uri)
        return try self.route(route, to: pinned ?? uri)
    }

    private func route(_ route: Route, over hop: String) throws(Unplaceable) -> Route {
        let text = hop.hasPrefix("sip") ? hop : "sip:" + hop
        guard let uri = NameAddress(parsing: text)?.uri ?? SIPURI(parsing: text), uri.isSIP else {
            throw Unplaceable(.invalidURL)
        }
        var route = route
        route.routes = [NameAddress(uri).text]
        return try self.route(route, to: uri)
    }

    /// Where the packet goes: an address, or a name to look up.
    private func route(_ route: Route, to hop: SIPURI) throws(Unplaceable) -> Route {
        var route = route
        let transport: SIPTransport
        switch hop.transport {
        case "tcp": transport = .tcp
        case "tls": transport = .tls
        case "ws", "wss": throw Unplaceable(.userNotRegistered)  // nobody can connect to a browser
        case "udp": transport = .udp
        case nil: transport = hop.scheme == .sips ? .tls : .udp
        default: throw Unplaceable(.destinationOutOfOrder)
        }
        if let address = TransportAddress(ip: hop.host, port: hop.port ?? transport.defaultPort) {
            route.paths = [SIPPath(profile: route.profile, transport: transport, remote: address)]
        } else {
            (route.paths, route.lookup) = (
                [], SIPLookup(host: hop.host, port: hop.port, transport: transport, profile: route.profile)
            )
        }
        return route
    }

    private func account(_ variables: [String: String], _ route: Route) -> Account? {
        if let username = variables["sip_auth_username"], let password = variables["sip_auth_password"] {
            return .own(DigestClient.Account(username: username, password: password))
        }
        return route.gateway.map { .gateway($0) }
    }
}

extension SIPURI {
    /// Text without its escapes, decoded once.
    static func unescaped(_ text: String) -> String {
        SIPURI(user: text, host: "").unescapedUser ?? text
    }
}
