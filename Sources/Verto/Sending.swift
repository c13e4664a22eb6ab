package import Wire

/// Messages to clients that answer no request.
extension VertoEndpoint {
    /// Sends a request of ours.
    mutating func tell(
        _ c: ConnectionID,
        _ method: String,
        _ params: JSONObject,
        into out: inout [VertoOutput]
    ) {
        post(Message.request(nextRequestID(), method, params), to: c, into: &out)
    }

    /// Sends `message` now, or once the answer under way is out.
    mutating func post(_ message: [UInt8], to c: ConnectionID, into out: inout [VertoOutput]) {
        guard let connection = connections[c], !connection.isClosing else { return }
        guard connection.exchange != nil else { return out.append(.send(c, message)) }
        guard connections[c]?.hold(message, limits: settings) == false, connection.closing == nil else { return }
        out.append(.count(.overflow))
        connections[c]?.closing = .overflow  // when the room has answered, or has not in time
    }

    /// Closes a connection: now, or once the answer under way is out. Its calls and subscriptions go at once.
    mutating func close(
        _ c: ConnectionID,
        _ closing: Closing,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let connection = connections[c], !connection.isClosing else { return }
        if let exchange = connection.exchange, exchange.waiting == nil {
            connections[c]?.closing = connection.closing ?? closing
            return
        }
        release(c, closing, at: now, into: &out)
        connections[c]?.isClosing = true
        _ = connections[c]?.takeHeld()
        out.append(.close(c, code: closing.code, reason: closing.reason))
    }

    // MARK: Slow receivers

    /// The outbox is above its mark. Live array changes are left out until ``drained(_:at:into:)``.
    package mutating func congested(_ c: ConnectionID) { connections[c]?.isCongested = true }

    /// The outbox is below its mark again. Live arrays of which changes were left out start anew.
    package mutating func drained(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        connections[c]?.isCongested = false
        if connections[c]?.speedTest.isDownloading == true { endSpeedTest(c, at: now, into: &out) }
        if connections[c]?.exchange == nil { resynchronise(c, into: &out) }
    }

    // MARK: Timers of a connection

    /// Sees to it that ``check(_:at:into:)`` runs when something is due.
    mutating func schedule(_ c: ConnectionID, at now: Instant) {
        guard let connection = connections[c], !connection.isClosing else { return }
        timers.schedule(.connection(c), at: nextDue(connection))
    }

    private func nextDue(_ connection: Connection) -> Instant {
        var due = max(connection.lastHeard, connection.lastPing).advanced(by: settings.pingInterval)
        if connection.identity == nil { due = min(due, connection.openedAt.advanced(by: settings.preAuthTimeout)) }
        if let limit = settings.idleLimit { due = min(due, connection.lastHeard.advanced(by: limit)) }
        if let expiry = expiryInstant(connection) { due = min(due, expiry) }
        if let test = connection.speedTestDue { due = min(due, test) }
        return due
    }

    private func expiryInstant(_ connection: Connection) -> Instant? {
        connection.expiresAt.map { Instant(nanoseconds: ($0 - settings.unixTimeAtZero) &* 1_000_000_000) }
    }

    /// A timer of this connection fired: does what is due.
    mutating func check(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        guard let connection = connections[c], !connection.isClosing else { return }
        if connection.identity == nil, now >= connection.openedAt.advanced(by: settings.preAuthTimeout) {
            out.append(.count(.preAuthTimeout))
            return close(c, .notLoggedIn, at: now, into: &out)
        }
        if let expiry = expiryInstant(connection), now >= expiry {
            out.append(.count(.loginExpired))
            return close(c, .expired, at: now, into: &out)
        }
        if let limit = settings.idleLimit, now >= connection.lastHeard.advanced(by: limit) {
            out.append(.count(.idleTimeout))
            return close(c, .idle, at: now, into: &out)
        }
        if let test = connection.speedTestDue, now >= test {
            connections[c]?.speedTestDue = nil
            if !connection.isCongested { endSpeedTest(c, at: now, into: &out) }
        }
        if now >= max(connection.lastHeard, connection.lastPing).advanced(by: settings.pingInterval) {
            ping(c, at: now, into: &out)
        }
        schedule(c, at: now)
    }

    private mutating func ping(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        connections[c]?.lastPing = now
        var params: JSONObject = ["serno": .integer(unixTime(at: now))]
        if let expiresAt = connections[c]?.expiresAt { params["auth-expires"] = .integer(expiresAt) }
        tell(c, "verto.ping", params, into: &out)
    }

    // MARK: Speed test

    /// A message that begins with `#`. Before the login that is no client of ours.
    mutating func speedTest(_ frame: [UInt8], on c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        guard connections[c]?.identity != nil else {
            out.append(.count(.unauthorized))
            return close(c, .normal, at: now, into: &out)
        }
        guard let outputs = connections[c]?.speedTest.receive(frame, limits: settings, at: now) else {
            out.append(.count(.speedTestAborted))
            return close(c, .overflow, at: now, into: &out)
        }
        for output in outputs {
            switch output {
            case .frames(let frames):
                for frame in frames { out.append(.send(c, frame)) }
            case .awaitDrain:
                // Long enough for the server to find out that the outbox is full, if it is.
                connections[c]?.speedTestDue = now.advanced(by: .milliseconds(1))
                schedule(c, at: now)
            }
        }
    }

    private mutating func endSpeedTest(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        guard let frame = connections[c]?.speedTest.finish(at: now) else { return }
        out.append(.send(c, frame))
    }
}
