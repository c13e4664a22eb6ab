package import Native
package import Wire

/// One browser's transport: ICE-lite, the DTLS handshake, SRTP both ways, reports.
///
/// Owned by one media loop and never locked. Datagrams go in by ``receive(_:count:over:at:events:)``; replies go out
/// through the ``Egress``; time goes in by ``advance(to:events:)``. It reads no clock and opens no socket.
package final class Peer {
    /// What one datagram held for the owner; everything else was dealt with inside.
    package enum Received {
        case nothing
        /// Decrypted in place; the header's offsets count from the start of the packet.
        case rtp(RTPHeader)
        case rtcp([RTCPPacket])
    }

    /// A few a call, so they come as an array the caller reuses.
    package enum Event: Equatable {
        /// Datagrams from this path belong to this peer from now on.
        case validated(Path)
        /// … and from this one no longer.
        case retired(Path)
        /// The handshake is complete and the fingerprint is right: media may flow.
        case connected
        /// No media will ever flow again.
        case failed(Failure)
    }

    package enum Failure: Equatable, Sendable {
        /// The certificate is not the one the offer promised (RFC 8122 §5).
        case wrongFingerprint
        case handshake(String)
        /// Neither checks nor media for ``Peer/patience`` (RFC 7675 §5.1).
        case consentLost
        /// The browser said close_notify.
        case closedByPeer
    }

    /// What came in and was refused. Sums over all peers are the operator's view of an attack.
    package struct Counters: Equatable, Sendable {
        package var badChecks = 0
        package var beforeKeys = 0
        package var unauthentic = 0
        package var replayed = 0
        package var malformed = 0

        package init() {}
    }

    package let local: LocalTransport
    package private(set) var ice = ICELite()
    package private(set) var counters = Counters()
    package private(set) var isConnected = false

    private let remote: RemoteTransport
    let egress: Egress
    private var dtls: DTLSEndpoint
    private var inbound: SRTPSession?
    var outbound: SRTPSession?
    /// Where reports are put together; it keeps its room.
    var reportBytes: [UInt8] = []
    private var hasStarted = false
    private var hasEnded = false
    private let createdAt: Instant
    private var handshakeDatagrams = 0
    private var handshakeDeadline: Instant?
    private var nextConsentLook: Instant

    package init(
        local: LocalTransport, remote: RemoteTransport, context: DTLSContext, egress: Egress, at now: Instant
    ) throws(CryptoError) {
        self.local = local
        self.remote = remote
        self.egress = egress
        createdAt = now
        nextConsentLook = now.advanced(by: Self.consentLook)
        dtls = try DTLSEndpoint(context: context, role: remote.isDTLSServer ? .client : .server)
    }

    /// Takes one datagram, which may be decrypted in place.
    package func receive(
        _ datagram: inout MutableSpan<UInt8>, count: Int, over path: Path, at now: Instant, events: inout [Event]
    ) -> Received {
        guard !hasEnded, count <= datagram.count else { return .nothing }
        switch DatagramKind(of: datagram.span.extracting(0..<count)) {
        case .rtp: return receiveRTP(&datagram, count: count, at: now)
        case .rtcp: return receiveRTCP(&datagram, count: count, at: now)
        case .stun:
            receiveCheck(datagram.span.extracting(0..<count), over: path, at: now, events: &events)
        case .dtls:
            receiveHandshake(datagram.span.extracting(0..<count), over: path, at: now, events: &events)
        case .unknown: counters.malformed &+= 1
        }
        return .nothing
    }

    /// Moves DTLS retransmission and consent on; call it every 20 to 100 ms.
    package func advance(to now: Instant, events: inout [Event]) {
        guard !hasEnded else { return }
        if let handshakeDeadline, now >= handshakeDeadline {
            dtls.handleTimeout()
            flushHandshake(at: now)
        }
        guard now >= nextConsentLook else { return }
        nextConsentLook = now.advanced(by: Self.consentLook)
        if ice.silence(since: createdAt, at: now) > Self.patience { end(.consentLost, events: &events) }
    }

    /// Says goodbye: RTCP BYE, then close_notify, which is all that Chromium listens to.
    package func close() {
        guard !hasEnded else { return }
        sendRTCP([
            .receiverReport(ReceiverReport(ssrc: SSRC(local.audioSSRC), reports: [])),
            .goodbye([SSRC(local.audioSSRC)]),
        ])
        hasEnded = true
        isConnected = false
        dtls.close()
        if let path = ice.selected {
            while let datagram = dtls.nextDatagram() { egress.send(datagram, over: path) }
        }
    }

    /// Nothing heard for this long ends the call: Firefox gives up after 28 s, Chromium after 17.
    package static let patience: Duration = .seconds(30)
    private static let consentLook: Duration = .seconds(1)
    private static let mostHandshakeDatagrams = 64
}

// MARK: - ICE

extension Peer {
    private func receiveCheck(
        _ datagram: Span<UInt8>, over path: Path, at now: Instant, events: inout [Event]
    ) {
        guard let check = try? STUNMessage(parsing: datagram), check.kind == .bindingRequest,
            isForUs(check.username), isAuthentic(check, datagram)
        else {
            counters.badChecks &+= 1
            return
        }
        guard check.unknownRequired.isEmpty else { return refuse(check, over: path) }
        let outcome = ice.receive(nominates: check.useCandidate, over: path, at: now)
        if let retired = outcome.retired { events.append(.retired(retired)) }
        if let validated = outcome.validated { events.append(.validated(validated)) }
        answer(check, over: path)
        startHandshakeIfActive(at: now)
    }

