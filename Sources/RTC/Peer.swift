package import Native
package import Wire

/// One far end's transport: a browser's ICE-lite, DTLS handshake and SRTP, or a phone's plain RTP; reports on both.
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
        /// Datagrams from this path belong to this peer from now on. Never of plain RTP, whose sockets are its own.
        case validated(Path)
        /// … and from this one no longer.
        case retired(Path)
        /// Media may flow: the handshake is complete and the fingerprint is right, or plain RTP has an address.
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
        /// Plain RTP: nothing came for ``Peer/patience``, or ``Peer/heldPatience`` on hold.
        case inactive
    }

    /// What came in and was refused. Sums over all peers are the operator's view of an attack.
    package struct Counters: Equatable, Sendable {
        package var badChecks = 0
        package var beforeKeys = 0
        package var unauthentic = 0
        package var replayed = 0
        package var malformed = 0
        /// Came to a socket of plain RTP from an address that is not the far end's.
        package var strangers = 0

        package init() {}
    }

    /// Our side, as our SDP describes it.
    package let local: Local
    package internal(set) var counters = Counters()
    package internal(set) var isConnected = false
    /// How long nothing may come before the call has failed. 30 s for a browser, whose checks never pause: Firefox gives
    /// up after 28 s, Chromium after 17. 300 s for plain RTP.
    package var patience: Duration
    /// The same for plain RTP while ``isHeld``.
    package var heldPatience: Duration = .seconds(1800)
    /// Whether one side holds the other, so that plain RTP may rest. The owner, who reads the SDP, says it.
    package var isHeld = false
    /// Whether the far end is known to be where its SDP says. Until then not a packet is sent there: anybody may write
    /// anybody's address into an SDP. Plain RTP: a source that is settled proves it, or the owner says it.
    package var isProven = true

    let link: Link
    private(set) var egress: Egress
    /// Where RTP goes; `nil`: nowhere yet.
    var mediaPath: Path?
    /// Where RTCP goes.
    var reportPath: Path?
    var inbound: SRTPLane?
    var outbound: SRTPLane?
    /// Whether nothing may come or go in the clear.
    var isEncrypted: Bool
    /// Where reports are put together; it keeps its room.
    var reportBytes: [UInt8] = []
    var hasEnded = false
    /// Since a link that keeps ways open looked last.
    var hasSentMedia = false

    /// How the far end is found.
    enum Link {
        case browser(BrowserLink)
        case plain(PlainLink)
    }

    /// A browser's.
    package init(
        local: LocalTransport, remote: RemoteTransport, context: DTLSContext, egress: Egress, at now: Instant
    ) throws(CryptoError) {
        self.local = .browser(local)
        self.egress = egress
        patience = Self.patience
        isEncrypted = true
        link = .browser(try BrowserLink(local: local, remote: remote, context: context, at: now))
    }

    /// A phone's, a trunk's or a gateway's: no ICE and no DTLS.
    ///
    /// - Parameters:
    ///   - remote: From the negotiation, with ``PlainRemote/signalling`` set. Without an address it waits for media.
    ///   - rtpSocket: Number of the call's socket for RTP, ``Path/firstOwnSocket`` or more, as ``Path/socket`` and the
    ///     ``Egress`` have it.
    ///   - rtcpSocket: The one for RTCP.
    package init(
        plain local: PlainTransport, remote: PlainRemote, egress: Egress, rtpSocket: Int, rtcpSocket: Int,
        at now: Instant
    ) throws(SRTPError) {
        self.local = .plain(local)
        self.egress = egress
        patience = PlainLink.patience
        isEncrypted = remote.keys != nil
        link = .plain(
            PlainLink(
                remote: remote, rtpSocket: UInt32(clamping: rtpSocket), rtcpSocket: UInt32(clamping: rtcpSocket),
                at: now))
        try takeKeys(remote.keys)
        follow()
    }

    /// Takes one datagram, which may be decrypted in place.
    package func receive(
        _ datagram: inout MutableSpan<UInt8>, count: Int, over path: Path, at now: Instant, events: inout [Event]
    ) -> Received {
        guard !hasEnded, count <= datagram.count else { return .nothing }
        switch link {
        case .browser(let link):
            return receive(&datagram, count: count, over: path, at: now, events: &events, through: link)
        case .plain(let link):
            return receive(&datagram, count: count, over: path, at: now, events: &events, through: link)
        }
    }

    /// Moves DTLS retransmission, consent and the search for the far end on; call it every 20 to 100 ms.
    package func advance(to now: Instant, events: inout [Event]) {
        guard !hasEnded else { return }
        switch link {
        case .browser(let link): advance(link, to: now, events: &events)
        case .plain(let link): advance(link, to: now, events: &events)
        }
    }

    /// Says goodbye: RTCP BYE, then to a browser close_notify, which is all that Chromium listens to.
    package func close() {
        guard !hasEnded else { return }
        sendRTCP([
            .receiverReport(ReceiverReport(ssrc: SSRC(local.audioSSRC), reports: [])),
            .goodbye([SSRC(local.audioSSRC)]),
        ])
        hasEnded = true
        isConnected = false
        if case .browser(let link) = link { close(link) }
    }

    /// Goes on from another media loop, with keys, numbers and the far end's address as they are. Plain RTP alone, whose
    /// sockets are its own.
    package func move(to egress: Egress) {
        guard case .plain = link else { return }
        self.egress = egress
    }

    func end(_ failure: Failure, events: inout [Event]) {
        guard !hasEnded else { return }
        hasEnded = true
        isConnected = false
        events.append(.failed(failure))
    }

    /// Of a browser; see ``patience-swift.property``.
    package static let patience: Duration = .seconds(30)
}

