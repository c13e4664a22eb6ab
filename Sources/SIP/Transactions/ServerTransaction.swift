import Wire

/// One request of somebody else (RFC 3261 §17.2, RFC 6026 §7.1).
struct ServerTransaction: Sendable {
    enum State: Sendable {
        /// Nothing was answered yet.
        case trying
        /// Provisional answers only.
        case proceeding
        /// The final answer is given; to an INVITE it was a refusal that waits for its ACK.
        case completed
        /// The ACK of a refusal is here; its copies are absorbed.
        case confirmed
        /// A 2xx to an INVITE is given; copies of the INVITE are absorbed, ACKs are the core's.
        case accepted

        var hasFinal: Bool { self == .completed || self == .confirmed || self == .accepted }
    }

    let key: ServerKey
    let merge: MergeKey?
    /// Whom it counts for; `nil` when the source is trusted.
    let source: SourceKey?
    let isInvite: Bool
    /// The To tag of the request, which legacy matching compares.
    let requestTag: String?
    /// Where answers go; `nil` when their connection is gone for ever.
    var path: SIPPath?
    /// Where to connect when the connection is gone (RFC 3261 §18.2.2); `nil` for WebSockets.
    let fallback: SIPPath?
    var state = State.trying
    /// For the 100 that goes out by itself; `nil` once anything was answered.
    var request: SIPRequest?
    var isCancelled = false
    /// The last answer, ready to be sent again.
    var last: [UInt8] = []
    /// Our To tag, once there is one.
    var tag: String?

    /// When to answer 100, or to send ``last`` again.
    var repeatAt: Instant?
    var interval: Duration = .zero
    /// When it is over: timers H, I, J and L.
    var endAt: Instant?

    var deadline: Instant? { earlier(repeatAt, endAt) }

    /// Whether a refusal of an INVITE goes out again by itself over UDP (timer G). A stranger that heard nothing so far
    /// still repeats its INVITE, and gets the refusal with each copy: a forged one is worth one packet, not eleven.
    var isToBeRepeated: Bool { source == nil || state != .trying }
}

/// The earlier one of two instants that may not be.
func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
    guard let one, let other else { return one ?? other }
    return min(one, other)
}
