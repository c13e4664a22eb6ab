import Calls
import Wire

/// Who may call and who may register: access lists, gateways by their addresses, digests (sip.md §4.3, §4.4).
extension SIPEndpoint {
    /// What is proven of somebody who asks.
    struct Caller: Sendable {
        /// By a digest.
        var user: User?
        /// By its address.
        var gateway: GatewaySettings?
        /// A list, a gateway or a digest says who it is: what it asserts of the caller is believed.
        var isTrusted: Bool { user != nil || gateway != nil || isListed }
        var isListed = false
    }

    mutating func takeInvite(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        guard let caller = caller(of: asked, at: now, into: &out) else { return }
        begin(asked, by: caller, at: now, into: &out)
    }

    /// Who asks for a call or sends a text; `nil`: refused or challenged already.
    mutating func caller(of asked: Asked, at now: Instant, into out: inout [SIPOutput]) -> Caller? {
        guard let profile = profiles[asked.path.profile] else { return nil }
        let gateway = gateway(of: asked, profile)
        let isListed = profile.permitsCalls(from: asked.path.remote)
        if gateway != nil || isListed == true { return Caller(gateway: gateway, isListed: isListed == true) }
        guard profile.authenticatesCalls, !profile.refusesInsteadOfChallenge else {
            guard isListed == false || profile.authenticatesCalls else { return Caller() }
            out.append(.count(.accessDenied))
            refuse(asked, 403, at: now, into: &out)
            return nil
        }
        return authenticate(asked, profile, .proxy, at: now, into: &out).map { Caller(user: $0) }
    }

    /// The gateway whose address this is; where several share it, the one that the Request-URI names.
    private func gateway(of asked: Asked, _ profile: SIPProfile) -> GatewaySettings? {
        let owners = profile.gateways.filter { gateways[$0.name]?.owns(asked.path.remote) == true }
        guard owners.count > 1 else { return owners.first }
        let uri = asked.request.uri
        let name =
            uri.parameters["gw"] ?? uri.unescapedUser.flatMap { $0.hasPrefix("gw+") ? String($0.dropFirst(3)) : nil }
        return owners.first { $0.name == name }
            ?? owners.first { $0.inboundDestination == uri.unescapedUser } ?? owners.first
    }

    // MARK: Digest

    /// The user whose password was proven; `nil`: challenged or refused already.
    private mutating func authenticate(
        _ asked: Asked, _ profile: SIPProfile, _ header: DigestHeader, at now: Instant, into out: inout [SIPOutput]
    ) -> User? {
        guard !isHeldOff(asked.path, at: now) else {
            out.append(.count(.bannedSource))
            refuse(asked, 403, at: now, into: &out)
            return nil
        }
        let realm = realm(of: profile, asked.request)
        let algorithms = algorithms(of: profile, asked)
        let (directory, source) = (directory, asked.path.remote)
        let verdict = digests[profile.name]?.check(
            asked.request, realm: realm, algorithms: algorithms, from: source, at: now
        ) { directory.user($0, in: realm) ?? directory.user($0) }
        switch verdict {
        case .accepted(let user): return user
        case .missing, nil:
            guard !isHidden(asked) else {
                out.append(.count(.unknownSource))
                transactions.abandon(asked.transaction)
                return nil
            }
            challenge(asked, profile, header, realm, isStale: false, at: now, into: &out)
        case .stale:
            out.append(.count(.staleNonce))
            challenge(asked, profile, header, realm, isStale: true, at: now, into: &out)
        case .wrong(let username, let isSourceProven):
            out.append(.count(.failedAuthentication))
            if profile.logsAuthenticationFailures { out.append(.log(Self.failure(asked, username, realm, profile))) }
            let account = "\(username)@\(realm)"
            let isProven = isSourceProven || asked.path.transport.isReliable
            registrar.suspect(asked.path)
            if isProven, defence.failed(account, from: source, isTrusted: isListed(asked.path), at: now) {
                out.append(.count(.ban))
                refuse(asked, 403, at: now, into: &out)
            } else {
                challenge(asked, profile, header, realm, isStale: false, at: now, into: &out)
            }
        }
        return nil
    }

    /// Banned, and heard for the sake of a call that is up: nobody logs in that way.
    private func isHeldOff(_ path: SIPPath, at now: Instant) -> Bool {
        defence.isBanned(path.remote, at: now) && !isListed(path) && !registrar.vouches(for: path)
    }

