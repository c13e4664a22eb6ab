import Wire

/// One request of ours (RFC 3261 §17.1, RFC 6026 §7.2).
struct ClientTransaction: Sendable {
    enum State: Sendable {
        /// Nothing came back yet; over UDP it is repeated.
        case calling
        /// Provisional answers only.
        case proceeding
        /// The final answer came; its copies are absorbed.
        case completed
        /// A 2xx to an INVITE came; further ones are passed on.
        case accepted

        var hasFinal: Bool { self == .completed || self == .accepted }
    }

    enum Cancellation: Sendable, Equatable {
        case unwanted
        /// The CANCEL goes out when the first provisional answer is here (RFC 3261 §9.1).
        case wanted(reason: String?)
        case sent
    }

    let key: ClientKey
    let path: SIPPath
    let isInvite: Bool
    /// A CANCEL of the layer's own: nobody is told of it.
    let isInternal: Bool
    /// With our Via and without its body; what ACK and CANCEL are made of.
    let request: SIPRequest
    /// The request, ready to be sent again; empty once something came back.
    var bytes: [UInt8]
    var state = State.calling
    var cancellation = Cancellation.unwanted
    /// The ACK of a refusal, sent again with each copy of that.
    var ack: [UInt8] = []

    var repeatAt: Instant?
    var interval: Duration = .zero
    /// When it is over: timers B, D, F, K and M.
    var endAt: Instant?

    var deadline: Instant? { earlier(repeatAt, endAt) }
}
