import Native
import RTC
import Wire

extension FakeBrowser {
    func sendDueCheck(at now: Instant) {
        guard let due = ice.deadline, now >= due, let answer else { return }
        let check = ice.nextCheck(
            at: now,
            transactionID: STUNTransactionID(
                high: UInt32(truncatingIfNeeded: random.next()), low: UInt64(random.next())))
        guard let check else { return }
        var builder = STUNMessage.Builder(.bindingRequest, transactionID: check.transactionID)
        builder.add(username: "\(answer.remote.ufrag):\(ufrag)")
        builder.add(iceControlling: UInt64(ssrc.rawValue) << 32 | 1)
        if check.nominates { builder.addUseCandidate() }
        builder.add(priority: 0x6E7E_1EFF)
        emit(builder.finish(integrity: Self.hmac(answer.remote.pwd), fingerprint: true))
    }

    func receiveSTUN(
        _ datagram: Span<UInt8>, from source: TransportAddress, at now: Instant, events: inout [Event]
    ) {
        guard let answer, let message = try? STUNMessage(parsing: datagram) else {
            counters.malformed += 1
            return
        }
        switch message.kind {
        case .bindingRequest: reply(to: message, datagram, from: source)
        case .bindingSuccess:
            guard Self.isAuthentic(message, datagram, key: answer.remote.pwd), message.mappedAddress != nil else {
                counters.badChecks += 1
                return
            }
            guard ice.receiveAnswer(to: message.transactionID, at: now) == .first else { return }
            events.append(.validated)
            startHandshake(at: now, events: &events)
        default: counters.badChecks += 1
        }
    }

    /// A server with full ICE checks us as well.
    private func reply(to check: STUNMessage, _ datagram: Span<UInt8>, from source: TransportAddress) {
        guard check.username?.hasPrefix("\(ufrag):") == true, Self.isAuthentic(check, datagram, key: pwd) else {
            counters.badChecks += 1
            return
        }
        var builder = STUNMessage.Builder(.bindingSuccess, transactionID: check.transactionID)
        builder.add(mappedAddress: source)
        emit(builder.finish(integrity: Self.hmac(pwd), fingerprint: true), to: source)
    }

    private static func isAuthentic(_ message: STUNMessage, _ datagram: Span<UInt8>, key: String) -> Bool {
        guard let proof = message.integrityCheck(in: datagram) else { return false }
        return Digest.hmacSHA1(key: Array(key.utf8), message: proof.covered.span) == proof.received
    }

    private static func hmac(_ key: String) -> (Span<UInt8>) -> [UInt8] {
        { Digest.hmacSHA1(key: Array(key.utf8), message: $0) }
    }

    static func token(_ count: Int, using random: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return String(
            decoding: (0..<count).map { _ in alphabet[Int.random(in: alphabet.indices, using: &random)] }, as: UTF8.self
        )
    }
}

// MARK: - DTLS

extension FakeBrowser {
    private func startHandshake(at now: Instant, events: inout [Event]) {
        guard let answer, dtls == nil else { return }
        do throws(CryptoError) {
            dtls = try DTLSEndpoint(
                context: context, role: answer.remote.isDTLSServer ? .client : .server, mtu: settings.mtu)
        } catch {
            return end(.handshake("\(error)"), events: &events)
        }
        dtls?.start()
        flushHandshake(at: now)
    }

    func receiveHandshake(_ datagram: Span<UInt8>, at now: Instant, events: inout [Event]) {
        // The server's first flight may overtake the answer to our check.
        startHandshake(at: now, events: &events)
        dtls?.receive(datagram)
        flushHandshake(at: now)
        switch dtls?.state {
        case .connected where !isConnected: connect(at: now, events: &events)
        case .closed: end(.closedByPeer, events: &events)
        case .failed(let reason): end(.handshake(reason), events: &events)
        default: break
        }
    }

    private func connect(at now: Instant, events: inout [Event]) {
        guard isExpectedCertificate else { return end(.wrongFingerprint, events: &events) }
        guard let keys = dtls?.exportKeys(),
            let receiver = try? SRTPSession(profile: keys.profile, key: keys.remote, direction: .inbound),
            let sender = try? SRTPSession(profile: keys.profile, key: keys.local, direction: .outbound)
        else { return end(.handshake("no SRTP profile in common"), events: &events) }
        inbound = consume receiver
        outbound = consume sender
        isConnected = true
        handshakeDeadline = nil
        nextReport = now.advanced(by: .milliseconds(Int64.random(in: 500...5000, using: &random)))
        if agreedVideo != nil || !pictures.isEmpty { nextVideoReport = now.advanced(by: .seconds(1)) }
        events.append(.connected)
    }

    private var isExpectedCertificate: Bool {
        guard let expected = answer?.remote.fingerprints else { return false }
        return expected.contains { dtls?.peerFingerprint(hash: $0.hash) == $0.bytes }
    }

    func flushHandshake(at now: Instant) {
        while let datagram = dtls?.nextDatagram() { emit(datagram) }
        handshakeDeadline = isConnected ? nil : dtls?.timeout.map { now.advanced(by: $0) }
    }

    func end(_ failure: Failure, events: inout [Event]) {
        guard !hasEnded else { return }
        hasEnded = true
        isConnected = false
        events.append(.failed(failure))
    }
}
