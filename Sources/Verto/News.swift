package import Calls
package import Conference

/// What became of a call.
package enum CallNews: Sendable, Equatable {
    /// Early media (`verto.media`): the answer, or `nil` when it was sent before.
    case media(sdp: String?)
    /// Answered (`verto.answer`): the answer, or `nil` when ``media(sdp:)`` brought it.
    case answered(sdp: String?)
    /// Over, for whatever reason; reported once for every ``VertoOutput/invite(_:)`` and every call placed.
    case ended(HangupCause)
    /// The far end's identity is known or another (`verto.display`): the callee's of a client that calls, the caller's of
    /// one that we call.
    case display(name: String, number: String)
    /// On hold or not, by something else than a request of the client's; it is not told.
    case held(Bool)
}

/// What happened in a room.
package enum RoomNews: Sendable {
    /// A room with a live array begins; its serials start at 1.
    case opened(RoomKey)
    case delta(RoomKey, Delta)
    /// Everything there is, after changes were lost.
    case snapshot(RoomKey, rows: [(key: String, row: Row)], serial: Int)
    /// A leg became a member, or came back after its client had lost the socket.
    case joined(RoomKey, leg: LegID, JoinNotice)
    case parted(RoomKey, leg: LegID, PartNotice)
    /// Somebody came or went, in a room with the flag `json-events`.
    case membersChanged(RoomKey)
    case closed(RoomKey)
    /// A room's line in the list of rooms of its domain is new or different.
    case summary(RoomSummary)
    case summaryRemoved(RoomKey)
}

/// What a room said to a ``VertoOutput/perform(_:_:_:by:)``.
package enum CommandOutcome: Sendable, Equatable {
    case success(Reply)
    case refused(Refusal)
    /// There is no such room (any more).
    case noSuchRoom
}
