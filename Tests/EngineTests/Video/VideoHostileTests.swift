import Engine
import RTC
import TestKit
import Testing
import Wire

/// What a sender or a receiver of bad will can send: it is counted and dropped, and the picture of others goes on.
struct VideoHostileTests {
    private func watching(seed: UInt64, layers: Int = 1) -> (VideoRig, RigCamera, RigReceiver) {
        let rig = VideoRig(seed: seed)
        let camera = rig.addCamera(layers: layers)
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 1)
        return (rig, camera, receiver)
    }

    private func packet(
        _ payload: [UInt8], type: UInt8, sequence: UInt16, ssrc: SSRC, timestamp: UInt32 = 0, marker: Bool = false
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: RTPHeader.fixedSize)
        var span = bytes.mutableSpan
        RTPHeader.write(
            marker: marker, payloadType: type, sequence: sequence, timestamp: timestamp, ssrc: ssrc, to: &span)
        return bytes + payload
    }

    @discardableResult
    private func give(_ bytes: [UInt8], to camera: RigCamera, in rig: VideoRig) -> Bool {
        guard let header = try? RTPHeader(parsing: bytes.span) else { return false }
        defer { rig.collect() }
        return camera.source.receive(header, bytes.span, at: rig.now)
    }

    @Test(arguments: SeededGenerator.seeds(6))
    func noiseOnEverySourceNeverStopsThePictureForLong(seed: UInt64) {
        let (rig, camera, receiver) = watching(seed: seed, layers: seed % 2 == 0 ? 3 : 1)
        var random = SeededGenerator(seed: seed)
        let sources = [camera.ssrc(0), camera.ssrc(1), camera.rtx(0), SSRC(77), SSRC(0)]
        for _ in 0..<2_000 {
            let bytes = packet(
                random.bytes(upTo: Bool.random(using: &random) ? 20 : 1_400),
                type: [96, 97, 98, 0][Int.random(in: 0..<4, using: &random)],
                sequence: UInt16.random(in: 0...UInt16.max, using: &random),
                ssrc: sources[Int.random(in: 0..<5, using: &random)],
                timestamp: UInt32.random(in: 0...UInt32.max, using: &random),
                marker: Bool.random(using: &random))
            give(bytes, to: camera, in: rig)
            if Int.random(in: 0..<10, using: &random) == 0 { rig.run(milliseconds: 3) }
        }
        let before = receiver.checker.packets
        rig.run(seconds: 8)
        #expect(receiver.checker.packets > before + 200)
        #expect(receiver.checker.newest?.camera == camera.shows(0) || seed % 2 == 0)
    }

    @Test func everyPrefixOfAPacketIsTaken() {
        let (rig, camera, receiver) = watching(seed: 20)
        var random = SeededGenerator(seed: 3)
        var other = SyntheticCamera(number: 9, style: .init(temporalLayers: 3, hasKeyIndex: true), random: &random)
        let payload = other.nextFrame(isKeyFrame: true)[0].payload
        for count in 0...payload.count {
            let sequence = camera.layers[0].sequence &+ UInt16(count)
            give(
                packet(Array(payload[..<count]), type: 96, sequence: sequence, ssrc: camera.ssrc(0)), to: camera,
                in: rig)
        }
        rig.run(seconds: 3)
        #expect(receiver.checker.packets > 0)
    }

    @Test func anotherSourceDoesNotTakeOverFromOneThatSends() {
        let (rig, camera, receiver) = watching(seed: 21)
        var random = SeededGenerator(seed: 4)
        var other = SyntheticCamera(number: 9, style: .init(), random: &random)
        for number in 0..<60 {
            for item in other.nextFrame(isKeyFrame: number % 10 == 0) {
                let isTaken = give(
                    packet(
                        item.payload, type: 96, sequence: item.sequence, ssrc: SSRC(4_711), timestamp: item.timestamp,
                        marker: item.marker), to: camera, in: rig)
                #expect(!isTaken)
            }
            rig.run(milliseconds: 33)
        }
        #expect(receiver.checker.shown == [camera.shows()])
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.keyFrames == 1)
    }

    @Test func aNewSourceTakesOverFromOneThatFellSilent() {
        let (rig, camera, receiver) = watching(seed: 22)
        camera.rate = 0
        rig.run(seconds: 1.5)
        camera.shift = 5_000
        camera.rate = 30
        rig.run(seconds: 2)
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.keyFrames == 2)
        #expect(receiver.isLive(with: camera))
    }

    @Test(arguments: [60, 600, 5_000, 32_768, 40_000, 65_000] as [UInt16])
    func aSenderThatNumbersItsPacketsAnewGoesOnWithAKeyFrame(distance: UInt16) {
        let (rig, camera, receiver) = watching(seed: 23)
        camera.jump(to: camera.layers[0].sequence &+ distance)
        rig.run(seconds: 3)
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.keyFrames == 2)
        #expect(receiver.isLive(with: camera))
    }

    @Test(arguments: [1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_0000] as [UInt32])
    func aSenderWhoseClockJumpsGoesOn(distance: UInt32) throws {
        let (rig, camera, receiver) = watching(seed: 24)
        let before = try #require(receiver.checker.last?.timestamp)
        camera.jump(timestamp: camera.layers[0].timestamp &+ distance)
        rig.run(seconds: 2)
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.keyFrames == 1)
        let after = try #require(receiver.checker.last?.timestamp)
        #expect((100_000...400_000).contains(after &- before))
    }

    @Test func repetitionsOfNothingWeMissChangeNothing() {
        let (rig, camera, receiver) = watching(seed: 25)
        rig.run(seconds: 1)
        let sequence = camera.layers[0].sequence
        var random = SeededGenerator(seed: 5)
        for distance in [-2_000, -300, -1, 0, 3, 300, 5_000, 32_768] {
            var payload: [UInt8] = []
            payload.append(bigEndian: sequence &+ UInt16(truncatingIfNeeded: distance))
            payload += [0x90, 0x80, 0x80, 1, 0x10, 0, 0, 0x9D, 1, 0x2A, 1, 0, 1, 0] + random.bytes(30)
            give(packet(payload, type: 97, sequence: 1, ssrc: camera.rtx(0), marker: true), to: camera, in: rig)
            give(packet(payload, type: 96, sequence: 1, ssrc: camera.rtx(0), marker: true), to: camera, in: rig)
        }
        give(packet([], type: 97, sequence: 2, ssrc: camera.rtx(0)), to: camera, in: rig)
        give(packet([1], type: 97, sequence: 3, ssrc: camera.rtx(0)), to: camera, in: rig)
        give(packet([1, 2], type: 97, sequence: 3, ssrc: camera.rtx(0)), to: camera, in: rig)
        rig.run(seconds: 1)
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.keyFrames == 1)
        #expect(receiver.isLive(with: camera))
    }

    @Test func packetsThatNobodyCouldForwardAreCounted() {
        let (rig, camera, receiver) = watching(seed: 26)
        let sequence = camera.layers[0].sequence
        give(
            packet(
                [0x90, 0x80, 0x80, 1] + [UInt8](repeating: 1, count: 1_300), type: 96, sequence: sequence,
                ssrc: camera.ssrc(0)), to: camera, in: rig)
        #expect(camera.source.layers[0].counters.unusable == 1)
        rig.run(seconds: 2)
        #expect(receiver.checker.problems == [])
        #expect(receiver.isLive(with: camera))
    }

    @Test func feedbackOfAnySizeIsTaken() {
        let (rig, camera, receiver) = watching(seed: 27)
        let ours = receiver.parameters.local.media
        let before = receiver.bytes
        let stream = receiver.checker.packets
        for _ in 0..<20 {
            let all = NACK(sender: SSRC(7), media: ours, lost: (0...65_535).map { UInt16($0) })
            receiver.output.receive(.nack(all), at: rig.now)
            rig.collect()
        }
        #expect(receiver.repeats <= stream)
        #expect(receiver.bytes - before <= 70_000)
        for bitrate: UInt64 in [0, 1, 1 << 63, .max, 0, .max] {
            let packet = ReceiverBitrate(sender: SSRC(7), bitsPerSecond: bitrate, sources: [ours])
            receiver.output.receive(.receiverBitrate(packet), at: rig.now)
            rig.run(milliseconds: 100)
        }
        for value: UInt32 in [0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF] {
            let block = ReportBlock(
                ssrc: ours, fractionLost: UInt8(truncatingIfNeeded: value), cumulativeLost: -1, highestSequence: value,
                jitter: value, lastSR: value, delaySinceLastSR: value)
            receiver.output.receive(.receiverReport(ReceiverReport(ssrc: SSRC(7), reports: [block])), at: rig.now)
            let report = SenderReport(
                ssrc: camera.ssrc(0), ntp: UInt64(value) << 32, rtpTimestamp: value, packets: value, octets: value,
                reports: [block])
            receiver.output.receive(.senderReport(report), at: rig.now)
            camera.source.receive(report, at: rig.now)
        }
        rig.run(seconds: 3)
        #expect(receiver.checker.problems == [])
        #expect(receiver.isLive(with: camera))
    }

    @Test func feedbackAboutOthersIsPassedOver() {
        let (rig, camera, receiver) = watching(seed: 28)
        let requests = camera.pictureLosses.count
        receiver.output.receive(
            .nack(NACK(sender: SSRC(7), media: SSRC(1), lost: receiver.sentSequences)), at: rig.now)
        receiver.output.receive(.pictureLoss(sender: SSRC(7), media: SSRC(1)), at: rig.now)
        receiver.output.receive(.goodbye([receiver.parameters.local.media]), at: rig.now)
        rig.run(seconds: 1)
        #expect(receiver.repeats == 0)
        #expect(camera.pictureLosses.count == requests)
    }
}
