import Native
import RTC
import TestKit
import Testing
import Wire

/// Video packets through a connected peer, both ways, with MID, RTX and simulcast.
struct PeerVideoTests {
    @Test func picturesArriveAsTheyWereWritten() throws {
        let call = try connected([.init()])
        let video = try #require(call.negotiation.videos.first)
        call.run(for: .milliseconds(20)) { $0.show(video, sequence: 100, payload: [0x10, 1, 2, 3], marker: true) }
        call.run(for: .milliseconds(40))
        let (header, packet) = try #require(call.heardByBrowser.first)
        #expect(header.ssrc == video.local.media && header.payloadType == 96 && header.sequence == 100)
        #expect(header.marker && header.timestamp == 9000)
        #expect(Array(packet[header.payload]) == [0x10, 1, 2, 3])
        #expect(header.textElement(4, in: packet.span) == "1")
        #expect(call.browser.pictures.first?.reception.packets == 1)
        #expect(call.browser.counters == FakeBrowser.Counters())
    }

    @Test func withoutMIDOnOfferNoneIsSent() throws {
        let call = try connected([.init()]) { $0.offersMID = false }
        let video = try #require(call.negotiation.videos.first)
        #expect(video.midElement == nil)
        call.run(for: .milliseconds(20)) { $0.show(video, sequence: 1, payload: [0x10]) }
        call.run(for: .milliseconds(40))
        #expect(call.heardByBrowser.first?.header.extensionProfile == nil)
    }

    @Test func aSourceNobodyAnnouncedIsThrownAway() throws {
        let call = try connected([.init()])
        call.run(for: .milliseconds(20)) { call in
            call.peer.sendRTP(
                marker: false, payloadType: 96, sequence: 1, timestamp: 1, ssrc: SSRC(77), mid: nil, payloadCount: 1
            ) { $0[0] = 0x10 }
            call.collect()
        }
        call.run(for: .milliseconds(40))
        #expect(call.heardByBrowser.isEmpty && call.browser.counters.unknownSource == 1)
    }

    /// As large as a slot holds and not a byte more; the length is exact, so nothing of an older packet leaks.
    @Test func theLargestPacketFits() throws {
        let call = try connected([.init()])
        let video = try #require(call.negotiation.videos.first)
        let most = PacketBatch.slotSize - SRTPSession.trailer - RTPHeader.size(mid: video.midElement)
        for (number, (count, isSent)) in [(most, true), (most + 1, false), (-1, false), (0, true)].enumerated() {
            let wasSent = call.peer.sendRTP(
                marker: false, payloadType: 96, sequence: UInt16(number), timestamp: 0,
                ssrc: video.local.media, mid: video.midElement, payloadCount: count
            ) { payload in
                #expect(payload.count == count)
                for index in 0..<payload.count { payload[index] = 7 }
            }
            #expect(wasSent == isSent, "\(count)")
        }
        call.collect()
        call.run(for: .milliseconds(40))
        #expect(call.heardByBrowser.map(\.header.payload.count) == [most, 0])
    }

    @Test func aNumberServesOnce() throws {
        let call = try connected([.init()])
        let video = try #require(call.negotiation.videos.first)
        #expect(call.show(video, sequence: 5, payload: [0x10, 1]))
        #expect(!call.show(video, sequence: 5, payload: [0x10, 2]))
        #expect(call.show(video, sequence: 4, payload: [0x10, 3]))
    }

    /// What a receiver without RTX gets for a lost packet: the very same datagram. A number never used is no repeat.
    @Test func aRepeatIsTheSameDatagram() throws {
        let call = try connected([.init()])
        let video = try #require(call.negotiation.videos.first)
        var datagrams: [[UInt8]] = []
        call.tamper = { toPeer, bytes in
            guard !toPeer else { return [bytes] }
            datagrams.append(bytes)
            return datagrams.count == 1 ? [] : [bytes]
        }
        #expect(call.show(video, sequence: 5, payload: [0x10, 1]))
        #expect(call.show(video, sequence: 6, payload: [0x10, 2]))
        #expect(call.show(video, sequence: 5, payload: [0x10, 1], isRepeat: true))
        #expect(!call.show(video, sequence: 7, payload: [0x10, 1], isRepeat: true))
        call.run(for: .milliseconds(20))
        #expect(datagrams.count >= 3 && datagrams[0] == datagrams[2])
        #expect(call.heardByBrowser.map(\.header.sequence) == [6, 5])
        #expect(call.browser.pictures[0].missingCount == 0)
    }

