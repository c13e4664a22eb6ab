import Engine
import RTC
import TestKit
import Testing
import Wire

/// Two calls that speak with each other in different codecs, or in the same.
struct TranscodingTests {
    static let narrow: [AudioCodec] = [.pcmu, .pcma, .g722]

    private func pair(
        _ settings: Phone.Settings
    ) throws -> (rig: RoomRig, pair: CallPair, caller: Caller, phone: Phone) {
        let rig = try RoomRig(seed: 3)
        let caller = try rig.add(joins: false)
        let phone = try rig.addPhone(settings, joins: false)
        phone.tone = nil
        try rig.connect()
        let pair = CallPair(one: caller.leg, two: phone.leg, at: rig.now)
        rig.pairs.append(pair)
        return (rig, pair, caller, phone)
    }

    private func phones(
        _ first: Phone.Settings, _ second: Phone.Settings
    ) throws -> (rig: RoomRig, pair: CallPair, one: Phone, two: Phone) {
        let rig = try RoomRig(seed: 4)
        let one = try rig.addPhone(first, joins: false)
        let two = try rig.addPhone(second, joins: false)
        let pair = CallPair(one: one.leg, two: two.leg, at: rig.now)
        rig.pairs.append(pair)
        return (rig, pair, one, two)
    }

    private func expectContinuous(_ packets: [Caller.Packet]) {
        for (before, packet) in zip(packets, packets.dropFirst()) {
            #expect(packet.sequence == before.sequence &+ 1)
            #expect(Int32(bitPattern: packet.timestamp &- before.timestamp) >= 0)
        }
    }

    @Test(arguments: narrow)
    func aBrowserAndAPhoneHearEachOther(codec: AudioCodec) throws {
        let (rig, pair, caller, phone) = try pair(.init(codec))
        #expect(pair.isTranscoding)
        caller.hum()
        phone.tone = (440, 6_000)
        try rig.run(seconds: 3)
        let heard = Array(caller.heard.suffix(48_000))
        #expect(abs(Sound.frequency(of: heard, from: 430, to: 450) - 440) < 1)
        #expect(abs(Sound.decibels(Sound.amplitude(of: 440, in: heard), over: 6_000)) < 1)
        #expect(abs(Sound.decibels(try phone.hears(caller.frequency), over: 6_000)) < 1)
        #expect(caller.browser.remoteSSRC == caller.leg.output.ssrc && phone.ssrcs.count == 1)
        expectContinuous(caller.packets)
        expectContinuous(phone.packets)
        #expect(caller.leg.input.counters.concealed + phone.leg.input.counters.concealed == 0)
    }

    @Test(arguments: narrow)
    func theSameCodecIsPassedOnUndecoded(codec: AudioCodec) throws {
        let (rig, pair, one, two) = try phones(.init(codec), .init(codec, ptime: 20))
        #expect(!pair.isTranscoding)
        (one.tone, two.tone) = ((440, 6_000), (700, 6_000))
        try rig.run(seconds: 2)
        #expect(try one.hears(700) > 5_800 && two.hears(440) > 5_800)
        #expect(one.leg.input.decodedFrames + two.leg.input.decodedFrames == 0)
        expectContinuous(one.packets)
    }

    @Test func bothLawsAreTwoCodecs() throws {
        let (rig, pair, one, two) = try phones(.init(.pcmu), .init(.pcma, ptime: 30))
        #expect(pair.isTranscoding)
        (one.tone, two.tone) = ((440, 6_000), (700, 6_000))
        try rig.run(seconds: 2)
        #expect(try one.hears(700) > 5_800 && two.hears(440) > 5_800)
        #expect(two.packets.allSatisfy { $0.payload.count == 240 })
    }

