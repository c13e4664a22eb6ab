package import Wire

extension TransactionLayer {
    /// Sends a request by a new transaction, with our Via on top in place of any there is.
    ///
    /// What comes of it is told by ``Event/response(_:_:_:)``, ``Event/timedOut(_:)`` or ``Event/transportFailed(_:)``;
    /// the last one at once when there are too many transactions.
    package mutating func send(
        _ request: SIPRequest, over path: SIPPath, at now: Instant, into events: inout [Event]
    ) -> ClientTransactionID {
        let id = ClientTransactionID(newID())
        guard servers.count + clients.count < limits.transactions else {
            events += [.count(.transactionLimit), .transportFailed(id)]
            return id
        }
        let (request, branch) = withVia(request, path)
        start(id, request, branch, over: path, isInternal: false, at: now, into: &events)
        return id
    }

    /// Sends the ACK for a 2xx, which is no transaction's (RFC 3261 §13.2.2.4).
    ///
    /// - Returns: The bytes, to be sent again with each further copy of the 2xx.
    package mutating func sendACK(
        _ request: SIPRequest, over path: SIPPath, into events: inout [Event]
    ) -> [UInt8] {
        let bytes = withVia(request, path).request.bytes
        events.append(.send(bytes, path))
        return bytes
    }

    /// Takes an INVITE of ours back: now, or when the first provisional answer comes (RFC 3261 §9.1). Without a final
    /// answer in 64×T1 after that it ends with ``Event/timedOut(_:)``. A 2xx may still come.
    ///
    /// - Parameter reason: Value of the CANCEL's `Reason`.
    package mutating func cancel(
        _ id: ClientTransactionID, reason: String? = nil, at now: Instant, into events: inout [Event]
    ) {
        guard let client = clients[id], client.isInvite, client.cancellation == .unwanted else { return }
        switch client.state {
        case .calling: clients[id]?.cancellation = .wanted(reason: reason)
        case .proceeding: sendCancel(id, reason: reason, at: now, into: &events)
        case .completed, .accepted: return
        }
    }

    mutating func receive(
        _ response: SIPResponse, over path: SIPPath, at now: Instant, into events: inout [Event]
    ) {
        let vias = response.headers.values("Via")
        // A second Via is not ours (RFC 3261 §8.1.3.3).
        guard vias.count == 1, let via = response.topVia, let branch = via.branch else {
            return events.append(.count(.malformedResponse))
        }
        let method = response.cseq.method
        guard let id = clientKeys[ClientKey(branch: branch, method: method)], let client = clients[id] else {
            events.append(.count(.strayResponse))
            if method == .invite, response.isSuccess { events.append(.strayResponse(response, path)) }
            return
        }
        if client.isInvite {
            receiveForInvite(id, client, response, over: path, at: now, into: &events)
        } else {
            receiveForOther(id, client, response, over: path, at: now, into: &events)
        }
    }

    mutating func fire(_ id: ClientTransactionID, at now: Instant, into events: inout [Event]) {
        guard let client = clients[id] else { return }
        if let end = client.endAt, end <= now {
            remove(id)
            if !client.state.hasFinal, !client.isInternal { events += [.count(.timeout), .timedOut(id)] }
            return
        }
        if let due = client.repeatAt, due <= now {
            events.append(.send(client.bytes, client.path))
            var interval = client.interval * 2
            if !client.isInvite { interval = client.state == .proceeding ? timers.t2 : min(interval, timers.t2) }
            clients[id]?.interval = interval
            clients[id]?.repeatAt = now.advanced(by: interval)
        }
        schedule(id)
    }

    /// Over TCP and TLS the answer to what was at least provisionally answered may come on a new connection.
    mutating func transportFailed(_ id: ClientTransactionID, into events: inout [Event]) {
        guard let client = clients[id], !client.state.hasFinal else { return }
        guard client.state == .calling || client.path.transport.isWebSocket else { return }
        remove(id)
        if !client.isInternal { events += [.count(.transportFailure), .transportFailed(id)] }
    }

    // MARK: Answers

    private mutating func receiveForInvite(
        _ id: ClientTransactionID, _ client: ClientTransaction, _ response: SIPResponse, over path: SIPPath,
        at now: Instant, into events: inout [Event]
    ) {
        switch client.state {
        case .calling, .proceeding:
            if response.isProvisional {
                proceed(id, client, at: now, into: &events)
            } else {
                complete(id, client, response, at: now, into: &events)
            }
            events.append(.response(response, id, path))
        case .completed:
            guard response.status >= 300 else { return }
            events.append(.send(client.ack, client.path))
        case .accepted:
            guard response.isSuccess else { return }
            events.append(.response(response, id, path))
        }
    }

    private mutating func proceed(
        _ id: ClientTransactionID, _ client: ClientTransaction, at now: Instant, into events: inout [Event]
    ) {
        clients[id]?.state = .proceeding
        clients[id]?.bytes = []
        clients[id]?.repeatAt = nil
        if client.cancellation != .sent { clients[id]?.endAt = nil }
        schedule(id)
        if case .wanted(let reason) = client.cancellation { sendCancel(id, reason: reason, at: now, into: &events) }
    }

