import Native
import Wire

/// How the far end of plain RTP is found: sockets of the call's own, and symmetric RTP.
final class PlainLink {
    let rtpSocket: UInt32
    let rtcpSocket: UInt32
    var symmetric: SymmetricRTP
    var isAnnounced = false
    var nextKeepAlive: Instant
    /// Keys the call has used: one it comes back to goes on where it was, so that no packet number is used twice.
    var senders: [SRTPLane] = []

    init(remote: PlainRemote, rtpSocket: UInt32, rtcpSocket: UInt32, at now: Instant) {
        self.rtpSocket = rtpSocket
        self.rtcpSocket = rtcpSocket
        symmetric = SymmetricRTP(remote: remote, at: now)
        nextKeepAlive = now.advanced(by: Self.keepAlive)
    }

    static let patience: Duration = .seconds(300)
    /// A pause of ours is noticed after this time at the earliest and twice of it at the latest: 20 s, within the 30 s
    /// that the worst NATs remember us for.
    static let keepAlive: Duration = .seconds(10)
}
