package import RTC
package import Wire

/// The media of one call: its peer, its incoming audio, its outgoing stream, its pictures.
///
/// Belongs to one media loop, and to at most one ``Session`` at a time: a room, or a call without one.
package final class MediaLeg {
    /// Facts for the signalling side.
    package enum Fact: Equatable, Sendable {
        case connected
        case failed(Peer.Failure)
        /// One telephone event, reported once (RFC 4733 §2.5).
        case digit(Character)
    }

    /// The call's id; unique in the server.
    package let id: String
    package private(set) var peer: Peer
    /// `nil` in a call of pictures alone, such as a shared screen: it is in no mix.
    package private(set) var audio: AudioParameters?
    /// The peer takes audio from us.
    package private(set) var sendsAudio = false
    /// What we send.
    package private(set) var codec = AudioCodec.opus
    /// Rises with each offer that was answered and each transport: who encodes for this call looks at it.
    private(set) var revision = 0
    /// `nil` in a call without pictures.
    package private(set) var video: VideoLeg?
    package let input: AudioInput
    package internal(set) var output: OutboundStream
    /// The share of our packets the peer lost, in 1/256 (RFC 3550 §6.4.1).
    package private(set) var fractionLost: UInt8 = 0

    /// Where what the peer says goes instead of ``input``, or its keys beside it.
    var relay: AudioRelay?
    /// Cuts frames, where the peer does not want them as they are.
    var packer: FramePacker?
    /// The peer wants keys by signalling alone, whatever its SDP says: another call's are not passed on to it.
    package var wantsKeysBySignalling = false
    /// Ticks in which only comfort noise could be heard.
    var noiseTicks = 0
    /// When `output` had its current timestamp, while another call's packets are its clock.
    private var clockedAt: Instant?

    private var reception = ReceptionStatistics()
    private var source: SSRC?
    private var digits = TelephoneEventReceiver()
    private(set) var keys = TelephoneEventSender()
    private var nextReport: Instant
    private let clock: WallClock
    private let seed: UInt64
    private let videoLimit: UInt64?
    // Of `audio`, as every packet asks for them.
    private var receivesAudio = false
    private var audioLevelID: UInt8?
    private(set) var comfortNoise: UInt8?
    private(set) var frameTicks = UInt32(AudioInput.frame)
    private(set) var keyFormats = KeyFormats()
    private var formats = PayloadFormats()
    /// By the clock of what came last.
    private var heardRate = 48_000

    package init(
        id: String, peer: Peer, audio: AudioParameters?, videos: [VideoParameters] = [], videoLimit: UInt64? = nil,
        scratch: DecodeScratch, clock: WallClock, seed: UInt64, at now: Instant
    ) {
        self.id = id
        self.peer = peer
        self.clock = clock
        self.seed = seed
        self.videoLimit = videoLimit
        input = AudioInput(energyLevel: 0, scratch: scratch)
        output = OutboundStream(
            ssrc: SSRC(peer.local.audioSSRC), payloadType: audio?.payloadType ?? 0, clockRate: 48_000,
            firstSequence: UInt16(truncatingIfNeeded: seed), firstTimestamp: UInt32(truncatingIfNeeded: seed >> 16))
        // Spread over the interval, so that a full room does not report in one tick.
        let phase = Int64(seed % 4_000) * 1_000_000
        nextReport = now.advanced(byNanoseconds: 1_000_000_000 + phase)
        negotiated(audio, videos, at: now)
    }

    /// Takes what the first or another offer came to.
    package func negotiated(_ audio: AudioParameters?, _ videos: [VideoParameters], at now: Instant) {
        self.audio = audio
        sendsAudio = audio?.direction.sends == true
        receivesAudio = audio?.direction.receives == true
        audioLevelID = audio?.audioLevelID
        keyFormats = KeyFormats(audio)
        formats = PayloadFormats(audio)
        revision += 1
        if let audio { send(as: audio, at: now) }
        guard video == nil else {
            video?.negotiated(videos, at: now)
            return
        }
        guard !videos.isEmpty else { return }
        video = VideoLeg(videos, peer: peer, clock: clock, receiverLimit: videoLimit, seed: seed, at: now)
    }

    /// Goes on in the codec agreed on: same source, next number, and a mark where the sound is another's.
    private func send(as audio: AudioParameters, at now: Instant) {
        advanceClock(to: now)
        if audio.codec == codec {
            output.renumber(audio.payloadType)
        } else {
            (codec, heardRate) = (audio.codec, audio.codec.clockRate)
            output.renumber(audio.payloadType, clockRate: codec.clockRate)
        }
        comfortNoise = audio.comfortNoise
        frameTicks = UInt32(codec.clockRate / 50)
        packer = codec == .opus ? nil : FramePacker(milliseconds: audio.ptime)
        noiseTicks = 0
        input.prepare(for: formats.codecs)
    }

    /// The client is back, with a transport of its own: the same call goes on over it.
    ///
    /// Whatever the call is in keeps it; our audio source goes on counting. Its pictures begin anew: those who watched
    /// its camera have to be shown ``video`` again, as it has to be shown theirs.
    ///
    /// - Returns: The peer before, which has said goodbye: nothing on its paths is the call's any more.
    package func replaceTransport(
        _ peer: Peer, _ audio: AudioParameters?, _ videos: [VideoParameters], at now: Instant
    ) -> Peer {
        let old = self.peer
        advanceClock(to: now)
        video?.end(at: now)
        let pictures = video?.counters
        old.close()
        self.peer = peer
        output = OutboundStream(
            ssrc: SSRC(peer.local.audioSSRC), payloadType: output.payloadType, clockRate: output.clockRate,
            firstSequence: output.sequence, firstTimestamp: output.timestamp)
        (reception, source, digits, keys) = (.init(), nil, .init(), .init())
        (fractionLost, video) = (0, nil)
        input.restart()
        relay?.begin()
        relay?.target.relay?.begin()
        nextReport = now.advanced(by: .seconds(1))
        negotiated(audio, videos, at: now)
        if let pictures { video?.past.add(pictures) }
        return old
    }

    /// Presses keys towards the peer, one after the other. `false`: it takes none, or there are too many already.
    package func press(_ digits: String) -> Bool {
        guard sendsAudio, keyFormats.first != nil else { return false }
        return keys.add(digits)
    }

    /// Presses one key behind those that wait.
    func press(_ key: Character) {
        guard sendsAudio, !wantsKeysBySignalling, keyFormats.first != nil else { return }
        keys.add(key)
    }

    /// The call of a phone goes on from another media loop: the same source to the far end, the next numbers.
    ///
    /// Take it out of whatever it is in before; nothing is said to the far end.
    package func move(to egress: Egress, scratch: DecodeScratch, at now: Instant) {
        advanceClock(to: now)
        output.pause()
        peer.move(to: egress)
        input.move(to: scratch)
    }

    /// The call is over: nobody sees it any more, and the peer says goodbye.
    package func close(at now: Instant) {
        video?.end(at: now)
        peer.close()
    }

    /// Takes one datagram that came over `path`.
    package func receive(
        _ datagram: inout MutableSpan<UInt8>, count: Int, over path: Path, at now: Instant,
        events: inout [Peer.Event], facts: inout [Fact]
    ) {
        switch peer.receive(&datagram, count: count, over: path, at: now, events: &events) {
        case .nothing: break
        case .rtp(let header): receive(header, datagram.span, at: now, facts: &facts)
        case .rtcp(let packets): for packet in packets { receive(packet, at: now) }
        }
    }

    /// Once per tick: retransmissions, consent, reports.
    package func advance(to now: Instant, events: inout [Peer.Event]) {
        peer.advance(to: now, events: &events)
        guard peer.isConnected else { return }
        video?.advance(to: now)
        if keys.isPressing { pressKeys(at: now) }
        guard audio != nil, now >= nextReport else { return }
        nextReport = now.advanced(by: Self.reportInterval)
        report(at: now)
    }

    private func receive(_ header: RTPHeader, _ packet: Span<UInt8>, at now: Instant, facts: inout [Fact]) {
        if let video, video.isPicture(header.payloadType) { return video.receive(header, packet, at: now) }
        guard receivesAudio, header.payloadEnd <= packet.count,
            header.payloadOffset <= header.payloadEnd
        else { return }
        let payload = packet.extracting(header.payloadOffset..<header.payloadEnd)
        let content = formats.content(of: header.payloadType)
        let key = content == .other ? keyFormats.format(of: header.payloadType) : nil
        // A phone that waits in silence may press a key before it says anything.
        if content != .other || key != nil && source == nil { accept(header, content) }
        guard header.ssrc == source else { return }
        reception.received(sequence: header.sequence, timestamp: header.timestamp, at: now, clockRate: heardRate)
        if relay?.isTranscoding == false {
            relay?.forward(header, payload, content, key: key, at: now)
        } else {
            // Keys and what else shares the audio's numbers is no loss: the buffer takes it for padding.
            input.insert(
                payload, as: content, sequence: header.sequence, timestamp: header.timestamp,
                level: content == .other ? nil : level(audioLevelID, header, packet), at: now)
        }
        guard key != nil else { return }
        receiveKey(header, payload, facts: &facts)
    }

    private func receiveKey(_ header: RTPHeader, _ payload: Span<UInt8>, facts: inout [Fact]) {
        guard let digit = digits.receive(payload, timestamp: header.timestamp, isFirst: header.marker) else { return }
        facts.append(.digit(digit))
        relay?.press(digit)
    }

    /// A new source on the same call starts new statistics and a new stream.
    private func accept(_ header: RTPHeader, _ content: AudioContent) {
        if case .sound(let codec) = content { heardRate = codec.clockRate }
        guard source != header.ssrc else { return }
        if source != nil { input.restart() }
        source = header.ssrc
        reception = ReceptionStatistics()
        digits = TelephoneEventReceiver()
    }

    private func level(_ id: UInt8?, _ header: RTPHeader, _ packet: Span<UInt8>) -> Int? {
        guard let id, let range = header.extensionElement(id, in: packet), !range.isEmpty else {
            return nil
        }
        return AudioLevel(byte: packet[range.lowerBound]).dBov
    }

    private func receive(_ packet: RTCPPacket, at now: Instant) {
        video?.receive(packet, at: now)
        switch packet {
        case .senderReport(let report):
            if report.ssrc == source { reception.senderReport(ntp: report.ntp, at: now) }
            note(report.reports)
        case .receiverReport(let report): note(report.reports)
        default: break
        }
    }

    private func note(_ blocks: [ReportBlock]) {
        for block in blocks where block.ssrc == output.ssrc { fractionLost = block.fractionLost }
    }

    /// SR, or RR before anything was sent, and SDES; the block about what we receive lets the peer know its RTT.
    private func report(at now: Instant) {
        advanceClock(to: now)
        var blocks: [ReportBlock] = []
        if let source { blocks.append(reception.report(for: source, at: now)) }
        peer.sendRTCP([
            output.report(ntp: clock.ntp(at: now), blocks: blocks),
            .sourceDescription([SourceDescription(ssrc: output.ssrc, cname: peer.local.cname)]),
        ])
    }

    /// Sends what is due of the keys pressed. They count with the audio, and stand at the moment they began.
    private func pressKeys(at now: Instant) {
        guard sendsAudio, let format = keyFormats.first else { return }
        advanceClock(to: now)
        keys.advance(at: output.timestamp) { event in
            let number = output.sequence
            let wasSent = peer.sendRTP(
                marker: event.isFirst, payloadType: format.payloadType, sequence: number, timestamp: event.timestamp,
                ssrc: output.ssrc, mid: nil, payloadCount: TelephoneEventSender.Event.size
            ) { event.write(clockRate: format.clockRate, to: &$0) }
            if wasSent { output.sent(TelephoneEventSender.Event.size, as: number) }
        }
    }

    private static let reportInterval: Duration = .seconds(5)
}

