import Native
package import RTC
package import Wire

/// One picture that one call receives: a reader of somebody's ``VideoLayer``, rewritten into one stream.
///
/// Belongs to the media loop of its room. It shows a source with ``show(_:at:)``: the old picture goes on until the new
/// one's key frame is complete. Whoever owns it calls `show(nil, at:)` when the call is over.
package final class VideoOutput {
    package struct Counters: Equatable, Sendable {
        package var forwarded = 0
        /// Sent again because the receiver asked.
        package var repeated = 0
        /// Pictures begun at a key frame: switches, layers, and going on behind a loss.
        package var begun = 0
        /// Losses behind which only a key frame helps.
        package var broken = 0
    }

    package let parameters: VideoParameters
    package private(set) var counters = Counters()
    /// What it is to show.
    package private(set) var source: VideoSource?
    /// To the receiver and back, once it has reported; ``VideoSource/roundTrip`` of the same call is the same.
    package private(set) var roundTrip: Duration?

    // What is shown: the source and the layer that packets are read from, and where.
    private(set) var shownSource: VideoSource?
    private var shown: VideoLayer?
    private var cursor: Int64 = 0
    /// Otherwise it waits for a key frame behind ``cursor``.
    private var isReading = false
    /// What is to be shown from its next key frame on.
    private var target: VideoLayer?

    private let sink: VideoSink
    private let clock: WallClock
    private let mid: ExtensionElement?
    private var rewriter: VP8Rewriter
    private var rtxSequence: UInt16
    private var history = SendHistory()
    private var repairs = RepairBudget()
    private var pacer = Pacer()
    private var meter = BitrateMeter()
    private var estimate = DownlinkEstimate()
    private var choice = LayerChoice()
    private var patience = KeyFramePatience()
    /// Layers that what is in the history came from, the newest at `tag`.
    private var tagged: (VideoLayer?, VideoLayer?, VideoLayer?, VideoLayer?) = (nil, nil, nil, nil)
    private var tag: UInt8 = 0
    private var lastSwitch: Instant
    /// Packets that had been sent when the last key frame began.
    private var keyFrameNumber: Int64 = 0
    private var packets: UInt32 = 0
    private var octets: UInt32 = 0
    /// The receiver has reported on our source: it knows which m-line it belongs to.
    private var isKnown = false
    private var intraSequence: UInt8?
    private var nextReport: Instant
    private var nextChoice: Instant

    /// - Parameter seed: Random, for the first numbers.
    package init(parameters: VideoParameters, sink: VideoSink, clock: WallClock, seed: UInt64, at now: Instant) {
        self.parameters = parameters
        self.sink = sink
        self.clock = clock
        mid = parameters.midElement
        rewriter = VP8Rewriter(seed: seed, at: now)
        rtxSequence = UInt16(truncatingIfNeeded: seed >> 24) & 0x7FFF
        lastSwitch = now
        nextReport = now.advanced(byNanoseconds: Int64(seed % 500) * 1_000_000)
        nextChoice = now
        if let bitrate = parameters.maximumBitrate, bitrate > 0 { estimate.ceiling = UInt64(bitrate) }
    }

    /// The most it is to get, in bits per second, whatever its line takes: `incomingBandwidth`, or a small picture.
    package func limit(to bitrate: UInt64) {
        let announced = parameters.maximumBitrate.map { UInt64(max($0, 1)) } ?? .max
        estimate.ceiling = min(bitrate, announced)
    }

    /// Simulcast layers above are not wanted.
    package func limit(toLayer layer: Int, at now: Instant) {
        choice.highestLayer = max(0, layer)
        chooseLayer(at: now)
    }

    /// What its sender should count with, in bits per second.
    var demand: UInt64 { estimate.capacity }

    private var ours: SSRC { parameters.local.media }
}

// MARK: - What to show

extension VideoOutput {
    /// Shows another source, or with `nil` nothing from now on.
    package func show(_ new: VideoSource?, at now: Instant) {
        guard new !== source else { return }
        let old = source
        source = new
        aim(at: nil, at: now)
        new?.add(self)
        if let old, old !== shownSource { old.remove(self) }
        guard let new else { return stop(at: now) }
        choice.restart()
        if new === shownSource, isReading { return }  // it came back before the other one's key frame
        chooseLayer(at: now)
        nextChoice = now.advanced(byNanoseconds: Self.choiceInterval)
    }

