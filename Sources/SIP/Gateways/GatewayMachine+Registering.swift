import Wire

extension GatewayMachine {
    /// Begins an attempt with all addresses of the registrar before it.
    mutating func register(at now: Instant, into out: inout [Output]) {
        become(.trying, isUp: isUp, at: now, into: &out)
        registration.attempt = DigestClient.Attempt()
        registration.expires = settings.effectiveExpires
        timers.set(.giveUp, now.advanced(by: max(settings.timeout, .seconds(1))))
        guard targets.addresses(of: registerHost).isEmpty else { return startAttempt(at: now, into: &out) }
        registration.isWaitingForAddresses = true
    }

    mutating func startAttempt(at now: Instant, into out: inout [Output]) {
        registration.left = targets.addresses(of: registerHost)
        guard !registration.left.isEmpty else {
            return attemptFailed(.failed, status: 503, "Host Not Found", retryAfter: nil, at: now, into: &out)
        }
        sendRegister(at: now, into: &out)
    }

    /// Sends a REGISTER to the first address that is left, with credentials where a nonce is known.
    mutating func sendRegister(at now: Instant, into out: inout [Output]) {
        guard let target = registration.left.first else { return }
        var request = makeRegister(over: path(target, of: registerHost))
        digest.authorize(&request, as: account)
        dispatch(request, to: target, at: now, into: &out)
    }

    mutating func receivedForRegister(
        _ response: SIPResponse, over path: SIPPath, at now: Instant, into out: inout [Output]
    ) {
        registration.token = nil
        if state == .unregistering, response.status != 401, response.status != 407 {
            return finishUnregistering(at: now, into: &out)
        }
        switch response.status {
        case 200...299: accepted(response, at: now, into: &out)
        case 401, 407: challenged(response, over: path, at: now, into: &out)
        case 423: tooBrief(response, at: now, into: &out)
        case 503:
            tryNext(
                .failed, status: 503, response.reason, retryAfter: response.retryAfter, at: now, into: &out)
        case 408: tryNext(.timedOut, status: 408, response.reason, retryAfter: nil, at: now, into: &out)
        default: refused(response, at: now, into: &out)
        }
    }

    /// Timer F, or nothing could be sent.
    mutating func registerUnanswered(at now: Instant, into out: inout [Output]) {
        registration.token = nil
        if state == .unregistering { return finishUnregistering(at: now, into: &out) }
        tryNext(.timedOut, status: Self.noAnswer, "Timeout", retryAfter: nil, at: now, into: &out)
    }

    /// `timeout-seconds` are over, or the goodbye was never answered.
    mutating func giveUp(at now: Instant, into out: inout [Output]) {
        if state == .unregistering { return finishUnregistering(at: now, into: &out) }
        guard state == .trying || state == .registering else { return }
        registration.token = nil
        attemptFailed(.timedOut, status: Self.noAnswer, "Timeout", retryAfter: nil, at: now, into: &out)
    }

    // MARK: Outcomes

    private mutating func accepted(_ response: SIPResponse, at now: Instant, into out: inout [Output]) {
        digest.accepted(response)
        timers.set(.giveUp, nil)
        registration.failures = 0
        let granted = grantedExpires(response)
        registration.grantedExpires = granted
        let refresh = granted > .seconds(30) ? granted - .seconds(15) : granted / 2
        timers.set(.register, now.advanced(by: max(refresh, .seconds(1))))
        become(
            .registered, isUp: isPingedEnough, status: response.status, phrase: response.reason, at: now, into: &out)
    }

    private mutating func challenged(
        _ response: SIPResponse, over path: SIPPath, at now: Instant, into out: inout [Output]
    ) {
        guard var request = registration.request, let target = registration.left.first else { return }
        var attempt = registration.attempt
        let outcome = answer(response, over: path, in: &request, attempt: &attempt)
        registration.attempt = attempt
        guard outcome == .retry else {
            if outcome == .foreign { out.append(.count(.foreignChallenge)) }
            if state == .unregistering { return finishUnregistering(at: now, into: &out) }
            return refused(response, at: now, into: &out)
        }
        dispatch(request, to: target, at: now, into: &out)
    }

    /// Asks again at once for what the registrar wants (RFC 3261 §10.2.8).
    private mutating func tooBrief(_ response: SIPResponse, at now: Instant, into out: inout [Output]) {
        guard let seconds = response.minExpires, seconds <= Self.longestExpires,
            .seconds(seconds) > registration.expires
        else { return refused(response, at: now, into: &out) }
        registration.expires = .seconds(seconds)
        sendRegister(at: now, into: &out)
    }

