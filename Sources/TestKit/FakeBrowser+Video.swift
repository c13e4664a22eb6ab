import Native
package import RTC
package import Wire

// MARK: - Camera

extension FakeBrowser {
    /// What every packet of the camera needs of the answer.
    struct AgreedVideo {
        let payloadType: UInt8
        let rtxPayloadType: UInt8?
        let mid: ExtensionElement?
        /// By layer.
        let rids: [ExtensionElement?]
        let repairedRIDs: [ExtensionElement?]
    }

    /// How many layers the camera sends: 1 without simulcast, 0 when the server wants none.
    package var layerCount: Int { agreedVideo?.rids.count ?? 0 }

    /// Our sources, by layer.
    package var cameraSSRCs: [StreamSSRCs] { layers.map(\.ssrcs) }

    /// Packets of the camera sent, by layer, without those sent again.
    package var cameraPackets: [UInt32] { layers.map(\.packets) }

    /// Packets of the camera sent again because the server asked.
    package var cameraRepeats: Int { layers.reduce(0) { $0 + $1.repeats } }

    /// Sends one packet of the camera: a VP8 descriptor and what follows.
    ///
    /// - Parameters:
    ///   - layer: Of a simulcast, in the order of the offer; those the answer left out send nothing.
    ///   - marker: Last packet of the frame.
    ///   - timestamp: Of the frame, 90 kHz.
    /// - Returns: Whether it was sent. Either way it takes a number.
    @discardableResult
    package func sendVideo(
        _ payload: Span<UInt8>, layer: Int = 0, marker: Bool, timestamp: UInt32, at now: Instant
    ) -> Bool {
        guard let agreedVideo, agreedVideo.rids.indices.contains(layer), layers.indices.contains(layer) else {
            return false
        }
        let wasSent = maySend(at: now) && writeVideo(payload, layer, marker, timestamp, agreedVideo)
        layers[layer].book(payload.count, timestamp: timestamp, marker: marker, wasSent: wasSent)
        return wasSent
    }

    private func writeVideo(
        _ payload: Span<UInt8>, _ layer: Int, _ marker: Bool, _ timestamp: UInt32, _ agreed: AgreedVideo
    ) -> Bool {
        let stream = layers[layer]
        let (mid, rid) = stream.isKnown ? (nil, nil) : (agreed.mid, agreed.rids[layer])
        let keepsPayload = agreed.rtxPayloadType != nil && stream.ssrcs.rtx != nil
        if keepsPayload, !stream.history.store(payload, in: stream.place) { return false }
        var wasSent = false
        emit { slot in
            let count = RTPHeader.size(mid: mid, rid: rid) + payload.count
            guard count + SRTPSession.trailer <= slot.count else { return 0 }
            let start = RTPHeader.write(
                marker: marker, payloadType: agreed.payloadType, sequence: stream.sequence, timestamp: timestamp,
                ssrc: stream.ssrcs.media, mid: mid, rid: rid, to: &slot)
            for index in payload.indices { slot[start &+ index] = payload[index] }
            guard let length = try? outbound?.protect(&slot, count: count) else { return 0 }
            wasSent = keepsPayload || stream.history.store(slot.span.extracting(0..<length), in: stream.place)
            return length
        }
        return wasSent
    }

    /// Sends again what the server misses: on RTX when that was agreed on, else the same datagram.
    private func sendAgain(_ number: UInt16, of layer: Int) {
        guard let agreedVideo, let (slot, detail) = layers[layer].kept(number) else { return }
        let stream = layers[layer]
        if let rtx = agreedVideo.rtxPayloadType, let ssrc = stream.ssrcs.rtx {
            let rid = stream.isKnown ? nil : agreedVideo.repairedRIDs[layer]
            let mid = stream.isKnown ? nil : agreedVideo.mid
            emit { packet in
                let start = RTPHeader.write(
                    marker: detail.marker, payloadType: rtx, sequence: stream.rtxSequence,
                    timestamp: detail.timestamp, ssrc: ssrc, mid: mid, rid: rid, to: &packet)
                packet.set(number, at: start)
                let count = stream.history.copy(slot, to: &packet, at: start + Retransmission.headerSize)
                guard start + 2 + count + SRTPSession.trailer <= packet.count else { return 0 }
                return (try? outbound?.protect(&packet, count: start + 2 + count)) ?? 0
            }
        } else {
            emit { stream.history.copy(slot, to: &$0, at: 0) }
        }
        layers[layer].sentAgain()
    }
}

extension PacketSlots {
    /// Copies what is in `slot`; returns how many bytes.
    fileprivate func copy(_ slot: Int, to packet: inout MutableSpan<UInt8>, at start: Int) -> Int {
        withSlot(slot) { bytes in
            guard start + bytes.count <= packet.count else { return 0 }
            for index in bytes.indices { packet[start + index] = bytes[index] }
            return bytes.count
        }
    }
}

// MARK: - Pictures