    /// A layer of a source has begun to send.
    func layersChanged(of changed: VideoSource, at now: Instant) {
        guard changed === source else { return }
        chooseLayer(at: now)
    }

    func sourceMuted(_ muted: VideoSource, _ isMuted: Bool, at now: Instant) {
        if muted === shownSource, let shown {
            isReading = false
            cursor = shown.log.highest.map { $0 &+ 1 } ?? cursor
            if !isMuted, target == nil { muted.requestKeyFrame(of: shown) }
        }
        guard muted === source, !isMuted, let target else { return }
        muted.requestKeyFrame(of: target)
    }

    func sourceEnded(_ ended: VideoSource, at now: Instant) {
        if ended === source {
            aim(at: nil, at: now)
            source = nil
        }
        if ended === shownSource { leaveShown(at: now) }
    }

    /// A packet has come, or will not come any more.
    func layerGrew(_ layer: VideoLayer, isKeyFrame: Bool, at now: Instant) {
        if isKeyFrame, let keyFrame = layer.log.keyFrame {
            if target === layer {
                take(layer, from: keyFrame.lowerBound, at: now)
            } else if shown === layer, !isReading, keyFrame.lowerBound >= cursor {
                begin(at: keyFrame.lowerBound, of: layer, at: now)
            }
        }
        if shown === layer { pump(at: now) }
    }

    private func chooseLayer(at now: Instant) {
        guard let source else { return }
        guard let pick = choice.choose(from: source.offers(at: now), capacity: estimate.capacity, at: now),
            pick.layer < source.layers.count
        else { return }
        let layer = source.layers[pick.layer]
        guard shown !== layer else {
            aim(at: nil, at: now)
            rewriter.temporalLimit = pick.temporalLimit
            return
        }
        // On the way down the old layer costs as little as it can.
        if let shown, shownSource === source, layer.index < shown.index { rewriter.temporalLimit = 0 }
        guard target !== layer else { return }
        aim(at: layer, at: now)
        if let start = layer.log.start(at: now) {
            take(layer, from: start, at: now)
            pump(at: now)
        } else {
            source.requestKeyFrame(of: layer)
        }
    }

    private func aim(at layer: VideoLayer?, at now: Instant) {
        guard target !== layer else { return }
        layer?.addReader()
        target?.removeReader(at: now)
        target = layer
    }

    /// The target's key frame is there: nothing of the old picture is sent any more.
    private func take(_ layer: VideoLayer, from start: Int64, at now: Instant) {
        let old = shownSource
        layer.addReader()
        shown?.removeReader(at: now)
        aim(at: nil, at: now)
        (shown, shownSource) = (layer, source)
        if let old, old !== source { old.remove(self) }
        if tagged(tag) !== layer {
            tag &+= 1
            setTagged(layer)
        }
        lastSwitch = now
        rewriter.temporalLimit = choice.pick?.temporalLimit ?? VP8Rewriter.allLayers
        begin(at: start, of: layer, at: now)
    }

    /// Goes on at a complete key frame.
    private func begin(at start: Int64, of layer: VideoLayer, at now: Instant) {
        cursor = start
        isReading = true
        counters.begun &+= 1
        rewriter.begin(newest: layer.log.newestTimestamp ?? 0, at: now)
    }

    private func stop(at now: Instant) {
        aim(at: nil, at: now)
        let old = shownSource
        leaveShown(at: now)
        old?.remove(self)
    }

    private func leaveShown(at now: Instant) {
        shown?.removeReader(at: now)
        (shown, shownSource, isReading) = (nil, nil, false)
    }
}

// MARK: - Forwarding

extension VideoOutput {
    /// Sends what lies at the cursor, in order, as far as it is there and the pacer permits.
    private func pump(at now: Instant) {
        guard isReading, let shown, shownSource?.isMuted == false else { return }
        while isReading, pacer.allows(at: now), let highest = shown.log.highest, cursor <= highest {
            if highest &- cursor > Self.mostBacklog, skip(in: shown, at: now) { continue }
            if let record = shown.log.record(cursor) {
                switch rewriter.rewrite(record, at: now) {
                case .send(let numbers): send(record, numbers, of: shown, at: now)
                case .drop: break
                case .broken:
                    lose(shown, at: now)
                    continue
                }
                cursor &+= 1
            } else if shown.repair.isPending(cursor), cursor >= shown.log.oldest {
                guard skip(in: shown, at: now) else { return }
            } else {
                lose(shown, at: now)
            }
        }
    }

