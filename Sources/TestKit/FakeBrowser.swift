package import Native
import RTC
package import Wire

/// A browser's side of one call without sockets: the offer, controlling ICE, DTLS, SRTP, RTP and RTCP, a microphone, a
/// camera and any number of pictures.
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
        /// Without, it offers ``videos`` alone, as for a shared screen.
        package var hasAudio = true
        package var videos: [Video] = []
        /// Firefox's order when the page adds the tracks of `getTracks()`.
        package var offersVideoFirst = false
        /// Asks for lost pictures' packets, and sends again what the server asks for.
        package var repairs = true
        /// Another fingerprint than its certificate's.
        package var claimedFingerprint: String?
        /// USE-CANDIDATE in the first check and never again, as Firefox.
        package var nominatesAtOnce = false
        /// Largest DTLS datagram.
        package var mtu = 1200

        package init(address: TransportAddress) { self.address = address }

        /// One m-line with video; the camera is on the first that sends.
        package struct Video: Sendable {
            package var direction: MediaDirection
            /// The RIDs of a simulcast, the smallest first.
            package var layers: [String]
            package var offersVP8 = true
            package var offersRTX = true
            /// Its transceiver was stopped: port 0.
            package var isRefused = false

            package init(_ direction: MediaDirection = .sendrecv, layers: [String] = []) {
                self.direction = direction
                self.layers = layers
            }
        }
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
        /// Pictures' packets of a source neither announced nor named by its MID, which Chromium throws away.
        package var unknownSource = 0

        package init() {}
    }

    package private(set) var offer: SessionDescription
    /// What the server said: in its answer, or in its own offer.
    package private(set) var answer: BrowserAnswer?
    /// Where everything is sent: the answer's candidate.
    package private(set) var remoteAddress: TransportAddress?
    package internal(set) var isConnected = false
    package internal(set) var hasEnded = false
    package internal(set) var counters = Counters()
    /// What the server says about our stream.
    package internal(set) var lastReport: ReportBlock?
    /// How the server's stream arrives.
    package internal(set) var reception = ReceptionStatistics()
    package internal(set) var remoteSSRC: SSRC?
    /// The m-lines on which the server may show something, and how that arrives.
    package internal(set) var pictures: [BrowserPicture] = []
    /// PLI and FIR for our camera.
    package internal(set) var keyFrameRequests = 0
    /// The last REMB, in bits per second.
    package internal(set) var allowedBitrate: UInt64?

    private(set) var settings: Settings
    let outbox: PacketBatch
    let ufrag: String
    let pwd: String
    let cname: String
    let context: DTLSContext
    var random: SeededGenerator
    var ice: ControllingICE
    var dtls: DTLSEndpoint?
    var handshakeDeadline: Instant?
    var inbound: SRTPSession?
    var outbound: SRTPSession?
    var stream: BrowserStream
    var agreed: AgreedMedia?
    /// The camera's streams, one for each layer.
    var layers: [BrowserLayer] = []
    var agreedVideo: AgreedVideo?

    /// What every packet needs of the answer, without its strings.
    struct AgreedMedia {
        let opus: UInt8
        let telephoneEvent: UInt8?
        let levelID: UInt8?
        let midID: UInt8?
        let mid: UInt8
    }
    var nextReport: Instant?
    var nextVideoReport: Instant?

    let sessionID: UInt64
    /// Of the offer.
    private var version = 2
    /// By the order of the video m-lines.
    private(set) var videoSources: [[StreamSSRCs]] = []

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
        sessionID = UInt64.random(in: 1...UInt64(Int64.max), using: &random)
        self.random = SeededGenerator(seed: UInt64.random(in: .min ... .max, using: &random))
        offer = SessionDescription(
            origin: .init(sessionID: sessionID, sessionVersion: 1, connection: .init(address: "127.0.0.1")))
        offer = makeOffer()
    }

    /// Makes another offer for the same call, to be answered by ``accept(_:at:)``.
    ///
    /// - Parameter change: M-lines may be added at the end of ``Settings/videos``, change direction, or be refused.
    /// - Precondition: Without ``Settings/offersVideoFirst``, or the audio would move.
    package func renegotiate(_ change: (inout Settings) -> Void) -> String {
        change(&settings)
        version += 1
        offer = makeOffer()
        return offer.text
    }

    /// Our audio source.
    package var ssrc: SSRC { stream.ssrc }

    /// RTP packets sent.
    package var packetsSent: UInt32 { stream.packets }

    /// Takes the answer and begins to check.
    package func accept(_ text: String, at now: Instant) throws(BrowserAnswer.Refusal) {
        let answer = try BrowserAnswer(parsing: text, to: offer, isIPv6: settings.address.isIPv6)
        take(answer, audioMID: audioMID, at: now)
    }

    /// Begins to check, or goes on with what another description changed.
    func take(_ answer: BrowserAnswer, audioMID: UInt8, at now: Instant) {
        let isFirst = self.answer == nil
        self.answer = answer
        agreed = answer.opusPayloadType.map { opus in
            AgreedMedia(
                opus: opus, telephoneEvent: answer.telephoneEventPayloadType, levelID: answer.audioLevelID,
                midID: answer.midID, mid: audioMID)
        }
        agree(on: answer.videos)
        guard isFirst else { return }
        remoteAddress = answer.address
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
        if pictures.isEmpty || datagram[1] & 0x7F == agreed?.opus {
            note(
                SSRC(datagram.uint32(at: 8)), sequence: datagram.uint16(at: 2), timestamp: datagram.uint32(at: 4),
                at: now)
        } else if let header = try? RTPHeader(parsing: datagram) {
            _ = notePicture(header, datagram, at: now)
        }
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
        return [ice.deadline, handshakeDeadline, nextReport, nextVideoReport].compactMap { $0 }.min()
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
        if let nextVideoReport, now >= nextVideoReport { sendVideoReport(at: now) }
        if settings.repairs { requestLost(at: now) }
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

// MARK: - Offering

extension FakeBrowser {
    private func makeOffer() -> SessionDescription {
        for video in settings.videos.dropFirst(videoSources.count) {
            videoSources.append((0..<max(1, video.layers.count)).map { _ in makeSource(video) })
        }
        makeLayers()
        var lines = zip(settings.videos, videoSources).map { video, sources in
            BrowserOffer.Line.video(.init(settings: video, sources: video.direction.sends ? sources : []))
        }
        if settings.hasAudio {
            let audio = BrowserOffer.Audio(
                ssrc: stream.ssrc, hasLevel: settings.offersAudioLevel, direction: settings.direction)
            lines.insert(.audio(audio), at: settings.offersVideoFirst ? lines.count : 0)
        }
        return BrowserOffer(
            ufrag: ufrag, pwd: pwd, fingerprint: settings.claimedFingerprint ?? context.fingerprint,
            setup: settings.setup, address: settings.address, cname: cname, sessionID: sessionID, version: version,
            hasMID: settings.offersMID, lines: lines
        ).description
    }

    /// The camera's streams, once there is a camera.
    private func makeLayers() {
        guard layers.isEmpty, let camera = settings.videos.firstIndex(where: { $0.direction.sends }) else { return }
        let rids = settings.videos[camera].layers
        layers = videoSources[camera].enumerated().map { number, ssrcs in
            BrowserLayer(ssrcs: ssrcs, rid: rids.isEmpty ? nil : rids[number], using: &random)
        }
    }

    private func makeSource(_ video: Settings.Video) -> StreamSSRCs {
        let media = SSRC(.random(in: 1 ... .max, using: &random))
        return StreamSSRCs(media: media, rtx: video.offersRTX ? SSRC(.random(in: 1 ... .max, using: &random)) : nil)
    }

    /// M-line names have one digit here: the audio is first, or behind fewer than ten pictures.
    private var audioMID: UInt8 {
        UInt8(ascii: "0") + UInt8(settings.offersVideoFirst ? min(settings.videos.count, 9) : 0)
    }
}

// MARK: - Sending

extension FakeBrowser {
    func emit(_ bytes: [UInt8], to address: TransportAddress? = nil) {
        emit(to: address) { slot in
            guard bytes.count <= slot.count else { return 0 }
            for index in bytes.indices { slot[index] = bytes[index] }
            return bytes.count
        }
    }

    func emit(to address: TransportAddress? = nil, _ fill: (inout MutableSpan<UInt8>) -> Int) {
        guard let address = address ?? remoteAddress else { return }
        if let ipv4 = address.ipv4 {
            _ = outbox.append(high: 0, low: UInt64(ipv4), port: address.port, isIPv6: false, fill)
        } else if let ipv6 = address.ipv6 {
            _ = outbox.append(high: ipv6.high, low: ipv6.low, port: address.port, isIPv6: true, fill)
        }
    }
}
