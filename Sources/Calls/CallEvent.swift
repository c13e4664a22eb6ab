/// What happened to a leg. Handed to ``Switchboard/receive(_:at:)``; an event of a leg that is gone is ignored.
package enum CallEvent: Sendable, Equatable {
    /// A new call arrived at a door.
    case invited(Leg)
    /// The leg's media path (DTLS) is up.
    case answeredMedia(LegID)
    /// The offer was refused, or the media path broke for good; ends the leg.
    case mediaFailed(LegID, HangupCause)
    /// The blocking application (echo, play) came to its end, or the member left the room: goes on in the dialplan.
    case applicationDone(LegID)
    /// The room did not take the caller; ends the leg with the cause.
    case conferenceRefused(LegID, HangupCause)
    /// The room closed or put the member out; ends the leg unless `hangup_after_conference` is false.
    case conferenceEnded(LegID)
    /// The far end hung up; nothing is sent back.
    case hungUp(LegID, HangupCause)
    /// We want the call gone: an operator, a logout, a shutdown.
    case hangUpRequested(LegID, HangupCause)
    /// A key was pressed: 0-9, `*`, `#`, A-D.
    case digit(LegID, Character)
    /// The signalling socket is lost.
    case detached(LegID)
    /// A client with the same session took the call up again.
    case reattached(LegID)
}

/// What to do next. Carry the steps out in order.
package enum CallStep: Sendable, Equatable {
    /// Do not create the call: the only step of a refused ``CallEvent/invited(_:)``. A live leg of the same id is
    /// another call and must be left alone.
    case refuse(LegID, HangupCause)
    /// Start media and send the SDP answer without answering the call (`verto.media`).
    case preAnswer(LegID)
    /// Answer the call; sends the SDP answer unless ``preAnswer(_:)`` did.
    case answer(LegID)
    /// Join a room. `argument` is the conference application's data, `variables` are the leg's at this moment.
    case enterConference(LegID, argument: String, variables: [String: String])
    /// Send the caller's own sound back until told otherwise.
    case echo(LegID)
    case play(LegID, Playback)
    /// Pass a key to what the leg is in.
    case digit(LegID, Character)
    /// Tell the far end, free the media. The switchboard has forgotten the leg.
    case hangUp(LegID, HangupCause)
    /// Free the media; the far end hung up itself.
    case release(LegID, HangupCause)
    case log(LegID, LogLevel, String)
}

/// The levels of the `log` application, most urgent first.
package enum LogLevel: String, Sendable, CaseIterable {
    case alert, crit, err, warning, notice, info, debug
}
