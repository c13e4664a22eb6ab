import Conference
import Engine
import RTC
import TestKit
import Testing
import Wire

/// Two calls that speak with each other: packets go through as they are.
struct CallPairTests {
    /// Two callers with keys, connected.
    private func rig(
        _ conditions: VirtualNetwork.Conditions = .perfect, videos: [FakeBrowser.Settings.Video] = []
    ) throws -> (rig: RoomRig, pair: CallPair, one: Caller, two: Caller) {
        let rig = try RoomRig(seed: 5)
        let one = try rig.add(videos: videos, joins: false)
        let two = try rig.add(videos: videos, joins: false)
        try rig.connect()
        rig.network.conditions = conditions
        let pair = CallPair(one: one.leg, two: two.leg, at: rig.now)
        rig.pairs.append(pair)
        return (rig, pair, one, two)
    }

    /// One source of ours, each number once, none left out.
    private func expectContinuous(_ packets: [Caller.Packet], _ comment: String = "") {
        for (before, packet) in zip(packets, packets.dropFirst()) {
            #expect(packet.sequence == before.sequence &+ 1, "\(comment)")
            #expect(Int32(bitPattern: packet.timestamp &- before.timestamp) >= 0, "\(comment)")
        }
    }

    @Test func bothHearEachOtherAndNothingIsDecoded() throws {
        let (rig, _, one, two) = try rig()
        one.hum()
        two.hum()
        try rig.run(seconds: 2)
        #expect(one.hears(two) > 4_000 && one.hears(one) < 10)
        #expect(two.hears(one) > 4_000 && two.hears(two) < 10)
        #expect(one.leg.input.decodedFrames == 0 && two.leg.input.decodedFrames == 0)
        for caller in [one, two] {
            #expect(caller.browser.remoteSSRC == caller.leg.output.ssrc)
            expectContinuous(caller.packets)
        }
    }

    @Test func whereNothingIsSentNothingArrives() throws {
        let (rig, _, one, two) = try rig()
        (one.words, two.words) = ({ _ in nil }, { _ in nil })
        try rig.run(seconds: 1)
        one.forget()
        two.hum()
        try rig.run(seconds: 2)
        #expect(two.packets.isEmpty)
        #expect(one.hears(two) > 4_000)
    }

    @Test func lossesAndPausesStayWhatTheyAre() throws {
        let (rig, _, one, two) = try rig(.init(loss: 0.1, delay: .milliseconds(20), jitter: .milliseconds(15)))
        two.words = { _ in nil }
        let frequency = one.frequency
        one.words = { frame in
            guard frame % 100 < 80 else { return nil }
            return Array(Sound.tone(frequency, samples: (frame % 50 + 1) * 960).suffix(960))
        }
        try rig.run(seconds: 10)
        let packets = two.packets.sorted { Int16(bitPattern: $0.sequence &- $1.sequence) < 0 }
        let numbers = Set(packets.map(\.sequence))
        #expect(numbers.count == packets.count, "no number comes twice")
        // Twice a tenth is lost on two ways.
        let span = try #require(packets.last).sequence &- packets[0].sequence
        #expect((65...90).contains(packets.count * 100 / Int(span)), "\(packets.count) of \(span)")
        for (before, packet) in zip(packets, packets.dropFirst()) {
            let step = packet.timestamp &- before.timestamp
            let lost = UInt32(packet.sequence &- before.sequence)
            #expect(step == lost * 960 || step == (lost + 20) * 960, "time keeps the sender's distances")
        }
    }

    @Test func whoIsHeldHearsAndSaysNothingAndNumbersGoOn() throws {
        let (rig, pair, one, two) = try rig()
        one.hum()
        two.hum()
        try rig.run(seconds: 2)
        pair.hold(one.leg, true, at: rig.now)
        #expect(pair.isHeld(one.leg) && !pair.isHeld(two.leg))
        try rig.run(milliseconds: 100)
        let before = [one, two].map(\.packets.count)
        try rig.run(seconds: 2)
        #expect([one, two].map(\.packets.count) == before)
        pair.hold(two.leg, true, at: rig.now)
        pair.hold(one.leg, false, at: rig.now)
        try rig.run(seconds: 1)
        #expect([one, two].map(\.packets.count) == before, "the other one holds it now")
        pair.hold(two.leg, false, at: rig.now)
        try rig.run(seconds: 2)
        for (caller, count) in zip([one, two], before) {
            #expect(caller.hears(caller === one ? two : one) > 4_000)
            expectContinuous(caller.packets)
            let (last, resumed) = (caller.packets[count - 1], caller.packets[count])
            #expect(resumed.marker)
            #expect((145_000...155_000).contains(resumed.timestamp &- last.timestamp), "3 s have passed")
        }
    }

    @Test func keysGoThroughAndAreReportedOnce() throws {
        let (rig, _, one, two) = try rig()
        one.hum()
        try rig.run(seconds: 1)
        for step: UInt16 in 1...5 {
            one.browser.sendKey(7, duration: 960 * step, isEnd: false, marker: step == 1, at: rig.now)
            rig.flush(one)
            try rig.run(milliseconds: 20)
        }
        for _ in 0..<3 { one.browser.sendKey(7, duration: 5_760, isEnd: true, at: rig.now) }
        rig.flush(one)
        try rig.run(milliseconds: 200)
        #expect(rig.facts.filter { $0 == .digit("7") }.count == 1)
        #expect(two.keys.count == 8)
        #expect(two.keys.map(\.marker) == [true] + Array(repeating: false, count: 7))
        #expect(Set(two.keys.map(\.timestamp)).count <= 6)
        #expect(two.keys.last?.payload == [7, 0x8A, 0x16, 0x80])
        let all = (two.packets + two.keys).sorted { Int16(bitPattern: $0.sequence &- $1.sequence) < 0 }
        #expect(zip(all, all.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
    }

