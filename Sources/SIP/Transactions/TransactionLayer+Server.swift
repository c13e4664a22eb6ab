package import Wire

extension TransactionLayer {
    /// Answers a request: provisionally any number of times, finally once. A 2xx to an INVITE may be given again, which
    /// is how the caller repeats it (RFC 6026 §7.1); any other answer behind a final one is ignored, and so is one to a
    /// request that is forgotten.
    package mutating func respond(
        _ id: ServerTransactionID, _ response: SIPResponse, at now: Instant, into events: inout [Event]
    ) {
        guard let server = servers[id] else { return }
        switch server.state {
        case .trying, .proceeding:
            if response.isProvisional {
                respondProvisionally(id, response, at: now, into: &events)
            } else {
                respondFinally(id, response, at: now, into: &events)
            }
        case .accepted:
            guard response.isSuccess else { return }
            servers[id]?.last = response.bytes
            repeatAnswer(id, into: &events)
        case .completed, .confirmed: return
        }
    }

    /// Forgets a request without an answer. Its copies will be new requests.
    package mutating func abandon(_ id: ServerTransactionID) { remove(id) }

    mutating func receive(
        _ request: SIPRequest, over path: SIPPath, isTrusted: Bool, at now: Instant, into events: inout [Event]
    ) {
        guard let via = request.topVia else { return events.append(.count(.malformedRequest)) }
        let cseq = request.cseq
        let key = ServerKey(request, via: via, cseq: cseq)
        if let id = serverKeys[key], matches(request, id) {
            return request.method == .ack
                ? acknowledge(id, request, over: path, at: now, into: &events)
                : absorb(id, into: &events)
        }
        if request.method == .ack { return events.append(.ack(request, path)) }

        let source = isTrusted ? nil : SourceKey(path.remote)
        if let limit = limit(for: source) { return overload(request, via, path, limit, into: &events) }
        let merge = request.method == .cancel ? nil : MergeKey(request, cseq: cseq)
        let twin = merge.flatMap { merges[$0] }
        let stamped = Self.stamped(request, via, path)
        let id = create(stamped, key, merge, source, via, path, at: now)
        if request.method == .cancel {
            cancelled(by: id, stamped, key, at: now, into: &events)
        } else if twin != nil {
            events.append(.count(.mergedRequest))
            respond(id, SIPResponse(482, to: stamped, toTag: randomToken(8)), at: now, into: &events)
        } else {
            events.append(.request(stamped, id, path))
        }
    }

    mutating func fire(_ id: ServerTransactionID, at now: Instant, into events: inout [Event]) {
        guard let server = servers[id] else { return }
        if let end = server.endAt, end <= now {
            if server.isInvite, server.state == .completed {
                events.append(.count(.ackMissing))
                events.append(.ackMissing(id))
            }
            return remove(id)
        }
        if let due = server.repeatAt, due <= now { fireRepeat(id, server, at: now, into: &events) }
        schedule(id)
    }

    private mutating func fireRepeat(
        _ id: ServerTransactionID, _ server: ServerTransaction, at now: Instant, into events: inout [Event]
    ) {
        switch server.state {
        case .trying:
            servers[id]?.repeatAt = nil
            guard let request = server.request else { return }
            servers[id]?.last = SIPResponse(100, to: request).bytes
            servers[id]?.state = .proceeding
        case .proceeding:
            servers[id]?.repeatAt = now.advanced(by: Self.provisionalInterval)
        case .completed:
            let interval = min(server.interval * 2, timers.t2)
            servers[id]?.interval = interval
            servers[id]?.repeatAt = now.advanced(by: interval)
        case .confirmed, .accepted:
            servers[id]?.repeatAt = nil
            return
        }
        repeatAnswer(id, into: &events)
    }

    // MARK: Answers

