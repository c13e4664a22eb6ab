package import Wire

extension Registrar {
    /// Carries out a REGISTER, or refuses it and changes nothing.
    ///
    /// - Parameter user: `id@domain`, authenticated, the domain as the directory writes it.
    package mutating func receive(
        _ request: SIPRequest, user: String, profile: SIPProfile, over path: SIPPath, at now: Instant
    ) -> Answer {
        do throws(RequestedContact.Refusal) {
            try check(request, user, profile)
            let changes = try update(request, user, profile, path, at: now)
            return Answer(response: listing(request, user, at: now), changes: changes)
        } catch {
            var response = SIPResponse(error.status, error.reason, to: request, toTag: randomToken(8))
            response.minExpires = error.minExpires
            return Answer(response: response, counter: error.counter)
        }
    }

    private func check(
        _ request: SIPRequest, _ user: String, _ profile: SIPProfile
    ) throws(RequestedContact.Refusal) {
        guard profile.registers else { throw .init(403, "Registration Disabled", .registrationsDisabled) }
        let aor = request.to.uri
        guard aor.isSIP else { throw .init(416) }
        let id = user.prefix { $0 != "@" }
        guard !profile.forcesMatchingUsername || aor.unescapedUser ?? "" == id else { throw .init(403) }
        // RFC 5626 §6: the first hop has to know about flows, if there is another hop at all.
        guard request.headers.values("Via").count > 1, usesFlows(request) else { return }
        guard request.path.last?.uri.parameters.has("ob") == true else {
            throw .init(439, "First Hop Lacks Outbound Support")
        }
    }

    private mutating func update(
        _ request: SIPRequest, _ user: String, _ profile: SIPProfile, _ path: SIPPath, at now: Instant
    ) throws(RequestedContact.Refusal) -> [BindingChange] {
        guard request.headers.values("Contact").contains("*") else {
            let contacts = try RequestedContact.all(of: request, profile, limits, over: path)
            return try apply(contacts, request, user, profile, path, at: now)
        }
        guard request.isStarContact, request.expires == 0 else { throw .init(400, "Bad Wildcard Contact") }
        let bindings = bindings(of: user)
        for binding in bindings { try checkOrder(request, binding) }
        return bindings.flatMap { remove($0.handle) }
    }

    private mutating func apply(
        _ contacts: [RequestedContact], _ request: SIPRequest, _ user: String, _ profile: SIPProfile, _ path: SIPPath,
        at now: Instant
    ) throws(RequestedContact.Refusal) -> [BindingChange] {
        let bindings = bindings(of: user)
        var steps: [(contact: RequestedContact, known: Binding?)] = []
        for contact in contacts {
            let known = bindings.first { Self.isSame($0, contact) }
            if let known { try checkOrder(request, known) }
            if steps.contains(where: { $0.contact.uri.isEquivalent(to: contact.uri) }) { continue }
            steps.append((contact, known))
        }
        let additions = steps.count { $0.known == nil && $0.contact.expires > 0 }
        let removals = steps.count { $0.known != nil && $0.contact.expires == 0 }
        let replaces = !profile.allowsMultipleRegistrations && additions > 0
        let left = replaces ? additions : bindings.count + additions - removals
        guard additions == 0 || left <= max(1, profile.maxRegistrationsPerUser) else {
            throw .init(403, "Too Many Registrations", .registrationLimit)
        }
        guard additions == 0 || count + additions <= limits.bindings else {
            throw .init(503, nil, .registrationLimit)
        }
        var changes: [BindingChange] = []
        if replaces { changes += bindings.flatMap { remove($0.handle) } }
        for (contact, known) in steps {
            if contact.expires == 0 {
                if let known { changes += remove(known.handle) }
            } else {
                changes.append(store(contact, replaces ? nil : known, request, user, profile, path, at: now))
            }
        }
        return changes
    }

    /// RFC 3261 §10.3 item 7: what comes late in its Call-ID changes nothing.
    private func checkOrder(_ request: SIPRequest, _ binding: Binding) throws(RequestedContact.Refusal) {
        guard binding.callID == request.callID, request.cseq.number <= binding.cseq else { return }
        throw .init(400, "Out of Order", .staleRegistration)
    }

