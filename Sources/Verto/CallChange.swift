package import Calls

/// What a client asks of its call by `verto.modify`.
package enum CallChange: Sendable, Equatable {
    /// Nothing is sent to this client, nor taken from it, while it is on hold; no offers are made.
    case hold(HoldChange)
    /// Blind: the far leg goes to this destination in its own context.
    case transfer(String)
    /// Attended: the far legs of this call and of the one named are joined (verto.md §4.9). Both are the client's own.
    case replace(LegID)
}

/// What became of a ``VertoOutput/modify(_:_:_:)``.
package enum ModifyOutcome: Sendable, Equatable {
    /// Carried out; whether the call is on hold now.
    case done(isHeld: Bool)
    case refused(TransferRefusal)
}

/// What became of a client's answer, to a call that we placed or to an offer of ours.
package enum AnswerOutcome: Sendable, Equatable {
    case accepted
    case refused(RenegotiationOutcome.Reason)
}