    @Test func beforeTheHandshakeAndAfterTheEndNothingIsSent() throws {
        let call = try Call(videoSSRCs: VideoNegotiationTests.local.videoSSRCs) { $0.videos = [.init()] }
        let video = try #require(call.negotiation.videos.first)
        #expect(!call.show(video, sequence: 5, payload: [0x10]))
        call.connect()
        call.peer.close()
        #expect(!call.show(video, sequence: 6, payload: [0x10]))
    }

    @Test func retransmissionsCarryTheOldNumber() throws {
        let call = try connected([.init()])
        let video = try #require(call.negotiation.videos.first)
        let (rtx, ssrc) = (try #require(video.rtxPayloadType), try #require(video.local.rtx))
        var seen: [UInt8] = []
        call.tamper = { toPeer, bytes in
            guard !toPeer, bytes[1] & 0x7F == 97 else { return [bytes] }
            seen = bytes
            return [bytes]
        }
        call.run(for: .milliseconds(20)) { call in
            call.show(video, sequence: 300, payload: [0x10, 1])
            call.show(video, sequence: 302, payload: [0x10, 3])
            call.peer.sendRTX(
                marker: true, payloadType: rtx, sequence: 9, timestamp: 9000, ssrc: ssrc, mid: video.midElement,
                originalSequence: 301, payloadCount: 2
            ) { payload in
                #expect(payload.count == 2)
                (payload[0], payload[1]) = (0x00, 2)
            }
            call.collect()
        }
        call.run(for: .milliseconds(40))
        let wire = try RTPHeader(parsing: seen.span)
        #expect(wire.ssrc == ssrc && wire.sequence == 9 && wire.marker && wire.timestamp == 9000)
        let (header, packet) = try #require(call.heardByBrowser.last)
        #expect(header.sequence == 301 && header.ssrc == video.local.media && header.payloadType == 96)
        #expect(Array(packet[header.payload]) == [0x00, 2])
        #expect(call.browser.pictures[0].missingCount == 0 && call.browser.pictures[0].repaired == 1)
    }

    @Test func theBrowserAsksForWhatItLost() throws {
        let call = try connected([.init(.recvonly)])
        let video = try #require(call.negotiation.videos.first)
        for sequence in [10, 11, 14] as [UInt16] { call.show(video, sequence: sequence, payload: [0x10]) }
        call.run(for: .milliseconds(400))
        let asked = call.reportsToPeer.compactMap { if case .nack(let nack) = $0 { nack } else { nil } }
        let first = try #require(asked.first)
        #expect(first.lost == [12, 13] && first.media == video.local.media)
        #expect((2...4).contains(asked.count))
    }

    @Test(arguments: [[], ["q", "h", "f"]])
    func theCameraNamesItsStreamsUntilTheyAreKnown(layers: [String]) throws {
        let call = try connected([.init(layers: layers)])
        let camera = try #require(call.negotiation.camera)
        let count = max(1, layers.count)
        #expect(call.browser.layerCount == count && call.browser.cameraSSRCs.count == count)
        call.run(for: .milliseconds(20)) { call in
            for layer in 0..<count { call.film([0x10, UInt8(layer)], layer: layer) }
        }
        let heard = call.heardByPeer
        #expect(heard.map(\.header.ssrc) == call.browser.cameraSSRCs.map(\.media))
        for (index, (header, packet)) in heard.enumerated() {
            #expect(header.payloadType == camera.payloadType && Array(packet[header.payload]) == [0x10, UInt8(index)])
            let mid = camera.midExtensionID.flatMap { header.textElement($0, in: packet.span) }
            #expect(mid == camera.mid)
            let rid = camera.ridExtensionID.flatMap { header.textElement($0, in: packet.span) }
            #expect(rid == (layers.isEmpty ? nil : layers[index]))
        }
        let blocks = call.browser.cameraSSRCs.map { Self.block($0.media) }
        call.peer.sendRTCP([.receiverReport(ReceiverReport(ssrc: SSRC(1), reports: blocks))])
        call.collect()
        call.run(for: .milliseconds(40))
        call.run(for: .milliseconds(20)) { $0.film([0x10, 9], layer: count - 1) }
        #expect(call.heardByPeer.count == count + 1)
        #expect(call.heardByPeer.last?.header.extensionProfile == nil)
    }

    @Test func withoutSimulcastInTheAnswerTheLowestLayerIsSentAlone() throws {
        let call = try Call(
            videoSSRCs: VideoNegotiationTests.local.videoSSRCs, browser: { $0.videos = [.init(layers: ["q", "h"])] },
            answer: { drop("a=simulcast", from: drop("a=rid", from: $0)) })
        call.connect()
        #expect(call.browser.layerCount == 1)
        #expect(!call.film([0x10], layer: 1))
        #expect(call.film([0x10], layer: 0))
    }

    /// With RTX on a source of its own that names the layer it repairs; without, the same datagram again.
    @Test(arguments: [true, false])
    func theCameraSendsAgainWhatIsMissed(hasRTX: Bool) throws {
        var settings = FakeBrowser.Settings.Video(layers: ["q", "h"])
        settings.offersRTX = hasRTX
        let call = try connected([settings])
        let camera = try #require(call.negotiation.camera)
        let source = try #require(call.browser.cameraSSRCs.last)
        var number: UInt8 = 0
        call.tamper = { toPeer, bytes in
            guard toPeer, (128...191).contains(bytes[0]), bytes[1] & 0x7F == 96 else { return [bytes] }
            number += 1
            return number == 2 ? [] : [bytes]
        }
        call.run(for: .milliseconds(60)) { $0.film([0x10, number], layer: 1) }
        #expect(call.heardByPeer.count == 2)
        let lost = try #require(call.heardByPeer.first).header.sequence &+ 1
        let nack = NACK(sender: SSRC(1), media: source.media, lost: [lost, lost &+ 700])
        call.peer.sendRTCP([.nack(nack)])
        call.collect()
        call.run(for: .milliseconds(40))
        #expect(call.heardByPeer.count == 3 && call.browser.cameraRepeats == 1)
        let (header, packet) = try #require(call.heardByPeer.last)
        guard hasRTX else {
            #expect(header.ssrc == source.media && header.sequence == lost)
            #expect(Array(packet[header.payload]) == [0x10, 1])
            return
        }
        #expect(header.ssrc == source.rtx && header.payloadType == camera.rtxPayloadType)
        let original = header.original(in: packet.span, payloadType: 96, ssrc: source.media)
        let repaired = try #require(original)
        #expect(repaired.sequence == lost && Array(packet[repaired.payload]) == [0x10, 1])
        let id = try #require(camera.repairedRIDExtensionID)
        #expect(header.textElement(id, in: packet.span) == "h")
    }

    @Test func feedbackReachesBothSides() throws {
        let call = try connected([.init()])
        let video = try #require(call.negotiation.videos.first)
        let source = try #require(call.browser.cameraSSRCs.first)
        let limit = ReceiverBitrate(sender: SSRC(1), bitsPerSecond: 1 << 20, sources: [source.media])
        let entry = FullIntraRequest.Entry(media: source.media, sequence: 1)
        call.peer.sendRTCP([
            .pictureLoss(sender: SSRC(1), media: source.media), .receiverBitrate(limit),
            .fullIntra(FullIntraRequest(sender: SSRC(1), entries: [entry])),
        ])
        call.browser.requestKeyFrame(at: call.now)
        call.browser.limit(to: 300_000, at: call.now)
        call.collect()
        call.run(for: .milliseconds(40))
        #expect(call.browser.keyFrameRequests == 2 && call.browser.allowedBitrate == 1 << 20)
        #expect(call.reportsToPeer.contains(.pictureLoss(sender: call.browser.ssrc, media: video.local.media)))
        let remb = ReceiverBitrate(
            sender: call.browser.ssrc, bitsPerSecond: 300_000, sources: [video.local.media])
        #expect(call.reportsToPeer.contains(.receiverBitrate(remb)))
    }

    /// Feedback for many sources is more than a datagram: it goes in several, in order, and none is lost.
    @Test(arguments: [1, 26, 27, 28, 100])
    func muchFeedbackGoesInSeveralDatagrams(count: Int) throws {
        let call = try connected([.init()])
        var sizes: [Int] = []
        call.tamper = { toPeer, bytes in
            if !toPeer { sizes.append(bytes.count) }
            return [bytes]
        }
        // 44 bytes each, of which 27 make 1188.
        let lost = (0..<8).map { UInt16($0 * 40) }
        let packets = (1...UInt32(count)).map { RTCPPacket.nack(NACK(sender: SSRC(1), media: SSRC($0), lost: lost)) }
        for _ in 0..<2 {
            let before = call.reportsToBrowser.count
            sizes = []
            call.peer.sendRTCP(packets)
            call.collect()
            #expect(sizes.count == (count + 26) / 27 && sizes.allSatisfy { $0 <= 1200 + SRTPSession.trailer })
            call.run(for: .milliseconds(40))
            let areTheSame = Array(call.reportsToBrowser[before...]) == packets
            #expect(areTheSame)
        }
    }

    @Test func aPacketThatFitsNoDatagramIsLeftOut() throws {
        let call = try connected([.init()])
        let lost = (0..<500).map { UInt16($0 * 40) }
        let pli = RTCPPacket.pictureLoss(sender: SSRC(1), media: SSRC(2))
        call.peer.sendRTCP([pli, .nack(NACK(sender: SSRC(1), media: SSRC(2), lost: lost)), pli])
        call.peer.sendRTCP([])
        call.collect()
        call.run(for: .milliseconds(40))
        #expect(call.reportsToBrowser == [pli, pli])
    }

    /// A new offer on the same transport: nothing is checked or shaken again, and the new picture has its own source.
    @Test func aReofferGoesOnOverTheSameTransport() throws {
        let call = try connected([.init()])
        let offer = call.browser.renegotiate { $0.videos.append(.init(.recvonly)) }
        let second = try Negotiation(answering: offer, from: call.local, previous: call.negotiation)
        try call.browser.accept(second.answer.text, at: call.now)
        #expect(call.browser.isConnected && call.browser.pictures.map(\.line) == [1, 2])
        call.run(for: .milliseconds(20)) { call in
            for video in second.videos { call.show(video, sequence: 1, payload: [0x10]) }
            call.film([0x10], layer: 0)
        }
        call.run(for: .milliseconds(40))
        #expect(call.heardByBrowser.map(\.header.ssrc) == second.videos.map(\.local.media))
        #expect(call.heardByBrowser.map { $0.header.textElement(4, in: $0.packet.span) } == ["1", "2"])
        #expect(call.heardByPeer.count == 1)
    }

    @Test func videoReportsFlowBothWays() throws {
        let call = try connected([.init()])
        let video = try #require(call.negotiation.videos.first)
        var sequence: UInt16 = 0
        call.run(for: .seconds(3)) { call in
            sequence += 1
            call.show(video, sequence: sequence, payload: [0x10])
            call.film([0x10, 1, 2], layer: 0)
        }
        let reports = call.reportsToPeer.compactMap { if case .senderReport(let report) = $0 { report } else { nil } }
        let source = try #require(call.browser.cameraSSRCs.first)
        let ours = reports.filter { $0.ssrc == source.media }
        #expect((2...3).contains(ours.count))
        #expect(ours.last?.reports.first?.ssrc == video.local.media)
        #expect(call.browser.pictures[0].reception.lost == 0)
    }

    private func connected(
        _ videos: [FakeBrowser.Settings.Video], _ configure: (inout FakeBrowser.Settings) -> Void = { _ in }
    ) throws -> Call {
        let call = try Call(videoSSRCs: VideoNegotiationTests.local.videoSSRCs) { settings in
            settings.videos = videos
            configure(&settings)
        }
        call.connect()
        return call
    }

    private static func block(_ ssrc: SSRC) -> ReportBlock {
        ReportBlock(
            ssrc: ssrc, fractionLost: 0, cumulativeLost: 0, highestSequence: 1, jitter: 0, lastSR: 0,
            delaySinceLastSR: 0)
    }
}

extension Call {
    /// Sends one packet of a picture to the browser.
    @discardableResult
    fileprivate func show(
        _ video: VideoParameters, sequence: UInt16, payload: [UInt8], marker: Bool = false,
        isRepeat: Bool = false
    ) -> Bool {
        let wasSent = peer.sendRTP(
            marker: marker, payloadType: video.payloadType, sequence: sequence, timestamp: 9000,
            ssrc: video.local.media, mid: video.midElement, payloadCount: payload.count,
            isRepeat: isRepeat
        ) { slot in
            for index in payload.indices { slot[index] = payload[index] }
        }
        collect()
        return wasSent
    }

    /// Sends one packet of the browser's camera.
    @discardableResult
    fileprivate func film(_ payload: [UInt8], layer: Int) -> Bool {
        let wasSent = browser.sendVideo(payload.span, layer: layer, marker: true, timestamp: 3000, at: now)
        collect()
        return wasSent
    }
}
