import Calls
import Wire

/// Each call has one place in the queue of timers, for the earliest of its deadlines.
extension SIPEndpoint {
    mutating func arm(_ timer: CallTimer, of leg: LegID, after delay: Duration, at now: Instant) {
        guard calls[leg] != nil else { return }
        let at = now.advanced(by: delay)
        calls[leg]?.deadlines[timer] = at
        timers.schedule(.call(leg), at: at)
    }

    mutating func disarm(_ armed: CallTimer..., of leg: LegID) {
        for timer in armed { calls[leg]?.deadlines[timer] = nil }
    }

    /// Everything of this call that is due.
    mutating func fire(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        while let timer = calls[leg]?.deadlines.filter({ $0.value <= now }).min(by: { $0.value < $1.value })?.key {
            calls[leg]?.deadlines[timer] = nil
            fire(timer, of: leg, at: now, into: &out)
        }
        if let next = calls[leg]?.deadlines.values.min() { timers.schedule(.call(leg), at: next) }
    }

    private mutating func fire(_ timer: CallTimer, of leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        switch timer {
        case .repeatAccept: repeatAccept(leg, at: now, into: &out)
        case .ackMissing: ackMissing(leg, at: now, into: &out)
        case .repeatReliable: repeatReliable(leg, at: now, into: &out)
        case .prackMissing: prackMissing(leg, at: now, into: &out)
        case .ringing: ringTooLong(leg, at: now, into: &out)
        case .cancelled: forget(leg, at: now, into: &out)
        case .glare: retryOffer(leg, at: now, into: &out)
        case .ourOffer: cancelOffer(leg, at: now, into: &out)
        case .offerUnanswered: refuseTheirOffer(leg, status: 500, at: now, into: &out)
        case .refresh: refreshSession(leg, at: now, into: &out)
        case .sessionEnd: sessionExpired(leg, at: now, into: &out)
        case .transferUnanswered: endTransfer(leg, status: 500, at: now, into: &out)
        }
    }
}