    /// Network 10 ms, the packet's wait for its tick, 5 ms of slack, filters and coders.
    @Test func transcodingDelaysLittle() throws {
        let (rig, _, caller, phone) = try pair(.init(.pcmu))
        caller.words = { _ in [Int16](repeating: 0, count: 960) }
        try rig.run(seconds: 1)
        phone.forget()
        let start = rig.milliseconds
        caller.hum(amplitude: 8_000)
        try rig.run(seconds: 1)
        let samples = try phone.heard()
        let onset = try #require(samples.firstIndex { $0.magnitude > 1_000 })
        let packet = try #require(phone.arrivals.first) + onset / 160 * 20
        // The last sample of the first loud packet was said 20 ms after the packet began.
        let delay = packet - start
        #expect((20...60).contains(delay), "\(delay) ms")
    }

    @Test func whoSaysNothingIsSilenceForAPhoneAndNearlyNothingForABrowser() throws {
        let (rig, _, caller, phone) = try pair(.init(.pcmu))
        caller.words = { _ in nil }
        try rig.run(seconds: 1)
        caller.forget()
        phone.forget()
        try rig.run(seconds: 2)
        #expect(caller.packets.count <= 6)
        #expect(phone.packets.count >= 98 && phone.packets.allSatisfy { $0.payload.allSatisfy { $0 == 0xFF } })
    }

    @Test func comfortNoiseIsHeardByABrowser() throws {
        let (rig, _, caller, phone) = try pair(.init(.pcmu, comfortNoise: true))
        phone.tone = (440, 6_000)
        try rig.run(seconds: 1)
        phone.tone = nil
        rig.send(phone.packet([40], payloadType: 13), of: phone)
        try rig.run(seconds: 4)
        let level = Sound.decibels(Sound.rms(caller.heard.suffix(48_000)), over: 32_768)
        #expect((-46 ... -36).contains(level), "\(level)")
        let concealed = phone.leg.input.counters.concealed
        phone.tone = (440, 6_000)
        try rig.run(seconds: 2)
        #expect(abs(Sound.decibels(caller.hears(440), over: 6_000)) < 1)
        #expect(phone.leg.input.counters.concealed <= concealed + 1)
    }

    @Test func comfortNoiseIsPassedOnToWhoAgreedToIt() throws {
        let (rig, _, one, two) = try phones(.init(.pcmu, comfortNoise: true), .init(.pcmu, comfortNoise: true))
        one.tone = (440, 6_000)
        try rig.run(seconds: 1)
        one.tone = nil
        rig.send(one.packet([40], payloadType: 13), of: one)
        try rig.run(seconds: 1)
        #expect(two.noises.map(\.payload) == [[40]])
    }

    @Test func keysArePressedAgainByTheOtherSidesClock() throws {
        let (rig, _, caller, phone) = try pair(.init(.pcmu))
        caller.hum()
        phone.tone = (440, 6_000)
        try rig.run(seconds: 1)
        press(7, on: phone, of: rig)
        for step: UInt16 in 1...5 {
            caller.browser.sendKey(3, duration: 960 * step, isEnd: step == 5, marker: step == 1, at: rig.now)
            rig.flush(caller)
            try rig.run(milliseconds: 20)
        }
        try rig.run(seconds: 1)
        #expect(rig.facts == rig.facts.filter { $0 == .connected } + [.digit("7"), .digit("3")])
        #expect(caller.keys.map(\.payload).last == [7, 0x8A, 0x12, 0xC0] && caller.keys.count == 7)
        #expect(phone.keys.map(\.payload).last == [3, 0x8A, 0x03, 0x20] && phone.keys.count == 7)
        #expect(Set(phone.keys.map(\.timestamp)).count == 1 && phone.keys.count { $0.marker } == 1)
        let all = (phone.packets + phone.keys).sorted { Int16(bitPattern: $0.sequence &- $1.sequence) < 0 }
        expectContinuous(all.filter { $0.payloadType == 0 }.isEmpty ? [] : all.map { packet in packet })
    }

    private func press(_ key: UInt8, on phone: Phone, of rig: RoomRig) {
        let began = phone.clock
        for step: UInt16 in 1...5 {
            rig.send(phone.key(key, duration: 160 * step, isEnd: false, isFirst: step == 1, began: began), of: phone)
        }
        for _ in 0..<3 {
            rig.send(phone.key(key, duration: 960, isEnd: true, isFirst: false, began: began), of: phone)
        }
    }

