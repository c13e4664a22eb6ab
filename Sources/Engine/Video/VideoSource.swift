package import RTC
package import Wire

/// One camera, or screen, of one call: its layers, who watches it, and what it is told.
///
/// Belongs to the media loop of its call. A packet goes on to all who watch its layer before ``receive(_:_:at:)``
/// returns. Whoever owns it calls ``end(at:)`` when the call is over: source and outputs hold each other.
package final class VideoSource {
    package let parameters: VideoParameters
    /// Lowest first; one without simulcast.
    package let layers: [VideoLayer]
    /// To the sender and back, as its reports on our streams say.
    package var roundTrip: Duration = .milliseconds(100)

    private(set) var outputs: [VideoOutput] = []
    private var budget: UplinkBudget
    private var requester = KeyFrameRequester()
    private var intraSequence: UInt8 = 0
    private var muted = false
    private var nextReport: Instant
    /// Kept so that a tick allocates nothing.
    private var lost: [UInt16] = []

    /// - Parameter seed: Spreads the reports of many sources over the second.
    package init(parameters: VideoParameters, seed: UInt64, at now: Instant) {
        self.parameters = parameters
        layers = (0..<min(max(parameters.layers.count, 1), VideoParameters.mostLayers)).map {
            VideoLayer(index: $0, parameters: parameters)
        }
        budget = UplinkBudget(hasLayers: layers.count > 1)
        nextReport = now.advanced(byNanoseconds: Int64(seed % 1_000) * 1_000_000)
        for (layer, streams) in zip(layers, parameters.announced) {
            layer.ssrc = streams.media
            layer.rtxSSRC = streams.rtx
        }
    }

    /// Whether packets of a picture came within the last second and may be shown.
    package func isVisible(at now: Instant) -> Bool {
        !muted && layers.contains { $0.isActive(at: now) }
    }

    package var isWatched: Bool { !outputs.isEmpty }
    /// Requests for key frames sent so far.
    package var keyFrameRequests: Int { requester.requests }

    /// What the room and the sender's own settings let it send, in bits per second, and whose line decides.
    package func limit(to ceiling: UInt64, policy: UplinkBudget.Policy) {
        (budget.ceiling, budget.policy) = (ceiling, policy)
    }

    /// Nothing is forwarded while it is set, not even what is on its way through a queue.
    package func setMuted(_ isMuted: Bool, at now: Instant) {
        guard muted != isMuted else { return }
        muted = isMuted
        for layer in layers { layer.startAnew() }
        for output in outputs { output.sourceMuted(self, isMuted, at: now) }
    }

    package var isMuted: Bool { muted }

    /// Somebody outside wants a key frame of whatever is sent.
    package func requestKeyFrame(at now: Instant) {
        for layer in layers where layer.isActive(at: now) { requester.request(layer: layer.index) }
    }

    /// The call is over: nobody sees anything of it any more.
    package func end(at now: Instant) {
        for output in outputs { output.sourceEnded(self, at: now) }
        outputs = []
        requester.cancel()
    }

    // MARK: Packets

    /// Takes one decrypted packet of one of its streams. Returns `false` when it is none of them.
    ///
    /// - Parameter packet: At least what `header` was parsed from.
    @discardableResult
    package func receive(_ header: RTPHeader, _ packet: Span<UInt8>, at now: Instant) -> Bool {
        guard header.payloadOffset <= header.payloadEnd, header.payloadEnd <= packet.count else { return false }
        for layer in layers {
            if layer.ssrc == header.ssrc, header.payloadType != parameters.rtxPayloadType {
                receive(header, packet, on: layer, at: now)
                return true
            }
            if layer.rtxSSRC == header.ssrc {
                repair(header, packet, on: layer, at: now)
                return true
            }
        }
        guard let layer = bind(header, packet, at: now) else { return false }
        if layer.ssrc == header.ssrc {
            receive(header, packet, on: layer, at: now)
        } else {
            repair(header, packet, on: layer, at: now)
        }
        return true
    }

    /// Takes the sender's report, for our report blocks.
    package func receive(_ report: SenderReport, at now: Instant) {
        for layer in layers where layer.ssrc == report.ssrc { layer.senderReport(ntp: report.ntp, at: now) }
    }

    private func receive(_ header: RTPHeader, _ packet: Span<UInt8>, on layer: VideoLayer, at now: Instant) {
        if !muted, header.payloadType == parameters.payloadType, !header.payload.isEmpty, !layer.isActive(at: now) {
            // Before the packet is kept: it may be the first of the key frame with which every stream begins.
            layer.start(at: now)
            for output in outputs { output.layerStarted(layer, of: self, at: now) }
        }
        let isKept = !muted && layer.log.isOpen
        let arrival = layer.receive(header, packet.extracting(header.payload), isKept: isKept, at: now)
        forward(arrival, of: layer, at: now)
    }

    private func repair(_ header: RTPHeader, _ packet: Span<UInt8>, on layer: VideoLayer, at now: Instant) {
        guard !muted, layer.log.isOpen, let ssrc = layer.ssrc, header.payloadType == parameters.rtxPayloadType,
            let original = header.original(in: packet, payloadType: parameters.payloadType, ssrc: ssrc),
            original.payloadOffset < original.payloadEnd
        else { return }
        let arrival = layer.receive(repair: original, packet.extracting(original.payload), at: now)
        forward(arrival, of: layer, at: now)
    }

    private func forward(_ arrival: VideoLayer.Arrival, of layer: VideoLayer, at now: Instant) {
        switch arrival {
        case .nothing: return
        case .packet: break
        case .keyFrame: requester.arrived(layer: layer.index)
        }
        let isKeyFrame = arrival == .keyFrame
        for output in outputs { output.layerGrew(layer, isKeyFrame: isKeyFrame, at: now) }
    }

    // MARK: Watchers

    func add(_ output: VideoOutput) {
        guard !outputs.contains(where: { $0 === output }) else { return }
        outputs.append(output)
    }

    func remove(_ output: VideoOutput) {
        outputs.removeAll { $0 === output }
        if outputs.isEmpty { requester.cancel() }
    }

    func requestKeyFrame(of layer: VideoLayer) { requester.request(layer: layer.index) }

    func offers(at now: Instant) -> InlineArray<3, LayerOffer> {
        var offers = InlineArray<3, LayerOffer>(
            repeating: LayerOffer(rates: (0, 0, 0), temporalLayers: 1, isActive: false))
        for layer in layers {
            offers[layer.index] = layer.offer(at: now)
            if hasStopped(layer, at: now) { offers[layer.index].isActive = false }
        }
        return offers
    }

    /// It has fallen silent beside a layer that goes on: browsers stop the highest when they may send less.
    func hasStopped(_ layer: VideoLayer, at now: Instant) -> Bool {
        layers.count > 1 && layer.isSilent(for: VideoLayer.stopped, at: now)
            && layers.contains { !$0.isSilent(for: VideoLayer.stopped / 2, at: now) }
    }

    // MARK: Time

    /// Once per tick of 20 ms: appends what the sender must be told now.
    ///
    /// When it appends anything, a receiver report comes first (RFC 3550 §6.1); the owner adds the CNAME.
    package func advance(to now: Instant, into feedback: inout [RTCPPacket]) {
        let start = feedback.count
        for layer in layers {
            layer.releaseIfIdle(at: now)
            repair(layer, at: now, into: &feedback)
        }
        appendKeyFrameRequest(at: now, into: &feedback)
        appendBitrate(at: now, into: &feedback)
        let isReportDue = now >= nextReport
        guard isReportDue || feedback.count > start else { return }
        var blocks: [ReportBlock] = []
        if isReportDue {
            nextReport = now.advanced(by: Self.reportInterval)
            blocks = layers.compactMap { $0.report(at: now) }
        }
        guard !blocks.isEmpty || feedback.count > start else { return }
        feedback.insert(.receiverReport(ReceiverReport(ssrc: ours, reports: blocks)), at: start)
    }

    private func repair(_ layer: VideoLayer, at now: Instant, into feedback: inout [RTCPPacket]) {
        lost.removeAll(keepingCapacity: true)
        let hasGivenUp = layer.repair(at: now, roundTrip: roundTrip, into: &lost)
        if let ssrc = layer.ssrc, !lost.isEmpty {
            feedback.append(.nack(NACK(sender: ours, media: ssrc, lost: lost)))
        }
        // Those who wait at the gap find out that nothing will come.
        if hasGivenUp { for output in outputs { output.layerGrew(layer, isKeyFrame: false, at: now) } }
    }

    private func appendKeyFrameRequest(at now: Instant, into feedback: inout [RTCPPacket]) {
        guard requester.isWaiting, !muted else { return }
        // A layer that is off sends no key frame however often it is asked, and its neighbours send one each time.
        for layer in layers where !layer.isActive(at: now) || hasStopped(layer, at: now) {
            requester.arrived(layer: layer.index)
        }
        guard let request = requester.take(at: now), let ssrc = layers[request.layer].ssrc else { return }
        if parameters.feedback.contains(.pli) || !parameters.feedback.contains(.fir) {
            feedback.append(.pictureLoss(sender: ours, media: ssrc))
        } else {
            if request.isNew { intraSequence &+= 1 }
            let entry = FullIntraRequest.Entry(media: ssrc, sequence: intraSequence)
            feedback.append(.fullIntra(FullIntraRequest(sender: ours, entries: [entry])))
        }
    }

    /// A sender that is told nothing stays at 300 kb/s for ever (`media.md` §0.1).
    private func appendBitrate(at now: Instant, into feedback: inout [RTCPPacket]) {
        guard layers.contains(where: { $0.ssrc != nil }) else { return }
        budget.begin()
        if !muted { for output in outputs { budget.add(capacity: output.demand) } }
        guard let bitrate = budget.take(at: now) else { return }
        let sources = layers.compactMap(\.ssrc)
        feedback.append(
            .receiverBitrate(ReceiverBitrate(sender: ours, bitsPerSecond: bitrate, sources: sources)))
    }

    private var ours: SSRC { parameters.local.media }

    private static let reportInterval: Duration = .seconds(1)
}