extension FakeBrowser {
    func agree(on videos: [BrowserAnswer.Video]) {
        let camera = videos.first { $0.direction.receives }
        agreedVideo = camera.map { camera in
            // Without simulcast in the answer Chromium sends the lowest layer alone (`media.md` §1.3).
            let isSimulcast = !camera.layers.isEmpty
            let count = isSimulcast ? layers.prefix { camera.layers.contains($0.rid ?? "") }.count : 1
            return AgreedVideo(
                payloadType: camera.payloadType, rtxPayloadType: camera.rtxPayloadType,
                mid: camera.midID.flatMap { ExtensionElement(id: $0, text: camera.mid) },
                rids: Self.names(of: layers.prefix(count), id: isSimulcast ? camera.ridID : nil),
                repairedRIDs: Self.names(of: layers.prefix(count), id: isSimulcast ? camera.repairedRIDID : nil))
        }
        let old = pictures
        pictures = videos.filter { $0.direction.sends }.compactMap { video in
            video.announced.map { ssrcs in
                old.first { $0.ssrcs == ssrcs } ?? BrowserPicture(line: video.index, ssrcs: ssrcs)
            }
        }
    }

    private static func names(of layers: ArraySlice<BrowserLayer>, id: UInt8?) -> [ExtensionElement?] {
        layers.map { layer in
            guard let id, let rid = layer.rid else { return nil }
            return ExtensionElement(id: id, text: rid)
        }
    }

    /// Books a picture's packet; returns its header, that of the lost packet when it came on RTX.
    func notePicture(_ header: RTPHeader, _ packet: Span<UInt8>, at now: Instant) -> RTPHeader? {
        if let place = pictures.firstIndex(where: { $0.ssrcs.media == header.ssrc }) {
            // A plain repeat fills a gap, too; only the counters cannot tell it from a late packet.
            pictures[place].received(header, isRepair: false, at: now)
            return header
        }
        guard let place = pictures.firstIndex(where: { $0.ssrcs.rtx == header.ssrc }),
            let video = answer?.videos.first(where: { $0.index == pictures[place].line })
        else {
            counters.unknownSource += 1
            return nil
        }
        let original = header.original(
            in: packet, payloadType: video.payloadType, ssrc: pictures[place].ssrcs.media)
        if let original { pictures[place].received(original, isRepair: true, at: now) }
        return original
    }

    /// Asks for a key frame of what is shown on a picture's m-line: PLI.
    package func requestKeyFrame(picture: Int = 0, at now: Instant) {
        guard pictures.indices.contains(picture) else { return }
        sendFeedback([.pictureLoss(sender: ssrc, media: pictures[picture].ssrcs.media)], at: now)
    }

    /// Says what it can take of all pictures together: REMB.
    package func limit(to bitsPerSecond: UInt64, at now: Instant) {
        let sources = pictures.map(\.ssrcs.media)
        sendFeedback(
            [.receiverBitrate(ReceiverBitrate(sender: ssrc, bitsPerSecond: bitsPerSecond, sources: sources))], at: now)
    }

    /// Sends RTCP packets as they are, as both browsers do with feedback (RFC 5506).
    package func sendFeedback(_ packets: [RTCPPacket], at now: Instant) {
        guard maySend(at: now) else { return }
        emit(packets)
    }

    func requestLost(at now: Instant) {
        guard maySend(at: now) else { return }
        for place in pictures.indices where pictures[place].missingCount > 0 {
            let lost = pictures[place].requests(at: now)
            if !lost.isEmpty { emit([.nack(NACK(sender: ssrc, media: pictures[place].ssrcs.media, lost: lost))]) }
        }
    }

    func takeFeedback(_ packet: RTCPPacket, at now: Instant) {
        switch packet {
        case .nack(let nack) where settings.repairs:
            guard let layer = layers.firstIndex(where: { $0.ssrcs.media == nack.media }) else { return }
            for number in nack.lost { sendAgain(number, of: layer) }
        case .pictureLoss(_, let media):
            if layers.contains(where: { $0.ssrcs.media == media }) { keyFrameRequests += 1 }
        case .fullIntra(let request):
            let isOurs = request.entries.contains { entry in layers.contains { $0.ssrcs.media == entry.media } }
            if isOurs { keyFrameRequests += 1 }
        case .receiverBitrate(let bitrate): allowedBitrate = bitrate.bitsPerSecond
        default: break
        }
    }

    /// SR and SDES for each layer that sends, or RR, with a block for each picture, every second (`media.md` §1.8).
    func sendVideoReport(at now: Instant) {
        nextVideoReport = now.advanced(by: .seconds(1))
        guard maySend(at: now) else { return }
        var blocks: [ReportBlock] = []
        for place in pictures.indices where pictures[place].reception.packets > 0 {
            blocks.append(pictures[place].reception.report(for: pictures[place].ssrcs.media, at: now))
        }
        var packets: [RTCPPacket] = []
        for layer in layers where layer.packets > 0 {
            packets.append(.senderReport(layer.report(at: now, blocks: packets.isEmpty ? blocks : [])))
            packets.append(.sourceDescription([SourceDescription(ssrc: layer.ssrcs.media, cname: cname)]))
        }
        if packets.isEmpty {
            guard !blocks.isEmpty else { return }
            packets = [.receiverReport(ReceiverReport(ssrc: ssrc, reports: blocks))]
        }
        emit(packets)
    }
}