    @Test func holdStopsBothWaysAndEndsWithoutAnotherSource() throws {
        let (rig, pair, caller, phone) = try pair(.init(.pcma))
        caller.hum()
        phone.tone = (440, 6_000)
        try rig.run(seconds: 1)
        pair.hold(phone.leg, true, at: rig.now)
        try rig.run(milliseconds: 100)
        caller.forget()
        phone.forget()
        try rig.run(seconds: 2)
        #expect(caller.packets.isEmpty && phone.packets.isEmpty)
        pair.hold(phone.leg, false, at: rig.now)
        try rig.run(seconds: 2)
        #expect(caller.hears(440) > 5_500)
        #expect(try phone.hears(caller.frequency) > 5_500)
        #expect(phone.ssrcs.count == 1 && phone.packets.first?.marker == true)
    }

    @Test func anAnswerDecidesAnewBetweenRelayingAndTranscoding() throws {
        let (rig, pair, one, two) = try phones(.init(.pcmu), .init(.pcmu))
        (one.tone, two.tone) = ((440, 6_000), (700, 6_000))
        try rig.run(seconds: 1)
        #expect(!pair.isTranscoding)
        rig.renegotiate(two, .init(.g722))
        try rig.run(seconds: 2)
        #expect(pair.isTranscoding)
        #expect(try one.hears(700) > 5_500)
        #expect(try two.hears(440) > 5_500)
        rig.renegotiate(two, .init(.pcmu))
        try rig.run(seconds: 2)
        #expect(!pair.isTranscoding)
        #expect(try one.hears(700) > 5_500)
        #expect(try two.hears(440) > 5_500)
        for phone in [one, two] {
            expectContinuous(phone.packets)
            #expect(phone.ssrcs.count == 1)
            // A phone that changes its codec sends no gap longer than a few frames.
            let times = phone.arrivals
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= 60 })
        }
    }

    @Test func aCodecThatTheOtherSideDidNotAgreeToIsTranscoded() throws {
        let (rig, pair, one, two) = try phones(.init(.pcmu, receives: [.pcmu, .pcma]), .init(.pcmu))
        one.tone = (440, 6_000)
        try rig.run(seconds: 1)
        #expect(!pair.isTranscoding)
        one.settings.codec = .pcma
        try rig.run(seconds: 2)
        #expect(pair.isTranscoding)
        #expect(try two.hears(440) > 5_500)
        #expect(two.packets.allSatisfy { $0.payloadType == 0 })
    }

    @Test func theCallsGoOnInARoomAndTogetherAgain() throws {
        let (rig, pair, caller, phone) = try pair(.init(.pcmu))
        caller.hum()
        phone.tone = (440, 6_000)
        try rig.run(seconds: 1)
        pair.end(at: rig.now)
        rig.pairs = []
        try rig.run(seconds: 1)
        rig.pairs = [CallPair(one: phone.leg, two: caller.leg, at: rig.now)]
        try rig.run(seconds: 2)
        #expect(caller.hears(440) > 5_500)
        #expect(try phone.hears(caller.frequency) > 5_500)
        expectContinuous(phone.packets)
        #expect(caller.browser.counters.replayed == 0)
    }

    @Test(arguments: [UInt64](1...3))
    func aPoorNetworkIsRepaired(seed: UInt64) throws {
        let (rig, _, caller, phone) = try pair(.init(.pcmu))
        caller.hum()
        phone.tone = (440, 6_000)
        rig.network.conditions = .poor
        try rig.run(seconds: 10)
        #expect(Sound.decibels(Sound.rms(caller.heard.suffix(96_000)), over: 6_000 / 2.0.squareRoot()) > -2)
        #expect(phone.leg.input.counters.concealed > 5)
        #expect(try Sound.rms(phone.heard().suffix(16_000)) > 3_000)
    }
}
