package import Wire

/// One gateway: registers and refreshes, pings, and knows which addresses calls go to (sip.md §2.3).
///
/// It makes requests without a Via; the door sends them by transactions and gives back what came of them with their
/// ``Token``. An answer whose token is no longer the newest of its kind changes nothing.
package struct GatewayMachine: Sendable {
    /// Which request an answer belongs to; give it back as it is.
    package struct Token: Hashable, Sendable {
        package enum Purpose: Sendable { case register, ping }
        package let purpose: Purpose
        let serial: Int
    }

    package enum Output: Sendable, Equatable {
        /// Look it up, with SRV when it has no port; answered by ``GatewayMachine/resolved(_:_:at:into:)``.
        case resolve(GatewayHost)
        /// Send it by a new transaction. User-Agent and the like may be added.
        case request(Token, SIPRequest, SIPPath)
        /// State or status is another now (`sofia::gateway_state`); `status` is the SIP status that made it so, 908
        /// where nothing was answered.
        case changed(GatewayState, isUp: Bool, status: Int?, phrase: String)
        case count(SIPCounter)
    }

    package enum ChallengeOutcome: Sendable, Equatable {
        /// The request has credentials now: send it with the next CSeq.
        case retry
        case refused
        /// Somebody who is not the gateway asks for our password: MANDATORY_IE_MISSING (96).
        case foreign
    }

    /// Several timers: when to register (again), when to give an attempt up, when to ping.
    enum Timer: Hashable, Sendable { case register, giveUp, ping }

    package let settings: GatewaySettings
    package let profile: String
    package internal(set) var state = GatewayState.unregistered
    /// Whether calls may be placed.
    package internal(set) var isUp = false
    package var callsIn = 0
    package var callsOut = 0
    package var failedCallsIn = 0
    package var failedCallsOut = 0

    let context: String
    let instanceID: String
    let localAddress: @Sendable (SIPPath) -> TransportAddress
    let registerHost: GatewayHost
    let callHost: GatewayHost
    /// All names whose addresses are the gateway.
    let hosts: [GatewayHost]
    var targets: GatewayTargets
    var digest: DigestClient
    var timers = DeadlineQueue<Timer>()
    var lastSerial = 0
    var upSince: Instant?

    /// One Call-ID until the next start (RFC 3261 §10.2).
    let callID: String
    let fromTag: String
    var registration = Registration()
    var pinging: Pinging

    /// What the attempt to register that is under way has done so far.
    struct Registration: Sendable {
        var cseq: UInt32 = 0
        /// Of the REGISTER that is out; `nil` when none is.
        var token: Token?
        var request: SIPRequest?
        var attempt = DigestClient.Attempt()
        /// Addresses that were not tried yet, the current one first.
        var left: [TransportAddress] = []
        var isWaitingForAddresses = false
        /// Raised by a 423.
        var expires: Duration = .zero
        /// Attempts that failed one after the other.
        var failures = 0
        var grantedExpires: Duration = .zero
    }

    struct Pinging: Sendable {
        var cseq: UInt32 = 0
        var token: Token?
        var sentAt: Instant?
        /// Milliseconds of the last answer.
        var latency: Double = 0
        /// Moves by one between 0 and `ping-max`.
        var count: Int
    }

    /// - Parameter instanceID: `urn:uuid:…` of this server, for RFC 5626.
    package init(
        settings: GatewaySettings, profile: SIPProfile, instanceID: String = "", crypto: SIPCrypto,
        localAddress: @escaping @Sendable (SIPPath) -> TransportAddress
    ) {
        (self.settings, self.profile) = (settings, profile.name)
        (self.instanceID, self.localAddress) = (instanceID, localAddress)
        context = settings.context ?? profile.context
        registerHost = GatewayHost(settings.registerProxy ?? settings.effectiveProxy)
        callHost = GatewayHost(settings.outboundProxy ?? settings.effectiveProxy)
        var hosts = [registerHost]
        for host in [callHost, GatewayHost(settings.effectiveProxy)] where !hosts.contains(host) { hosts.append(host) }
        self.hosts = hosts
        targets = GatewayTargets(
            of: hosts, transport: settings.transport, capacity: SIPLimits().addressesPerTarget)
        digest = DigestClient(crypto: crypto)
        callID = crypto.randomToken(16)
        fromTag = crypto.randomToken(8)
        pinging = Pinging(count: max(1, settings.pingMaximum))
    }

    // MARK: Inputs

    /// Looks its names up, and registers where it is to; without registration it is up at once.
    package mutating func start(at now: Instant, into out: inout [Output]) {
        resolveAll(into: &out)
        if settings.registers {
            register(at: now, into: &out)
        } else {
            become(.withoutRegistration, isUp: true, at: now, into: &out)
        }
        if let ping = settings.effectivePing { timers.set(.ping, now.advanced(by: ping)) }
    }

    /// Says goodbye to the registrar, where it is known there, and stays down.
    package mutating func stop(at now: Instant, into out: inout [Output]) {
        for timer in [Timer.register, .giveUp, .ping] { timers.set(timer, nil) }
        let isKnown = state == .registered || isRefreshing
        guard isKnown, let target = registration.left.first ?? targets.addresses(of: registerHost).first else {
            registration.token = nil
            return become(.down, isUp: false, at: now, into: &out)
        }
        become(.unregistering, isUp: false, at: now, into: &out)
        registration.attempt = DigestClient.Attempt()
        registration.expires = .zero
        registration.left = [target]
        sendRegister(at: now, into: &out)
        timers.set(.giveUp, now.advanced(by: Self.goodbyeTimeout))
    }

    package mutating func resolved(
        _ host: GatewayHost, _ addresses: [TransportAddress], at now: Instant, into out: inout [Output]
    ) {
        targets.resolved(host, addresses)
        guard host == registerHost, registration.isWaitingForAddresses else { return }
        registration.isWaitingForAddresses = false
        startAttempt(at: now, into: &out)
    }

    /// A response to a request of ours, provisional ones too.
    package mutating func received(
        _ response: SIPResponse, for token: Token, over path: SIPPath, at now: Instant, into out: inout [Output]
    ) {
        guard !response.isProvisional else { return }
        switch token {
        case registration.token: receivedForRegister(response, over: path, at: now, into: &out)
        case pinging.token: receivedForPing(response, at: now, into: &out)
        default: return
        }
    }

    /// No answer to a request of ours, or it could not be sent.
    package mutating func failed(_ token: Token, isTimeout: Bool, at now: Instant, into out: inout [Output]) {
        switch token {
        case registration.token: registerUnanswered(at: now, into: &out)
        case pinging.token: pingFailed(status: Self.noAnswer, at: now, into: &out)
        default: return
        }
    }

    /// When ``advance(to:into:)`` has something to do; `nil` means never.
    package var deadline: Instant? { timers.first }

    package mutating func advance(to now: Instant, into out: inout [Output]) {
        while let timer = timers.next(by: now) {
            switch timer {
            case .register:
                resolveAll(into: &out)
                register(at: now, into: &out)
            case .giveUp: giveUp(at: now, into: &out)
            case .ping: ping(at: now, into: &out)
            }
        }
    }

    // MARK: For calls

    /// Where a call goes, the best address first; empty: none is known, or all of them are busy.
    package func callPaths(at now: Instant) -> [SIPPath] {
        targets.free(callHost, at: now).map { path($0, of: callHost) }
    }

    /// That address answered 503 with `Retry-After`, or nothing: calls leave it out for so long.
    package mutating func markBusy(_ address: TransportAddress, for duration: Duration, at now: Instant) {
        let duration = min(max(duration, .zero), Self.longestBusy)
        targets.markBusy(address, until: now.advanced(by: duration), at: now)
    }

    /// Whether it is one of this gateway's addresses: it may challenge us, and its calls are the gateway's.
    package func owns(_ address: TransportAddress) -> Bool { targets.contain(address) }

    /// Answers a challenge to a call of this gateway when it is the gateway, or a host of `gw-auth-acl`, that asks.
    ///
    /// - Parameter account: Of the call itself (`sip_auth_username`, `sip_auth_password`); `nil`: the gateway's.
    package mutating func answer(
        _ response: SIPResponse, over path: SIPPath, in request: inout SIPRequest,
        attempt: inout DigestClient.Attempt, account: DigestClient.Account? = nil
    ) -> ChallengeOutcome {
        guard mayKnow(path.remote) else { return .foreign }
        let account = account ?? self.account
        return digest.answer(response, in: &request, as: account, attempt: &attempt) == .retry ? .retry : .refused
    }

    /// Puts credentials into a new request with the nonces that are known, when it goes to the gateway, or to a host of
    /// `gw-auth-acl`.
    package mutating func authorize(_ request: inout SIPRequest, over path: SIPPath) {
        if mayKnow(path.remote) { digest.authorize(&request, as: account) }
    }

    /// Whether credentials may be shown there: anybody else could try passwords on them at leisure.
    package func mayKnow(_ address: TransportAddress) -> Bool {
        owns(address) || settings.authACL?.permits(address) == true
    }

    // MARK: Shared

    var account: DigestClient.Account {
        DigestClient.Account(username: settings.effectiveAuthUsername, password: settings.password)
    }

    /// A refresh or its challenge is out while the old registration still holds.
    var isRefreshing: Bool { isUp && (state == .trying || state == .registering) }

    /// On TLS with the name that the certificate has to carry (RFC 5922 §7.2).
    func path(_ address: TransportAddress, of host: GatewayHost) -> SIPPath {
        let isName = host.literal(settings.transport) == nil
        return SIPPath(
            profile: profile, transport: settings.transport, remote: address,
            host: settings.transport == .tls && isName ? host.host : nil)
    }

    mutating func newToken(_ purpose: Token.Purpose) -> Token {
        lastSerial += 1
        return Token(purpose: purpose, serial: lastSerial)
    }

    mutating func become(
        _ newState: GatewayState, isUp newIsUp: Bool, status: Int? = nil, phrase: String = "", at now: Instant,
        into out: inout [Output]
    ) {
        guard state != newState || isUp != newIsUp else { return }
        if isUp != newIsUp { upSince = newIsUp ? now : nil }
        (state, isUp) = (newState, newIsUp)
        out.append(.changed(newState, isUp: newIsUp, status: status, phrase: phrase))
    }

    private func resolveAll(into out: inout [Output]) {
        for host in hosts where host.literal(settings.transport) == nil { out.append(.resolve(host)) }
    }

    /// FreeSWITCH's status for a request that nobody answered.
    static let noAnswer = 908
    private static let goodbyeTimeout: Duration = .seconds(5)
    private static let longestBusy: Duration = .seconds(3600)
}
