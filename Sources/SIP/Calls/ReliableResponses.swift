import Calls
import Wire

/// Provisional responses that must arrive (RFC 3262), one at a time.
struct ReliableSender: Sendable {
    struct Outstanding: Sendable {
        let response: SIPResponse
        let sequence: UInt32
        var interval: Duration
    }

    var current: Outstanding?
    var waiting: [SIPResponse] = []
    /// Of the last one; the first is a random one below 2^31.
    var lastSequence: UInt32?
    /// Our offer went out this way, and the PRACK brought the answer.
    var hasAnswer = false
    /// The 200 waits for the PRACK.
    var isAnswered = false

    var isIdle: Bool { current == nil && waiting.isEmpty }
}

extension SIPEndpoint {
    mutating func sendReliably(
        _ leg: LegID, _ response: SIPResponse, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard let incoming = calls[leg]?.incoming else { return }
        guard incoming.reliable.current == nil else {
            if incoming.reliable.waiting.count < Self.waitingResponses {
                calls[leg]?.incoming?.reliable.waiting.append(response)
            }
            return
        }
        let sequence = incoming.reliable.lastSequence.map { $0 &+ 1 } ?? UInt32(randomNumber(below: 1 << 30)) + 1
        var response = response
        response.rseq = sequence
        response.require = ["100rel"]
        let interval = settings.timers.t1
        calls[leg]?.incoming?.reliable.lastSequence = sequence
        calls[leg]?.incoming?.reliable.current = ReliableSender.Outstanding(
            response: response, sequence: sequence, interval: interval)
        answer(incoming.asked, response, at: now, into: &out)
        arm(.repeatReliable, of: leg, after: interval, at: now)
        arm(.prackMissing, of: leg, after: settings.timers.t1x64, at: now)
    }

    mutating func repeatReliable(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let incoming = calls[leg]?.incoming, let current = incoming.reliable.current else { return }
        answer(incoming.asked, current.response, at: now, into: &out)
        calls[leg]?.incoming?.reliable.current?.interval = current.interval * 2
        arm(.repeatReliable, of: leg, after: current.interval * 2, at: now)
    }

    mutating func prackMissing(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], case .incoming = call.phase, let incoming = call.incoming else { return }
        out.append(.count(.prackMissing))
        refuse(incoming.asked, 504, toTag: incoming.toTag, at: now, into: &out)
        fail(
            leg, .recoveryOnTimerExpire, SIPEnding(status: 504, disposition: .sentRefusal), at: now, into: &out)
    }

    /// PRACK.
    mutating func takePRACK(_ asked: Asked, of leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let rack = asked.request.rack, let incoming = calls[leg]?.incoming,
            let current = incoming.reliable.current, rack.rseq == current.sequence,
            rack.cseq == incoming.asked.request.cseq
        else { return refuse(asked, 481, at: now, into: &out) }
        let hadOurOffer = !incoming.hasOffer && current.response.sdp != nil
        calls[leg]?.incoming?.reliable.current = nil
        disarm(.repeatReliable, .prackMissing, of: leg)
        if hadOurOffer {
            guard let sdp = asked.request.sdp else {
                refuse(asked, 400, "Missing Answer", at: now, into: &out)
                refuse(incoming.asked, 488, toTag: incoming.toTag, at: now, into: &out)
                return fail(
                    leg, .incompatibleDestination, SIPEnding(status: 488, disposition: .sentRefusal), at: now,
                    into: &out)
            }
            calls[leg]?.incoming?.reliable.hasAnswer = true
            answer(asked, response(200, to: asked.request), at: now, into: &out)
            takeDescription(sdp, of: leg, into: &out)
        } else if let sdp = asked.request.sdp {
            takeOffer(sdp, asked, of: leg, at: now, into: &out)
        } else {
            answer(asked, response(200, to: asked.request), at: now, into: &out)
        }
        proceedReliably(leg, at: now, into: &out)
    }

    private mutating func proceedReliably(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let reliable = calls[leg]?.incoming?.reliable else { return }
        if let next = reliable.waiting.first {
            calls[leg]?.incoming?.reliable.waiting.removeFirst()
            sendReliably(leg, next, at: now, into: &out)
        } else if reliable.isAnswered {
            accept(leg, sdp: nil, at: now, into: &out)
        }
    }

    private static let waitingResponses = 4
}
