import Wire

extension GatewayMachine {
    /// Whether pings, where there are any, let calls through.
    var isPingedEnough: Bool { settings.ping == nil || pinging.count >= max(1, settings.pingMinimum) }

    /// Sends an OPTIONS; one that was not answered until now counts as failed.
    mutating func ping(at now: Instant, into out: inout [Output]) {
        guard let interval = settings.effectivePing else { return }
        timers.set(.ping, now.advanced(by: interval))
        if pinging.token != nil { pingFailed(status: Self.noAnswer, at: now, into: &out) }
        guard let target = targets.addresses(of: callHost).first else {
            if callHost.literal(settings.transport) == nil { out.append(.resolve(callHost)) }
            return
        }
        let token = newToken(.ping)
        (pinging.token, pinging.sentAt) = (token, now)
        out.append(.request(token, makePing(over: path(target, of: callHost)), path(target, of: callHost)))
    }

    /// Any answer is life, but for the two that say nobody is there, and for 6xx.
    mutating func receivedForPing(_ response: SIPResponse, at now: Instant, into out: inout [Output]) {
        let isAlive = response.status < 600 && response.status != 408 && response.status != 503
        guard isAlive else { return pingFailed(status: response.status, at: now, into: &out) }
        pinging.token = nil
        if let sentAt = pinging.sentAt { pinging.latency = Double(now.nanoseconds(since: sentAt)) / 1e6 }
        pinging.count = min(pinging.count + 1, max(1, settings.pingMaximum))
        guard !isUp, isPingedEnough, state == .registered || state == .withoutRegistration else { return }
        become(state, isUp: true, status: response.status, phrase: response.reason, at: now, into: &out)
    }

    mutating func pingFailed(status: Int, at now: Instant, into out: inout [Output]) {
        pinging.token = nil
        pinging.count = max(0, pinging.count - 1)
        guard isUp, !isPingedEnough else { return }
        guard settings.registers else {
            return become(state, isUp: false, status: status, phrase: "Ping Failed", at: now, into: &out)
        }
        registrationLost(status: status, at: now, into: &out)
    }

    private mutating func makePing(over path: SIPPath) -> SIPRequest {
        pinging.cseq &+= 1
        var request = SIPRequest(.options, registrarURI)
        request.maxForwards = 70
        var from = NameAddress(accountURI)
        request.to = NameAddress(proxyURI)
        from.tag = fromTag
        request.from = from
        request.callID = callID + "-ping"
        request.cseq = CSeq(pinging.cseq, .options)
        if settings.putsContactInPing { request.contacts = [contact(over: path)] }
        if let userAgent = settings.pingUserAgent { request.userAgent = userAgent }
        return request
    }
}