    private mutating func challenge(
        _ asked: Asked, _ profile: SIPProfile, _ header: DigestHeader, _ realm: String, isStale: Bool, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        out.append(.count(.challenge))
        var response = response(header.status, to: asked.request)
        let algorithms = algorithms(of: profile, asked)
        digests[profile.name]?.challenge(
            &response, realm: realm, algorithms: algorithms,
            isStale: isStale, for: asked.path.remote, at: now)
        answer(asked, response, at: now, into: &out)
    }

    private func algorithms(of profile: SIPProfile, _ asked: Asked) -> [DigestAlgorithm] {
        needsMD5 ? [.md5] : profile.challengeAlgorithms(for: asked.path.transport)
    }

    /// Strangers are not even told that somebody is here (`unknown-source: drop`).
    private func isHidden(_ asked: Asked) -> Bool {
        settings.defence.isSilent && asked.path.transport == .udp && asked.request.method == .register
            && !isTrusted(asked.path)
    }

    /// `auto_from`, `auto_to`, or a fixed one; names that the directory does not know are not echoed.
    private func realm(of profile: SIPProfile, _ request: SIPRequest) -> String {
        let wanted: String
        switch profile.realm {
        case .fixed(let realm): return realm
        case .from: wanted = request.from.uri.host
        case .to: wanted = request.to.uri.host
        }
        if let forced = profile.forcedDomain { return forced }
        return domains.contains(wanted.lowercased()) ? wanted.lowercased() : directory.defaultDomain
    }

    private static func failure(_ asked: Asked, _ username: String, _ realm: String, _ profile: SIPProfile) -> SIPLog {
        SIPLog(
            .notice, "SIP auth failure",
            [
                ("method", asked.request.method.rawValue), ("profile", profile.name), ("user", "\(username)@\(realm)"),
                ("from", asked.path.remote.ip),
            ])
    }

    // MARK: REGISTER

    mutating func takeRegister(_ asked: Asked, at now: Instant, into out: inout [SIPOutput]) {
        guard let profile = profiles[asked.path.profile] else { return }
        guard profile.registers else {
            out.append(.count(.registrationsDisabled))
            return refuse(asked, 405, at: now, into: &out)
        }
        guard profile.permitsRegistration(from: asked.path.remote) else {
            out.append(.count(.accessDenied))
            return refuse(asked, 403, at: now, into: &out)
        }
        guard let user = authenticate(asked, profile, .server, at: now, into: &out) else { return }
        guard asked.request.to.uri.isSIP else { return refuse(asked, 400, "Invalid To", at: now, into: &out) }
        guard !profile.forcesMatchingUsername || asked.request.to.uri.unescapedUser == user.id else {
            out.append(.count(.badRegistration))
            return refuse(asked, 403, at: now, into: &out)
        }
        var registration = registrar.receive(
            asked.request, user: user.address, profile: profile, over: asked.path, at: now)
        stamp(&registration.response)
        answer(asked, registration.response, at: now, into: &out)
        if let counter = registration.counter { out.append(.count(counter)) }
        for change in registration.changes { tell(change, into: &out) }
    }

    mutating func carryOut(_ output: Registrar.Output, at now: Instant, into out: inout [SIPOutput]) {
        switch output {
        case .changed(let change): tell(change, into: &out)
        case .ping(let binding): ping(binding, at: now, into: &out)
        }
    }

    func tell(_ change: BindingChange, into out: inout [SIPOutput]) {
        switch change {
        case .added(let binding):
            out.append(.registered(handle: binding.handle, user: binding.user, profile: binding.profile))
        case .refreshed: break
        case .removed(let binding): out.append(.unregistered(handle: binding.handle))
        }
    }

    private mutating func ping(_ binding: Binding, at now: Instant, into out: inout [SIPOutput]) {
        var request = SIPRequest(.options, binding.uri)
        let local = localAddress(binding.flow)
        var from = NameAddress(SIPURI(host: local.ip, port: local.port))
        from.tag = newTag()
        request.headers.add("Max-Forwards", "70")
        if !binding.path.isEmpty { request.headers.set("Route", all: binding.path) }
        request.from = from
        request.to = NameAddress(binding.uri)
        request.callID = crypto.randomToken(16)
        request.cseq = CSeq(1, .options)
        send(request, over: binding.flow, for: .binding(binding.handle), at: now, into: &out)
    }
}

extension Directory {
    /// Every domain with an account, and the default one, in lower case.
    var domains: Set<String> { Set(users.map { $0.domain.lowercased() } + [defaultDomain.lowercased()]) }
}