// MARK: - Another call's packets

extension MediaLeg {
    /// Sends what another call's peer said, under numbers of our own.
    ///
    /// - Parameter duration: Of a key, in place of the one in its payload.
    func pass(
        _ payload: Span<UInt8>, marker: Bool, payloadType: UInt8, sequence: UInt16, timestamp: UInt32,
        duration: UInt16? = nil
    ) {
        peer.sendRTP(
            marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: output.ssrc,
            mid: nil, payloadCount: payload.count
        ) { slot in
            for index in payload.indices { slot[index] = payload[index] }
            if let duration { slot.set(duration, at: 2) }
        }
        output.sent(payload.count, as: sequence)
    }

    /// The stream's clock is at `timestamp` now, and goes on by itself until it is set again.
    func setClock(_ timestamp: UInt32, at now: Instant) {
        output.setClock(timestamp)
        clockedAt = now
    }

    /// Lets the time pass that no mixer lets pass.
    func advanceClock(to now: Instant) {
        guard let clockedAt else { return }
        let elapsed = max(0, min(now.nanoseconds(since: clockedAt), Self.longestStep))
        output.pass(UInt32(truncatingIfNeeded: elapsed * Int64(output.clockRate) / 1_000_000_000))
        self.clockedAt = now
    }

    /// The mixers count again.
    func stopClock(at now: Instant) {
        advanceClock(to: now)
        clockedAt = nil
    }

    private static let longestStep: Int64 = 3_600_000_000_000
}

/// Turns the monotonic clock into NTP time for sender reports.
package struct WallClock: Sendable {
    /// Unix time in nanoseconds at instant 0.
    private let offset: Int64

    package init(unixNanosecondsAtZero offset: Int64) { self.offset = offset }

    /// 32.32 fixed point since 1900 (RFC 3550 §4).
    package func ntp(at now: Instant) -> UInt64 {
        let unix = UInt64(bitPattern: offset &+ now.nanoseconds)
        let seconds = unix / 1_000_000_000 &+ 2_208_988_800
        let fraction = (unix % 1_000_000_000) << 32 / 1_000_000_000
        return seconds << 32 | fraction
    }
}