    private mutating func respondProvisionally(
        _ id: ServerTransactionID, _ response: SIPResponse, at now: Instant, into events: inout [Event]
    ) {
        guard let server = servers[id] else { return }
        // RFC 4320 §4.1: nothing but a 100, which the layer sends when its time has come.
        guard server.isInvite else { return }
        servers[id]?.state = .proceeding
        servers[id]?.request = nil
        servers[id]?.last = response.bytes
        if response.status > 100 { servers[id]?.tag = response.to.tag ?? server.tag }
        // A proxy gives up after three minutes of silence (RFC 3261 §13.3.1.1). A reliable answer has its own repeats.
        let isRepeated = response.status > 100 && !response.headers.has("RSeq")
        servers[id]?.repeatAt = isRepeated ? now.advanced(by: Self.provisionalInterval) : nil
        schedule(id)
        repeatAnswer(id, into: &events)
    }

    private mutating func respondFinally(
        _ id: ServerTransactionID, _ response: SIPResponse, at now: Instant, into events: inout [Event]
    ) {
        guard let server = servers[id] else { return }
        // RFC 4320 §4.2: nobody is helped by a 408 that comes when the client has given up.
        guard server.isInvite || response.status != 408 else { return remove(id) }
        let isReliable = server.path?.transport.isReliable ?? true
        servers[id]?.request = nil
        servers[id]?.last = response.bytes
        servers[id]?.tag = response.to.tag ?? server.tag
        servers[id]?.repeatAt = nil
        servers[id]?.endAt = now.advanced(by: timers.t1x64)
        // What was refused may be tried again by another way (RFC 3263 §4.3), and is no copy then.
        if !response.isSuccess, let merge = server.merge, merges[merge] == id { merges[merge] = nil }
        repeatAnswer(id, into: &events)
        if !server.isInvite {
            if isReliable { return remove(id) }
            servers[id]?.state = .completed
        } else if response.isSuccess {
            servers[id]?.state = .accepted
        } else {
            servers[id]?.state = .completed
            if !isReliable, server.isToBeRepeated {
                servers[id]?.interval = timers.t1
                servers[id]?.repeatAt = now.advanced(by: timers.t1)
            }
        }
        schedule(id)
    }

    private func repeatAnswer(_ id: ServerTransactionID, into events: inout [Event]) {
        guard let server = servers[id], let path = server.path, !server.last.isEmpty else { return }
        events.append(.send(server.last, path))
    }

    // MARK: Requests that are known

    /// RFC 2543 matching compares the To tag too: an ACK's is the one of our answer, a copy's that of the first.
    private func matches(_ request: SIPRequest, _ id: ServerTransactionID) -> Bool {
        guard let server = servers[id], case .legacy = server.key else { return true }
        return request.to.tag == (request.method == .ack ? server.tag : server.requestTag)
    }

    private mutating func absorb(_ id: ServerTransactionID, into events: inout [Event]) {
        events.append(.count(.retransmission))
        switch servers[id]?.state {
        case .proceeding, .completed: repeatAnswer(id, into: &events)
        case .trying, .confirmed, .accepted, nil: return
        }
    }

    private mutating func acknowledge(
        _ id: ServerTransactionID, _ ack: SIPRequest, over path: SIPPath, at now: Instant, into events: inout [Event]
    ) {
        guard let server = servers[id] else { return }
        switch server.state {
        case .accepted: events.append(.ack(ack, path))
        case .completed:
            guard server.path?.transport == .udp else { return remove(id) }
            servers[id]?.state = .confirmed
            servers[id]?.repeatAt = nil
            servers[id]?.endAt = now.advanced(by: timers.t4)
            schedule(id)
        case .trying, .proceeding, .confirmed: return
        }
    }

    private mutating func cancelled(
        by id: ServerTransactionID, _ cancel: SIPRequest, _ key: ServerKey, at now: Instant, into events: inout [Event]
    ) {
        guard let inviteID = serverKeys[key.ofInvite], let invite = servers[inviteID] else {
            events.append(.count(.strayCancel))
            return respond(id, SIPResponse(481, to: cancel, toTag: randomToken(8)), at: now, into: &events)
        }
        respond(id, SIPResponse(200, to: cancel, toTag: invite.tag ?? randomToken(8)), at: now, into: &events)
        guard !invite.state.hasFinal, !invite.isCancelled else { return }
        servers[inviteID]?.isCancelled = true
        events.append(.cancelled(inviteID, cancel))
    }

    // MARK: New requests

