package import Calls
package import Wire

/// The whole SIP door: listeners, transactions, registrations, gateways and calls of all profiles, without a socket or a
/// clock.
///
/// Feed it datagrams, stream bytes, news of calls, and the time; it appends what to do to `out`. It is a B2BUA
/// everywhere and never a proxy: each leg has a Call-ID, tags and CSeq numbers of its own (sip.md §1).
package struct SIPEndpoint: Sendable {
    let settings: SIPSettings
    /// Accounts. Replace it when the configuration is read again; what is registered stays.
    package var directory: Directory {
        didSet { (domains, needsMD5) = (directory.domains, directory.needsMD5) }
    }
    /// Of the directory, in lower case.
    var domains: Set<String>
    /// An account of it knows no other hash.
    var needsMD5: Bool
    let crypto: SIPCrypto
    /// What `Via` and `Contact` say on this path.
    let localAddress: @Sendable (SIPPath) -> TransportAddress

    let profiles: [String: SIPProfile]
    var transactions: TransactionLayer
    var digests: [String: DigestServer]
    var registrar: Registrar
    var gateways: [String: GatewayMachine]
    var defence: SourceGuard
    var streams: [SIPConnectionID: Stream] = [:]

    var calls: [LegID: SIPCall] = [:]
    var dialogs: [DialogID: LegID] = [:]
    /// INVITEs of theirs without a final response.
    var invites: [ServerTransactionID: LegID] = [:]
    /// Requests of ours that wait for a response, and INVITEs that may still get another 2xx.
    var requests: [ClientTransactionID: Sent] = [:]
    /// Placed calls, and those that ended less than 64×T1 ago: who answers them late is sent away.
    var placed: Set<InviteName> = []
    var lookups: [ResolveToken: Lookup] = [:]
    var offers: [SIPRequestToken: LegID] = [:]
    var transfers: [SIPRequestToken: LegID] = [:]
    /// MESSAGEs that wait for the bridge.
    var texts: [SIPRequestToken: Asked] = [:]
    var callsOf: [String: Int] = [:]
    var callsOfGateway: [String: Int] = [:]
    var quotas = CallQuotas()
    /// Addresses, without ports, of users with a call that is up: they are never held off.
    var callers: [TransportAddress: Int] = [:]
    var timers = SIPTimerQueue()
    var backlog: [TransactionLayer.Event] = []
    var isSettling = false
    var isShuttingDown = false
    private var lastToken: UInt64 = 0

    /// - Parameter localAddress: Our address as the far end of a path is to see it.
    package init(
        settings: SIPSettings, directory: Directory, crypto: SIPCrypto,
        localAddress: @escaping @Sendable (SIPPath) -> TransportAddress
    ) {
        (self.settings, self.directory, self.crypto, self.localAddress) = (settings, directory, crypto, localAddress)
        (domains, needsMD5) = (directory.domains, directory.needsMD5)
        profiles = Dictionary(settings.profiles.map { ($0.name, $0) }) { first, _ in first }
        transactions = TransactionLayer(
            timers: settings.timers, limits: settings.limits, randomToken: crypto.randomToken,
            localAddress: localAddress)
        digests = profiles.mapValues {
            DigestServer(crypto: crypto, nonceLifetime: $0.nonceLifetime, capacity: settings.limits.nonces)
        }
        registrar = Registrar(
            limits: settings.limits, unixTimeAtZero: settings.unixTimeAtZero, randomToken: crypto.randomToken)
        defence = SourceGuard(policy: settings.defence)
        gateways = [:]
        for profile in settings.profiles {
            for gateway in profile.gateways where gateways[gateway.name] == nil {
                gateways[gateway.name] = GatewayMachine(
                    settings: gateway, profile: profile, instanceID: settings.instanceID, crypto: crypto,
                    localAddress: localAddress)
            }
        }
    }

    // MARK: Time

    /// When ``advance(to:into:)`` has something to do; `nil` means never.
    package var deadline: Instant? {
        [timers.deadline, transactions.deadline, registrar.deadline].compactMap(\.self).min()
    }

    package mutating func advance(to now: Instant, into out: inout [SIPOutput]) {
        if let deadline = transactions.deadline, deadline <= now {
            with(&out) { endpoint, events in endpoint.transactions.advance(to: now, into: &events) }
        }
        if let deadline = registrar.deadline, deadline <= now {
            for output in registrar.advance(to: now) { carryOut(output, at: now, into: &out) }
        }
        settle(at: now, into: &out)
        while let timer = timers.popDue(at: now) {
            switch timer {
            case .call(let leg): fire(leg, at: now, into: &out)
            case .gateway(let name): drive(name, at: now, into: &out) { $0.advance(to: now, into: &$1) }
            case .lookup(let token): found(token, [], at: now, into: &out)
            case .stream(let connection): streamTooSlow(connection, into: &out)
            case .placed(let name): placed.remove(name)
            case .text(let token): messageDone(token, status: 500, at: now, into: &out)
            case .late(let transaction): requests[transaction] = nil
            }
            settle(at: now, into: &out)
        }
    }

    /// Gateways register.
    package mutating func start(at now: Instant, into out: inout [SIPOutput]) {
        for name in gateways.keys.sorted() { drive(name, at: now, into: &out) { $0.start(at: now, into: &$1) } }
        settle(at: now, into: &out)
    }

    /// Gateways un-register and new calls are refused (503). The bridge ends the calls.
    package mutating func shutDown(at now: Instant, into out: inout [SIPOutput]) {
        isShuttingDown = true
        for name in gateways.keys.sorted() { drive(name, at: now, into: &out) { $0.stop(at: now, into: &$1) } }
        settle(at: now, into: &out)
    }

    // MARK: Figures

    /// Calls that have a leg here, those that are ending included.
    package var callCount: Int { calls.count }
    package var transactionCount: Int { transactions.serverCount + transactions.clientCount }
    package var dialogCount: Int { dialogs.count }
    package var registrationCount: Int { registrar.count }
    /// Deadlines of calls, gateways and lookups; transactions have their own.
    package var timerCount: Int { timers.count }
    /// What is kept for requests and calls, by name; empty when nothing is going on.
    package var pending: [String: Int] {
        let all = [
            "calls": calls.count, "dialogs": dialogs.count, "invites": invites.count, "requests": requests.count,
            "placed": placed.count, "lookups": lookups.count, "offers": offers.count, "transfers": transfers.count,
            "texts": texts.count,
            "callers": callers.count, "quotas": quotas.count, "transactions": transactionCount, "timers": timers.count,
            "backlog": backlog.count,
        ]
        return all.filter { $0.value != 0 }
    }

    // MARK: Numbers

    mutating func nextToken() -> UInt64 {
        lastToken += 1
        return lastToken
    }

    /// A tag: 32 bits at least (RFC 3261 §19.3).
    func newTag() -> String { crypto.randomToken(8) }

    /// From 0 up to `bound`, from the same source as the tokens.
    func randomNumber(below bound: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
        for byte in crypto.randomToken(16).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash % bound
    }

    // MARK: The transactions' events

    /// Runs `body` on the transactions; what is to be sent goes out at once, everything else waits for ``settle``.
    mutating func with<Result>(
        _ out: inout [SIPOutput], _ body: (inout SIPEndpoint, inout [TransactionLayer.Event]) -> Result
    ) -> Result {
        var events: [TransactionLayer.Event] = []
        let result = body(&self, &events)
        for event in events {
            switch event {
            case .send(let bytes, let path): out.append(.send(bytes, path))
            case .count(let counter): out.append(.count(counter))
            default: backlog.append(event)
            }
        }
        return result
    }

    /// Deals with what the transactions said, until they say no more.
    mutating func settle(at now: Instant, into out: inout [SIPOutput]) {
        guard !isSettling, !backlog.isEmpty else { return }
        isSettling = true
        var index = 0
        while index < backlog.count {
            let event = backlog[index]
            index += 1
            take(event, at: now, into: &out)
        }
        backlog.removeAll(keepingCapacity: true)
        isSettling = false
    }

    private mutating func take(_ event: TransactionLayer.Event, at now: Instant, into out: inout [SIPOutput]) {
        switch event {
        case .request(let request, let id, let path):
            notice(request, into: &out)
            take(Asked(request: request, transaction: id, path: path), at: now, into: &out)
        case .ack(let ack, let path):
            notice(ack, into: &out)
            acknowledge(ack, over: path, at: now, into: &out)
        case .cancelled(let id, let cancel): cancelled(id, by: cancel, at: now, into: &out)
        case .response(let response, let id, let path): take(response, to: id, over: path, at: now, into: &out)
        case .strayResponse(let response, let path):
            if placed.contains(InviteName(response)) { takeStray(response, over: path, at: now, into: &out) }
        case .timedOut(let id): failed(id, isTimeout: true, at: now, into: &out)
        case .transportFailed(let id): failed(id, isTimeout: false, at: now, into: &out)
        case .ackMissing: break  // the layer counts it; the call is gone already
        case .send(let bytes, let path): out.append(.send(bytes, path))
        case .count(let counter): out.append(.count(counter))
        }
    }
}