    @Test func keysAreNotPassedOnToWhoGetsThemBySignalling() throws {
        let (rig, _, one, two) = try rig()
        two.leg.wantsKeysBySignalling = true
        one.hum()
        try rig.run(seconds: 1)
        for step: UInt16 in 1...5 {
            one.browser.sendKey(7, duration: 960 * step, isEnd: step == 5, marker: step == 1, at: rig.now)
            rig.flush(one)
            try rig.run(milliseconds: 20)
        }
        try rig.run(milliseconds: 200)
        #expect(rig.facts.filter { $0 == .digit("7") }.count == 1)
        #expect(two.keys.isEmpty)
        expectContinuous(two.packets)
    }

    @Test func eachSideGetsItsOwnPayloadTypesAndClocks() throws {
        let rig = try RoomRig()
        let one = try rig.add(joins: false)
        let two = try rig.add(joins: false, hasOtherNumbers: true)
        try rig.connect()
        rig.pairs.append(CallPair(one: one.leg, two: two.leg, at: rig.now))
        #expect(one.leg.output.payloadType == 111 && two.leg.output.payloadType == 109)
        one.hum()
        try rig.run(seconds: 2)
        #expect(two.hears(one) > 4_000)
        for step: UInt16 in 1...5 {
            one.browser.sendKey(3, duration: 960 * step, isEnd: step == 5, at: rig.now)
            rig.flush(one)
            try rig.run(milliseconds: 20)
        }
        #expect(two.keys.map(\.payloadType) == Array(repeating: 101, count: 5))
        #expect(two.keys.last?.payload == [3, 0x8A, 0x03, 0x20], "100 ms are 800 at 8 kHz")
        #expect(two.leg.press("4"))
        try rig.run(seconds: 1)
        #expect(two.keys.last?.payload == [4, 0x8A, 0x03, 0x20])
    }

    @Test func keysOfOurOwnFitInBetween() throws {
        let (rig, _, one, two) = try rig()
        one.hum()
        try rig.run(seconds: 1)
        #expect(two.leg.press("1#d"))
        #expect(!two.leg.press("x") && !two.leg.press(String(repeating: "1", count: 65)))
        try rig.run(seconds: 2)
        let ends = two.keys.filter { $0.payload[1] & 0x80 != 0 }
        #expect(ends.map { $0.payload[0] } == [1, 1, 1, 11, 11, 11, 15, 15, 15])
        #expect(two.keys.count == 21)
        #expect(two.keys.count { $0.marker } == 3)
        #expect(Set(two.keys.map(\.timestamp)).count == 3, "a key's packets stand where it began")
        #expect(two.keys[3].payload == [1, 10, 0x0F, 0x00], "60 ms and more each")
        let all = (two.packets + two.keys).sorted { Int16(bitPattern: $0.sequence &- $1.sequence) < 0 }
        #expect(zip(all, all.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
        #expect(two.packets.count >= 148, "no packet of the other's is lost for it")
    }

    @Test func picturesGoBothWays() throws {
        let (rig, pair, one, two) = try rig(videos: [.init()])
        try rig.run(seconds: 2)
        #expect(one.cameras(since: 1_000) == [2])
        #expect(two.cameras(since: 1_000) == [1])
        let requests = one.browser.keyFrameRequests
        pair.hold(two.leg, true, at: rig.now)
        try rig.run(milliseconds: 100)
        let seen = two.sights.count
        try rig.run(seconds: 1)
        #expect(two.sights.count == seen)
        pair.hold(two.leg, false, at: rig.now)
        try rig.run(seconds: 1)
        #expect(two.sights.count > seen)
        #expect(one.browser.keyFrameRequests > requests, "it begins at a key frame")
    }

    @Test func reportsAreEachSidesOwn() throws {
        let (rig, _, one, two) = try rig(.init(loss: 0.2))
        one.hum()
        two.words = { _ in nil }
        try rig.run(seconds: 16)
        let report = try #require(one.browser.lastReport)
        #expect((30...75).contains(report.fractionLost), "on the way to us alone")
        // What we sent was two fifths less than what the first one numbered; the second one's reports say so to us.
        #expect(two.leg.fractionLost > 25)
        #expect(two.browser.lastReport == nil)
    }

    @Test func theCallsGoOnInARoomAndTogetherAgain() throws {
        let (rig, pair, one, two) = try rig()
        one.hum()
        two.hum()
        try rig.run(seconds: 1)
        pair.end(at: rig.now)
        rig.pairs = []
        try rig.join(one)
        try rig.join(two)
        try rig.run(seconds: 2)
        #expect(one.hears(two) > 4_000 && two.hears(one) > 4_000)
        rig.leave(one)
        rig.leave(two)
        rig.pairs = [CallPair(one: two.leg, two: one.leg, at: rig.now)]
        try rig.run(seconds: 2)
        #expect(one.hears(two) > 4_000 && two.hears(one) > 4_000)
        for caller in [one, two] {
            expectContinuous(caller.packets, "\(caller.number)")
            #expect(caller.browser.counters.replayed == 0)
        }
    }

    @Test func aJumpInTheSendersNumbersIsNoneForTheReceiver() throws {
        let (rig, _, one, two) = try rig()
        one.hum()
        try rig.run(seconds: 1)
        try rig.reload(one)
        one.hum()
        try rig.connect()
        try rig.run(seconds: 2)
        #expect(two.hears(one) > 4_000)
        expectContinuous(two.packets)
        two.hum()
        try rig.run(seconds: 2)
        #expect(one.hears(two) > 4_000)
    }
}
