import Wire

/// Where registrations came from: whole flows, not machines. A phone is known again when it comes the same way, whatever
/// others do behind the same address.
struct RegisteredSources: Sendable {
    private struct Source: Hashable, Sendable {
        let transport: SIPTransport
        let address: TransportAddress
    }

    private struct Standing: Sendable {
        var bindings = 0
        /// A login failed over it: it is a stranger's from then on, until its last registration ends.
        var isSuspect = false
    }

    private var standings: [Source: Standing] = [:]

    mutating func add(_ binding: Binding) { standings[source(binding), default: Standing()].bindings += 1 }

    mutating func remove(_ binding: Binding) {
        let source = source(binding)
        guard let bindings = standings[source]?.bindings else { return }
        if bindings > 1 { standings[source]?.bindings = bindings - 1 } else { standings[source] = nil }
    }

    mutating func suspect(_ path: SIPPath) { standings[source(path)]?.isSuspect = true }

    func vouches(for path: SIPPath) -> Bool { standings[source(path)]?.isSuspect == false }

    private func source(_ path: SIPPath) -> Source { Source(transport: path.transport, address: path.remote) }

    private func source(_ binding: Binding) -> Source {
        Source(transport: binding.transport, address: binding.source)
    }
}
