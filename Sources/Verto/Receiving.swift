package import Wire

/// Connections come, talk and go.
extension VertoEndpoint {
    /// A WebSocket is open. `address` is the client's IP address, without a port.
    package mutating func opened(
        _ c: ConnectionID,
        from address: String,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        connections[c] = Connection(address: address, settings: settings, at: now)
        connectionsFrom[address, default: 0] += 1
        if connectionsFrom[address, default: 0] > settings.connectionsPerAddress {
            out.append(.count(.connectionRefused))
            close(c, .tooManyConnections, at: now, into: &out)
        }
        schedule(c, at: now)
    }

    /// One whole text or binary message arrived. The outputs it causes begin with its answer.
    package mutating func received(
        _ message: [UInt8],
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let connection = connections[c], !connection.isClosing else { return }
        connections[c]?.lastHeard = now
        let limit = connection.identity == nil ? min(Self.preAuthBytes, settings.messageBytes) : settings.messageBytes
        if message.count > limit {
            out.append(.count(.oversize))
            close(c, .tooBig, at: now, into: &out)
        } else if message.first == UInt8(ascii: "#") {
            speedTest(message, on: c, at: now, into: &out)
        } else if connection.exchange == nil {
            process(message, on: c, at: now, into: &out)
        } else if connections[c]?.queue(message, limits: settings) == false {
            out.append(.count(.overflow))
            close(c, .overflow, at: now, into: &out)
        }
    }

    /// A sign of life that is no message, such as a WebSocket pong.
    package mutating func heard(from c: ConnectionID, at now: Instant) { connections[c]?.lastHeard = now }

    /// The WebSocket is gone, whether we closed it or not.
    package mutating func closed(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        guard let connection = connections[c] else { return }
        if !connection.isClosing { release(c, at: now, into: &out) }
        connections[c] = nil
        timers.cancel(.connection(c))
        connectionsFrom[connection.address, default: 1] -= 1
        if connectionsFrom[connection.address] == 0 { connectionsFrom[connection.address] = nil }
    }

    // MARK: Requests, one after the other

    private mutating func process(
        _ message: [UInt8],
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        guard let json = try? JSON(parsing: message) else {
            out.append(.count(.badJSON))
            return begin(Exchange([], isBatch: false), refusing: .invalidRequest, on: c, at: now, into: &out)
        }
        guard let batch = json.array else {
            return begin(Exchange([RPCMessage(json)], isBatch: false), on: c, at: now, into: &out)
        }
        guard batch.count <= settings.batchItems else {
            return begin(Exchange([], isBatch: false), refusing: .invalidRequest, on: c, at: now, into: &out)
        }
        begin(Exchange(batch.map(RPCMessage.init), isBatch: true), on: c, at: now, into: &out)
    }

    private mutating func begin(
        _ exchange: Exchange,
        refusing answer: Answer? = nil,
        on c: ConnectionID,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        connections[c]?.exchange = exchange
        if let answer {
            let isTooFast = isTooFast(c, at: now, into: &out)
            reply(to: .null, isTooFast ? .tooManyRequests : answer, on: c, into: &out)
        }
        proceed(c, at: now, into: &out)
    }

    /// Answers what can be answered of the message under way, then of those behind it.
    mutating func proceed(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        while connections[c]?.isClosing == false {
            guard let item = connections[c]?.exchange?.nextItem() else {
                guard connections[c]?.exchange?.waiting == nil else { return }
                finish(c, at: now, into: &out)
                guard let message = connections[c]?.nextQueued() else { return }
                process(message, on: c, at: now, into: &out)
                continue
            }
            var after: [VertoOutput] = []
            answer(item, on: c, at: now, after: &after, into: &out)
            out += after
        }
    }

    /// Answers the request that waits for `token`, if it still does, and goes on with those behind it.
    mutating func resume(
        _ c: ConnectionID,
        waitingFor token: RequestToken,
        with answer: Answer,
        at now: Instant,
        into out: inout [VertoOutput]
    ) {
        if let request = connections[c]?.late.removeValue(forKey: token) {
            return reply(to: request.id, withEcho(answer, request), on: c, isLate: true, into: &out)
        }
        guard let waiting = connections[c]?.exchange?.waiting, waiting.token == token else { return }
        connections[c]?.exchange?.waiting = nil
        reply(to: waiting.request.id, withEcho(answer, waiting.request), on: c, into: &out)
        proceed(c, at: now, into: &out)
    }