    /// Goes on at a newer key frame, if there is one.
    private func skip(in layer: VideoLayer, at now: Instant) -> Bool {
        guard let keyFrame = layer.log.keyFrame, keyFrame.lowerBound > cursor, keyFrame.lowerBound >= layer.log.oldest
        else { return false }
        begin(at: keyFrame.lowerBound, of: layer, at: now)
        return true
    }

    /// The packet at the cursor will never come: what follows cannot be decoded without it.
    private func lose(_ layer: VideoLayer, at now: Instant) {
        counters.broken &+= 1
        guard !skip(in: layer, at: now) else { return }
        isReading = false
        shownSource?.requestKeyFrame(of: layer)
    }

    private func send(
        _ record: PacketRecord, _ numbers: VP8Rewriter.Numbers, of layer: VideoLayer, at now: Instant
    ) {
        guard let ring = layer.ring else { return }
        if record.startsKeyFrame { keyFrameNumber = history.count }
        let hasMID = !isKnown && mid != nil
        let entry = SendHistory.Entry(
            source: record.sequence, timestamp: numbers.timestamp, pictureID: numbers.pictureID,
            tl0PictureIndex: numbers.tl0PictureIndex, keyIndex: numbers.keyIndex, layer: tag, hasMID: hasMID)
        history.append(entry, sequence: numbers.sequence)
        repairs.sent(record.size)
        pacer.sent(record.size, at: now)
        meter.add(record.size, at: now)
        packets &+= 1
        octets &+= UInt32(truncatingIfNeeded: record.size)
        counters.forwarded &+= 1
        sink.send(
            marker: record.marker, payloadType: parameters.payloadType, sequence: numbers.sequence,
            timestamp: numbers.timestamp, ssrc: ours, mid: hasMID ? mid : nil, payloadCount: record.size,
            isRepeat: false
        ) { payload in
            Self.write(record, entry, from: ring, into: &payload)
        }
    }

    private static func write(
        _ record: PacketRecord, _ entry: SendHistory.Entry, from ring: PacketRing,
        into payload: inout MutableSpan<UInt8>
    ) {
        guard ring.copy(record.sequence, into: &payload, at: 0) > 0 else { return }
        record.descriptor.write(
            pictureID: entry.pictureID, tl0PictureIndex: entry.tl0PictureIndex, keyIndex: entry.keyIndex,
            into: &payload)
    }

    private func tagged(_ tag: UInt8) -> VideoLayer? {
        switch tag & 3 {
        case 0: tagged.0
        case 1: tagged.1
        case 2: tagged.2
        default: tagged.3
        }
    }

    private func setTagged(_ layer: VideoLayer?) {
        switch tag & 3 {
        case 0: tagged.0 = layer
        case 1: tagged.1 = layer
        case 2: tagged.2 = layer
        default: tagged.3 = layer
        }
    }
}

// MARK: - Feedback

extension VideoOutput {
    /// Takes what the receiver says about this picture; everything else is passed over.
    package func receive(_ packet: RTCPPacket, at now: Instant) {
        switch packet {
        case .nack(let nack) where nack.media == ours: for sequence in nack.lost { answer(sequence, at: now) }
        case .pictureLoss(_, let media) where media == ours: receiverLostPicture(at: now)
        case .fullIntra(let request):
            for entry in request.entries where entry.media == ours && entry.sequence != intraSequence {
                intraSequence = entry.sequence
                receiverLostPicture(at: now)
            }
        case .receiverBitrate(let bitrate) where bitrate.sources.isEmpty || bitrate.sources.contains(ours):
            receive(bitrate: bitrate.bitsPerSecond, at: now)
        case .senderReport(let report): receive(report.reports, at: now)
        case .receiverReport(let report): receive(report.reports, at: now)
        default: break
        }
    }

    private func answer(_ sequence: UInt16, at now: Instant) {
        switch history.take(sequence, at: now) {
        case .found(let entry):
            // Other layers have had the same tag before, but not in the last 512 packets and four switches.
            guard tag &- entry.layer < 4, let layer = tagged(entry.layer), let ring = layer.ring,
                let record = layer.log.record(entry.source)
            else { return forgot(sequence, at: now) }
            guard repairs.spend(record.size) else { return }
            counters.repeated &+= 1
            sendAgain(record, entry, sequence, from: ring)
        case .forgotten: forgot(sequence, at: now)
        case .tooSoon, .unknown: break
        }
    }

