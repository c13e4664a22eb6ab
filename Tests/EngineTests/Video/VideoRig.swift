import Engine
import Native
import RTC
import TestKit
import Testing
import Wire

/// Cameras, receivers and the network between them and us, in virtual time of a millisecond's grain.
final class VideoRig {
    struct Network: Sendable {
        /// Of a thousand packets, on the way in and on the way out.
        var lostIn = 0
        var lostOut = 0
        var twiceIn = 0
        /// Milliseconds, one way.
        var delay = 10
        /// Some packets take this much longer, in milliseconds.
        var jitter = 0
    }

    private(set) var now = Instant(nanoseconds: 5_000_000_000)
    private(set) var milliseconds = 0
    private(set) var cameras: [RigCamera] = []
    private(set) var receivers: [RigReceiver] = []
    var network: Network
    private(set) var random: SeededGenerator

    init(seed: UInt64 = 1, _ network: Network = Network()) {
        random = SeededGenerator(seed: seed)
        self.network = network
    }

    @discardableResult
    func addCamera(
        style: SyntheticCamera.Style = .init(), layers: Int = 1, hasRTX: Bool = true, nearWraps: Bool = true,
        feedback: VideoFeedback = [.nack, .pli, .fir, .remb]
    ) -> RigCamera {
        let parameters = VideoRig.parameters(
            number: cameras.count, layers: layers > 1 ? ["q", "h", "f"] : [], hasRTX: hasRTX, feedback: feedback)
        let camera = RigCamera(
            number: cameras.count, parameters: parameters, style: style, nearWraps: nearWraps, random: &random, at: now)
        cameras.append(camera)
        return camera
    }

    @discardableResult
    func addReceiver(hasRTX: Bool = true, maximumBitrate: Int? = nil) -> RigReceiver {
        let parameters = VideoRig.parameters(
            number: 100 + receivers.count, layers: [], hasRTX: hasRTX, feedback: [.nack, .pli, .fir, .remb],
            maximumBitrate: maximumBitrate)
        let receiver = RigReceiver(parameters: parameters, seed: random.next(), at: now)
        receivers.append(receiver)
        return receiver
    }

    static func parameters(
        number: Int, layers: [String], hasRTX: Bool, feedback: VideoFeedback, maximumBitrate: Int? = nil
    ) -> VideoParameters {
        VideoParameters(
            index: 1, mid: "1", midExtensionID: 4, payloadType: 96, rtxPayloadType: hasRTX ? 97 : nil,
            feedback: feedback, direction: .sendrecv, layers: layers, ridExtensionID: layers.isEmpty ? nil : 10,
            repairedRIDExtensionID: layers.isEmpty ? nil : 11, maximumBitrate: maximumBitrate,
            local: StreamSSRCs(
                media: SSRC(UInt32(10_000 + number)), rtx: hasRTX ? SSRC(UInt32(20_000 + number)) : nil))
    }

    func run(milliseconds count: Int) {
        for _ in 0..<count { step() }
    }

    func run(seconds: Double) { run(milliseconds: Int(seconds * 1_000)) }

    /// Runs until `condition` holds; returns how many milliseconds that took, `nil` when it did not come true.
    func run(atMost limit: Int, until condition: () -> Bool) -> Int? {
        for passed in 0...limit {
            if condition() { return passed }
            step()
        }
        return nil
    }

    private func step() {
        milliseconds += 1
        now = now.advanced(byNanoseconds: 1_000_000)
        for camera in cameras {
            camera.film(at: milliseconds, network, random: &random)
            camera.deliver(at: milliseconds, now)
        }
        collect()
        for receiver in receivers { receiver.deliver(at: milliseconds, now, network, random: &random) }
        collect()
        guard milliseconds % 20 == 0 else { return }
        for camera in cameras {
            var feedback: [RTCPPacket] = []
            camera.source.advance(to: now, into: &feedback)
            camera.send(feedback, at: milliseconds + network.delay)
        }
        for receiver in receivers {
            var feedback: [RTCPPacket] = []
            receiver.output.advance(to: now, into: &feedback)
            receiver.reports += feedback
        }
        collect()
    }

    /// Takes what outputs have sent; call it after an order that sends at once.
    func collect() {
        for receiver in receivers { receiver.collect(at: milliseconds, network, random: &random) }
    }
}

/// A browser that films.
final class RigCamera {
    struct Sent {
        var packet: SyntheticCamera.Packet
        var layer: Int
    }

