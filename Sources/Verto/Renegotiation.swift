import Calls
package import Wire

/// What became of a ``VertoOutput/renegotiate(_:_:offer:)``.
package enum RenegotiationOutcome: Sendable, Equatable {
    package enum Reason: Sendable, Equatable {
        /// The offer cannot be read, or nothing in it is acceptable.
        case codecs
        /// The call has no media that could be changed.
        case media
    }

    /// The complete answer.
    case answered(sdp: String)
    case refused(Reason)
}

extension VertoEndpoint {
    /// `updateMedia` (verto.md §4.9): the answer waits for the media. A call that is not answered yet is hung up, as
    /// clients know it.
    mutating func updateMedia(
        _ modification: CallModification,
        _ offer: String?,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) -> Answer {
        let leg = modification.leg
        guard let call = calls[leg], call.isAnswered else {
            drop(leg, .destinationOutOfOrder, at: now, into: &out)
            return modification.failure("Cannot update a call that has not been answered.")
        }
        guard let offer else { return modification.failure("SDP missing") }
        guard offer.utf8.count <= SessionDescription.maximumSize else {
            out.append(.count(.oversize))
            return modification.failure(RenegotiationOutcome.Reason.codecs.words)
        }
        guard call.requests.count < settings.pendingCallRequests else {
            out.append(.count(.overflow))
            return modification.failure("Too many renegotiations")
        }
        guard calls[leg]?.offers.take(at: now) == true else {
            out.append(.count(.tooManyRequests))
            return modification.failure("Too many requests")
        }
        guard let token = pend(.modify(modification), leg, on: c, at: now, into: &out) else {
            return modification.failure("Too many renegotiations")
        }
        out.append(.renegotiate(token, leg, offer: offer))
        return .waiting(token)
    }

    /// The media of a call have taken, or refused, a ``VertoOutput/renegotiate(_:_:offer:)``.
    package mutating func renegotiated(
        _ token: RequestToken,
        _ outcome: RenegotiationOutcome,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard case .modify(let modification)? = callRequests[token]?.kind else { return }
        switch outcome {
        case .answered(let sdp): settle(token, modification.result(["sdp": .string(sdp)]), at: now, into: &out)
        case .refused(let reason):
            out.append(.count(.renegotiationRefused))
            settle(token, modification.failure(reason.words), at: now, into: &out)
        }
    }
}

extension RenegotiationOutcome.Reason {
    /// As clients know it (verto.md §4.9).
    var words: String {
        switch self {
        case .codecs: "CODEC NEGOTIATION ERROR"
        case .media: "MEDIA ERROR"
        }
    }
}
