package import SIP
package import Wire

/// What happens at the SIP sockets; the bridge hears it in this order.
package enum SIPTransportEvent: Sendable, Equatable {
    /// One datagram, or what a stream had to say: a piece of a message or several of them.
    case received([UInt8], SIPPath)
    /// A connection is open, whoever made it. The path names it.
    case opened(SIPPath)
    case closed(SIPConnectionID)
    /// What was sent this way has not arrived, or its answer never will: no such socket, no route, a connection that
    /// could not be made, or that was ours and ended. The path is one that was sent to.
    case undeliverable(SIPPath)
    /// The best address first; none when there is no such name.
    case resolved(ResolveToken, [TransportAddress])
}
