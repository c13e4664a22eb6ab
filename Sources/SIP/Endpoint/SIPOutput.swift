package import Calls
package import Wire

/// What the server has to do, in this order.
package enum SIPOutput: Sendable {
    /// One datagram, or one message of a stream. A path without connection on a stream means: use an open connection to
    /// that address, or make one; where that fails, say so by ``SIPEndpoint/undeliverable(_:at:into:)``.
    case send([UInt8], SIPPath)
    /// Close once everything before it is written.
    case close(SIPConnectionID)
    /// Look a name up (RFC 3263); answered by ``SIPEndpoint/resolved(_:_:at:into:)``, with no address when there is
    /// none.
    case resolve(ResolveToken, SIPLookup)

    /// This user can be reached by this handle from now on. Repeated when what is known of the binding changes.
    case registered(handle: String, user: String, profile: String)
    case unregistered(handle: String)

    /// Somebody calls. The server answers with ``SIPCallNews``, in the end always with `.ended`.
    case invite(SIPInvite)
    /// The caller of a call for which ``SIPEndpoint/isProven(_:)`` does not hold gets what is sent to it.
    case proven(LegID)
    /// The far end of a placed call rings (180, or another 1xx without a description).
    case ringing(LegID)
    /// The far end of a placed call sends early media; may come again, with another description.
    case early(LegID, sdp: String)
    /// The far end of a placed call answered. The description may differ from that of ``early(_:sdp:)``. The name and
    /// the number are the ones it asserts, where it does.
    case answered(LegID, sdp: String, name: String?, number: String?)
    /// The far end ended, refused or failed; nothing more is said to it. Answered by `.ended`, which changes nothing.
    case hangUp(LegID, HangupCause, SIPEnding)
    /// The far end of a placed call named other targets (3xx), right before its ``hangUp(_:_:_:)`` with cause 23. They
    /// are `sip:` URIs or numbers, the best first, at most eight.
    case redirected(LegID, to: [String])

    /// The far end of an answered call makes a new offer (re-INVITE or UPDATE); `nil` asks for ours, whose answer comes
    /// as ``answerToOffer(_:sdp:)``. Answered by ``SIPEndpoint/answerOffer(_:_:at:into:)``.
    case reoffer(SIPRequestToken, LegID, offer: String?)
    /// What came of an offer of ours, whichever way it went out; `nil`: refused, the session stays as it was.
    case answerToOffer(LegID, sdp: String?)
    /// Keys that came by INFO, all of them valid: 0-9, `*`, `#`, A-D.
    case digits(LegID, String)
    /// A key frame is wanted (RFC 5168).
    case refreshVideo(LegID)

    /// The far end wants its other party transferred (REFER); answered by
    /// ``SIPEndpoint/transferred(_:_:at:into:)``. `target` is a number or name to be routed by the transferor's
    /// context, never dialled as it stands; `replaces` is our leg of the call that the target names.
    case refer(SIPRequestToken, LegID, target: String, replaces: LegID?)
    /// What came of our ``SIPEndpoint/refer(_:to:at:into:)``, last with a final status.
    case referred(LegID, status: Int)
    /// A call that is to take the place of `old` (RFC 3891): the bridge answers it and joins it to the party of `old`,
    /// which it then ends.
    case replaced(old: LegID, by: SIPInvite)

    /// A text message (RFC 3428); answered by ``SIPEndpoint/messageDone(_:status:at:into:)``.
    case message(SIPRequestToken, SIPText)

    /// For the log: a constant message and who it is about.
    case log(SIPLog)
    case count(SIPCounter)
}

/// A name to look up.
package struct SIPLookup: Sendable, Equatable {
    package let host: String
    /// Given: no SRV lookup (RFC 3263 §4.2).
    package let port: UInt16?
    package let transport: SIPTransport
    /// The profile whose socket will be used: of its address families only.
    package let profile: String

    package init(host: String, port: UInt16?, transport: SIPTransport, profile: String) {
        (self.host, self.port, self.transport, self.profile) = (host, port, transport, profile)
    }
}

/// How a call ended at the far end, for the record.
package struct SIPEnding: Sendable, Equatable {
    /// FreeSWITCH's `sip_hangup_disposition`.
    package enum Disposition: String, Sendable {
        case sentBye = "send_bye"
        case receivedBye = "recv_bye"
        case sentCancel = "send_cancel"
        case receivedCancel = "recv_cancel"
        case sentRefusal = "send_refuse"
        case receivedRefusal = "recv_refuse"
    }

    /// The final status of the far end, `nil` when there was none; 200 after a BYE.
    package let status: Int?
    package let phrase: String
    package let disposition: Disposition

    package init(status: Int?, phrase: String = "", disposition: Disposition) {
        (self.status, self.phrase, self.disposition) = (status, phrase, disposition)
    }
}

/// A text message of a far end, at most ``maximumSize`` bytes of `text/plain`.
package struct SIPText: Sendable, Equatable {
    /// The call inside which it came; `nil` outside calls.
    package let leg: LegID?
    /// `id@domain` of a proven user, else the URI of `From`; inside a call that of the dialog's far end.
    package let from: String
    package let fromName: String
    /// The user part it was sent to.
    package let to: String
    package let text: String
    package let profile: String
    /// `id@domain` of the sender, where it is proven.
    package let user: String?
    /// Where ``to`` is looked for: the sender's domain, and the dialplan context of its calls.
    package let domain: String
    package let context: String

    package static let maximumSize = 4096
}

/// Something for the log.
package struct SIPLog: Sendable, Equatable {
    package enum Level: Sendable, Equatable { case debug, info, notice, warning }

    package let level: Level
    /// Constant text.
    package let message: String
    /// Names of logging metadata, with values from the network.
    package let details: [(name: String, value: String)]

    /// - Parameter details: Their values may come from the network: control characters are left out.
    package init(_ level: Level, _ message: String, _ details: [(name: String, value: String)] = []) {
        (self.level, self.message) = (level, message)
        self.details = details.map { ($0.name, SIPEndpoint.clean($0.value)) }
    }

    package static func == (one: Self, other: Self) -> Bool {
        one.level == other.level && one.message == other.message
            && one.details.elementsEqual(other.details) { $0 == $1 }
    }
}
