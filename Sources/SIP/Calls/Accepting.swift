import Calls
import Wire

/// 2xx to INVITE: repeated by us until the ACK is there, whatever the transport (RFC 3261 §13.3.1.4).
extension SIPEndpoint {
    mutating func send2xx(
        _ leg: LegID, _ asked: Asked, _ response: SIPResponse, wantsAnswer: Bool, at now: Instant,
        into out: inout [SIPOutput]
    ) {
        calls[leg]?.accept = SIPCall.Accept(
            asked: asked, response: response, sequence: asked.request.cseq.number, wantsAnswer: wantsAnswer,
            interval: settings.timers.t1)
        answer(asked, response, at: now, into: &out)
        arm(.repeatAccept, of: leg, after: settings.timers.t1, at: now)
        arm(.ackMissing, of: leg, after: settings.timers.t1x64, at: now)
    }

    mutating func repeatAccept(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let accept = calls[leg]?.accept else { return }
        answer(accept.asked, accept.response, at: now, into: &out)
        let interval = min(accept.interval * 2, settings.timers.t2)
        calls[leg]?.accept?.interval = interval
        arm(.repeatAccept, of: leg, after: interval, at: now)
    }

    mutating func ackMissing(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.accept != nil else { return }
        out.append(.count(.ackMissing))
        acknowledged(leg)
        if case .awaitingACK(let cause) = call.phase { return sendBye(leg, cause, at: now, into: &out) }
        hangUp(leg, .recoveryOnTimerExpire, at: now, into: &out)
    }

    /// An ACK that no transaction took: for a 2xx, or for nothing.
    mutating func acknowledge(_ ack: SIPRequest, over path: SIPPath, at now: Instant, into out: inout [SIPOutput]) {
        guard let leg = leg(of: ack), let call = calls[leg], let accept = call.accept,
            accept.sequence == ack.cseq.number
        else { return out.append(.count(.strayACK)) }
        acknowledged(leg)
        if case .awaitingACK(let cause) = call.phase { return sendBye(leg, cause, at: now, into: &out) }
        if accept.wantsAnswer { takeLateAnswer(leg, ack, isFirst: isFirst(accept, call), at: now, into: &out) }
        proceedWithOffers(leg, at: now, into: &out)
    }

    /// The ACK is there, or whatever proves that the 2xx arrived.
    mutating func acknowledged(_ leg: LegID) {
        calls[leg]?.accept = nil
        disarm(.repeatAccept, .ackMissing, of: leg)
    }

    private mutating func takeLateAnswer(
        _ leg: LegID, _ ack: SIPRequest, isFirst: Bool, at now: Instant, into out: inout [SIPOutput]
    ) {
        if let sdp = ack.sdp { return takeDescription(sdp, of: leg, into: &out) }
        guard isFirst else { return out.append(.answerToOffer(leg, sdp: nil)) }
        hangUp(leg, .incompatibleDestination, at: now, into: &out)
    }

    /// The answer to a description of ours.
    mutating func takeDescription(_ sdp: String, of leg: LegID, into out: inout [SIPOutput]) {
        calls[leg]?.remoteSDP = sdp
        out.append(.answerToOffer(leg, sdp: sdp))
    }

    private func isFirst(_ accept: SIPCall.Accept, _ call: SIPCall) -> Bool {
        accept.asked.transaction == call.incoming?.asked.transaction
    }
}

extension SIPFields {
    /// The description in the body, or in a part of it; `nil` without one.
    var sdp: String? {
        guard !body.isEmpty, let sdp = body(of: .sdp) else { return nil }
        return String(decoding: sdp, as: UTF8.self)
    }
}
