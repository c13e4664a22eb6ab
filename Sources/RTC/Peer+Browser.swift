import Native
import Wire

// MARK: - In and on

extension Peer {
    func receive(
        _ datagram: inout MutableSpan<UInt8>, count: Int, over path: Path, at now: Instant, events: inout [Event],
        through link: BrowserLink
    ) -> Received {
        switch DatagramKind(of: datagram.span.extracting(0..<count)) {
        case .rtp:
            guard hasKeys(), let header = open(&datagram, count: count) else { return .nothing }
            link.ice.heardMedia(at: now)
            return .rtp(header)
        case .rtcp:
            guard hasKeys(), let packets = openReport(&datagram, count: count) else { return .nothing }
            link.ice.heardMedia(at: now)
            return .rtcp(packets)
        case .stun:
            receiveCheck(datagram.span.extracting(0..<count), over: path, at: now, events: &events, through: link)
        case .dtls:
            receiveHandshake(datagram.span.extracting(0..<count), over: path, at: now, events: &events, through: link)
        case .unknown: counters.malformed &+= 1
        }
        return .nothing
    }

    func advance(_ link: BrowserLink, to now: Instant, events: inout [Event]) {
        if let deadline = link.handshakeDeadline, now >= deadline {
            link.dtls.handleTimeout()
            flushHandshake(link, at: now)
        }
        guard now >= link.nextConsentLook else { return }
        link.nextConsentLook = now.advanced(by: BrowserLink.consentLook)
        if link.ice.silence(since: link.createdAt, at: now) > patience { end(.consentLost, events: &events) }
    }

    func close(_ link: BrowserLink) {
        link.dtls.close()
        if let mediaPath { while let datagram = link.dtls.nextDatagram() { egress.send(datagram, over: mediaPath) } }
    }

    private func hasKeys() -> Bool {
        if !isConnected { counters.beforeKeys &+= 1 }
        return isConnected
    }
}

// MARK: - ICE

extension Peer {
    private func receiveCheck(
        _ datagram: Span<UInt8>, over path: Path, at now: Instant, events: inout [Event], through link: BrowserLink
    ) {
        guard let check = try? STUNMessage(parsing: datagram), check.kind == .bindingRequest,
            isForUs(check.username, link), isAuthentic(check, datagram, link)
        else {
            counters.badChecks &+= 1
            return
        }
        guard check.unknownRequired.isEmpty else { return refuse(check, over: path, through: link) }
        let outcome = link.ice.receive(nominates: check.useCandidate, over: path, at: now)
        (mediaPath, reportPath) = (link.ice.selected, link.ice.selected)
        if let retired = outcome.retired { events.append(.retired(retired)) }
        if let validated = outcome.validated { events.append(.validated(validated)) }
        answer(check, over: path, through: link)
        startHandshakeIfActive(link, at: now)
    }

    /// `ours:theirs`; only our half is known for sure, because some clients change theirs (RFC 8445 §7.3).
    private func isForUs(_ username: String?, _ link: BrowserLink) -> Bool {
        guard let username, let colon = username.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return username[..<colon] == link.local.ufrag
    }

    private func isAuthentic(_ check: STUNMessage, _ datagram: Span<UInt8>, _ link: BrowserLink) -> Bool {
        guard let proof = check.integrityCheck(in: datagram) else { return false }
        let expected = Digest.hmacSHA1(key: Array(link.local.pwd.utf8), message: proof.covered.span)
        return Digest.constantTimeEquals(expected, proof.received)
    }

    private func answer(_ check: STUNMessage, over path: Path, through link: BrowserLink) {
        var builder = STUNMessage.Builder(.bindingSuccess, transactionID: check.transactionID)
        builder.add(mappedAddress: path.remote)
        send(&builder, over: path, through: link)
    }

    private func refuse(_ check: STUNMessage, over path: Path, through link: BrowserLink) {
        var builder = STUNMessage.Builder(.bindingError, transactionID: check.transactionID)
        builder.add(errorCode: 420, reason: "Unknown Attribute")
        builder.add(unknownAttributes: check.unknownRequired)
        send(&builder, over: path, through: link)
    }

    private func send(_ builder: inout STUNMessage.Builder, over path: Path, through link: BrowserLink) {
        let key = Array(link.local.pwd.utf8)
        let bytes = builder.finish(integrity: { Digest.hmacSHA1(key: key, message: $0) }, fingerprint: true)
        egress.send(bytes, over: path)
    }
}

// MARK: - DTLS

extension Peer {
    private func startHandshakeIfActive(_ link: BrowserLink, at now: Instant) {
        guard link.remote.isDTLSServer, !link.hasStarted else { return }
        link.hasStarted = true
        link.dtls.start()
        flushHandshake(link, at: now)
    }

    private func receiveHandshake(
        _ datagram: Span<UInt8>, over path: Path, at now: Instant, events: inout [Event], through link: BrowserLink
    ) {
        // Only from an address that passed a check: then nobody needs a cookie, and nobody can be flooded through us.
        guard link.ice.paths.contains(path) else {
            counters.beforeKeys &+= 1
            return
        }
        if !isConnected {
            link.handshakeDatagrams &+= 1
            guard link.handshakeDatagrams <= BrowserLink.mostHandshakeDatagrams else {
                return end(.handshake("too many handshake datagrams"), events: &events)
            }
        }
        link.dtls.receive(datagram)
        flushHandshake(link, at: now)
        switch link.dtls.state {
        case .handshaking: break
        case .connected where !isConnected: connect(link, events: &events)
        case .connected: break
        case .closed: end(.closedByPeer, events: &events)
        case .failed(let reason): end(.handshake(reason), events: &events)
        }
    }

    private func connect(_ link: BrowserLink, events: inout [Event]) {
        guard isExpectedCertificate(link) else { return end(.wrongFingerprint, events: &events) }
        guard let keys = link.dtls.exportKeys(),
            let receiver = try? SRTPLane(profile: keys.profile, key: keys.remote, direction: .inbound),
            let sender = try? SRTPLane(profile: keys.profile, key: keys.local, direction: .outbound)
        else { return end(.handshake("no SRTP profile in common"), events: &events) }
        inbound = receiver
        outbound = sender
        isConnected = true
        link.handshakeDeadline = nil
        events.append(.connected)
    }

    /// One match is enough (RFC 8122 §5); `RemoteTransport` already kept the strongest hash only.
    private func isExpectedCertificate(_ link: BrowserLink) -> Bool {
        link.remote.fingerprints.contains { expected in
            guard let actual = link.dtls.peerFingerprint(hash: expected.hash) else { return false }
            return Digest.constantTimeEquals(actual, expected.bytes)
        }
    }

    private func flushHandshake(_ link: BrowserLink, at now: Instant) {
        while let datagram = link.dtls.nextDatagram() {
            if let mediaPath { egress.send(datagram, over: mediaPath) }
        }
        link.handshakeDeadline = isConnected ? nil : link.dtls.timeout.map { now.advanced(by: $0) }
    }
}
