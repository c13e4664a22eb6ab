package import Wire

/// Transactions of all profiles, both sides, over UDP and streams (RFC 3261 §17, RFC 6026, RFC 4320; sip.md §5.3, §5.4).
///
/// Messages come parsed and leave as bytes. Repeats, the ACK of a refusal, CANCELs, the 100 of a slow answer, merged
/// requests and the `received` of a Via are done here; 2xx to an INVITE and their ACKs are the caller's, as the RFCs
/// have it. Each transaction has one entry in a heap of deadlines, so that thousands of them cost nothing per tick.
package struct TransactionLayer: Sendable {
    let timers: SIPTimers
    let limits: SIPLimits
    let randomToken: @Sendable (Int) -> String
    let localAddress: @Sendable (SIPPath) -> TransportAddress

    var servers: [ServerTransactionID: ServerTransaction] = [:]
    var clients: [ClientTransactionID: ClientTransaction] = [:]
    var serverKeys: [ServerKey: ServerTransactionID] = [:]
    var clientKeys: [ClientKey: ClientTransactionID] = [:]
    /// The first request of each, to know its copies by.
    var merges: [MergeKey: ServerTransactionID] = [:]
    /// Live server transactions per source.
    var sources: [SourceKey: Int] = [:]
    /// Live server transactions of all of these.
    var strangers = 0
    /// Transactions that a failing flow concerns.
    var flows: [TransactionFlow: Set<TransactionReference>] = [:]
    var deadlines = DeadlineQueue<TransactionReference>()
    var lastID: UInt64 = 0

    /// - Parameters:
    ///   - randomToken: See ``SIPCrypto/randomToken``.
    ///   - localAddress: Our address as the far end of a path is to see it, for our Via.
    package init(
        timers: SIPTimers, limits: SIPLimits, randomToken: @escaping @Sendable (Int) -> String,
        localAddress: @escaping @Sendable (SIPPath) -> TransportAddress
    ) {
        self.timers = timers.withFloors
        (self.limits, self.randomToken, self.localAddress) = (limits, randomToken, localAddress)
    }

    /// When ``advance(to:into:)`` has something to do; `nil` means never.
    package var deadline: Instant? { deadlines.first }

    /// Requests of others, and requests of ours, that are remembered.
    package var serverCount: Int { servers.count }
    package var clientCount: Int { clients.count }

    /// A message from the network.
    ///
    /// - Parameter isTrusted: A gateway or a listed network: only the limit of all transactions holds.
    package mutating func receive(
        _ message: SIPMessage, over path: SIPPath, isTrusted: Bool = false, at now: Instant, into events: inout [Event]
    ) {
        switch message {
        case .request(let request): receive(request, over: path, isTrusted: isTrusted, at: now, into: &events)
        case .response(let response): receive(response, over: path, at: now, into: &events)
        }
    }

    package mutating func advance(to now: Instant, into events: inout [Event]) {
        while let reference = deadlines.next(by: now) {
            switch reference {
            case .server(let id): fire(id, at: now, into: &events)
            case .client(let id): fire(id, at: now, into: &events)
            }
        }
    }

    /// Nothing can be sent this way: a connection could not be made or is gone, or ICMP says so.
    package mutating func failed(_ path: SIPPath, at now: Instant, into events: inout [Event]) {
        if let connection = path.connection { closed(connection, at: now, into: &events) }
        fail(.address(to: path), into: &events)
    }

    /// A connection is gone. Requests sent without naming it are not concerned, see ``failed(_:at:into:)``.
    package mutating func closed(_ connection: SIPConnectionID, at now: Instant, into events: inout [Event]) {
        fail(.connection(connection), into: &events)
    }

    private mutating func fail(_ flow: TransactionFlow, into events: inout [Event]) {
        guard let references = flows.removeValue(forKey: flow) else { return }
        var failed: [ClientTransactionID] = []
        for reference in references {
            switch reference {
            case .server(let id):
                guard let fallback = servers[id]?.fallback else {
                    servers[id]?.path = nil
                    continue
                }
                servers[id]?.path = fallback
            case .client(let id): failed.append(id)
            }
        }
        for id in failed.sorted(by: { $0.rawValue < $1.rawValue }) { transportFailed(id, into: &events) }
    }

    mutating func newID() -> UInt64 {
        lastID &+= 1
        return lastID
    }

    mutating func attach(_ reference: TransactionReference, to path: SIPPath) {
        flows[TransactionFlow(path), default: []].insert(reference)
    }

    mutating func detach(_ reference: TransactionReference, from path: SIPPath) {
        let flow = TransactionFlow(path)
        flows[flow]?.remove(reference)
        if flows[flow]?.isEmpty == true { flows[flow] = nil }
    }
}

extension SIPTransport {
    /// No connection can be made to the far end, only from it.
    package var isWebSocket: Bool { self == .webSocket || self == .secureWebSocket }
}

extension SIPTimers {
    /// Timers of nothing would fire for ever.
    fileprivate var withFloors: SIPTimers {
        var timers = self
        timers.t1 = max(t1, .milliseconds(10))
        timers.t2 = max(t2, timers.t1)
        timers.t4 = max(t4, .zero)
        timers.t1x64 = max(t1x64, timers.t1)
        return timers
    }
}

extension TransportAddress {
    /// The same host at another port.
    func at(port: UInt16) -> TransportAddress {
        if let ipv6 { return TransportAddress(ipv6High: ipv6.high, low: ipv6.low, port: port) }
        return TransportAddress(ipv4: ipv4 ?? 0, port: port)
    }
}