    let source: VideoSource
    let parameters: VideoParameters
    private(set) var layers: [SyntheticCamera]
    /// Everything the bridge said, with the time it was said.
    private(set) var feedback: [(at: Int, packet: RTCPPacket)] = []
    private(set) var pictureLosses: [Int] = []
    private(set) var intraSequences: [UInt8] = []
    private(set) var bitrates: [UInt64] = []
    private(set) var requested = 0
    /// Frames a second; 0 films nothing.
    var rate = 30
    var activeLayers: Int
    var answersRequests = true
    var answersLosses = true
    /// Packets whose number divided by this leaves no rest are never sent, nor sent again.
    var neverSends: ((SyntheticCamera.Packet) -> Bool)?
    /// Makes the frames instead of the synthetic camera.
    var encode: ((_ isKeyFrame: Bool, _ passed: UInt32) -> [SyntheticCamera.Packet])?
    /// Names its layers in every packet.
    var namesLayers = true

    private let number: Int
    private let hasRTX: Bool
    private var rtxSequences: [UInt16]
    private var nextFrame = 1
    private var lastKeyFrame = -1_000
    private var wantsKeyFrame = true
    private var sent: [[UInt16: SyntheticCamera.Packet]]
    private var wire: [(at: Int, bytes: [UInt8])] = []
    private var mail: [(at: Int, packets: [RTCPPacket])] = []

    init(
        number: Int, parameters: VideoParameters, style: SyntheticCamera.Style, nearWraps: Bool,
        random: inout SeededGenerator, at now: Instant
    ) {
        self.number = number
        self.parameters = parameters
        hasRTX = parameters.rtxPayloadType != nil
        let count = max(1, parameters.layers.count)
        source = VideoSource(parameters: parameters, seed: random.next(), at: now)
        layers = (0..<count).map { layer in
            var style = style
            if count > 1 { style.bytesPerPiece = [100, 400, 1_100][layer] }
            return SyntheticCamera(
                number: UInt8(number * 4 + layer), style: style, random: &random, nearWraps: nearWraps)
        }
        activeLayers = count
        rtxSequences = (0..<count).map { _ in UInt16.random(in: 0...UInt16.max, using: &random) }
        sent = Array(repeating: [:], count: count)
    }

    /// Changes its sources' numbers.
    var shift: UInt32 = 0

    func ssrc(_ layer: Int) -> SSRC { SSRC(UInt32(1_000 + number * 10 + layer) + shift) }
    func rtx(_ layer: Int) -> SSRC { SSRC(UInt32(5_000 + number * 10 + layer)) }

    /// The camera number that pieces of a layer carry.
    func shows(_ layer: Int = 0) -> UInt8 { layers[layer].number }

    func film(at time: Int, _ network: VideoRig.Network, random: inout SeededGenerator) {
        for mail in mail where mail.at <= time { obey(mail.packets, at: time, network, random: &random) }
        mail.removeAll { $0.at <= time }
        guard rate > 0, time >= nextFrame else { return }
        let passed = UInt32(90_000 / rate)
        nextFrame += 1_000 / rate
        if nextFrame < time { nextFrame = time + 1_000 / rate }
        let isKeyFrame = wantsKeyFrame && time - lastKeyFrame >= 300
        if isKeyFrame { (wantsKeyFrame, lastKeyFrame) = (false, time) }
        for layer in 0..<activeLayers {
            let packets =
                encode?(isKeyFrame, passed) ?? layers[layer].nextFrame(isKeyFrame: isKeyFrame, passed: passed)
            for (index, packet) in packets.enumerated() {
                sent[layer][packet.sequence] = packet
                sent[layer][packet.sequence &- 2_000] = nil
                put(packet, of: layer, at: time + index / 4, network, random: &random)
            }
        }
    }

    func deliver(at time: Int, _ now: Instant) {
        guard wire.contains(where: { $0.at <= time }) else { return }
        for datagram in wire where datagram.at <= time {
            guard let header = try? RTPHeader(parsing: datagram.bytes.span) else { continue }
            source.receive(header, datagram.bytes.span, at: now)
        }
        wire.removeAll { $0.at <= time }
    }

    func send(_ packets: [RTCPPacket], at time: Int) {
        guard !packets.isEmpty else { return }
        feedback += packets.map { (time, $0) }
        mail.append((time, packets))
    }

    func jump(to sequence: UInt16, layer: Int = 0) { layers[layer].jump(to: sequence) }
    func jump(timestamp: UInt32, layer: Int = 0) { layers[layer].timestamp = timestamp }

