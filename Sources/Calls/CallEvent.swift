/// What happened to a leg or to a registration. Handed to ``Switchboard/receive(_:at:)``; an event of a leg that is
/// gone is ignored.
package enum CallEvent: Sendable, Equatable {
    /// A client is bound and logged in: calls to `user` (`id@domain`) reach it from now on.
    case registered(session: String, user: String)
    /// The client's socket is lost. Its legs are told apart, by ``detached(_:)``.
    case unregistered(session: String)

    /// A phone registered over `profile`; calls to `user` (`id@domain`) reach it. Told again, it is still one phone.
    case sipRegistered(handle: String, user: String, profile: String)
    /// The binding is gone. Calls to it go on.
    case sipUnregistered(handle: String)

    /// A new call arrived at a door.
    case invited(Leg)
    /// The far end of an outbound leg rings. Verto clients ring as soon as the offer is on its way.
    case ringing(LegID)
    /// The far end of an outbound leg sends early media.
    case progress(LegID)
    /// The far end of an outbound leg answered and its media are agreed. It may have said who it is.
    case answered(LegID, name: String?, number: String?)
    /// The leg's media path (DTLS) is up.
    case answeredMedia(LegID)
    /// The offer was refused, or the media path broke for good; ends the leg.
    case mediaFailed(LegID, HangupCause)
    /// The far end closed its media path without a word: ends the leg unless it turns out within
    /// ``Switchboard/Limits/lostMediaPatience`` that the client lost its socket too and may come back.
    case mediaLost(LegID)
    /// The blocking application (echo, play) came to its end, or the member left the room: goes on in the dialplan.
    case applicationDone(LegID)
    /// The room did not take the caller; ends the leg with the cause.
    case conferenceRefused(LegID, HangupCause)
    /// The room closed or put the member out; ends the leg unless `hangup_after_conference` is false.
    case conferenceEnded(LegID)
    /// The far end of an outbound leg wants the call elsewhere (SIP 3xx): URIs or numbers, the best first. Right
    /// before its ``hungUp(_:_:)`` with REDIRECTION_TO_NEW_DESTINATION.
    case redirected(LegID, to: [String])
    /// The far end put us on hold, or took us up again, by a new offer.
    case heldByFarEnd(LegID, Bool)
    /// The far end hung up; nothing is sent back.
    case hungUp(LegID, HangupCause)
    /// We want the call gone: an operator, a logout, a shutdown.
    case hangUpRequested(LegID, HangupCause)
    /// A key was pressed: 0-9, `*`, `#`, A-D. Of a bridged leg only those that came by signalling: the relay carries
    /// the telephone events of its media by itself.
    case digit(LegID, Character)
    /// What a far end says to ``CallStep/deflect(_:to:)``: it has reached the other, or it has not and stays.
    case deflected(LegID, hasLeft: Bool)
    /// The signalling socket is lost.
    case detached(LegID)
    /// A client with the same session took the call up again and gets new media.
    case reattached(LegID)
}
