import SIP
import Synchronization

/// What waits for the bridge: the events of all SIP sockets in the order they came.
///
/// Bounded by what the sockets may put in: datagrams above ``mostDatagrams`` are dropped, as a full kernel buffer would
/// drop them, and a connection is not read from while something of it waits here.
final class SIPInbox: Sendable {
    private struct State {
        var events: [SIPTransportEvent] = []
        var datagrams = 0
        var isFinished = false
    }

    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let dropped: Counter

    /// - Parameter dropped: Counts datagrams that found no room.
    init(dropped: Counter) {
        self.dropped = dropped
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func put(_ event: SIPTransportEvent) {
        let isTaken = state.withLock { state in
            guard !state.isFinished else { return false }
            state.events.append(event)
            return true
        }
        if isTaken { wake.yield() }
    }

    func put(datagram bytes: [UInt8], from path: SIPPath) {
        let isTaken = state.withLock { state in
            guard !state.isFinished, state.datagrams < Self.mostDatagrams else { return false }
            state.datagrams += 1
            state.events.append(.received(bytes, path))
            return true
        }
        if isTaken { wake.yield() } else { dropped += 1 }
    }

    /// Hands over what there is, batch by batch, until ``finish()``.
    func forEachBatch(_ body: ([SIPTransportEvent]) async -> Void) async {
        for await _ in wakes {
            let batch = state.withLock { state -> [SIPTransportEvent] in
                defer { (state.events, state.datagrams) = ([], 0) }
                return state.events
            }
            if !batch.isEmpty { await body(batch) }
        }
    }

    /// What has been put is still handed over.
    func finish() {
        state.withLock { $0.isFinished = true }
        wake.finish()
    }

    /// A second of the most that FreeSWITCH takes by default (`max-recv-requests-per-second`), with their repeats.
    private static let mostDatagrams = 2_000
}
