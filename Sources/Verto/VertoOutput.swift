package import Calls
package import Conference

/// What the server has to do, in this order.
package enum VertoOutput {
    /// Send one text message. Receivers of the same change share the array.
    case send(ConnectionID, [UInt8])
    /// Close with this WebSocket code once everything before it is written.
    case close(ConnectionID, code: UInt16, reason: String)

    /// A session of this user (`id@domain`) can be called from now on; it stays so when its client takes it over.
    case registered(session: String, user: String)
    /// The client of this session is gone.
    case unregistered(session: String)

    /// A client calls. The server answers with ``CallNews``, in the end always with `.ended`.
    case invite(Invite)
    /// End a call, whoever asked for it; answered by `.ended`, which the client is not told again.
    case hangUp(LegID, HangupCause)
    /// Keys pressed by the caller, all of them valid: 0-9, `*`, `#`, A-D.
    case digits(LegID, String)
    /// The client of these answered calls is gone; they are kept for it.
    case detached([LegID])
    /// The client of these calls is back: make a new offer for each, and give them all at once to
    /// ``VertoEndpoint/reoffer(session:offers:at:into:)``. Until then the client is not told that it is ready.
    case reattach(session: String, [LegID])
    /// The client has answered a call that we placed, with its name and number where it gave any; answered by
    /// ``VertoEndpoint/settled(_:_:at:into:)-(_,AnswerOutcome,_,_)``.
    case answer(RequestToken, LegID, sdp: String, name: String?, number: String?)
    /// The client has answered an offer of ours for an answered call; answered as ``answer(_:_:sdp:name:number:)`` is.
    case attach(RequestToken, LegID, sdp: String)
    /// A client wants something of its call; answered by
    /// ``VertoEndpoint/settled(_:_:at:into:)-(_,ModifyOutcome,_,_)``.
    case modify(RequestToken, LegID, CallChange)
    /// The client has changed variables of its call: all that it may set at all, under prefixes of their own.
    case setVariables(LegID, [String: String])
    /// A text inside a call, for whoever it is bridged to: give it to ``VertoEndpoint/text(_:to:at:into:)``.
    case text(TextMessage, from: LegID)

    /// A question or an order about calls, in the text API; answered by ``VertoEndpoint/told(_:_:at:into:)``.
    case ask(RequestToken, CallQuery)
    /// The answer to a line of the control socket.
    case controlled(ControlID, String)

    /// A client makes a new offer for an answered call; answered by
    /// ``VertoEndpoint/renegotiated(_:_:at:into:)``.
    case renegotiate(RequestToken, LegID, offer: String)
    /// The client wants key frames of everything it is shown.
    case refreshVideo(LegID)
    /// Show members, named by their calls, on m-lines of this call, named by mid; `nil` shows nobody. At most 16, each
    /// mid once; neither mids nor members need exist.
    case view(LegID, [(mid: String, member: String?)])

    /// Ask a room for something; answered by ``VertoEndpoint/completed(_:_:at:into:)``.
    case perform(RequestToken, RoomKey, Command, by: Issuer)
    /// The endpoint missed changes of this room: answer with ``RoomNews/snapshot(_:rows:serial:)``.
    case resync(RoomKey)

    case audit(AuditEntry)
    case count(VertoCounter)
}

/// A call as a Verto client asks for it.
package struct Invite: Sendable, Equatable {
    package let leg: LegID
    /// The session that owns the call. A secret of the user: never show it to anybody else.
    package let session: String
    /// `id@domain` of the caller.
    package let user: String
    package let domain: String
    package let callerIDName: String
    package let callerIDNumber: String
    package let destination: String
    /// Whom the client believes to call.
    package let calleeIDName: String
    package let calleeIDNumber: String
    package let context: String
    package let dialplan: String
    /// The complete offer, unparsed.
    package let offer: String
    /// The directory's variables, and what the client may set under prefixes of its own.
    package let variables: [String: String]
    package let isScreenShare: Bool
    /// What the client will send at most, in kbit/s; `nil` without a limit of its own.
    package let outgoingBandwidth: Int?
    /// What the client wants to receive at most, in kbit/s; `nil` without a limit of its own.
    package let incomingBandwidth: Int?
    /// False after `recoverCall: false`, and for a shared screen, which no client can take up again: the call ends with
    /// its socket.
    package let isRecoverable: Bool
    /// The client's IP address, without a port.
    package let remoteAddress: String
}

/// Who asked a room for what, and what came of it. For the audit log; holds no secrets.
package struct AuditEntry: Sendable, Equatable {
    package enum Door: String, Sendable, CaseIterable { case moderatorChannel, fsapi, jsapi, ctl }
    package enum Result: Sendable, Equatable {
        /// Carried out; the text the client got.
        case done(String)
        case refused(String)
    }

    /// `id@domain`, or who the control socket says.
    package let who: String
    /// The client's IP address; empty at the control socket.
    package let address: String
    /// Who they are in the room, when they are in it.
    package let member: MemberID?
    package let room: String
    /// The command and its arguments, as the client is told in `conf-command`.
    package let command: String
    package let door: Door
    package let result: Result
}

/// Things worth a counter.
package enum VertoCounter: String, Sendable, CaseIterable {
    case connectionRefused, preAuthTimeout, idleTimeout
    case badJSON, invalidMessage, oversize, unknownMethod, tooManyRequests, overflow
    case login, loginFailed, unauthorized, throttled, sessionRefused, takeover, loginExpired
    case forbidden, foreignCall, callRefused, chatLimited, subscriptionLimited
    case liveArrayShed, liveArrayResync, liveArrayGap, commandTimedOut, speedTestAborted
    case renegotiationRefused, renegotiationTimedOut
    case answerRefused, callRequestTimedOut, reattachTimedOut, presenceShed
}
