import Engine
import RTC
import TestKit
import Testing
import Wire

/// Who gets which layer, and what senders are told.
struct VideoLayerTests {
    @Test func aSlowReceiverGetsALowLayerAndAFastOneTheHighest() {
        let rig = VideoRig()
        let camera = rig.addCamera(style: .init(temporalLayers: 3), layers: 3)
        camera.source.limit(to: 2_500_000, policy: .highest)
        let (slow, fast, silent) = (rig.addReceiver(), rig.addReceiver(), rig.addReceiver())
        (slow.bitrate, fast.bitrate) = (90_000, 3_000_000)
        for receiver in rig.receivers { receiver.output.show(camera.source, at: rig.now) }
        rig.run(seconds: 15)
        #expect(slow.checker.newest?.camera == camera.shows(0))
        #expect(fast.checker.newest?.camera == camera.shows(2))
        #expect(silent.checker.newest?.camera == camera.shows(2))
        // Nobody else notices: no key frames but for the slow one's way down, the full rate, the full budget.
        #expect(camera.bitrates.suffix(5).allSatisfy { $0 == 3_750_000 })
        let before = fast.checker.wholeFrames
        rig.run(seconds: 2)
        #expect(fast.checker.wholeFrames - before >= 59)
        for receiver in rig.receivers { #expect(receiver.checker.problems == []) }
    }

    @Test func aReceiverThatRecoversGoesUpAgain() {
        let rig = VideoRig()
        let camera = rig.addCamera(layers: 3)
        let receiver = rig.addReceiver()
        receiver.bitrate = 70_000
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 10)
        #expect(receiver.checker.newest?.camera == camera.shows(0))
        receiver.bitrate = 2_000_000
        rig.run(seconds: 10)
        #expect(receiver.checker.newest?.camera == camera.shows(2))
        #expect(receiver.checker.problems == [])
    }

    /// It rises by 8 % a second and never passes one and a half times what arrives: no reason to give it less.
    @Test func aBrowsersFirstEstimatesAreNoLimit() {
        let rig = VideoRig()
        let camera = rig.addCamera(layers: 3)
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        var bitrate = 60_000.0
        for _ in 0..<20 {
            receiver.bitrate = UInt64(bitrate)
            rig.run(seconds: 1)
            bitrate *= 1.08
        }
        #expect(receiver.checker.newest?.camera == camera.shows(2))
        #expect(!receiver.checker.shown.contains(camera.shows(1)))
    }

