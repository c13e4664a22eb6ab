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

/// A new offer of a client's for a call that is up, on its way to the call's media.
///
/// It keeps its place in the quota of its call until it is answered, even when its connection is gone: somebody who
/// connects anew for each offer gets no further than anybody else.
struct Renegotiation {
    let modification: CallModification
    let connection: ConnectionID
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
            let call = calls[leg]
            end(leg, .destinationOutOfOrder, at: now, into: &out)
            if let call { sayBye(leg, call, .destinationOutOfOrder, into: &out) }
            return modification.failure("Cannot update a call that has not been answered.")
        }
        guard let offer else { return modification.failure("SDP missing") }
        guard offer.utf8.count <= SessionDescription.maximumSize else {
            out.append(.count(.oversize))
            return modification.failure(RenegotiationOutcome.Reason.codecs.words)
        }
        guard call.renegotiations.count < settings.pendingRenegotiations else {
            out.append(.count(.overflow))
            return modification.failure("Too many renegotiations")
        }
        guard calls[leg]?.offers.take(at: now) == true else {
            out.append(.count(.tooManyRequests))
            return modification.failure("Too many requests")
        }
        let token = nextToken()
        renegotiations[token] = Renegotiation(modification: modification, connection: c)
        calls[leg]?.renegotiations.append(token)
        timers.schedule(.renegotiation(token), at: now.advanced(by: settings.commandTimeout))
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
        guard let modification = renegotiations[token]?.modification else { return }
        switch outcome {
        case .answered(let sdp): settle(token, modification.result(["sdp": .string(sdp)]), at: now, into: &out)
        case .refused(let reason):
            out.append(.count(.renegotiationRefused))
            settle(token, modification.failure(reason.words), at: now, into: &out)
        }
    }

    mutating func timeOutRenegotiation(_ token: RequestToken, at now: Instant, into out: inout [VertoOutput]) {
        guard let modification = renegotiations[token]?.modification else { return }
        out.append(.count(.renegotiationTimedOut))
        settle(token, modification.failure(RenegotiationOutcome.Reason.media.words), at: now, into: &out)
    }

    /// The call of these offers is over.
    mutating func abandon(_ tokens: [RequestToken], at now: Instant, into out: inout [VertoOutput]) {
        for token in tokens {
            guard let modification = renegotiations[token]?.modification else { continue }
            settle(token, modification.failure("CALL DOES NOT EXIST"), at: now, into: &out)
        }
    }

    private mutating func settle(
        _ token: RequestToken,
        _ answer: Answer,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let renegotiation = renegotiations.removeValue(forKey: token) else { return }
        timers.cancel(.renegotiation(token))
        calls[renegotiation.modification.leg]?.renegotiations.removeAll { $0 == token }
        resume(renegotiation.connection, waitingFor: token, with: answer, at: now, into: &out)
    }
}

extension RenegotiationOutcome.Reason {
    /// As clients know it (verto.md §4.9).
    fileprivate var words: String {
        switch self {
        case .codecs: "CODEC NEGOTIATION ERROR"
        case .media: "MEDIA ERROR"
        }
    }
}