    private func obey(
        _ packets: [RTCPPacket], at time: Int, _ network: VideoRig.Network, random: inout SeededGenerator
    ) {
        for packet in packets {
            switch packet {
            case .pictureLoss(_, let media):
                #expect((media.rawValue &- shift) / 10 == UInt32(100 + number))
                pictureLosses.append(time)
                if answersRequests { wantsKeyFrame = true }
            case .fullIntra(let request):
                intraSequences += request.entries.map(\.sequence)
                if answersRequests { wantsKeyFrame = true }
            case .receiverBitrate(let bitrate): bitrates.append(bitrate.bitsPerSecond)
            case .nack(let nack):
                requested += nack.lost.count
                guard answersLosses, let layer = layers.indices.first(where: { ssrc($0) == nack.media }) else {
                    continue
                }
                for sequence in nack.lost {
                    if let packet = sent[layer][sequence] {
                        put(packet, of: layer, at: time, network, isRepeat: true, random: &random)
                    }
                }
            default: break
            }
        }
    }

    private func put(
        _ packet: SyntheticCamera.Packet, of layer: Int, at time: Int, _ network: VideoRig.Network,
        isRepeat: Bool = false, random: inout SeededGenerator
    ) {
        if neverSends?(packet) == true { return }
        if Int.random(in: 0..<1_000, using: &random) < network.lostIn { return }
        let bytes = isRepeat && hasRTX ? repetition(packet, layer) : original(packet, layer)
        let extra = network.jitter > 0 && Int.random(in: 0..<10, using: &random) == 0 ? network.jitter : 0
        wire.append((time + network.delay + extra, bytes))
        if Int.random(in: 0..<1_000, using: &random) < network.twiceIn {
            wire.append((time + network.delay + 5, bytes))
        }
    }

    private func original(_ packet: SyntheticCamera.Packet, _ layer: Int) -> [UInt8] {
        let rid = namesLayers && layers.count > 1 ? ExtensionElement(id: 10, text: parameters.layers[layer]) : nil
        return datagram(
            packet, payload: packet.payload, payloadType: 96, sequence: packet.sequence, ssrc: ssrc(layer), rid: rid)
    }

    private func repetition(_ packet: SyntheticCamera.Packet, _ layer: Int) -> [UInt8] {
        rtxSequences[layer] &+= 1
        var payload: [UInt8] = []
        payload.append(bigEndian: packet.sequence)
        let rid = layers.count > 1 ? ExtensionElement(id: 11, text: parameters.layers[layer]) : nil
        return datagram(
            packet, payload: payload + packet.payload, payloadType: 97, sequence: rtxSequences[layer], ssrc: rtx(layer),
            rid: rid)
    }

    private func datagram(
        _ packet: SyntheticCamera.Packet, payload: [UInt8], payloadType: UInt8, sequence: UInt16, ssrc: SSRC,
        rid: ExtensionElement?
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: RTPHeader.size(mid: nil, rid: rid))
        var span = bytes.mutableSpan
        RTPHeader.write(
            marker: packet.marker, payloadType: payloadType, sequence: sequence, timestamp: packet.timestamp,
            ssrc: ssrc, mid: nil, rid: rid, to: &span)
        return bytes + payload
    }
}

/// A browser that watches.
final class RigReceiver {
    let output: VideoOutput
    let parameters: VideoParameters
    /// What was sent, in order, whether it arrives or not.
    private(set) var checker = StreamChecker()
    /// Packets sent again, and those among them that differed from the first time.
    private(set) var repeats = 0
    private(set) var wrongRepeats = 0
    private(set) var sentSequences: [UInt16] = []
    /// Numbers that arrived, with repairs.
    private(set) var arrived: Set<UInt16> = []
    private(set) var bytes = 0
    /// Packets with a MID.
    private(set) var named = 0
    private(set) var bytesByTime: [Int: Int] = [:]
    /// Pictures by camera and time in milliseconds, as they are sent.
    private(set) var history: [(at: Int, camera: UInt8)] = []
    var reports: [RTCPPacket] = []
    /// Says how much it can take, every 200 ms.
    var bitrate: UInt64?
    var fractionLost: UInt8 = 0
    var asksAgain = true
    /// Gets every packet that arrives, repaired ones too, instead of the checker.
    var onArrival: ((RTPHeader, _ payload: [UInt8]) -> Void)?

    private let batch = PacketBatch(capacity: 2_048)
    private var originals: [UInt16: (header: RTPHeader, payload: [UInt8], datagram: [UInt8])] = [:]
    private var wire: [(at: Int, sequence: UInt16)] = []
    private var missing: [UInt16: (since: Int, next: Int)] = [:]
    private var rtxSequence: UInt16?

