import Calls
import Wire

/// How long a session lasts without a refresh (RFC 4028).
struct SessionTimer: Sendable, Equatable {
    var seconds: Int
    var weRefresh: Bool
    /// They know of session timers: then they can be made to refresh.
    var isMutual: Bool

    /// What a request of theirs asks for, as the one who answers it; `nil` without session timer.
    init?(answering request: SIPRequest, _ profile: SIPProfile) {
        isMutual = request.offers(option: "timer")
        let wanted = request.sessionExpires
        guard let seconds = wanted?.seconds ?? (isMutual ? profile.wantedSession : nil) else { return nil }
        self.seconds = min(max(seconds, profile.shortestSession, request.minSE ?? 0), Self.longest)
        weRefresh = wanted?.refresher == .uas || !isMutual
    }

    /// What a response to a request of ours grants; `nil`: they know no session timer.
    init?(of response: SIPResponse, weAre: SIPSessionExpires.Refresher) {
        guard let granted = response.sessionExpires, granted.seconds >= Self.shortest else { return nil }
        seconds = min(granted.seconds, Self.longest)
        weRefresh = granted.refresher != .uas
        isMutual = true
    }

    /// Our answer: who refreshes, and that they have to (RFC 4028 §9).
    func describe(_ response: inout SIPResponse) {
        response.sessionExpires = SIPSessionExpires(seconds, refresher: weRefresh ? .uas : .uac)
        if !weRefresh, isMutual { response.require += ["timer"] }
    }

    /// Our request: the roles stay as they are.
    func describe(_ request: inout SIPRequest) {
        request.sessionExpires = SIPSessionExpires(seconds, refresher: weRefresh ? .uac : .uas)
    }

    /// When who refreshes does it: half of the time.
    var refreshDelay: Duration { .milliseconds(Int64(seconds) * 500) }
    /// When the session is given up (RFC 4028 §10).
    var patience: Duration { .seconds(seconds - min(32, seconds / 3)) }

    /// RFC 4028 §4: nothing shorter.
    static let shortest = 90
    static let longest = 86_400
}

extension SIPProfile {
    /// Seconds; `minimum-session-expires`, never above 90, because browsers ask for 90 and give up on a 422.
    var shortestSession: Int { SessionTimer.shortest }

    /// Seconds: `session-timeout`; `nil`: no session timer is asked for.
    var wantedSession: Int? {
        guard let seconds = sessionTimeout?.components.seconds, seconds > 0 else { return nil }
        return max(Int(seconds), shortestSession)
    }
}

extension SIPEndpoint {
    func askForTimer(_ invite: inout SIPRequest, _ profile: String, _ variables: [String: String]) {
        guard let seconds = profiles[profile]?.wantedSession else { return }
        invite.sessionExpires = SIPSessionExpires(seconds)
        invite.minSE = SessionTimer.shortest
        if variables["sip_require_timer"]?.lowercased() == "true" { invite.require += ["timer"] }
    }

    /// The session is as good as new.
    mutating func startSession(_ leg: LegID, at now: Instant) {
        disarm(.refresh, .sessionEnd, of: leg)
        guard let session = calls[leg]?.session else { return }
        if session.weRefresh { arm(.refresh, of: leg, after: session.refreshDelay, at: now) }
        arm(.sessionEnd, of: leg, after: session.patience, at: now)
    }

    /// A re-INVITE or UPDATE of theirs that we answer with 200.
    mutating func renewSession(
        _ leg: LegID, by request: SIPRequest, describing response: inout SIPResponse, at now: Instant
    ) {
        guard let call = calls[leg], call.isConfirmed, let profile = profiles[call.profile] else { return }
        if request.sessionExpires != nil || call.session != nil {
            calls[leg]?.session = SessionTimer(answering: request, profile) ?? call.session
        }
        calls[leg]?.session?.describe(&response)
        startSession(leg, at: now)
    }

    /// UPDATE where they allow it, else the same description once more.
    mutating func refreshSession(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard let call = calls[leg], call.isConfirmed, let dialog = call.dialog else { return }
        guard !isBusy(call) else { return arm(.refresh, of: leg, after: Self.busyDelay, at: now) }
        let isUpdate = dialog.allows(.update) || call.localSDP == nil
        let offer = SIPCall.OurOffer(
            sdp: isUpdate ? nil : call.localSDP, method: isUpdate ? .update : .invite, isRefresh: true)
        start(offer, of: leg, at: now, into: &out)
    }

    mutating func sessionExpired(_ leg: LegID, at now: Instant, into out: inout [SIPOutput]) {
        guard calls[leg]?.isConfirmed == true else { return }
        out.append(.count(.sessionExpired))
        hangUp(leg, .recoveryOnTimerExpire, at: now, into: &out)
    }

    /// Another offer is under way: that one may be a refresh already.
    private static let busyDelay: Duration = .seconds(5)
}
