import Calls
import Wire

/// One leg as far as signalling goes: an INVITE of ours or theirs, and the dialog that came of it.
struct SIPCall: Sendable {
    enum Phase: Sendable {
        /// Placed: its target is being looked up.
        case looking(ResolveToken)
        /// Placed: our INVITE has no final response.
        case calling
        /// Placed: given up by us with this cause; a CANCEL is on its way, or waits for the first response.
        case cancelling(HangupCause)
        /// Came in: no final response was sent.
        case incoming
        /// Answered; a 2xx of ours may still wait for its ACK.
        case confirmed
        /// Came in and was given up before the ACK: BYE has to wait for it (RFC 3261 §15).
        case awaitingACK(HangupCause)
        /// Our BYE has no answer yet; the bridge has forgotten the call.
        case leaving
    }

    let leg: LegID
    /// The name of its profile.
    let profile: String
    /// The registration it goes to or came from: where it is found again when its connection is gone.
    var binding: Binding?
    /// `id@domain` of who is at the far end, where a digest or a registration says so.
    var user: String?
    /// Its address counts among the callers'.
    var caller: TransportAddress?
    /// What it counts against.
    var share = CallQuotas.Share()
    /// The gateway it came from or goes through, by name.
    let gateway: String?
    /// Every dialog of it, forks included.
    var dialogIDs: Set<DialogID> = []
    /// INVITEs of ours that were answered, for further copies of the answer: the last few.
    var answeredInvites: [ClientTransactionID] = []
    var phase: Phase
    /// `nil` while a placed call has no response with a tag.
    var dialog: Dialog?
    var placed: Placed?
    var incoming: Incoming?
    /// What a leg may say about the requests and responses to it: `sip_bye_h_…` and the like.
    var variables: [String: String]

    /// A 2xx of ours without its ACK.
    var accept: Accept?
    /// A re-INVITE or UPDATE of ours.
    var ourOffer: OurOffer?
    /// Asked for while another offer was under way.
    var nextOffer: String?
    /// A re-INVITE or UPDATE of theirs that waits for the bridge.
    var theirOffer: TheirOffer?
    /// The last description we sent that was taken, for refreshes.
    var localSDP: String?
    /// The last description of theirs that the bridge was told, for what refreshes bring.
    var remoteSDP: String?
    var session: SessionTimer?
    /// A REFER of theirs that is not done, with its NOTIFYs.
    var transfer: Transfer?
    /// A REFER of ours: NOTIFYs are welcome.
    var isReferring = false
    /// Keys that wait for the INFO before them.
    var keys: [Character] = []
    var isSendingKey = false
    /// Who is at the other end, for the answer.
    var shown: (name: String, number: String)?
    var deadlines: [CallTimer: Instant] = [:]

    var isPlaced: Bool { placed != nil }

    /// The bridge knows of it, and has not been told of its end.
    var isLive: Bool {
        switch phase {
        case .looking, .calling, .incoming, .confirmed: true
        case .cancelling, .awaitingACK, .leaving: false
        }
    }

    var isConfirmed: Bool {
        if case .confirmed = phase { true } else { false }
    }
}

extension SIPCall {
    /// Whether a description of theirs says anything new: `o=` alone does not (RFC 3264 §8).
    func isNews(_ sdp: String) -> Bool {
        func content(_ text: String) -> [Substring] {
            text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("o=") }
        }
        return remoteSDP.map { content($0) != content(sdp) } ?? true
    }

    init(_ leg: LegID, profile: String, gateway: String?, phase: Phase, variables: [String: String]) {
        (self.leg, self.profile, self.gateway, self.phase) = (leg, profile, gateway, phase)
        self.variables = variables
    }

    /// An INVITE of theirs.
    struct Incoming: Sendable {
        let asked: Asked
        let toTag: String
        /// The caller brought an offer.
        let hasOffer: Bool
        /// Our description, once it went out in a provisional response, or waits for the 200.
        var sdp: String?
        var sentProvisional: SIPResponse?
        var reliable = ReliableSender()
    }

    /// A 2xx of ours, repeated until its ACK comes (RFC 3261 §13.3.1.4).
    struct Accept: Sendable {
        let asked: Asked
        let response: SIPResponse
        let sequence: UInt32
        /// It held our offer: the ACK brings the answer.
        let wantsAnswer: Bool
        var interval: Duration
    }

    struct OurOffer: Sendable {
        /// `nil` in a refresh without one.
        let sdp: String?
        let method: SIPMethod
        /// Nobody but the session timer waits for the outcome.
        let isRefresh: Bool
        /// `nil` while it waits for its next try after a glare.
        var transaction: ClientTransactionID?
        var tries = 0
    }

    struct TheirOffer: Sendable {
        let token: SIPRequestToken
        let asked: Asked
        let hasOffer: Bool
    }
}

/// A request that waits for our answer.
struct Asked: Sendable {
    let request: SIPRequest
    let transaction: ServerTransactionID
    let path: SIPPath
}

/// The deadlines of one call.
enum CallTimer: Hashable, Sendable {
    /// The 2xx goes out again: at T1, doubling to T2.
    case repeatAccept
    /// No ACK came in 64×T1.
    case ackMissing
    /// The reliable provisional response goes out again: at T1, doubling.
    case repeatReliable
    /// No PRACK came in 64×T1.
    case prackMissing
    /// A placed call was not answered in `SIPSettings.ringLimit`.
    case ringing
    /// The final response to a cancelled INVITE did not come (RFC 3261 §9.1).
    case cancelled
    /// After a 491.
    case glare
    /// The far end has begun to deal with an offer of ours and does not come to an end.
    case ourOffer
    /// The bridge has not answered an offer of theirs.
    case offerUnanswered
    /// Half of the session's time is over.
    case refresh
    /// The far end has not refreshed the session.
    case sessionEnd
    /// The bridge has not said anything about a transfer.
    case transferUnanswered
}