    init(parameters: VideoParameters, seed: UInt64, at now: Instant) {
        self.parameters = parameters
        output = VideoOutput(
            parameters: parameters, sink: .plain(batch), clock: WallClock(unixNanosecondsAtZero: 0), seed: seed,
            at: now)
    }

    func collect(at time: Int, _ network: VideoRig.Network, random: inout SeededGenerator) {
        for index in 0..<batch.count {
            let datagram = batch.datagram(at: index).bytes
            guard let header = try? RTPHeader(parsing: datagram.span) else { continue }
            bytes += datagram.count
            bytesByTime[time / 100, default: 0] += datagram.count
            if header.extensionElement(4, in: datagram.span) != nil { named += 1 }
            let payload = Array(datagram[header.payload])
            let isLost = Int.random(in: 0..<1_000, using: &random) < network.lostOut
            if header.ssrc == parameters.local.media {
                if !isLost { wire.append((time + network.delay, header.sequence)) }
                if let original = originals[header.sequence] {
                    noteRepeat(original.datagram == datagram)
                    continue
                }
                originals[header.sequence] = (header, payload, datagram)
                originals[header.sequence &- 3_000] = nil
                sentSequences.append(header.sequence)
                if onArrival == nil { checker.receive(header, payload: payload) }
                if let camera = checker.newest?.camera, history.last?.camera != camera {
                    history.append((time, camera))
                }
            } else if header.ssrc == parameters.local.rtx, payload.count > 2 {
                let sequence = payload.span.uint16(at: 0)
                if let rtxSequence { #expect(header.sequence == rtxSequence &+ 1) }
                rtxSequence = header.sequence
                noteRepeat(originals[sequence].map { $0.payload == Array(payload[2...]) } ?? false)
                if !isLost { wire.append((time + network.delay, sequence)) }
            }
        }
        batch.removeAll()
    }

    func deliver(at time: Int, _ now: Instant, _ network: VideoRig.Network, random: inout SeededGenerator) {
        for item in wire where item.at <= time {
            if arrived.insert(item.sequence).inserted, let original = originals[item.sequence] {
                onArrival?(original.header, original.payload)
            }
            arrived.remove(item.sequence &- 3_000)
            missing[item.sequence] = nil
        }
        wire.removeAll { $0.at <= time }
        if time % 10 == 0 { askAgain(at: time, now, network) }
        if let bitrate, time % 200 == 0 {
            let packet = ReceiverBitrate(
                sender: SSRC(7), bitsPerSecond: bitrate, sources: [parameters.local.media])
            output.receive(.receiverBitrate(packet), at: now)
        }
        if time % 1_000 == 0, checker.packets > 0 { report(at: now) }
    }

    private func report(at now: Instant) {
        let block = ReportBlock(
            ssrc: parameters.local.media, fractionLost: fractionLost, cumulativeLost: 0, highestSequence: 0, jitter: 0,
            lastSR: 0, delaySinceLastSR: 0)
        output.receive(.receiverReport(ReceiverReport(ssrc: SSRC(7), reports: [block])), at: now)
    }

    /// As browsers do: after 34 ms, then every 110 ms, up to a second.
    private func askAgain(at time: Int, _ now: Instant, _ network: VideoRig.Network) {
        guard asksAgain else { return }
        for sequence in sentSequences.suffix(400) where !arrived.contains(sequence) && missing[sequence] == nil {
            missing[sequence] = (time, time + 34 + network.delay)
        }
        let due = missing.filter { $0.value.next <= time }.map(\.key).sorted()
        for sequence in due {
            missing[sequence]?.next = time + 110
            if let since = missing[sequence]?.since, time - since > 1_000 {
                missing[sequence] = nil
                arrived.insert(sequence)
            }
        }
        guard !due.isEmpty else { return }
        output.receive(.nack(NACK(sender: SSRC(7), media: parameters.local.media, lost: due)), at: now)
    }

    /// Packets of the newest 400 that have not arrived although there was time to repair them.
    var lostForGood: Int { sentSequences.dropLast(60).suffix(400).filter { !arrived.contains($0) }.count }

    /// It was sent the newest frame, or the one before while that is on its way.
    func isLive(with camera: RigCamera) -> Bool {
        guard let newest = checker.newest else { return false }
        return camera.layers[0].frames - newest.frame <= 1
    }

    private func noteRepeat(_ isRight: Bool) {
        repeats += 1
        if !isRight { wrongRepeats += 1 }
    }
}
