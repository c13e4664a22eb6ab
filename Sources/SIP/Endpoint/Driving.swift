import Calls
package import Wire

/// Gateways and lookups.
extension SIPEndpoint {
    /// What a name is looked up for.
    enum Lookup: Sendable {
        case call(LegID, SIPLookup)
        case gateway(String, GatewayHost)
    }

    /// What a lookup found, the best first; nothing when there is no such name.
    package mutating func resolved(
        _ token: ResolveToken, _ addresses: [TransportAddress], at now: Instant, into out: inout [SIPOutput]
    ) {
        timers.cancel(.lookup(token))
        found(token, addresses, at: now, into: &out)
        settle(at: now, into: &out)
    }

    mutating func found(
        _ token: ResolveToken, _ addresses: [TransportAddress], at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let lookup = lookups.removeValue(forKey: token) else { return }
        if addresses.isEmpty { out.append(.count(.lookupFailed)) }
        let addresses = Array(addresses.prefix(settings.limits.addressesPerTarget))
        switch lookup {
        case .call(let leg, let lookup): found(addresses, lookup, for: leg, at: now, into: &out)
        case .gateway(let name, let host):
            drive(name, at: now, into: &out) { $0.resolved(host, addresses, at: now, into: &$1) }
        }
    }

    mutating func lookUp(
        _ lookup: SIPLookup, for purpose: Lookup, at now: Instant, into out: inout [SIPOutput]
    ) -> ResolveToken {
        let token = ResolveToken(nextToken())
        lookups[token] = purpose
        timers.schedule(.lookup(token), at: now.advanced(by: Self.lookupPatience))
        out.append(.resolve(token, lookup))
        return token
    }

    /// Lets a gateway do something, and carries out what it wants.
    mutating func drive(
        _ name: String, at now: Instant, into out: inout [SIPOutput],
        _ body: (inout GatewayMachine, inout [GatewayMachine.Output]) -> Void
    ) {
        guard var machine = gateways[name] else { return }
        var outputs: [GatewayMachine.Output] = []
        body(&machine, &outputs)
        gateways[name] = machine
        if let deadline = machine.deadline { timers.schedule(.gateway(name), at: deadline) }
        for output in outputs {
            switch output {
            case .resolve(let host):
                let lookup = SIPLookup(
                    host: host.host, port: host.port, transport: machine.settings.transport, profile: machine.profile)
                _ = lookUp(lookup, for: .gateway(name, host), at: now, into: &out)
            case .request(let token, let request, let path):
                send(request, over: path, for: .gateway(name, token), at: now, into: &out)
            case .changed(let state, let isUp, let status, let phrase):
                out.append(.log(Self.change(name, state, isUp, status, phrase)))
            case .count(let counter): out.append(.count(counter))
            }
        }
    }

    private static func change(
        _ name: String, _ state: GatewayState, _ isUp: Bool, _ status: Int?, _ phrase: String
    ) -> SIPLog {
        SIPLog(
            .info, "gateway state",
            [
                ("gateway", name), ("state", state.rawValue), ("status", isUp ? "UP" : "DOWN"),
                ("answer", status.map { "\($0) \(phrase)" } ?? ""),
            ])
    }

    private static let lookupPatience: Duration = .seconds(10)
}
