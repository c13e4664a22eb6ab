package import Wire

/// Bytes come in.
extension SIPEndpoint {
    /// A TCP or TLS connection, or a WebSocket.
    struct Stream: Sendable {
        let path: SIPPath
        var framer = SIPStreamFramer()
        /// The message that has begun is whole by then.
        var isTimed = false
    }

    /// One UDP datagram, or a piece of a stream, or one WebSocket message.
    package mutating func received(
        _ bytes: [UInt8], over path: SIPPath, at now: Instant, into out: inout [SIPOutput]
    ) {
        guard profiles[path.profile] != nil, !closesBanned(path, at: now, into: &out) else { return }
        switch path.transport {
        case .udp, .webSocket, .secureWebSocket: receive(bytes, isStream: false, over: path, at: now, into: &out)
        case .tcp, .tls: push(bytes, over: path, at: now, into: &out)
        }
        settle(at: now, into: &out)
    }

    /// A TCP, TLS or WebSocket connection is open, whoever opened it. `path` names it.
    package mutating func opened(_ path: SIPPath, at now: Instant) {
        guard let connection = path.connection else { return }
        streams[connection] = Stream(path: path)
    }

    package mutating func closed(_ connection: SIPConnectionID, at now: Instant, into out: inout [SIPOutput]) {
        guard streams.removeValue(forKey: connection) != nil else { return }
        timers.cancel(.stream(connection))
        for change in registrar.closed(connection, at: now) { tell(change, into: &out) }
        with(&out) { endpoint, events in endpoint.transactions.closed(connection, at: now, into: &events) }
        settle(at: now, into: &out)
    }

    /// Nothing can be sent this way: a connection could not be made, or ICMP says so.
    package mutating func undeliverable(_ path: SIPPath, at now: Instant, into out: inout [SIPOutput]) {
        with(&out) { endpoint, events in endpoint.transactions.failed(path, at: now, into: &events) }
        settle(at: now, into: &out)
    }

    // MARK: Streams

    /// Whoever is banned is not heard, and keeps no connection.
    private func closesBanned(_ path: SIPPath, at now: Instant, into out: inout [SIPOutput]) -> Bool {
        guard let connection = path.connection, defence.isBanned(path.remote, at: now), !isTrusted(path) else {
            return false
        }
        out += [.count(.bannedSource), .close(connection)]
        return true
    }

    private mutating func push(_ bytes: [UInt8], over path: SIPPath, at now: Instant, into out: inout [SIPOutput]) {
        guard let connection = path.connection else { return }
        if streams[connection] == nil { streams[connection] = Stream(path: path) }
        streams[connection]?.framer.push(bytes)
        var (isAnother, isPinged) = (false, false)
        do throws(SIPParseError) {
            while let frame = try streams[connection]?.framer.next() {
                switch frame {
                case .message(let message):
                    isAnother = true
                    receive(message, isStream: true, over: path, at: now, into: &out)
                case .ping: isPinged = true
                case .pong: break
                }
            }
            if isPinged, admits(path, isTrusted: isTrusted(path), at: now, into: &out) {
                out.append(.send(SIPStreamFramer.pongBytes, path))
            }
        } catch {
            refuse(error, over: path, counting: .streamError, into: &out)
            out.append(.close(connection))
        }
        watch(connection, isAnother: isAnother, at: now)
    }

    /// Half a message has to become a whole one in time.
    ///
    /// - Parameter isAnother: The one that was timed is whole: what has begun since has its time before it.
    private mutating func watch(_ connection: SIPConnectionID, isAnother: Bool, at now: Instant) {
        guard let stream = streams[connection], isAnother || stream.framer.isInsideMessage != stream.isTimed
        else { return }
        timers.cancel(.stream(connection))
        streams[connection]?.isTimed = stream.framer.isInsideMessage
        if stream.framer.isInsideMessage {
            timers.schedule(.stream(connection), at: now.advanced(by: settings.limits.partialMessageTimeout))
        }
    }