// MARK: - Which stream is which

extension VideoSource {
    /// Finds the layer of a source that is not known yet; browsers name it in their first packets only.
    private func bind(_ header: RTPHeader, _ packet: Span<UInt8>, at now: Instant) -> VideoLayer? {
        if let layer = layer(named: parameters.ridExtensionID, header, packet) {
            guard header.payloadType == parameters.payloadType else { return nil }
            layer.bind(header.ssrc)
            return layer
        }
        if let layer = layer(named: parameters.repairedRIDExtensionID, header, packet) {
            guard header.payloadType == parameters.rtxPayloadType else { return nil }
            layer.rtxSSRC = header.ssrc
            return layer
        }
        guard layers.count == 1, let layer = layers.first else { return nil }
        if header.payloadType == parameters.payloadType {
            // A new source takes over only from one that has fallen silent.
            guard layer.isSilent(for: VideoLayer.layerActivity, at: now) else { return nil }
            layer.bind(header.ssrc)
            return layer
        }
        guard header.payloadType == parameters.rtxPayloadType, parameters.rtxPayloadType != nil, layer.ssrc != nil
        else { return nil }
        layer.rtxSSRC = header.ssrc
        return layer
    }

    private func layer(named id: UInt8?, _ header: RTPHeader, _ packet: Span<UInt8>) -> VideoLayer? {
        guard let id, let range = header.extensionElement(id, in: packet) else { return nil }
        for (index, name) in parameters.layers.enumerated() where index < layers.count {
            if name.utf8.count == range.count, zip(name.utf8, range).allSatisfy({ packet[$1] == $0 }) {
                return layers[index]
            }
        }
        return nil
    }
}
