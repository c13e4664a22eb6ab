import Engine
import RTC
import TestKit
import Testing
import Wire

/// Sources, logs and outputs together: what receivers are sent is one stream that a browser can decode.
struct VideoForwardingTests {
    struct Weather: Sendable, CustomTestStringConvertible {
        var name: String
        var network: VideoRig.Network
        var testDescription: String { name }
    }

    static let weathers = [
        Weather(name: "fair", network: .init()),
        Weather(name: "5 % loss both ways", network: .init(lostIn: 50, lostOut: 50)),
        Weather(name: "packets overtake each other", network: .init(lostIn: 10, twiceIn: 30, jitter: 15)),
        Weather(name: "20 % loss on the way in", network: .init(lostIn: 200, jitter: 30)),
    ]

    private func style(_ random: inout SeededGenerator) -> SyntheticCamera.Style {
        var style = SyntheticCamera.Style()
        style.pictureID = SyntheticCamera.Style.PictureID.allCases.randomElement(using: &random) ?? .wide
        style.temporalLayers = Bool.random(using: &random) ? 3 : 1
        style.keyFramePieces = Int.random(in: 1...30, using: &random)
        return style
    }

    @Test(arguments: weathers, SeededGenerator.seeds(4))
    func everyReceiverGetsOneContinuousStream(weather: Weather, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rig = VideoRig(seed: random.next(), weather.network)
        for number in 0..<4 { rig.addCamera(style: style(&random), hasRTX: number % 2 == 0) }
        for number in 0..<3 { rig.addReceiver(hasRTX: number % 2 == 0) }
        for _ in 0..<60 {
            let receiver = rig.receivers[Int.random(in: 0..<3, using: &random)]
            receiver.output.show(rig.cameras.randomElement(using: &random)?.source, at: rig.now)
            rig.collect()
            rig.run(milliseconds: Int.random(in: 1...400, using: &random))
        }
        for (receiver, camera) in zip(rig.receivers, rig.cameras) { receiver.output.show(camera.source, at: rig.now) }
        rig.run(seconds: 3)
        for (index, receiver) in rig.receivers.enumerated() {
            #expect(receiver.checker.problems == [])
            #expect(receiver.checker.wholeFrames > 50)
            #expect(receiver.wrongRepeats == 0)
            #expect(receiver.checker.shown.last == rig.cameras[index].shows())
            #expect(receiver.lostForGood <= (weather.network.lostOut > 0 ? 4 : 0))
        }
        for camera in rig.cameras {
            for (first, second) in zip(camera.pictureLosses, camera.pictureLosses.dropFirst()) {
                #expect(second - first >= 299)
            }
        }
    }

    @Test func theOldPictureGoesOnUntilTheNewKeyFrameIsComplete() throws {
        let rig = VideoRig()
        let (first, second) = (rig.addCamera(), rig.addCamera())
        let receiver = rig.addReceiver()
        receiver.output.show(first.source, at: rig.now)
        rig.run(seconds: 2)
        // One piece of its key frames never comes: the switch has to wait.
        second.neverSends = { SyntheticCamera.Piece.read($0.payload)?.piece.isKeyFrame == true && $0.marker }
        receiver.output.show(second.source, at: rig.now)
        let before = receiver.checker.wholeFrames
        rig.run(seconds: 1)
        #expect(receiver.checker.shown == [first.shows()])
        #expect(receiver.checker.wholeFrames >= before + 28)
        second.neverSends = nil
        let wait = rig.run(atMost: 700) { receiver.checker.shown.last == second.shows() }
        #expect(wait != nil)
        rig.run(seconds: 1)
        #expect(receiver.checker.shown == [first.shows(), second.shows()])
        #expect(receiver.checker.problems == [])
        #expect(receiver.checker.newest?.camera == second.shows())
    }

    @Test func aSwitchTakesOneRoundTripAndTheEncodersAnswer() throws {
        let rig = VideoRig(seed: 3, .init(delay: 25))
        let (first, second) = (rig.addCamera(), rig.addCamera())
        let receiver = rig.addReceiver()
        receiver.output.show(first.source, at: rig.now)
        rig.run(seconds: 2)
        receiver.output.show(second.source, at: rig.now)
        // 20 ms tick, 50 ms round trip, 33 ms to the next frame, 2 ms for its packets.
        let wait = try #require(rig.run(atMost: 1_000) { receiver.checker.shown.last == second.shows() })
        #expect(wait <= 110)
    }

