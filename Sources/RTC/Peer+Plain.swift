package import Native
package import Wire

extension Peer {
    /// Goes on as a new offer and answer say: other addresses, other keys, or the same.
    ///
    /// The far end is looked for again: whoever sends as agreed now is believed. Nothing for a browser's peer.
    /// - Throws: For keys of another length than their profile's; nothing has changed then.
    package func renegotiate(_ remote: PlainRemote, at now: Instant) throws(SRTPError) {
        guard case .plain(let link) = link else { return }
        try takeKeys(remote.keys)
        link.symmetric.renegotiate(remote, at: now)
        follow()
    }

    /// Whether the source of plain RTP is settled, so that nobody else is believed.
    package var isLatched: Bool {
        guard case .plain(let link) = link else { return false }
        return link.symmetric.isLocked
    }

    func receive(
        _ datagram: inout MutableSpan<UInt8>, count: Int, over path: Path, at now: Instant, events: inout [Event],
        through link: PlainLink
    ) -> Received {
        announce(link, events: &events)
        switch DatagramKind(of: datagram.span.extracting(0..<count)) {
        case .rtp where path.socket == link.rtpSocket:
            return receiveRTP(&datagram, count: count, from: path.remote, at: now, events: &events, through: link)
        case .rtcp:
            return receiveReport(&datagram, count: count, over: path, at: now, through: link)
        case .rtp, .stun, .dtls, .unknown:
            if link.symmetric.rtp == path.remote { counters.malformed &+= 1 } else { counters.strangers &+= 1 }
            return .nothing
        }
    }

    func advance(_ link: PlainLink, to now: Instant, events: inout [Event]) {
        announce(link, events: &events)
        link.symmetric.advance(to: now, mayUnlock: !isHeld)
        keepAlive(link, at: now)
        if link.symmetric.silence(at: now) > (isHeld ? heldPatience : patience) { end(.inactive, events: &events) }
    }

    private func receiveRTP(
        _ packet: inout MutableSpan<UInt8>, count: Int, from source: TransportAddress, at now: Instant,
        events: inout [Event], through link: PlainLink
    ) -> Received {
        // A stranger's packet does not even cost the time to look whether it is authentic.
        guard link.symmetric.mayComeFrom(source) else {
            counters.strangers &+= 1
            return .nothing
        }
        guard let header = open(&packet, count: count) else { return .nothing }
        let verdict = link.symmetric.receive(header, from: source, at: now)
        if verdict != .stranger, link.symmetric.isLocked { isProven = true }
        switch verdict {
        case .stranger:
            counters.strangers &+= 1
            return .nothing
        case .known: return .rtp(header)
        case .moved:
            follow()
            announce(link, events: &events)
            return .rtp(header)
        }
    }

    private func receiveReport(
        _ packet: inout MutableSpan<UInt8>, count: Int, over path: Path, at now: Instant, through link: PlainLink
    ) -> Received {
        let isOnRTP = path.socket == link.rtpSocket
        guard isOnRTP || path.socket == link.rtcpSocket,
            link.symmetric.reportMayComeFrom(path.remote, isOnRTP: isOnRTP)
        else {
            counters.strangers &+= 1
            return .nothing
        }
        guard let packets = openReport(&packet, count: count) else { return .nothing }
        if link.symmetric.receiveReport(from: path.remote, isOnRTP: isOnRTP, at: now) { follow() }
        return .rtcp(packets)
    }

    /// Sends something where no media goes, as on hold, so that a NAT keeps the way open (RFC 6263 §4.4): a STUN
    /// indication, which has no version of RTP and wants no answer.
    private func keepAlive(_ link: PlainLink, at now: Instant) {
        guard now >= link.nextKeepAlive else { return }
        link.nextKeepAlive = now.advanced(by: PlainLink.keepAlive)
        defer { hasSentMedia = false }
        guard !hasSentMedia, isConnected, isProven, let mediaPath else { return }
        let number = UInt64(bitPattern: now.nanoseconds)
        var builder = STUNMessage.Builder(
            .bindingIndication, transactionID: STUNTransactionID(high: UInt32(local.audioSSRC), low: number))
        egress.send(builder.finish(integrity: nil, fingerprint: false), over: mediaPath)
    }

    /// Sends where the far end is now.
    func follow() {
        guard case .plain(let link) = link else { return }
        mediaPath = link.symmetric.rtp.map { Path(socket: link.rtpSocket, remote: $0) }
        reportPath = link.symmetric.rtcp.map {
            Path(socket: link.symmetric.isMuxed ? link.rtpSocket : link.rtcpSocket, remote: $0)
        }
        if mediaPath != nil, !hasEnded { isConnected = true }
    }

    private func announce(_ link: PlainLink, events: inout [Event]) {
        guard isConnected, !link.isAnnounced else { return }
        link.isAnnounced = true
        events.append(.connected)
    }

    func takeKeys(_ keys: SRTPKeys?) throws(SRTPError) {
        guard case .plain(let link) = link else { return }
        guard let keys else {
            (inbound, outbound, isEncrypted) = (nil, nil, false)
            return
        }
        let receiver = try receiver(for: keys)
        let sender = try sender(for: keys, of: link)
        (inbound, outbound, isEncrypted) = (receiver, sender, true)
    }

    private func receiver(for keys: SRTPKeys) throws(SRTPError) -> SRTPLane {
        if let inbound, inbound.profile == keys.profile, inbound.key == keys.remote { return inbound }
        return try SRTPLane(profile: keys.profile, key: keys.remote, direction: .inbound)
    }

    private func sender(for keys: SRTPKeys, of link: PlainLink) throws(SRTPError) -> SRTPLane {
        if let known = link.senders.first(where: { $0.profile == keys.profile && $0.key == keys.local }) {
            return known
        }
        let sender = try SRTPLane(profile: keys.profile, key: keys.local, direction: .outbound)
        link.senders.append(sender)
        return sender
    }
}
