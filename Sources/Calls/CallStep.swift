/// What to do next. Carry the steps out in order; one that names a leg which is gone by then is left out.
package enum CallStep: Sendable, Equatable {
    /// Do not create the call: the only step of a refused ``CallEvent/invited(_:)``. A live leg of the same id is
    /// another call and must be left alone.
    case refuse(LegID, HangupCause)
    /// Place an outbound leg at its door. What cannot be placed is a ``CallEvent/hungUp(_:_:)``.
    case call(Outgoing)
    /// Tell the caller that the far end rings (SIP 180). Only for inbound SIP legs, and at most once.
    case ringing(LegID)
    /// Start media and send the SDP answer without answering the call (`verto.media`).
    case preAnswer(LegID)
    /// Answer the call; sends the SDP answer unless ``preAnswer(_:)`` did.
    case answer(LegID)
    /// Join a room. `argument` is the conference application's data, `variables` are the leg's at this moment.
    case enterConference(LegID, argument: String, variables: [String: String])
    /// Take the leg out of its room, if it is still in it; no event of the room follows for this leg.
    case leaveConference(LegID)
    /// Send the caller's own sound back until told otherwise.
    case echo(LegID)
    /// Answered by ``CallEvent/applicationDone(_:)``, also when there is no such file.
    case play(LegID, Playback)
    /// End what ``play(_:_:)`` or ``echo(_:)`` began, at once; no ``CallEvent/applicationDone(_:)`` of it follows.
    case stopPlaying(LegID)
    /// The media of the two flow between them until ``disconnect(_:_:)``, or until one of them is gone.
    case connect(LegID, LegID)
    case disconnect(LegID, LegID)
    /// While `true` nothing is sent to this leg and nothing taken from it.
    case hold(LegID, Bool)
    /// Tell the leg who is at the other end now (`verto.display`).
    case display(LegID, name: String, number: String)
    /// Pass a key to what the leg is in.
    case digit(LegID, Character)
    /// Send a key to the leg's far end: the other side of its bridge pressed it.
    case sendDigit(LegID, Character)
    /// Ask the SIP far end of an answered leg to call this number or URI itself (REFER); answered by
    /// ``CallEvent/deflected(_:hasLeft:)``.
    case deflect(LegID, to: String)
    /// What became of an ``Switchboard/originate(_:_:at:)``; comes once.
    case originated(OriginationID, OriginationResult)
    /// A leg with a user changed its state.
    case presence(Presence)
    /// The record of a leg; right before its ``hangUp(_:_:)`` or ``release(_:_:)``.
    case record(CallRecord)
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
