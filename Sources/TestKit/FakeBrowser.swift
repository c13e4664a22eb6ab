package import Native
import RTC
package import Wire

/// A browser's side of one audio call without sockets: the offer, controlling ICE, DTLS, SRTP, RTP and RTCP.
///
/// Datagrams go in by ``receive(_:count:from:at:events:)``; what it sends waits in the `outbox` it was given, addressed,
/// after each call. Time goes in with each call and by ``advance(to:events:)``. Once connected, a packet in or
/// out allocates nothing. Like Chromium it sends its ClientHello after the first answered check and nominates later.
package final class FakeBrowser {
    /// How it differs from Chromium with a microphone.
    package struct Settings: Sendable {
        /// Where the offer says it is; only a server with full ICE cares.
        package var address: TransportAddress
        /// `passive` makes it the DTLS server.
        package var setup: SetupRole = .actpass
        package var offersAudioLevel = true
        package var offersMID = true
        package var direction: MediaDirection = .sendrecv
        /// Another fingerprint than its certificate's.
        package var claimedFingerprint: String?
        /// USE-CANDIDATE in the first check and never again, as Firefox.
        package var nominatesAtOnce = false
        /// Largest DTLS datagram.
        package var mtu = 1200

        package init(address: TransportAddress) { self.address = address }
    }

    /// What one datagram held for the owner.
    package enum Received {
        case nothing
        /// Decrypted in place; the header's offsets count from the start of the datagram.
        case rtp(RTPHeader)
        case rtcp([RTCPPacket])
    }

    package enum Event: Equatable, Sendable {
        /// The first check was answered.
        case validated
        /// Media may flow.
        case connected
        case failed(Failure)
    }

    package enum Failure: Equatable, Sendable {
        case wrongFingerprint
        case handshake(String)
        /// No check was answered for ``patience``.
        case consentLost
        /// The server said close_notify.
        case closedByPeer
    }

    /// What came in and was refused.
    package struct Counters: Equatable, Sendable {
        package var badChecks = 0
        package var beforeKeys = 0
        package var unauthentic = 0
        package var replayed = 0
        package var malformed = 0

        package init() {}
    }

    package let offer: SessionDescription
    package private(set) var answer: BrowserAnswer?
    /// Where everything is sent: the answer's candidate.
    package private(set) var remoteAddress: TransportAddress?
    package private(set) var isConnected = false
    package private(set) var hasEnded = false
    package private(set) var counters = Counters()
    /// What the server says about our stream.
    package private(set) var lastReport: ReportBlock?
    /// How the server's stream arrives.
    package private(set) var reception = ReceptionStatistics()
    package private(set) var remoteSSRC: SSRC?

    let settings: Settings
    let outbox: PacketBatch
    private let ufrag: String
    private let pwd: String
    private let cname: String
    private let context: DTLSContext
    private var random: SeededGenerator
    private var ice: ControllingICE
    private var dtls: DTLSEndpoint?
    private var handshakeDeadline: Instant?
    private var inbound: SRTPSession?
    private var outbound: SRTPSession?
    private var stream: BrowserStream
    private var agreed: AgreedMedia?

    /// What every packet needs of the answer, without its strings.
    private struct AgreedMedia {
        let opus: UInt8
        let telephoneEvent: UInt8?
        let levelID: UInt8?
        let midID: UInt8?
    }
    private var nextReport: Instant?

    /// - Parameters:
    ///   - outbox: Takes what is to be sent; may be shared by browsers that are driven one after the other.
    ///   - random: Gives all its names and numbers.
    package init(
        settings: Settings, context: DTLSContext, outbox: PacketBatch, random: inout some RandomNumberGenerator
    ) {
        self.settings = settings
        self.context = context
        self.outbox = outbox
        ufrag = Self.token(4, using: &random)
        pwd = Self.token(24, using: &random)
        cname = Self.token(16, using: &random)
        stream = BrowserStream(using: &random)
        ice = ControllingICE(nominatesAtOnce: settings.nominatesAtOnce)
        let sessionID = UInt64.random(in: 1...UInt64(Int64.max), using: &random)
        self.random = SeededGenerator(seed: UInt64.random(in: .min ... .max, using: &random))
        offer =
            BrowserOffer(
                ufrag: ufrag, pwd: pwd, fingerprint: settings.claimedFingerprint ?? context.fingerprint,
                setup: settings.setup, address: settings.address, ssrc: stream.ssrc, cname: cname, sessionID: sessionID,
                hasAudioLevel: settings.offersAudioLevel, hasMID: settings.offersMID, direction: settings.direction
            ).description
    }

    /// Our audio source.
    package var ssrc: SSRC { stream.ssrc }

    /// RTP packets sent.
    package var packetsSent: UInt32 { stream.packets }

    /// Takes the answer and begins to check.
    package func accept(_ text: String, at now: Instant) throws(BrowserAnswer.Refusal) {
        let answer = try BrowserAnswer(parsing: text, to: offer, isIPv6: settings.address.isIPv6)
        self.answer = answer
        remoteAddress = answer.address
        agreed = AgreedMedia(
            opus: answer.opusPayloadType, telephoneEvent: answer.telephoneEventPayloadType,
            levelID: answer.audioLevelID, midID: answer.midID)
        ice.start(at: now)
        sendDueCheck(at: now)
    }

    /// Checks at once and nominates again: the way to the server has changed.
    package func networkChanged(at now: Instant) {
        ice.restart(at: now)
        sendDueCheck(at: now)
    }

    /// Takes one datagram, which may be decrypted in place.
    package func receive(
        _ datagram: inout MutableSpan<UInt8>, count: Int, from source: TransportAddress, at now: Instant,
        events: inout [Event]
    ) -> Received {
        guard !hasEnded, count <= datagram.count else { return .nothing }
        switch DatagramKind(of: datagram.span.extracting(0..<count)) {
        case .rtp: return receiveRTP(&datagram, count: count, at: now)
        case .rtcp: return receiveRTCP(&datagram, count: count, at: now)
        case .stun: receiveSTUN(datagram.span.extracting(0..<count), from: source, at: now, events: &events)
        case .dtls: receiveHandshake(datagram.span.extracting(0..<count), at: now, events: &events)
        case .unknown: counters.malformed += 1
        }
        return .nothing
    }

    /// Counts an RTP packet by its header, which is in clear, and leaves the rest encrypted: a tenth of the cost.
    ///
    /// - Precondition: `datagram` is RTP by ``Wire/DatagramKind``.
    package func count(_ datagram: Span<UInt8>, at now: Instant) {
        note(
            SSRC(datagram.uint32(at: 8)), sequence: datagram.uint16(at: 2), timestamp: datagram.uint32(at: 4), at: now)
    }

    /// Sends one Opus packet, unless consent is gone or there are no keys yet.
    ///
    /// - Parameters:
    ///   - level: RFC 6464, 0 (loudest) to 127; sent when it was negotiated. V is set, as browsers do.
    ///   - marker: Set by itself on the first packet and behind a pause.
    ///   - ticks: How much media time the packet holds: 960 are 20 ms.
    /// - Returns: Whether it was sent; time passes either way.
    @discardableResult
    package func send(
        _ payload: Span<UInt8>, level: UInt8? = nil, marker: Bool = false, ticks: UInt32 = 960, at now: Instant
    ) -> Bool {
        defer { stream.pass(ticks) }
        guard let agreed, maySend(at: now) else { return false }
        let isMarked = marker || stream.isResuming
        return sendRTP(
            payload, payloadType: agreed.opus, marker: isMarked, timestamp: stream.timestamp, level: level)
    }

    /// Lets `ticks` of media time pass without a packet, as in DTX; the next one is marked.
    package func pause(_ ticks: UInt32) { stream.pause(ticks) }

    /// Sends one RFC 4733 packet of a key pressed `duration` ticks ago.
    @discardableResult
    package func sendKey(
        _ event: UInt8, duration: UInt16, isEnd: Bool, marker: Bool = false, at now: Instant
    ) -> Bool {
        guard let payloadType = agreed?.telephoneEvent, maySend(at: now) else { return false }
        let payload: [UInt8] = [
            event, (isEnd ? 0x80 : 0) | 10, UInt8(duration >> 8), UInt8(truncatingIfNeeded: duration),
        ]
        // The time stamp stays that of the key's beginning (RFC 4733 §2.3.5).
        return sendRTP(
            payload.span, payloadType: payloadType, marker: marker, timestamp: stream.timestamp &- UInt32(duration),
            level: nil)
    }

    /// Sends a packet with nothing but padding, as browsers do to probe; it repeats the last time stamp.
    @discardableResult
    package func sendPadding(_ count: UInt8, at now: Instant) -> Bool {
        guard let agreed, count > 0, maySend(at: now), packetsSent > 0 else { return false }
        var payload = [UInt8](repeating: 0, count: Int(count))
        payload[payload.count - 1] = count
        return sendRTP(
            payload.span, payloadType: agreed.opus, marker: false, timestamp: stream.timestamp &- 960,
            level: nil, isPadding: true)
    }

    /// When ``advance(to:events:)`` next has something to do.
    package var deadline: Instant? {
        guard !hasEnded else { return nil }
        return [ice.deadline, handshakeDeadline, nextReport].compactMap { $0 }.min()
    }

    /// Moves checks, DTLS retransmission, reports and consent on; every 20 ms is often enough.
    package func advance(to now: Instant, events: inout [Event]) {
        guard !hasEnded, remoteAddress != nil else { return }
        if let handshakeDeadline, now >= handshakeDeadline {
            dtls?.handleTimeout()
            flushHandshake(at: now)
        }
        sendDueCheck(at: now)
        if let nextReport, now >= nextReport { sendReport(at: now) }
        if let lastAnswer = ice.lastAnswer, now.duration(since: lastAnswer) > Self.patience {
            end(.consentLost, events: &events)
        }
    }

    /// What `pc.close()` sends: close_notify. Nothing works afterwards.
    package func close() {
        guard !hasEnded else { return }
        hasEnded = true
        dtls?.close()
        while let datagram = dtls?.nextDatagram() { emit(datagram) }
    }

    /// Without an answered check for this long Chromium stops sending …
    package static let consentPause: Duration = .milliseconds(7300)
    /// … and after this long it gives up.
    package static let patience: Duration = .milliseconds(17_300)
}

