package import Calls
package import Wire

/// One call of a session, as far as signalling goes.
struct Call {
    let session: SessionID
    let callerIDName: String
    let callerIDNumber: String
    let isScreenShare: Bool
    let isRecoverable: Bool
    /// The client has our answer: later `verto.media` and `verto.answer` carry none.
    var hasSDP = false
    var isAnswered = false
    /// Its client is gone and may come back.
    var isDetached = false
    /// New offers that wait for their answer.
    var renegotiations: [RequestToken] = []
    /// How often the client may make a new offer.
    var offers: TokenBucket
    /// How often it may ask for key frames, or choose what it is shown.
    var pictureRequests: TokenBucket

    init(_ invite: Invite, of session: SessionID, settings: VertoSettings, at now: Instant) {
        self.session = session
        (callerIDName, callerIDNumber) = (invite.callerIDName, invite.callerIDNumber)
        (isScreenShare, isRecoverable) = (invite.isScreenShare, invite.isRecoverable)
        offers = TokenBucket(rate: Double(settings.offersPerSecond), burst: Double(settings.offerBurst), at: now)
        pictureRequests = TokenBucket(
            rate: Double(settings.pictureRequestsPerSecond), burst: Double(settings.pictureRequestBurst), at: now)
    }
}

extension VertoEndpoint {
    /// Something happened to a call that came as ``VertoOutput/invite(_:)``.
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
            sendAnswer("verto.media", leg, sdp, into: &out)
        case .answered(let sdp):
            guard !call.isAnswered else { return }
            calls[leg]?.isAnswered = true
            sendAnswer("verto.answer", leg, sdp, into: &out)
        case .ended(let cause):
            calls[leg] = nil
            sessions[call.session]?.calls.removeAll { $0 == leg }
            sayBye(leg, call, cause, into: &out)
            abandon(call.renegotiations, at: now, into: &out)
        case .display(let name, let number):
            display(leg, call, name, number, into: &out)
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

    private mutating func display(
        _ leg: LegID,
        _ call: Call,
        _ name: String,
        _ number: String,
        into out: inout [VertoOutput]
    ) {
        let members: JSONObject = [
            "callID": .string(leg.rawValue), "display_name": .string(name), "display_number": .string(number),
            "caller_id_name": .string(call.callerIDName), "caller_id_number": .string(call.callerIDNumber),
            "callee_id_name": .string(name), "callee_id_number": .string(number), "display_direction": "inbound",
        ]
        tellOwner(of: call, "verto.display", members, into: &out)
    }

    private mutating func tellOwner(
        of call: Call,
        _ method: String,
        _ params: JSONObject,
        into out: inout [VertoOutput]
    ) {
        guard let c = sessions[call.session]?.connection else { return }
        tell(c, method, params, into: &out)
    }
}
