import NIOPosix
import SIP
import Synchronization
import Wire

/// The threads that wait for DNS.
final class LookupPool: Sendable {
    private let resolver: HostResolver
    private let threads = NIOThreadPool(numberOfThreads: 2)
    private let waiting = Mutex<(count: Int, hasStarted: Bool)>((0, false))

    init(resolver: HostResolver) { self.resolver = resolver }

    /// Tells `then` what there is, at once when too many wait already.
    func resolve(
        _ lookup: SIPLookup, most: Int, families: AddressFamilies,
        then: @escaping @Sendable ([TransportAddress]) -> Void
    ) {
        let (mayGo, mustStart) = waiting.withLock { waiting -> (Bool, Bool) in
            guard waiting.count < Self.mostWaiting else { return (false, false) }
            waiting.count += 1
            defer { waiting.hasStarted = true }
            return (true, !waiting.hasStarted)
        }
        guard mayGo else { return then([]) }
        if mustStart { threads.start() }
        threads.submit { [self] state in
            let found = state == .active ? resolver.resolve(lookup, most: most, families: families) : []
            waiting.withLock { $0.count -= 1 }
            then(found)
        }
    }

    /// A lookup under way is left to end by itself.
    func close() {
        guard waiting.withLock({ $0.hasStarted }) else { return }
        threads.shutdownGracefully { _ in }
    }

    private static let mostWaiting = 256
}
