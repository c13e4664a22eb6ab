import Wire

/// Addresses of the names of one gateway, and which of them are of no use for a while (RFC 3263 §4.3).
struct GatewayTargets: Sendable {
    private let hosts: [GatewayHost]
    private let transport: SIPTransport
    private let capacity: Int
    private var found: [GatewayHost: [TransportAddress]] = [:]
    private var busy: [TransportAddress: Instant] = [:]

    /// Every address of ``hosts`` without its port: looked at with each packet that comes.
    private var machines: Set<TransportAddress> = []

    /// - Parameters:
    ///   - hosts: All names of the gateway.
    ///   - capacity: Addresses that one of them may have.
    init(of hosts: [GatewayHost], transport: SIPTransport, capacity: Int) {
        (self.hosts, self.transport, self.capacity) = (hosts, transport, capacity)
        noteMachines()
    }

    /// What a lookup found, the best first. A lookup that found nothing leaves what is known.
    mutating func resolved(_ host: GatewayHost, _ addresses: [TransportAddress]) {
        guard !addresses.isEmpty else { return }
        found[host] = Array(addresses.prefix(capacity))
        noteMachines()
    }

    /// Every address of `host`; empty before the first answer.
    func addresses(of host: GatewayHost) -> [TransportAddress] {
        host.literal(transport).map { [$0] } ?? found[host] ?? []
    }

    /// Those that are not busy.
    func free(_ host: GatewayHost, at now: Instant) -> [TransportAddress] {
        addresses(of: host).filter { address in busy[address].map { $0 <= now } ?? true }
    }

    mutating func markBusy(_ address: TransportAddress, until end: Instant, at now: Instant) {
        busy = busy.filter { $0.value > now }
        guard busy.count < 4 * capacity else { return }
        busy[address] = end
    }

    /// Whether `address` is one of them, at whatever port: calls come from other ports than they go to.
    func contain(_ address: TransportAddress) -> Bool { machines.contains(address.at(port: 0)) }

    private mutating func noteMachines() {
        machines = Set(hosts.flatMap { addresses(of: $0) }.map { $0.at(port: 0) })
    }
}