    private mutating func answer(
        _ item: RPCMessage,
        on c: ConnectionID,
        at now: Instant,
        after: inout [VertoOutput],
        into out: inout [VertoOutput]
    ) {
        switch item {
        case .response, .errorResponse:
            break  // clients answer some of our requests; nothing waits for it
        case .invalid(let id):
            out.append(.count(.invalidMessage))
            reply(to: Request(id: id, method: "", params: nil).id, .invalidMessage, on: c, into: &out)
        case .request(let id, let method, let params):
            let request = Request(id: id, method: method, params: params)
            guard !isTooFast(c, at: now, into: &after) else {
                return reply(to: request.id, .tooManyRequests, on: c, into: &out)
            }
            let answer = dispatch(request, on: c, at: now, into: &after)
            if case .waiting(let token) = answer {
                wait(for: token, request, on: c)
            } else {
                reply(to: request.id, withEcho(answer, request), on: c, into: &out)
            }
        }
    }

    /// What waits for somebody to pick up a phone is answered out of turn: everything else would wait behind it, the
    /// call that rings the one who asked included.
    private mutating func wait(for token: RequestToken, _ request: Request, on c: ConnectionID) {
        let isBatch = connections[c]?.exchange?.replies != nil
        guard !isBatch, waitsForAnswer(token) else {
            connections[c]?.exchange?.waiting = (token, request)
            return
        }
        connections[c]?.late[token] = request
    }

    private func waitsForAnswer(_ token: RequestToken) -> Bool {
        if case .originate? = queries[token]?.query { return true }
        return commands[token]?.replies.verb.name == "dial"
    }

    /// Ends the message under way: the answers of a batch, a close that waited for them, events that were held.
    private mutating func finish(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) {
        guard let exchange = connections[c]?.exchange else { return }
        if let replies = exchange.replies { out.append(.send(c, JSON.array(replies).bytes)) }
        connections[c]?.exchange = nil
        for message in connections[c]?.takeHeld() ?? [] { out.append(.send(c, message)) }
        if let closing = connections[c]?.closing { return close(c, closing, at: now, into: &out) }
        if connections[c]?.isCongested == false { resynchronise(c, into: &out) }
    }

    /// Sends an answer, or adds it to those of the batch, where no sessid is told.
    mutating func reply(
        to id: JSON, _ answer: Answer, on c: ConnectionID, isLate: Bool = false, into out: inout [VertoOutput]
    ) {
        let (object, isError): (JSONObject, Bool)
        switch answer {
        case .result(let result): (object, isError) = (result, false)
        case .failure(let failure): (object, isError) = (failure, true)
        case .waiting: return
        }
        let isBatch = !isLate && connections[c]?.exchange?.replies != nil
        let session = isBatch ? nil : connections[c]?.session
        let message = Message.reply(to: id, object, isError: isError, session: session)
        if isBatch {
            connections[c]?.exchange?.replies?.append(message)
        } else {
            out.append(.send(c, message.bytes))
        }
    }

    /// `echoParams` (verto.md §2.5), without the credentials the original gave back.
    func withEcho(_ answer: Answer, _ request: Request) -> Answer {
        guard case .result(var result) = answer, let option = request.params?["echoParams"] else { return answer }
        let wantsAll = option == true || ["true", "yes", "on"].contains(option.string?.lowercased())
        result["requestParams"] = wantsAll ? .object(Self.harmless(request.params ?? [:])) : option
        return .result(result)
    }

    /// Parameters without what must not be echoed.
    static func harmless(_ params: JSONObject) -> JSONObject { params.without(["passwd", "loginParams"]) }

    /// Counts a request; true when it comes too fast. Who goes on all the same is sent away.
    private mutating func isTooFast(_ c: ConnectionID, at now: Instant, into out: inout [VertoOutput]) -> Bool {
        if connections[c]?.requests.take(at: now) == true {
            connections[c]?.refusals = 0
            return false
        }
        out.append(.count(.tooManyRequests))
        connections[c]?.refusals += 1
        if let refusals = connections[c]?.refusals, refusals >= settings.refusalsBeforeClose {
            close(c, .tooManyRequests, at: now, into: &out)
        }
        return true
    }

    /// Nobody needs more before the login.
    private static let preAuthBytes = 16 * 1024
}