    @Test func lossWithoutEstimatesIsALimitToo() {
        let rig = VideoRig()
        let camera = rig.addCamera(layers: 3)
        let receiver = rig.addReceiver()
        receiver.fractionLost = 100
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 20)
        #expect(receiver.checker.newest?.camera == camera.shows(0))
        receiver.fractionLost = 0
        rig.run(seconds: 60)
        #expect(receiver.checker.newest?.camera == camera.shows(2))
        #expect(receiver.checker.problems == [])
    }

    @Test func aSlowReceiverOfASingleStreamGetsFewerFrames() {
        let rig = VideoRig()
        let camera = rig.addCamera(style: .init(temporalLayers: 3, bytesPerPiece: 1_000))
        camera.source.limit(to: 2_500_000, policy: .highest)
        let (slow, fast) = (rig.addReceiver(), rig.addReceiver())
        for receiver in rig.receivers { receiver.output.show(camera.source, at: rig.now) }
        rig.run(seconds: 2)
        slow.bitrate = 150_000
        rig.run(seconds: 8)
        let (slowBefore, fastBefore) = (slow.checker.framesByLayer, fast.checker.framesByLayer)
        let keyFrames = slow.checker.keyFrames
        rig.run(seconds: 4)
        #expect(slow.checker.framesByLayer[2] == slowBefore[2])
        #expect(slow.checker.framesByLayer[0] - slowBefore[0] >= 29)
        #expect(fast.checker.framesByLayer[2] - fastBefore[2] >= 58)
        #expect(slow.checker.keyFrames == keyFrames)
        slow.bitrate = 3_000_000
        rig.run(seconds: 6)
        #expect(slow.checker.framesByLayer[2] > slowBefore[2])
        #expect(slow.checker.keyFrames == keyFrames)
        for receiver in rig.receivers { #expect(receiver.checker.problems == []) }
    }

    @Test func aLayerThatDisappearsIsReplacedAndTakenAgain() {
        let rig = VideoRig()
        let camera = rig.addCamera(layers: 3)
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 5)
        #expect(receiver.checker.newest?.camera == camera.shows(2))
        camera.activeLayers = 1
        rig.run(seconds: 4)
        #expect(receiver.checker.newest?.camera == camera.shows(0))
        let requests = camera.pictureLosses.count
        rig.run(seconds: 5)
        #expect(camera.pictureLosses.count == requests)
        camera.activeLayers = 3
        rig.run(seconds: 8)
        #expect(receiver.checker.newest?.camera == camera.shows(2))
        #expect(receiver.checker.problems == [])
    }

    @Test func aLayerThatStopsIsMissedForLessThanASecond() {
        let rig = VideoRig()
        let camera = rig.addCamera(layers: 3)
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 5)
        camera.activeLayers = 1
        let before = receiver.checker.wholeFrames
        rig.run(milliseconds: 750)
        #expect(receiver.checker.newest?.camera == camera.shows(0))
        #expect(receiver.checker.wholeFrames - before >= 3)
        #expect(receiver.checker.problems == [])
    }

    @Test func layersAreKnownByTheNamesInTheirFirstPackets() {
        let rig = VideoRig()
        let camera = rig.addCamera(layers: 3)
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 1)
        camera.namesLayers = false
        rig.run(seconds: 6)
        #expect(receiver.checker.newest?.camera == camera.shows(2))
        #expect(receiver.checker.problems == [])
    }

    @Test func aSmallPictureKeepsToTheLayerItWasLimitedTo() {
        let rig = VideoRig()
        let camera = rig.addCamera(layers: 3)
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 5)
        receiver.output.limit(toLayer: 0, at: rig.now)
        rig.run(seconds: 5)
        #expect(receiver.checker.newest?.camera == camera.shows(0))
        receiver.output.limit(toLayer: 2, at: rig.now)
        rig.run(seconds: 5)
        #expect(receiver.checker.newest?.camera == camera.shows(2))
    }

    // MARK: What senders are told

    @Test(
        arguments: [
            (UplinkBudget.Policy.lowest, 300_000), (.average, 1_566_666), (.highest, 2_400_000),
        ] as [(UplinkBudget.Policy, UInt64)])
    func theRoomsPolicySaysWhoseLineDecides(policy: UplinkBudget.Policy, expected: UInt64) {
        let rig = VideoRig()
        let camera = rig.addCamera()
        camera.source.limit(to: 2_400_000, policy: policy)
        for limit: UInt64 in [300_000, 2_000_000, 5_000_000] {
            let receiver = rig.addReceiver()
            receiver.output.limit(to: limit)
            receiver.output.show(camera.source, at: rig.now)
        }
        rig.run(seconds: 3)
        #expect(camera.bitrates.last == expected)
    }

    @Test func senderIsAlwaysToldAtLeastOnceASecond() {
        let rig = VideoRig()
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        rig.run(seconds: 5)
        #expect(camera.bitrates.allSatisfy { $0 == 150_000 })
        receiver.output.show(camera.source, at: rig.now)
        rig.run(milliseconds: 30)
        #expect(camera.bitrates.last == 2_500_000)
        rig.run(seconds: 5)
        camera.source.setMuted(true, at: rig.now)
        rig.run(seconds: 3)
        #expect(camera.bitrates.last == 150_000)
        let times = camera.feedback.compactMap { item in
            if case .receiverBitrate(let bitrate) = item.packet, bitrate.sources == [camera.ssrc(0)] {
                item.at
            } else {
                nil
            }
        }
        for (first, second) in zip(times, times.dropFirst()) { #expect(second - first <= 1_000) }
        #expect(rig.milliseconds - (times.last ?? 0) <= 1_000)
    }

    @Test func everyCompoundBeginsWithAReport() {
        let rig = VideoRig(seed: 4, .init(lostIn: 100))
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        for _ in 0..<100 {
            rig.run(milliseconds: 19)
            var feedback: [RTCPPacket] = []
            camera.source.advance(to: rig.now, into: &feedback)
            guard let first = feedback.first else { continue }
            if case .receiverReport = first { continue }
            Issue.record("begins with \(first)")
        }
    }

    @Test func nothingIsKeptOfASourceThatNobodyWatches() {
        let rig = VideoRig()
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        rig.run(seconds: 1)
        #expect(camera.source.layers[0].counters.keyFrames == 0)
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 2)
        #expect(camera.source.layers[0].keepsPackets)
        receiver.output.show(nil, at: rig.now)
        rig.run(seconds: 4.9)
        #expect(camera.source.layers[0].keepsPackets)
        rig.run(seconds: 0.2)
        #expect(!camera.source.layers[0].keepsPackets)
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 1)
        #expect(receiver.checker.problems == [])
        #expect(receiver.isLive(with: camera))
    }
}