    private mutating func refused(_ response: SIPResponse, at now: Instant, into out: inout [Output]) {
        attemptFailed(
            .failed, status: response.status, response.reason, retryAfter: response.retryAfter, at: now, into: &out)
    }

    /// The next address of the registrar, or a pause (RFC 3263 §4.3).
    private mutating func tryNext(
        _ failure: GatewayState, status: Int, _ phrase: String, retryAfter: Int?, at now: Instant,
        into out: inout [Output]
    ) {
        if !registration.left.isEmpty { registration.left.removeFirst() }
        guard registration.left.isEmpty else { return sendRegister(at: now, into: &out) }
        attemptFailed(failure, status: status, phrase, retryAfter: retryAfter, at: now, into: &out)
    }

    /// Down, and a pause that grows with every failure but 503 and silence.
    private mutating func attemptFailed(
        _ failure: GatewayState, status: Int, _ phrase: String, retryAfter: Int?, at now: Instant,
        into out: inout [Output]
    ) {
        registration.failures += 1
        registration.isWaitingForAddresses = false
        timers.set(.giveUp, nil)
        out.append(.count(failure == .timedOut ? .gatewayTimeout : .gatewayFailure))
        if failure == .timedOut {
            become(.timedOut, isUp: false, status: status, phrase: phrase, at: now, into: &out)
        }
        become(.failed, isUp: false, status: status, phrase: phrase, at: now, into: &out)
        timers.set(.register, now.advanced(by: pause(failure, status, retryAfter)))
        become(.waiting, isUp: false, status: status, phrase: phrase, at: now, into: &out)
    }

    private func pause(_ failure: GatewayState, _ status: Int, _ retryAfter: Int?) -> Duration {
        let retry = settings.effectiveRetry
        if let retryAfter, retryAfter > 0 { return min(max(.seconds(retryAfter), retry), Self.longestPause) }
        if failure == .timedOut { return max(settings.timeoutRetry ?? retry, .seconds(1)) }
        if status == 503 { return retry }
        return min(retry * min(registration.failures, 1000), Self.longestPause)
    }

    private mutating func finishUnregistering(at now: Instant, into out: inout [Output]) {
        registration.token = nil
        timers.set(.giveUp, nil)
        become(.down, isUp: false, at: now, into: &out)
    }

    /// A ping that failed: the registration is made anew.
    mutating func registrationLost(status: Int, at now: Instant, into out: inout [Output]) {
        attemptFailed(.failed, status: status, "Ping Failed", retryAfter: nil, at: now, into: &out)
    }

    // MARK: The request

    private mutating func dispatch(
        _ request: SIPRequest, to target: TransportAddress, at now: Instant, into out: inout [Output]
    ) {
        var request = request
        registration.cseq &+= 1
        request.cseq = CSeq(registration.cseq, .register)
        registration.request = request
        let token = newToken(.register)
        registration.token = token
        if state == .trying { become(.registering, isUp: isUp, at: now, into: &out) }
        out.append(.request(token, request, path(target, of: registerHost)))
    }

    private func makeRegister(over path: SIPPath) -> SIPRequest {
        var request = SIPRequest(.register, registrarURI)
        request.maxForwards = 70
        var from = NameAddress(accountURI)
        request.to = settings.hasDistinctTo ? NameAddress(proxyURI) : from
        from.tag = fromTag
        request.from = from
        request.callID = callID
        request.cseq = CSeq(registration.cseq, .register)
        var contact = contact(over: path)
        if settings.usesOutbound, !instanceID.isEmpty {
            contact.parameters["reg-id"] = "\(settings.regID)"
            contact.parameters.items.append(SIPParameter("+sip.instance", "\"<\(instanceID)>\""))
        }
        request.contacts = [contact]
        request.expires = Int(registration.expires.components.seconds)
        if settings.usesOutbound { request.supported = ["path", "outbound"] }
        return request
    }

    /// What the registrar gives our binding: its Contact's `expires`, else the header field, else what we asked for.
    private func grantedExpires(_ response: SIPResponse) -> Duration {
        let own = registration.request?.contacts.first
        let listed = response.contacts.first { contact in
            guard let own else { return false }
            return contact.uri.isEquivalent(to: own.uri)
                || (contact.uri.user == own.uri.user && contact.uri.parameters["gw"] == own.uri.parameters["gw"])
        }
        let seconds = listed?.parameters["expires"].flatMap { Int($0) } ?? response.expires
        guard let seconds, seconds > 0, seconds <= Self.longestExpires else { return registration.expires }
        return .seconds(seconds)
    }

    private static let longestExpires = 7 * 86_400
    private static let longestPause: Duration = .seconds(3600)
}