    @Test func aYoungKeyFrameIsShownAtOnceAndCostsNoRequest() {
        let rig = VideoRig()
        let camera = rig.addCamera()
        let (early, late) = (rig.addReceiver(), rig.addReceiver())
        early.output.show(camera.source, at: rig.now)
        rig.run(milliseconds: 600)
        let requests = camera.pictureLosses.count
        late.output.show(camera.source, at: rig.now)
        rig.collect()
        #expect(late.checker.shown == [camera.shows()])
        rig.run(milliseconds: 200)
        #expect(late.checker.problems == [])
        #expect(late.checker.newest == early.checker.newest)
        #expect(camera.pictureLosses.count == requests)
    }

    @Test func tenWhoJoinTogetherCauseOneRequest() {
        let rig = VideoRig()
        let camera = rig.addCamera()
        for _ in 0..<11 { rig.addReceiver() }
        rig.receivers[0].output.show(camera.source, at: rig.now)
        rig.run(seconds: 5)
        let before = camera.pictureLosses.count
        for receiver in rig.receivers.dropFirst() { receiver.output.show(camera.source, at: rig.now) }
        rig.run(seconds: 2)
        #expect(camera.pictureLosses.count == before + 1)
        for receiver in rig.receivers {
            #expect(receiver.checker.problems == [])
            #expect(receiver.checker.newest == rig.receivers[0].checker.newest)
        }
    }

    @Test func aRequestIsRepeatedUntilTheKeyFrameComes() {
        let rig = VideoRig()
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        rig.run(seconds: 1)
        camera.answersRequests = false
        receiver.output.show(camera.source, at: rig.now)
        rig.run(milliseconds: 1_900)
        #expect(camera.pictureLosses.count == 7)
        #expect(receiver.checker.packets == 0)
        camera.answersRequests = true
        rig.run(seconds: 2)
        #expect(camera.pictureLosses.count == 8)
        #expect(receiver.checker.wholeFrames > 30)
    }

