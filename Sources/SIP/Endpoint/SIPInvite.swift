package import Calls
package import Wire

/// A call as a far end asks for it.
package struct SIPInvite: Sendable, Equatable {
    package let leg: LegID
    package let profile: String
    /// The gateway it came from, by name.
    package let gateway: String?
    /// `id@domain` of the caller, where a digest or a binding's flow proves it.
    package let user: String?
    package let domain: String
    /// Dialplan context: the gateway's, the user's, or the profile's.
    package let context: String
    /// The user part that was dialled, or what the gateway's `extension` says.
    package let destination: String
    package let callerIDName: String
    package let callerIDNumber: String
    /// The IP address it came from, without a port.
    package let remoteAddress: String
    /// The complete offer, unparsed; `nil`: we are to offer, and their answer comes as ``SIPOutput/answerToOffer(_:sdp:)``.
    package let offer: String?
    /// `sip_…` (sip.md §4.6), `sip_h_X-…` of the caller, the user's and the gateway's own.
    package let variables: [String: String]
    /// What is left of it, 0 forbids every further leg (483).
    package let maxForwards: Int
    package let isSecure: Bool
    package let transport: SIPTransport
}

/// What happens to a call that came as ``SIPOutput/invite(_:)``, or that was placed.
package enum SIPCallNews: Sendable, Equatable {
    /// 180 Ringing.
    case ringing
    /// 183 with this answer: early media.
    case early(sdp: String)
    /// 200 with this answer, or, when the caller made no offer, with our offer; `nil` repeats that of `.early`.
    case answered(sdp: String?)
    /// The call is over for us: BYE, CANCEL or a refusal. `status` is the SIP status the other leg failed with
    /// (`last_bridge_proto_specific_hangup_cause`), which goes before the one of the cause; `warning` the number of a
    /// `Warning` beside it (RFC 3261 §20.43).
    case ended(HangupCause, status: Int? = nil, warning: Int? = nil)
    /// Who is at the other end now.
    case display(name: String, number: String)
}

/// What becomes of an offer of the far end.
package enum SIPOfferOutcome: Sendable, Equatable {
    /// The answer, or our offer where they wanted one.
    case answered(sdp: String)
    /// 488 and the like, with the number of a `Warning` (RFC 3261 §20.43) where one fits; the session stays as it was.
    case refused(status: Int, warning: Int? = nil)
}

/// How far the transfer is that a far end asked for.
package enum SIPTransferOutcome: Sendable, Equatable {
    /// 202; more follows.
    case accepted
    /// It is not to be; with `accepted` not yet said, the answer to the REFER itself.
    case refused(status: Int)
    /// The target says so: 100, 180.
    case progress(status: Int)
    /// It is done, or it failed.
    case done(status: Int)
}
