import RTC
import Verto

/// What `/metrics` shows of signalling.
struct BridgeFigures: Sendable {
    let connections: Int
    let sessions: Int
    let calls: Int
    let rooms: Int
    let verto: [VertoCounter: Int]
    let peers: Peer.Counters
}

extension Peer.Counters {
    mutating func add(_ other: Peer.Counters) {
        badChecks &+= other.badChecks
        beforeKeys &+= other.beforeKeys
        unauthentic &+= other.unauthentic
        replayed &+= other.replayed
        malformed &+= other.malformed
    }
}
