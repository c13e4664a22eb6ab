import Engine
import RTC
import TestKit
import Testing
import Wire

/// Losses on the way from a sender and on the way to a receiver.
struct VideoRepairTests {
    // MARK: From the sender

    @Test(arguments: [true, false])
    func whatIsLostOnTheWayInIsAskedForAndNobodyNotices(hasRTX: Bool) {
        let rig = VideoRig(seed: 5, .init(lostIn: 50))
        let camera = rig.addCamera(hasRTX: hasRTX)
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 20)
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.wholeFrames > 580)
        #expect(receiver.output.counters.broken == 0)
        #expect(camera.requested > 50)
        #expect(camera.source.layers[0].counters.repaired > 50)
        #expect(camera.pictureLosses.count <= 1)
    }

    @Test func asksForALostPacketSoonAndNotTooOften() throws {
        let rig = VideoRig(seed: 6)
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 1)
        camera.answersLosses = false
        var lost: UInt16?
        camera.neverSends = { packet in
            if lost == nil { lost = packet.sequence }
            return packet.sequence == lost
        }
        let start = rig.milliseconds
        rig.run(seconds: 2)
        let number = try #require(lost)
        let times = camera.feedback.compactMap { item in
            if case .nack(let nack) = item.packet, nack.lost.contains(number) { item.at - start } else { nil }
        }
        #expect((5...8).contains(times.count))
        // Ten milliseconds each way, a frame's time until the gap shows, a tick; then a round trip of 100 ms between.
        #expect(times[0] <= 130)
        for (first, second) in zip(times, times.dropFirst()) { #expect((100...121).contains(second - first)) }
    }

    @Test func whatNobodyCanGiveIsFollowedByAKeyFrame() throws {
        let rig = VideoRig(seed: 7)
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 2)
        let (requests, start) = (camera.pictureLosses.count, rig.milliseconds)
        camera.answersLosses = false
        var isLost = false
        camera.neverSends = { _ in
            defer { isLost = true }
            return !isLost
        }
        rig.run(seconds: 2)
        #expect(camera.pictureLosses.count == requests + 1)
        let request = try #require(camera.pictureLosses.last)
        #expect(request - start <= 660)
        #expect(receiver.output.counters.broken == 1)
        #expect(receiver.checker.keyFrames == 2)
        #expect(receiver.checker.problems == [])
        #expect(receiver.isLive(with: camera))
    }

    @Test func withoutNACKAKeyFrameIsAskedForSoon() throws {
        let rig = VideoRig(seed: 8)
        let camera = rig.addCamera(feedback: [.pli, .remb])
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 2)
        let start = rig.milliseconds
        var isLost = false
        camera.neverSends = { _ in
            defer { isLost = true }
            return !isLost
        }
        rig.run(seconds: 1)
        #expect(camera.requested == 0)
        let request = try #require(camera.pictureLosses.last)
        #expect((60...200).contains(request - start))
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.keyFrames == 2)
    }

    @Test func aHoleWiderThanTheLogIsFollowedByAKeyFrame() {
        let rig = VideoRig(seed: 9)
        let camera = rig.addCamera(style: .init(largestFrame: 20))
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 2)
        camera.neverSends = { _ in true }
        rig.run(seconds: 4)
        camera.neverSends = nil
        rig.run(seconds: 1.5)
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.newest?.camera == camera.shows())
        #expect((camera.layers[0].frames - (receiver.checker.newest?.frame ?? 0)) <= 1)
    }

    // MARK: To the receiver

    @Test(arguments: [true, false])
    func whatIsLostOnTheWayOutIsSentAgainAsItWas(hasRTX: Bool) {
        let rig = VideoRig(seed: 10, .init(lostOut: 50))
        let camera = rig.addCamera()
        let receiver = rig.addReceiver(hasRTX: hasRTX)
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 10)
        #expect(receiver.repeats > 30)
        #expect(receiver.wrongRepeats == 0)
        #expect(receiver.lostForGood == 0)
        #expect(receiver.checker.problems == [])
        #expect(camera.pictureLosses.count <= 1)
    }

    @Test func sendsAPacketAgainAtMostOnceInFiftyMilliseconds() {
        let (rig, _, receiver) = watching()
        let newest = receiver.sentSequences.last ?? 0
        for _ in 0..<10 {
            nack([newest], to: receiver, in: rig)
            rig.run(milliseconds: 1)
        }
        #expect(receiver.repeats == 1)
        let sequence = receiver.sentSequences[receiver.sentSequences.count - 5]
        nack([sequence], to: receiver, in: rig)
        rig.run(milliseconds: 51)
        nack([sequence], to: receiver, in: rig)
        #expect(receiver.repeats == 3)
    }

    @Test func repetitionsTakeAFifthOfTheStreamAtMost() {
        let (rig, _, receiver) = watching()
        let before = receiver.bytes
        for _ in 0..<200 {
            nack(receiver.sentSequences.suffix(500), to: receiver, in: rig)
            rig.run(milliseconds: 50)
        }
        let sent = (receiver.bytes - before)
        let stream = receiver.checker.packets * 150
        #expect(receiver.repeats > 100)
        #expect(sent < stream * 13 / 10 + 70_000)
        #expect(receiver.wrongRepeats == 0)
    }

    @Test func whatIsNoLongerKnownCausesAKeyFrameOnlyWhileItMatters() {
        let rig = VideoRig(seed: 12)
        let camera = rig.addCamera(style: .init(largestFrame: 20))
        let receiver = rig.addReceiver()
        receiver.asksAgain = false
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 4)
        let requests = camera.pictureLosses.count
        let sequences = receiver.sentSequences
        #expect(sequences.count > 600)
        // Never sent: not ours to repair.
        nack([(sequences.last ?? 0) &+ 100], to: receiver, in: rig)
        rig.run(milliseconds: 100)
        #expect(camera.pictureLosses.count == requests)
        // Sent long ago, and everything since builds on it.
        nack([sequences[sequences.count - 600]], to: receiver, in: rig)
        rig.run(milliseconds: 900)
        #expect(camera.pictureLosses.count == requests + 1)
        #expect(receiver.checker.keyFrames == 2)
        // Still unknown, but from before the key frame.
        nack([sequences[sequences.count - 600]], to: receiver, in: rig)
        rig.run(seconds: 1)
        #expect(camera.pictureLosses.count == requests + 1)
    }

    @Test func oneBadReceiverDoesNotMakeTheSenderSendKeyFramesForEver() {
        let (rig, camera, receiver) = watching()
        rig.run(seconds: 10)
        let before = camera.pictureLosses.count
        for _ in 0..<105 {
            receiver.output.receive(.pictureLoss(sender: SSRC(7), media: receiver.parameters.local.media), at: rig.now)
            rig.run(milliseconds: 190)
        }
        #expect((5...10).contains(camera.pictureLosses.count - before))
    }

    @Test func aCommandIsCarriedOutOnce() {
        let (rig, camera, receiver) = watching()
        rig.run(seconds: 1)
        let before = camera.pictureLosses.count
        for sequence: UInt8 in [5, 5, 5, 6] {
            let entry = FullIntraRequest.Entry(media: receiver.parameters.local.media, sequence: sequence)
            receiver.output.receive(.fullIntra(FullIntraRequest(sender: SSRC(7), entries: [entry])), at: rig.now)
            rig.run(seconds: 1.5)
        }
        #expect(camera.pictureLosses.count == before + 2)
    }

    private func watching() -> (VideoRig, RigCamera, RigReceiver) {
        let rig = VideoRig(seed: 11)
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        receiver.asksAgain = false
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 2)
        return (rig, camera, receiver)
    }

    private func nack(_ lost: [UInt16], to receiver: RigReceiver, in rig: VideoRig) {
        receiver.output.receive(
            .nack(NACK(sender: SSRC(7), media: receiver.parameters.local.media, lost: lost)), at: rig.now)
        rig.collect()
    }
}