    @Test func countsItsRequestsForThoseWhoOnlyKnowFIR() {
        let rig = VideoRig()
        let camera = rig.addCamera(feedback: [.nack, .fir, .remb])
        let receiver = rig.addReceiver()
        rig.run(seconds: 1)
        camera.answersRequests = false
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 1.2)
        camera.answersRequests = true
        rig.run(seconds: 2)
        #expect(camera.intraSequences.count >= 3)
        #expect(Set(camera.intraSequences) == [1])
        receiver.output.receive(.pictureLoss(sender: SSRC(7), media: receiver.parameters.local.media), at: rig.now)
        rig.run(seconds: 1)
        #expect(camera.intraSequences.last == 2)
    }

    @Test func muteStopsThePictureWithTheNextPacket() {
        let rig = VideoRig()
        let camera = rig.addCamera()
        let (receiver, waiting) = (rig.addReceiver(), rig.addReceiver())
        receiver.output.show(camera.source, at: rig.now)
        rig.run(milliseconds: 1_510)
        camera.source.setMuted(true, at: rig.now)
        waiting.output.show(camera.source, at: rig.now)
        let (sent, repeated) = (receiver.checker.packets, receiver.repeats)
        let recent = Array(receiver.sentSequences.suffix(20))
        receiver.output.receive(
            .nack(NACK(sender: SSRC(7), media: receiver.parameters.local.media, lost: recent)), at: rig.now)
        rig.run(seconds: 2)
        #expect(receiver.checker.packets == sent)
        #expect(receiver.repeats == repeated)
        #expect(waiting.checker.packets == 0)
        #expect(!camera.source.isVisible(at: rig.now))
        camera.source.setMuted(false, at: rig.now)
        rig.run(seconds: 1)
        #expect(receiver.checker.packets > sent)
        #expect(receiver.checker.keyFrames == 2)
        #expect(waiting.checker.wholeFrames > 10)
        for receiver in rig.receivers { #expect(receiver.checker.problems == []) }
    }

    @Test func showingNothingStopsAtOnceAndAnEndedSourceIsForgotten() {
        let rig = VideoRig()
        let (first, second) = (rig.addCamera(), rig.addCamera())
        let receiver = rig.addReceiver()
        receiver.output.show(first.source, at: rig.now)
        rig.run(seconds: 1)
        receiver.output.show(nil, at: rig.now)
        let sent = receiver.checker.packets
        rig.run(seconds: 1)
        #expect(receiver.checker.packets == sent)
        #expect(!first.source.isWatched)
        receiver.output.show(second.source, at: rig.now)
        rig.run(seconds: 1)
        second.source.end(at: rig.now)
        let shown = receiver.checker.packets
        rig.run(seconds: 1)
        #expect(receiver.checker.packets == shown)
        #expect(receiver.output.source == nil)
        receiver.output.show(first.source, at: rig.now)
        rig.run(seconds: 1)
        #expect(receiver.checker.packets > shown)
        #expect(receiver.checker.problems == [])
    }

    @Test func nothingIsShownAfterTheNewSourceEndedBeforeItsKeyFrame() {
        let rig = VideoRig()
        let (first, second) = (rig.addCamera(), rig.addCamera())
        let receiver = rig.addReceiver()
        receiver.output.show(first.source, at: rig.now)
        rig.run(seconds: 1)
        second.answersRequests = false
        receiver.output.show(second.source, at: rig.now)
        rig.run(seconds: 1)
        second.source.end(at: rig.now)
        let before = receiver.checker.packets
        rig.run(seconds: 1)
        #expect(receiver.checker.packets > before)
        receiver.output.show(nil, at: rig.now)
        let after = receiver.checker.packets
        rig.run(seconds: 1)
        #expect(receiver.checker.packets == after)
        #expect(!first.source.isWatched)
        #expect(receiver.checker.problems == [])
    }

    @Test func comingBackBeforeTheOtherPictureIsReadyChangesNothing() {
        let rig = VideoRig()
        let (first, second) = (rig.addCamera(), rig.addCamera())
        let receiver = rig.addReceiver()
        receiver.output.show(first.source, at: rig.now)
        rig.run(seconds: 2)
        let requests = first.pictureLosses.count
        receiver.output.show(second.source, at: rig.now)
        rig.run(milliseconds: 15)
        receiver.output.show(first.source, at: rig.now)
        rig.run(seconds: 2)
        #expect(receiver.checker.shown == [first.shows()])
        #expect(receiver.checker.keyFrames == 1)
        #expect(first.pictureLosses.count == requests)
        #expect(!second.source.isWatched)
        #expect(receiver.checker.problems == [])
    }

    @Test func aKeyFrameIsSpreadOverSomeTime() throws {
        let rig = VideoRig()
        let camera = rig.addCamera(style: .init(keyFramePieces: 90, bytesPerPiece: 1_190))
        let receiver = rig.addReceiver()
        rig.run(seconds: 1)
        receiver.output.show(camera.source, at: rig.now)
        let start = try #require(rig.run(atMost: 1_000) { receiver.checker.packets > 0 })
        #expect(receiver.bytes < 30_000)
        let whole = try #require(rig.run(atMost: 1_000) { receiver.checker.wholeFrames >= 1 })
        #expect((20...80).contains(whole), "\(start) ms, \(whole) ms")
        rig.run(seconds: 1)
        #expect(receiver.checker.problems == [])
    }

    @Test func namesItsLineUntilTheReceiverHasReported() {
        let rig = VideoRig()
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(milliseconds: 990)
        #expect(receiver.named == receiver.checker.packets)
        rig.run(milliseconds: 20)
        let named = receiver.named
        rig.run(seconds: 1)
        #expect(receiver.named == named)
    }

    @Test func reportsWhatItSendsOnceASecond() throws {
        let rig = VideoRig()
        let camera = rig.addCamera()
        let receiver = rig.addReceiver()
        receiver.output.show(camera.source, at: rig.now)
        rig.run(seconds: 4.5)
        let reports = receiver.reports.compactMap { packet in
            if case .senderReport(let report) = packet { report } else { nil }
        }
        #expect((4...5).contains(reports.count))
        let last = try #require(reports.last)
        let before = reports[reports.count - 2]
        #expect(last.ssrc == receiver.parameters.local.media)
        let seconds = Double(last.ntp - before.ntp) / 4_294_967_296
        #expect(abs(Double(last.rtpTimestamp &- before.rtpTimestamp) / 90_000 - seconds) < 0.04)
        #expect(last.packets > before.packets)
    }
}