extension Peer {
    /// Our side of a transport, as our SDP describes it.
    package enum Local: Sendable {
        case browser(LocalTransport)
        case plain(PlainTransport)

        /// Our audio source.
        package var audioSSRC: UInt32 {
            switch self {
            case .browser(let local): local.audioSSRC
            case .plain(let local): local.audioSSRC
            }
        }

        /// Of all our sources.
        package var cname: String {
            switch self {
            case .browser(let local): local.cname
            case .plain(let local): local.cname
            }
        }

        /// Names a browser's call on its loop's port; empty for plain RTP, which has ports of its own.
        package var ufrag: String {
            switch self {
            case .browser(let local): local.ufrag
            case .plain: ""
            }
        }
    }

    /// A browser's paths. Plain RTP has none here.
    package var ice: ICELite {
        switch link {
        case .browser(let link): link.ice
        case .plain: ICELite()
        }
    }
}

// MARK: - What came

extension Peer {
    /// Checks and decrypts an RTP packet in place where that was agreed on; `nil` for one to be dropped, and counted.
    func open(_ packet: inout MutableSpan<UInt8>, count: Int) -> RTPHeader? {
        var length = count
        if isEncrypted {
            do throws(SRTPError) {
                guard let plain = try inbound?.session.unprotect(&packet, count: count) else { return nil }
                length = plain
            } catch {
                note(error)
                return nil
            }
        }
        guard let header = try? RTPHeader(parsing: packet.span.extracting(0..<length)) else {
            counters.malformed &+= 1
            return nil
        }
        return header
    }

    /// The same for RTCP.
    func openReport(_ packet: inout MutableSpan<UInt8>, count: Int) -> [RTCPPacket]? {
        var length = count
        if isEncrypted {
            do throws(SRTPError) {
                guard let plain = try inbound?.session.unprotectRTCP(&packet, count: count) else { return nil }
                length = plain
            } catch {
                note(error)
                return nil
            }
        }
        guard let packets = try? RTCPPacket.parse(packet.span.extracting(0..<length)) else {
            counters.malformed &+= 1
            return nil
        }
        return packets
    }

    private func note(_ error: SRTPError) {
        switch error {
        case .authenticationFailed: counters.unauthentic &+= 1
        case .replayed: counters.replayed &+= 1
        case .malformed, .tooManyStreams, .library: counters.malformed &+= 1
        }
    }
}