    /// `ours:theirs`; only our half is known for sure, because some clients change theirs (RFC 8445 §7.3).
    private func isForUs(_ username: String?) -> Bool {
        guard let username, let colon = username.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return username[..<colon] == local.ufrag
    }

    private func isAuthentic(_ check: STUNMessage, _ datagram: Span<UInt8>) -> Bool {
        guard let proof = check.integrityCheck(in: datagram) else { return false }
        let expected = Digest.hmacSHA1(key: Array(local.pwd.utf8), message: proof.covered.span)
        return Digest.constantTimeEquals(expected, proof.received)
    }

    private func answer(_ check: STUNMessage, over path: Path) {
        var builder = STUNMessage.Builder(.bindingSuccess, transactionID: check.transactionID)
        builder.add(mappedAddress: path.remote)
        send(&builder, over: path)
    }

    private func refuse(_ check: STUNMessage, over path: Path) {
        var builder = STUNMessage.Builder(.bindingError, transactionID: check.transactionID)
        builder.add(errorCode: 420, reason: "Unknown Attribute")
        builder.add(unknownAttributes: check.unknownRequired)
        send(&builder, over: path)
    }

    private func send(_ builder: inout STUNMessage.Builder, over path: Path) {
        let key = Array(local.pwd.utf8)
        let bytes = builder.finish(integrity: { Digest.hmacSHA1(key: key, message: $0) }, fingerprint: true)
        egress.send(bytes, over: path)
    }
}

// MARK: - DTLS

extension Peer {
    private func startHandshakeIfActive(at now: Instant) {
        guard remote.isDTLSServer, !hasStarted else { return }
        hasStarted = true
        dtls.start()
        flushHandshake(at: now)
    }

    private func receiveHandshake(
        _ datagram: Span<UInt8>, over path: Path, at now: Instant, events: inout [Event]
    ) {
        // Only from an address that passed a check: then nobody needs a cookie, and nobody can be flooded through us.
        guard ice.paths.contains(path) else {
            counters.beforeKeys &+= 1
            return
        }
        if !isConnected {
            handshakeDatagrams &+= 1
            guard handshakeDatagrams <= Self.mostHandshakeDatagrams else {
                return end(.handshake("too many handshake datagrams"), events: &events)
            }
        }
        dtls.receive(datagram)
        flushHandshake(at: now)
        switch dtls.state {
        case .handshaking: break
        case .connected where !isConnected: connect(events: &events)
        case .connected: break
        case .closed: end(.closedByPeer, events: &events)
        case .failed(let reason): end(.handshake(reason), events: &events)
        }
    }

    private func connect(events: inout [Event]) {
        guard isExpectedCertificate else { return end(.wrongFingerprint, events: &events) }
        guard let keys = dtls.exportKeys(),
            let receiver = try? SRTPSession(profile: keys.profile, key: keys.remote, direction: .inbound),
            let sender = try? SRTPSession(profile: keys.profile, key: keys.local, direction: .outbound)
        else { return end(.handshake("no SRTP profile in common"), events: &events) }
        inbound = consume receiver
        outbound = consume sender
        isConnected = true
        handshakeDeadline = nil
        events.append(.connected)
    }

    /// One match is enough (RFC 8122 §5); `RemoteTransport` already kept the strongest hash only.
    private var isExpectedCertificate: Bool {
        remote.fingerprints.contains { expected in
            guard let actual = dtls.peerFingerprint(hash: expected.hash) else { return false }
            return Digest.constantTimeEquals(actual, expected.bytes)
        }
    }

    private func flushHandshake(at now: Instant) {
        while let datagram = dtls.nextDatagram() {
            if let path = ice.selected { egress.send(datagram, over: path) }
        }
        handshakeDeadline = isConnected ? nil : dtls.timeout.map { now.advanced(by: $0) }
    }

    private func end(_ failure: Failure, events: inout [Event]) {
        guard !hasEnded else { return }
        hasEnded = true
        isConnected = false
        events.append(.failed(failure))
    }
}

// MARK: - SRTP

extension Peer {
    private func receiveRTP(_ packet: inout MutableSpan<UInt8>, count: Int, at now: Instant) -> Received {
        guard isConnected else {
            counters.beforeKeys &+= 1
            return .nothing
        }
        do throws(SRTPError) {
            guard let plain = try inbound?.unprotect(&packet, count: count) else { return .nothing }
            ice.heardMedia(at: now)
            guard let header = try? RTPHeader(parsing: packet.span.extracting(0..<plain)) else {
                counters.malformed &+= 1
                return .nothing
            }
            return .rtp(header)
        } catch {
            note(error)
            return .nothing
        }
    }

    private func receiveRTCP(_ packet: inout MutableSpan<UInt8>, count: Int, at now: Instant) -> Received {
        guard isConnected else {
            counters.beforeKeys &+= 1
            return .nothing
        }
        do throws(SRTPError) {
            guard let plain = try inbound?.unprotectRTCP(&packet, count: count) else { return .nothing }
            ice.heardMedia(at: now)
            guard let packets = try? RTCPPacket.parse(packet.span.extracting(0..<plain)) else {
                counters.malformed &+= 1
                return .nothing
            }
            return .rtcp(packets)
        } catch {
            note(error)
            return .nothing
        }
    }

    private func note(_ error: SRTPError) {
        switch error {
        case .authenticationFailed: counters.unauthentic &+= 1
        case .replayed: counters.replayed &+= 1
        case .malformed, .tooManyStreams, .library: counters.malformed &+= 1
        }
    }
}