    mutating func streamTooSlow(_ connection: SIPConnectionID, into out: inout [SIPOutput]) {
        guard streams[connection]?.isTimed == true else { return }
        out.append(.count(.halfMessage))
        out.append(.close(connection))
    }

    // MARK: Messages

    private mutating func receive(
        _ bytes: [UInt8], isStream: Bool, over path: SIPPath, at now: Instant, into out: inout [SIPOutput]
    ) {
        let isTrusted = isTrusted(path)
        guard admits(path, isTrusted: isTrusted, at: now, into: &out) else { return }
        guard !Self.isKeepAlive(bytes) else {
            if bytes.count == 4, path.transport != .udp { out.append(.send(SIPStreamFramer.pongBytes, path)) }
            return
        }
        do throws(SIPParseError) {
            let message = try SIPMessage(parsing: bytes, isStream: isStream)
            if case .request(let request) = message,
                defence.isScanner(
                    request.userAgent, from: path.remote, over: path.transport, isTrusted: isTrusted, at: now)
            {
                return out.append(.count(.scanner))
            }
            with(&out) { endpoint, events in
                endpoint.transactions.receive(message, over: path, isTrusted: isTrusted, at: now, into: &events)
            }
            settle(at: now, into: &out)
        } catch {
            let isResponse = bytes.starts(with: "SIP/".utf8)
            refuse(error, over: path, counting: isResponse ? .malformedResponse : .malformedRequest, into: &out)
        }
    }

    private mutating func admits(
        _ path: SIPPath, isTrusted: Bool, at now: Instant, into out: inout [SIPOutput]
    ) -> Bool {
        guard let counter = defence.admit(path.remote, isTrusted: isTrusted, at: now) else { return true }
        out.append(.count(counter))
        return false
    }

    /// CRLF, or CRLF CRLF (RFC 5626 §4.4.1), and single zero bytes as some phones send them.
    private static func isKeepAlive(_ bytes: [UInt8]) -> Bool {
        bytes.count <= 4 && bytes.allSatisfy { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
    }

    /// Answers what is no message, where it can be answered; no transaction comes of it.
    private mutating func refuse(
        _ error: SIPParseError, over path: SIPPath, counting counter: SIPCounter, into out: inout [SIPOutput]
    ) {
        out.append(.count(counter))
        guard var response = error.response, var via = response.topVia else { return }
        via.received = path.remote.ip
        let isSymmetric = via.hasRport
        if isSymmetric { via.rport = path.remote.port }
        response.topVia = via
        if let to = response.headers["To"], !to.contains(";tag=") { response.headers["To"] = to + ";tag=" + newTag() }
        stamp(&response)
        var target = path
        if path.transport == .udp, !isSymmetric,
            let address = TransportAddress(ip: path.remote.ip, port: via.port ?? path.transport.defaultPort)
        {
            target = SIPPath(profile: path.profile, transport: path.transport, remote: address)
        }
        out.append(.send(response.bytes, target))
    }

    /// Who is never held off: trunks, lists that let an address in, users with a call that is up, and registered phones
    /// that come the way they registered.
    func isTrusted(_ path: SIPPath) -> Bool {
        callers[path.remote.withoutPort] != nil || registrar.vouches(for: path) || isListed(path)
    }

    /// Who is never banned. Users are: a call or a registration is no licence to try passwords.
    func isListed(_ path: SIPPath) -> Bool {
        guard let profile = profiles[path.profile] else { return false }
        if profile.permitsCalls(from: path.remote) == true { return true }
        return profile.gateways.contains { gateways[$0.name]?.owns(path.remote) == true }
    }
}

extension TransportAddress {
    /// The machine, whatever the port.
    var withoutPort: TransportAddress {
        if let ipv4 { return TransportAddress(ipv4: ipv4, port: 0) }
        let (high, low) = ipv6 ?? (0, 0)
        return TransportAddress(ipv6High: high, low: low, port: 0)
    }
}
