import RTC
import SIP
import Verto

/// What `/metrics` shows of signalling.
struct BridgeFigures: Sendable {
    let connections: Int
    let sessions: Int
    let calls: Int
    let rooms: Int
    let verto: [VertoCounter: Int]
    let phones: [SIPCounter: Int]
    let phoneCalls: Int
    let registrations: Int
    let transactions: Int
    let peers: Peer.Counters
    let records: CallRecords.Figures
    /// Lines of the audit log that found no disk.
    let auditLost: Int
}

extension Peer.Counters {
    mutating func add(_ other: Peer.Counters) {
        badChecks &+= other.badChecks
        beforeKeys &+= other.beforeKeys
        unauthentic &+= other.unauthentic
        replayed &+= other.replayed
        malformed &+= other.malformed
        strangers &+= other.strangers
    }
}