    private mutating func complete(
        _ id: ClientTransactionID, _ client: ClientTransaction, _ response: SIPResponse, at now: Instant,
        into events: inout [Event]
    ) {
        clients[id]?.bytes = []
        clients[id]?.repeatAt = nil
        if response.isSuccess {
            clients[id]?.state = .accepted
            clients[id]?.endAt = now.advanced(by: timers.t1x64)
        } else {
            let ack = Self.acknowledgement(of: response, to: client.request).bytes
            events.append(.send(ack, client.path))
            guard !client.path.transport.isReliable else { return remove(id) }
            clients[id]?.state = .completed
            clients[id]?.ack = ack
            clients[id]?.endAt = now.advanced(by: timers.d)
        }
        schedule(id)
    }

    private mutating func receiveForOther(
        _ id: ClientTransactionID, _ client: ClientTransaction, _ response: SIPResponse, over path: SIPPath,
        at now: Instant, into events: inout [Event]
    ) {
        guard !client.state.hasFinal else { return }
        if response.isProvisional {
            clients[id]?.state = .proceeding
        } else if client.path.transport.isReliable {
            remove(id)
        } else {
            clients[id]?.state = .completed
            clients[id]?.bytes = []
            clients[id]?.repeatAt = nil
            clients[id]?.endAt = now.advanced(by: timers.t4)
            schedule(id)
        }
        if !client.isInternal { events.append(.response(response, id, path)) }
    }

    // MARK: Requests

    private mutating func start(
        _ id: ClientTransactionID, _ request: SIPRequest, _ branch: String, over path: SIPPath, isInternal: Bool,
        at now: Instant, into events: inout [Event]
    ) {
        var bodiless = request
        bodiless.body = []
        let bytes = request.bytes
        let key = ClientKey(branch: branch, method: request.method)
        var client = ClientTransaction(
            key: key, path: path, isInvite: request.method == .invite, isInternal: isInternal, request: bodiless,
            bytes: path.transport.isReliable ? [] : bytes)
        client.interval = timers.t1
        client.repeatAt = path.transport.isReliable ? nil : now.advanced(by: timers.t1)
        client.endAt = now.advanced(by: timers.t1x64)
        clients[id] = client
        clientKeys[key] = id
        attach(.client(id), to: path)
        schedule(id)
        events.append(.send(bytes, path))
    }

    private mutating func sendCancel(
        _ id: ClientTransactionID, reason: String?, at now: Instant, into events: inout [Event]
    ) {
        guard let client = clients[id] else { return }
        clients[id]?.cancellation = .sent
        clients[id]?.endAt = now.advanced(by: timers.t1x64)
        schedule(id)
        var cancel = Self.companion(.cancel, of: client.request, to: client.request.headers["To"])
        if let reason { cancel.headers.set("Reason", reason) }
        start(
            ClientTransactionID(newID()), cancel, client.key.branch, over: client.path, isInternal: true, at: now,
            into: &events)
    }

    private mutating func remove(_ id: ClientTransactionID) {
        guard let client = clients.removeValue(forKey: id) else { return }
        deadlines.set(.client(id), nil)
        if clientKeys[client.key] == id { clientKeys[client.key] = nil }
        detach(.client(id), from: client.path)
    }

    private mutating func schedule(_ id: ClientTransactionID) { deadlines.set(.client(id), clients[id]?.deadline) }

    private func withVia(_ request: SIPRequest, _ path: SIPPath) -> (request: SIPRequest, branch: String) {
        let local = localAddress(path)
        let branch = "z9hG4bK" + randomToken(12)
        var via = Via(transport: path.transport, host: local.ip, port: local.port)
        via.branch = branch
        if path.transport == .udp { via.parameters.items.append(SIPParameter("rport")) }
        var request = request
        request.headers.remove("Via")
        request.headers.prepend("Via", via.text)
        return (request, branch)
    }

    /// The ACK of a refusal (RFC 3261 §17.1.1.3).
    private static func acknowledgement(of response: SIPResponse, to invite: SIPRequest) -> SIPRequest {
        companion(.ack, of: invite, to: response.headers["To"])
    }

    /// ACK or CANCEL: the INVITE's Request-URI, single Via with its branch, Route, From, Call-ID and number.
    private static func companion(_ method: SIPMethod, of invite: SIPRequest, to: String?) -> SIPRequest {
        var request = SIPRequest(method, invite.uri)
        for name in ["Via", "Route"] {
            for value in invite.headers.all(name) { request.headers.add(name, value) }
        }
        request.maxForwards = 70
        for (name, value) in [("From", invite.headers["From"]), ("To", to), ("Call-ID", invite.headers["Call-ID"])] {
            if let value { request.headers.add(name, value) }
        }
        request.cseq = CSeq(invite.cseq.number, method)
        return request
    }
}
