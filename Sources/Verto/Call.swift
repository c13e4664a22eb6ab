package import Calls
package import Wire

/// One call of a session, as far as signalling goes.
struct Call {
    let session: SessionID
    /// We placed it to the client; otherwise the client calls us.
    let isPlaced: Bool
    var callerIDName: String
    var callerIDNumber: String
    var calleeIDName: String
    var calleeIDNumber: String
    /// Members that go beside the others wherever the call is described to the client.
    let headers: JSONObject
    let isScreenShare: Bool
    let isRecoverable: Bool
    /// What the client last set on its call.
    var variables: [String: String] = [:]
    /// The client has our answer: later `verto.media` and `verto.answer` carry none.
    var hasSDP = false
    var isAnswered = false
    var isHeld = false
    /// Its client is gone, or is back and has not taken the call up again.
    var isDetached = false
    /// The client was sent an offer of ours (`verto.attach`) and has not answered it.
    var isOffered = false
    /// Requests about it that wait for their answer.
    var requests: [RequestToken] = []
    /// How often the client may make a new offer.
    var offers: TokenBucket
    /// How often it may ask for key frames, or choose what it is shown.
    var pictureRequests: TokenBucket

    init(_ invite: Invite, of session: SessionID, settings: VertoSettings, at now: Instant) {
        (self.session, isPlaced, headers) = (session, false, [:])
        (callerIDName, callerIDNumber) = (invite.callerIDName, invite.callerIDNumber)
        (calleeIDName, calleeIDNumber) = (invite.calleeIDName, invite.calleeIDNumber)
        (isScreenShare, isRecoverable) = (invite.isScreenShare, invite.isRecoverable)
        (offers, pictureRequests) = Self.buckets(settings, at: now)
    }

    init(_ placed: PlacedCall, settings: VertoSettings, at now: Instant) {
        (session, isPlaced) = (SessionID(placed.session), true)
        headers = JSONObject(texts: placed.headers, prefix: "verto_h_")
        (callerIDName, callerIDNumber) = (placed.callerIDName, placed.callerIDNumber)
        (calleeIDName, calleeIDNumber) = (placed.calleeIDName, placed.calleeIDNumber)
        (isScreenShare, isRecoverable) = (false, placed.isRecoverable)
        (offers, pictureRequests) = Self.buckets(settings, at: now)
    }

    private static func buckets(_ settings: VertoSettings, at now: Instant) -> (TokenBucket, TokenBucket) {
        (
            TokenBucket(rate: Double(settings.offersPerSecond), burst: Double(settings.offerBurst), at: now),
            TokenBucket(
                rate: Double(settings.pictureRequestsPerSecond), burst: Double(settings.pictureRequestBurst), at: now)
        )
    }
}

extension VertoEndpoint {
    /// Something happened to a call that came as ``VertoOutput/invite(_:)``, or that was placed.
    package mutating func call(
        _ leg: LegID,
        _ news: CallNews,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let call = calls[leg] else {
            if case .ended = news { released(leg) }
            return
        }
        switch news {
        case .media(let sdp):
            if !call.isPlaced { sendAnswer("verto.media", leg, sdp, into: &out) }
        case .answered(let sdp):
            guard !call.isPlaced, !call.isAnswered else { return }
            calls[leg]?.isAnswered = true
            sendAnswer("verto.answer", leg, sdp, into: &out)
        case .ended(let cause):
            calls[leg] = nil
            sessions[call.session]?.calls.removeAll { $0 == leg }
            sayBye(leg, call, cause, into: &out)
            abandon(call.requests, at: now, into: &out)
        case .display(let name, let number):
            display(leg, name, number, into: &out)
        case .held(let isHeld): calls[leg]?.isHeld = isHeld
        }
    }

    mutating func sayBye(_ leg: LegID, _ call: Call, _ cause: HangupCause, into out: inout [VertoOutput]) {
        let members: JSONObject = [
            "callID": .string(leg.rawValue), "causeCode": .integer(Int64(cause.code)), "cause": .string(cause.name),
        ]
        tellOwner(of: call, "verto.bye", members, into: &out)
    }

    private mutating func released(_ leg: LegID) {
        guard releasing.remove(leg) != nil else { return }
        timers.cancel(.releasing(leg.rawValue))
    }

    /// The answer goes out once, with whichever of the two comes first.
    private mutating func sendAnswer(_ method: String, _ leg: LegID, _ sdp: String?, into out: inout [VertoOutput]) {
        guard let call = calls[leg] else { return }
        var members: JSONObject = ["callID": .string(leg.rawValue)]
        if let sdp, !call.hasSDP {
            calls[leg]?.hasSDP = true
            members["sdp"] = .string(sdp)
        }
        members["variables"] = [:]
        tellOwner(of: call, method, members, into: &out)
    }

    /// Who is at the far end: the callee of a client that calls, the caller of one that we call.
    private mutating func display(
        _ leg: LegID,
        _ name: String,
        _ number: String,
        into out: inout [VertoOutput]
    ) {
        let number = shown(number)
        if calls[leg]?.isPlaced == true {
            calls[leg]?.callerIDName = name
            calls[leg]?.callerIDNumber = number
        } else {
            calls[leg]?.calleeIDName = name
            calls[leg]?.calleeIDNumber = number
        }
        guard let call = calls[leg] else { return }
        var members: JSONObject = [
            "callID": .string(leg.rawValue), "display_name": .string(name), "display_number": .string(number),
        ]
        append(parameters(of: call), to: &members)
        tellOwner(of: call, "verto.display", members, into: &out)
    }

    /// The call parameters of `verto.invite`, `verto.attach` and `verto.display` (verto.md §5): each id only when it
    /// is known, at the top level, then headers under their full names.
    func parameters(of call: Call) -> JSONObject {
        let ids = [
            ("caller_id_name", call.callerIDName), ("caller_id_number", shown(call.callerIDNumber)),
            ("callee_id_name", call.calleeIDName), ("callee_id_number", shown(call.calleeIDNumber)),
        ]
        var members = JSONObject(ids.filter { !$0.1.isEmpty }.map { ($0.0, .string($0.1)) })
        members["display_direction"] = call.isPlaced ? "outbound" : "inbound"
        append(call.headers, to: &members)
        return members
    }

    /// A number as others may see it: a sessid, which a dial string can bring here, is a secret. Short ones are names
    /// that somebody has chosen to look like a number.
    func shown(_ number: String) -> String {
        number.utf8.count >= Self.shortestSecret && sessions[SessionID(number)] != nil ? "" : number
    }

    func append(_ members: JSONObject, to object: inout JSONObject) {
        for (key, value) in members.members { object[key] = value }
    }

    mutating func tellOwner(
        of call: Call,
        _ method: String,
        _ params: JSONObject,
        into out: inout [VertoOutput]
    ) {
        guard let c = sessions[call.session]?.connection else { return }
        tell(c, method, params, into: &out)
    }

    private static let shortestSecret = 16
}