    private mutating func create(
        _ request: SIPRequest, _ key: ServerKey, _ merge: MergeKey?, _ source: SourceKey?, _ via: Via, _ path: SIPPath,
        at now: Instant
    ) -> ServerTransactionID {
        let id = ServerTransactionID(newID())
        let isInvite = request.method == .invite
        let answerPath = Self.answerPath(via, path)
        var server = ServerTransaction(
            key: key, merge: merge, source: source, isInvite: isInvite, requestTag: request.to.tag,
            path: answerPath, fallback: Self.fallbackPath(via, path), request: request)
        server.repeatAt = now.advanced(by: isInvite ? Self.tryingDelay : timers.t1 * 7)
        server.endAt = isInvite ? nil : now.advanced(by: timers.t1x64)
        servers[id] = server
        serverKeys[key] = id
        if let merge, merges[merge] == nil { merges[merge] = id }
        if let source {
            sources[source, default: 0] += 1
            strangers += 1
        }
        if answerPath.connection != nil { attach(.server(id), to: answerPath) }
        schedule(id)
        return id
    }

    private mutating func remove(_ id: ServerTransactionID) {
        guard let server = servers.removeValue(forKey: id) else { return }
        deadlines.set(.server(id), nil)
        if serverKeys[server.key] == id { serverKeys[server.key] = nil }
        if let merge = server.merge, merges[merge] == id { merges[merge] = nil }
        if let source = server.source {
            strangers -= 1
            let count = (sources[source] ?? 1) - 1
            sources[source] = count > 0 ? count : nil
        }
        if let path = server.path, path.connection != nil { detach(.server(id), from: path) }
    }

    private mutating func schedule(_ id: ServerTransactionID) { deadlines.set(.server(id), servers[id]?.deadline) }

    private func limit(for source: SourceKey?) -> SIPCounter? {
        if servers.count + clients.count >= limits.transactions { return .transactionLimit }
        guard let source else { return nil }
        if strangers >= limits.strangerTransactions { return .transactionLimit }
        return sources[source] ?? 0 >= limits.transactionsPerSource ? .sourceTransactionLimit : nil
    }

    /// Over UDP silence, which slows a client down; over a stream 503, because silence would not be repeated into.
    private func overload(
        _ request: SIPRequest, _ via: Via, _ path: SIPPath, _ counter: SIPCounter, into events: inout [Event]
    ) {
        events.append(.count(counter))
        guard path.transport.isReliable else { return }
        var response = SIPResponse(503, to: Self.stamped(request, via, path), toTag: randomToken(8))
        response.retryAfter = 10
        events.append(.send(response.bytes, path))
    }

    // MARK: Via

    /// Fills in where a request came from (RFC 3261 §18.2.1, RFC 3581 §4).
    private static func stamped(_ request: SIPRequest, _ via: Via, _ path: SIPPath) -> SIPRequest {
        var stamped = via
        let isAsWritten = TransportAddress(ip: via.host, port: path.remote.port) == path.remote
        stamped.received = isAsWritten && !via.hasRport ? nil : path.remote.ip
        if via.hasRport { stamped.rport = path.remote.port }
        guard stamped != via else { return request }
        var request = request
        request.topVia = stamped
        return request
    }

    /// Where answers go (RFC 3261 §18.2.2, RFC 3581 §4): back on the connection; over UDP to the source, at its port
    /// when it asks for that. A `maddr` is not followed: it would let anybody send our answers to anybody.
    private static func answerPath(_ via: Via, _ path: SIPPath) -> SIPPath {
        guard path.transport == .udp, !via.hasRport else { return path }
        let port = via.port ?? SIPTransport.udp.defaultPort
        return SIPPath(profile: path.profile, transport: .udp, remote: path.remote.at(port: port))
    }

    private static func fallbackPath(_ via: Via, _ path: SIPPath) -> SIPPath? {
        guard path.transport.isReliable, !path.transport.isWebSocket else { return nil }
        let port = via.port ?? path.transport.defaultPort
        return SIPPath(profile: path.profile, transport: path.transport, remote: path.remote.at(port: port))
    }

    /// RFC 3261 §17.2.1.
    private static let tryingDelay: Duration = .milliseconds(200)
    /// RFC 3261 §13.3.1.1.
    private static let provisionalInterval: Duration = .seconds(60)
}