// MARK: - ICE

extension FakeBrowser {
    private func sendDueCheck(at now: Instant) {
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

    private func receiveSTUN(
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

    private static func token(_ count: Int, using random: inout some RandomNumberGenerator) -> String {
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

    private func receiveHandshake(_ datagram: Span<UInt8>, at now: Instant, events: inout [Event]) {
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
        events.append(.connected)
    }

    private var isExpectedCertificate: Bool {
        guard let expected = answer?.remote.fingerprints else { return false }
        return expected.contains { dtls?.peerFingerprint(hash: $0.hash) == $0.bytes }
    }

    private func flushHandshake(at now: Instant) {
        while let datagram = dtls?.nextDatagram() { emit(datagram) }
        handshakeDeadline = isConnected ? nil : dtls?.timeout.map { now.advanced(by: $0) }
    }

    private func end(_ failure: Failure, events: inout [Event]) {
        guard !hasEnded else { return }
        hasEnded = true
        isConnected = false
        events.append(.failed(failure))
    }
}

// MARK: - Media

extension FakeBrowser {
    private func maySend(at now: Instant) -> Bool {
        guard isConnected, let lastAnswer = ice.lastAnswer else { return false }
        return now.duration(since: lastAnswer) < Self.consentPause
    }

    private func sendRTP(
        _ payload: Span<UInt8>, payloadType: UInt8, marker: Bool, timestamp: UInt32, level: UInt8?,
        isPadding: Bool = false
    ) -> Bool {
        // The browser leaves MID out once a report shows that the server knows the source.
        let extensions = BrowserStream.Extensions(
            levelID: agreed?.levelID, level: level, midID: lastReport == nil ? agreed?.midID : nil)
        var wasSent = false
        emit { slot in
            let start = stream.writeHeader(
                payloadType: payloadType, marker: marker, timestamp: timestamp, extensions, to: &slot)
            let count = start + payload.count
            guard count + SRTPSession.trailer <= slot.count else { return 0 }
            if isPadding { slot[0] |= 0x20 }
            for index in payload.indices { slot[start &+ index] = payload[index] }
            guard let length = try? outbound?.protect(&slot, count: count) else { return 0 }
            wasSent = true
            return length
        }
        stream.sent(payload.count, wasSent: wasSent)
        return wasSent
    }

    private func receiveRTP(_ packet: inout MutableSpan<UInt8>, count: Int, at now: Instant) -> Received {
        guard isConnected else {
            counters.beforeKeys += 1
            return .nothing
        }
        do throws(SRTPError) {
            guard let plain = try inbound?.unprotect(&packet, count: count) else { return .nothing }
            guard let header = try? RTPHeader(parsing: packet.span.extracting(0..<plain)) else {
                counters.malformed += 1
                return .nothing
            }
            note(header.ssrc, sequence: header.sequence, timestamp: header.timestamp, at: now)
            return .rtp(header)
        } catch {
            refuse(error)
            return .nothing
        }
    }

    private func note(_ source: SSRC, sequence: UInt16, timestamp: UInt32, at now: Instant) {
        if remoteSSRC != source {
            remoteSSRC = source
            reception = ReceptionStatistics()
        }
        reception.received(sequence: sequence, timestamp: timestamp, at: now, clockRate: 48_000)
    }

    private func receiveRTCP(_ packet: inout MutableSpan<UInt8>, count: Int, at now: Instant) -> Received {
        guard isConnected else {
            counters.beforeKeys += 1
            return .nothing
        }
        do throws(SRTPError) {
            guard let plain = try inbound?.unprotectRTCP(&packet, count: count) else { return .nothing }
            guard let packets = try? RTCPPacket.parse(packet.span.extracting(0..<plain)) else {
                counters.malformed += 1
                return .nothing
            }
            for packet in packets { take(packet, at: now) }
            return .rtcp(packets)
        } catch {
            refuse(error)
            return .nothing
        }
    }

    private func take(_ packet: RTCPPacket, at now: Instant) {
        switch packet {
        case .senderReport(let report):
            if report.ssrc == remoteSSRC { reception.senderReport(ntp: report.ntp, at: now) }
            if let block = report.reports.first(where: { $0.ssrc == ssrc }) { lastReport = block }
        case .receiverReport(let report):
            if let block = report.reports.first(where: { $0.ssrc == ssrc }) { lastReport = block }
        default: break
        }
    }

    private func refuse(_ error: SRTPError) {
        switch error {
        case .authenticationFailed: counters.unauthentic += 1
        case .replayed: counters.replayed += 1
        case .malformed, .other: counters.malformed += 1
        }
    }

    /// SR and SDES when something was sent, RR alone otherwise (`media.md` §1.8), every 5 s.
    private func sendReport(at now: Instant) {
        nextReport = now.advanced(by: .seconds(5))
        guard maySend(at: now) else { return }
        let blocks = remoteSSRC.map { [reception.report(for: $0, at: now)] } ?? []
        var bytes: [UInt8] = []
        if packetsSent > 0 {
            RTCPPacket.senderReport(stream.report(at: now, blocks: blocks)).append(to: &bytes)
            RTCPPacket.sourceDescription([SourceDescription(ssrc: ssrc, cname: cname)]).append(to: &bytes)
        } else {
            RTCPPacket.receiverReport(ReceiverReport(ssrc: ssrc, reports: blocks)).append(to: &bytes)
        }
        emit { slot in
            guard bytes.count + SRTPSession.trailer <= slot.count else { return 0 }
            for index in bytes.indices { slot[index] = bytes[index] }
            return (try? outbound?.protectRTCP(&slot, count: bytes.count)) ?? 0
        }
    }
}

// MARK: - Sending

extension FakeBrowser {
    private func emit(_ bytes: [UInt8], to address: TransportAddress? = nil) {
        emit(to: address) { slot in
            guard bytes.count <= slot.count else { return 0 }
            for index in bytes.indices { slot[index] = bytes[index] }
            return bytes.count
        }
    }

    private func emit(to address: TransportAddress? = nil, _ fill: (inout MutableSpan<UInt8>) -> Int) {
        guard let address = address ?? remoteAddress else { return }
        if let ipv4 = address.ipv4 {
            _ = outbox.append(high: 0, low: UInt64(ipv4), port: address.port, isIPv6: false, fill)
        } else if let ipv6 = address.ipv6 {
            _ = outbox.append(high: ipv6.high, low: ipv6.low, port: address.port, isIPv6: true, fill)
        }
    }
}