    private func sendAgain(
        _ record: PacketRecord, _ entry: SendHistory.Entry, _ sequence: UInt16, from ring: PacketRing
    ) {
        guard let rtxPayloadType = parameters.rtxPayloadType, let rtx = parameters.local.rtx else {
            sink.send(
                marker: record.marker, payloadType: parameters.payloadType, sequence: sequence,
                timestamp: entry.timestamp, ssrc: ours, mid: entry.hasMID ? mid : nil, payloadCount: record.size,
                isRepeat: true
            ) { payload in
                Self.write(record, entry, from: ring, into: &payload)
            }
            return
        }
        sink.send(
            marker: record.marker, payloadType: rtxPayloadType, sequence: rtxSequence, timestamp: entry.timestamp,
            ssrc: rtx, mid: isKnown ? nil : mid, payloadCount: Retransmission.headerSize + record.size,
            isRepeat: false
        ) { payload in
            Retransmission.write(originalSequence: sequence, to: &payload)
            var original = payload._mutatingExtracting(Retransmission.headerSize..<payload.count)
            Self.write(record, entry, from: ring, into: &original)
        }
        rtxSequence &+= 1
    }

    /// What is asked for cannot be had any more: that matters when frames that are still to come build upon it.
    private func forgot(_ sequence: UInt16, at now: Instant) {
        guard let age = history.age(of: sequence), history.count &- 1 &- age >= keyFrameNumber else { return }
        receiverLostPicture(at: now)
    }

    private func receiverLostPicture(at now: Instant) {
        guard let shown, shownSource?.isMuted == false, patience.allows(at: now) else { return }
        shownSource?.requestKeyFrame(of: shown)
    }

    private func receive(bitrate: UInt64, at now: Instant) {
        let before = estimate.capacity
        estimate.receive(bitrate: bitrate, sending: meter.rate(at: now), at: now)
        followCapacity(since: before, at: now)
    }

    private func receive(_ blocks: [ReportBlock], at now: Instant) {
        for block in blocks where block.ssrc == ours {
            isKnown = true
            if let time = time(since: block, at: now) { roundTrip = time }
            let before = estimate.capacity
            estimate.receive(fractionLost: block.fractionLost, sending: meter.rate(at: now), at: now)
            followCapacity(since: before, at: now)
        }
    }

    /// Down at once; up when it is time to choose.
    private func followCapacity(since before: UInt64, at now: Instant) {
        pacer.follow(capacity: estimate.capacity)
        if estimate.capacity < before { chooseLayer(at: now) }
    }

    /// RFC 3550 §6.4.1: now − LSR − DLSR, in 1/65 536 s.
    private func time(since block: ReportBlock, at now: Instant) -> Duration? {
        guard block.lastSR != 0 else { return nil }
        let middle = UInt32(truncatingIfNeeded: clock.ntp(at: now) >> 16)
        let time = middle &- block.lastSR &- block.delaySinceLastSR
        guard time < 10 << 16 else { return nil }
        return .nanoseconds(Int64(time) * 1_000_000_000 / 65_536)
    }
}

// MARK: - Time

extension VideoOutput {
    /// Once per tick of 20 ms: sends what had to wait, looks for a better layer, appends a report when one is due.
    package func advance(to now: Instant, into feedback: inout [RTCPPacket]) {
        pump(at: now)
        if now >= nextChoice {
            nextChoice = now.advanced(byNanoseconds: Self.choiceInterval)
            chooseLayer(at: now)
            forgetOldLayers(at: now)
        }
        guard now >= nextReport, packets > 0 else { return }
        nextReport = now.advanced(byNanoseconds: Self.reportInterval)
        feedback.append(
            .senderReport(
                SenderReport(
                    ssrc: ours, ntp: clock.ntp(at: now), rtpTimestamp: rewriter.timestamp(at: now), packets: packets,
                    octets: octets)))
    }

    /// Nobody asks for packets from before: browsers give up after a second.
    private func forgetOldLayers(at now: Instant) {
        guard now.nanoseconds(since: lastSwitch) > Self.oldAge else { return }
        tagged = (nil, nil, nil, nil)
        setTagged(shown)
    }

    private static let choiceInterval: Int64 = 1_000_000_000
    private static let reportInterval: Int64 = 1_000_000_000
    private static let oldAge: Int64 = 2_000_000_000
    /// Behind by more than that, a newer key frame is better than all that is missing.
    private static let mostBacklog: Int64 = 192
}