    private mutating func store(
        _ contact: RequestedContact, _ known: Binding?, _ request: SIPRequest, _ user: String, _ profile: SIPProfile,
        _ path: SIPPath, at now: Instant
    ) -> BindingChange {
        let handle = known?.handle ?? randomToken(8)
        let hasProxy = !request.path.isEmpty
        let reach = Self.reach(contact.uri, path, profile, hasProxy: hasProxy)
        let binding = Binding(
            handle: handle, user: user, profile: profile.name, contact: contact.text, uri: contact.uri,
            path: request.headers.values("Path"), flow: reach.flow, source: path.remote, transport: path.transport,
            callID: request.callID,
            cseq: request.cseq.number, expiresAt: now.advanced(by: .seconds(contact.expires)),
            priority: contact.priority, userAgent: String((request.userAgent ?? "").prefix(Self.agentLength)),
            instance: contact.instance, regID: contact.regID, isBehindNAT: reach.isBehindNAT)
        let isPinged = reach.isBehindNAT && !hasProxy && path.transport == .udp
        let interval = isPinged ? profile.bindingPingInterval.map { max($0, .seconds(5)) } : nil
        entries[handle] = Entry(
            binding: binding, fallback: reach.fallback, pingInterval: interval,
            failuresAllowed: max(1, profile.bindingPingFailures))
        sources.add(binding)
        if let known {
            sources.remove(known)
            unhook(handle, from: known.flow)
        } else {
            handles[user, default: []].append(handle)
        }
        hook(handle, to: reach.flow)
        deadlines.set(.expiry(handle), binding.expiresAt)
        deadlines.set(.ping(handle), interval.map { now.advanced(by: $0) })
        return known.map { .refreshed(binding, previous: $0.flow) } ?? .added(binding)
    }

    /// Instance and flow where the client names them (RFC 5626 §6), else the URI (RFC 3261 §19.1.4).
    private static func isSame(_ binding: Binding, _ contact: RequestedContact) -> Bool {
        if let regID = contact.regID, let instance = contact.instance {
            return binding.regID == regID && binding.instance == instance
        }
        return binding.regID == nil && binding.uri.isEquivalent(to: contact.uri)
    }

    private func usesFlows(_ request: SIPRequest) -> Bool {
        request.supported.contains { $0.lowercased() == "outbound" }
            && request.contacts.contains { $0.parameters.has("reg-id") && $0.parameters.has("+sip.instance") }
    }

    // MARK: Where it is

    /// A contact that names the address it came from is called there, at the port it says; any other one the way its
    /// REGISTER came.
    private static func reach(
        _ uri: SIPURI, _ path: SIPPath, _ profile: SIPProfile, hasProxy: Bool
    ) -> (flow: SIPPath, fallback: SIPPath?, isBehindNAT: Bool) {
        if hasProxy || path.transport.isWebSocket { return (path, nil, !hasProxy) }
        let transport = plainTransport(uri) ?? path.transport
        guard let own = TransportAddress(ip: uri.host, port: uri.port ?? transport.defaultPort) else {
            return (path, nil, true)
        }
        let direct = SIPPath(profile: path.profile, transport: transport, remote: own)
        let isOpen = own.at(port: 0) == path.remote.at(port: 0)
        if path.transport.isReliable { return (path, isOpen ? direct : nil, !isOpen) }
        if isOpen || !profile.aggressiveNATDetection { return (direct, nil, false) }
        return (path, nil, true)
    }

    private static func plainTransport(_ uri: SIPURI) -> SIPTransport? {
        switch uri.transport {
        case "udp": .udp
        case "tcp": uri.scheme == .sips ? .tls : .tcp
        case "tls": .tls
        default: uri.scheme == .sips ? .tls : nil
        }
    }

    // MARK: The answer

    /// 200 with all bindings of the user.
    private func listing(_ request: SIPRequest, _ user: String, at now: Instant) -> SIPResponse {
        var response = SIPResponse(200, to: request, toTag: randomToken(8))
        for binding in bindings(of: user) {
            guard var address = NameAddress(parsing: binding.contact) else { continue }
            let left = binding.expiresAt.nanoseconds(since: now)
            address.parameters["expires"] = "\(max(0, (left + 999_999_999) / 1_000_000_000))"
            response.headers.add("Contact", address.text)
        }
        let path = request.headers.values("Path")
        if !path.isEmpty { response.headers.set("Path", all: path) }
        response.supported = ["path", "outbound"]
        if usesFlows(request) { response.require = ["outbound"] }
        response.headers.add("Date", SIPDate.text(unixTime: unixTimeAtZero + now.nanoseconds / 1_000_000_000))
        return response
    }

    private static let agentLength = 128
}
