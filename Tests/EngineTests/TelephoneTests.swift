import Calls
import Conference
import Engine
import RTC
import TestKit
import Testing
import Wire

/// Telephones in rooms with browsers and with each other.
struct TelephoneTests {
    static let codecs: [AudioCodec] = [.pcmu, .pcma, .g722, .opus]
    static let narrow: [AudioCodec] = [.pcmu, .pcma, .g722]

    @Test(arguments: codecs)
    func aBrowserHearsAPhonesTone(codec: AudioCodec) throws {
        let rig = try RoomRig()
        let listener = try rig.add()
        let phone = try rig.addPhone(.init(codec))
        try rig.connect()
        if codec == .opus { phone.settings.codec = .opus }
        phone.tone = (440, 6_000)
        try rig.run(seconds: 2.5)
        let heard = Array(listener.heard.suffix(48_000))
        #expect(abs(Sound.frequency(of: heard, from: 430, to: 450) - 440) < 1)
        #expect(abs(Sound.decibels(Sound.amplitude(of: 440, in: heard), over: 6_000)) < 1)
        #expect(phone.leg.input.counters.concealed == 0)
    }

    @Test(arguments: narrow)
    func aPhoneHearsABrowsersTone(codec: AudioCodec) throws {
        let rig = try RoomRig()
        let caller = try rig.add()
        let phone = try rig.addPhone(.init(codec))
        try rig.connect()
        caller.hum(amplitude: 6_000)
        try rig.run(seconds: 2.5)
        let (frequency, rate) = (caller.frequency, codec.sampleRate)
        let scale = 48_000 / Double(rate)
        let heard = try phone.heard().suffix(rate)
        let found = Sound.frequency(of: heard, from: (frequency - 5) * scale, to: (frequency + 5) * scale) / scale
        #expect(abs(found - frequency) < 1)
        #expect(abs(Sound.decibels(try phone.hears(frequency), over: 6_000)) < 1)
        #expect(phone.ssrcs.count == 1)
        let packets = phone.packets
        for (before, packet) in zip(packets, packets.dropFirst()) {
            #expect(packet.sequence == before.sequence &+ 1 && packet.timestamp == before.timestamp &+ 160)
        }
    }

    @Test func eachMixIsEncodedOnceForEachCodec() throws {
        let rig = try RoomRig()
        let speaker = try rig.add()
        try rig.add()
        try rig.add()
        for codec in [AudioCodec.pcmu, .pcmu, .pcmu, .pcma, .pcma, .g722] { try rig.addPhone(.init(codec)) }
        try rig.connect()
        speaker.hum()
        try rig.run(seconds: 1)
        let before = rig.room.encodedFrames
        try rig.run(seconds: 1)
        #expect(rig.room.encodedFrames - before == 50 * 4, "one for each codec; who speaks alone hears nothing")
        for phone in rig.phones { #expect(try phone.hears(speaker.frequency) > 5_000) }
        #expect(rig.callers[1].hears(speaker) > 4_000)
    }

    @Test func phonesHearEachOtherWithoutThemselves() throws {
        let rig = try RoomRig()
        let phones = try [AudioCodec.pcmu, .pcma, .g722].map { try rig.addPhone(.init($0)) }
        for (number, phone) in phones.enumerated() { phone.tone = (400 + 300 * Double(number), 5_000) }
        try rig.run(seconds: 3)
        for (number, phone) in phones.enumerated() {
            for other in 0..<3 {
                let amplitude = try phone.hears(400 + 300 * Double(other))
                #expect(other == number ? amplitude < 60 : abs(Sound.decibels(amplitude, over: 5_000)) < 1)
            }
        }
    }

    @Test(arguments: narrow)
    func nothingIsHeardOfTheWayFromTheSharedFrameToAnOwnOneAndBack(codec: AudioCodec) throws {
        let rig = try RoomRig()
        let source = try rig.addPhone(.init(codec))
        let phone = try rig.addPhone(.init(codec))
        // Keeps the shared frame in use.
        try rig.addPhone(.init(codec))
        source.tone = (440, 6_000)
        try rig.run(seconds: 1)
        phone.forget()
        try rig.run(milliseconds: 600)
        phone.tone = (1_000, 4_000)
        try rig.run(milliseconds: 1_000)
        let spoken = rig.room.encodedFrames
        try rig.run(milliseconds: 200)
        #expect(rig.room.encodedFrames - spoken == 30)
        phone.tone = (1_000, 0)
        try rig.run(seconds: 8)
        let quiet = rig.room.encodedFrames
        try rig.run(milliseconds: 200)
        #expect(rig.room.encodedFrames - quiet == 10, "it is back on the shared frame")
        let heard = try phone.heard()
        #expect(abs(heard.count - 10 * codec.sampleRate) < codec.sampleRate / 20, "no packet is left out")
        let pure = Sound.roughness(of: 440, in: Array(heard.prefix(codec.sampleRate / 2)), rate: codec.sampleRate)
        let whole = Sound.roughness(of: 440, in: heard, rate: codec.sampleRate)
        #expect(whole < 1.5 * pure, "\(whole) against \(pure)")
    }

    @Test(arguments: narrow, [10, 20, 30, 40, 60])
    func aPhoneGetsThePacketsItAskedFor(codec: AudioCodec, ptime: Int) throws {
        let rig = try RoomRig()
        let source = try rig.addPhone(.init(.pcma))
        var settings = Phone.Settings(codec, ptime: ptime)
        settings.sentPtime = ptime
        let phone = try rig.addPhone(settings)
        source.tone = (440, 6_000)
        phone.tone = (700, 6_000)
        try rig.run(seconds: 3)
        #expect(phone.packets.allSatisfy { $0.payload.count == 8 * ptime })
        for (before, packet) in zip(phone.packets, phone.packets.dropFirst()) {
            #expect(packet.sequence == before.sequence &+ 1)
            #expect(packet.timestamp == before.timestamp &+ UInt32(8 * ptime))
        }
        #expect(abs(phone.packets.count - 3_000 / ptime) <= 4)
        #expect(abs(Sound.decibels(try phone.hears(440), over: 6_000)) < 1)
        #expect(abs(Sound.decibels(try source.hears(700), over: 6_000)) < 1)
        #expect(phone.leg.input.counters.concealed == 0)
    }

    @Test(arguments: narrow)
    func lostPacketsAreMadeUp(codec: AudioCodec) throws {
        let rig = try RoomRig()
        let phone = try rig.addPhone(.init(codec))
        let listener = try rig.addPhone(.init(codec))
        phone.tone = (440, 6_000)
        phone.loses = { $0 > 100 && $0 % 10 < 2 && $0 % 20 >= 10 || $0 > 100 && $0 % 20 == 5 }
        try rig.run(seconds: 5)
        let counters = phone.leg.input.counters
        #expect(counters.lost > 20 && counters.concealed >= counters.lost && counters.recovered == 0)
        let rate = codec.sampleRate
        let heard = Array(try listener.heard().suffix(2 * rate))
        #expect(abs(Sound.decibels(Sound.rms(heard), over: 6_000 / 2.0.squareRoot())) < 1)
        let softest =
            stride(from: 0, to: heard.count, by: rate / 50).map {
                Sound.rms(heard[$0..<min(heard.count, $0 + rate / 50)])
            }.min() ?? 0
        #expect(softest > 1_500, "two packets in a row are lost: what is made up gets fainter, and no hole is left")
    }

    @Test func aSilentRoomIsSilentPacketsForAPhone() throws {
        let rig = try RoomRig()
        let phone = try rig.addPhone(.init(.pcmu))
        try rig.run(seconds: 2)
        #expect(abs(phone.packets.count - 100) <= 2)
        #expect(phone.packets.allSatisfy { $0.payload.allSatisfy { $0 == 0xFF } })
        #expect(phone.packets.dropFirst().allSatisfy { !$0.marker })
    }

    @Test(arguments: narrow)
    func soundComesOutOfALongSilenceWithoutACrack(codec: AudioCodec) throws {
        let rig = try RoomRig()
        let source = try rig.addPhone(.init(codec))
        let phone = try rig.addPhone(.init(codec))
        source.tone = (440, 6_000)
        try rig.run(seconds: 1)
        source.tone = (440, 0)
        try rig.run(seconds: 5)
        #expect(try Sound.rms(phone.heard().suffix(codec.sampleRate)) < 20)
        source.tone = (440, 6_000)
        try rig.run(milliseconds: 400)
        let rate = codec.sampleRate
        let heard = try phone.heard().suffix(rate / 2)
        let steepest = zip(heard, heard.dropFirst()).map { abs(Int($1) - Int($0)) }.max() ?? 0
        #expect(Double(steepest) < 1.4 * 6_000 * 2 * .pi * 440 / Double(rate), "\(steepest)")
        #expect(Sound.rms(heard.suffix(rate / 5)) > 4_000)
    }

    @Test func comfortNoiseTakesThePlaceOfSilenceWhereItWasAgreedOn() throws {
        let rig = try RoomRig()
        let phone = try rig.addPhone(.init(.pcmu, comfortNoise: true))
        let plain = try rig.addPhone(.init(.pcmu))
        try rig.run(seconds: 4)
        #expect(phone.packets.count < 15)
        #expect((8...11).contains(phone.noises.count) && plain.noises.isEmpty)
        #expect(phone.noises.allSatisfy { $0.payload == [127] && !$0.marker })
        phone.forget()
        plain.tone = (440, 6_000)
        try rig.run(seconds: 1)
        #expect(phone.packets.first?.marker == true && phone.packets.dropFirst().allSatisfy { !$0.marker })
        let all = (phone.packets + phone.noises).sorted { Int16(bitPattern: $0.sequence &- $1.sequence) < 0 }
        #expect(zip(all, all.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
    }

    @Test func whoIsDeafGetsSilence() throws {
        let rig = try RoomRig()
        let speaker = try rig.addPhone(.init(.pcma))
        let phone = try rig.addPhone(.init(.g722))
        speaker.tone = (440, 6_000)
        try rig.run(seconds: 1)
        rig.carryOut(.setDeaf(MemberID(102), true))
        phone.forget()
        try rig.run(seconds: 1)
        #expect(phone.packets.count >= 48)
        try #expect(Sound.rms(phone.heard().suffix(8_000)) < 100)
        rig.carryOut(.setDeaf(MemberID(102), false))
        try rig.run(seconds: 2)
        #expect(try phone.hears(440) > 5_500)
    }

    @Test func aHeldPhoneIsNeitherHeardNorFed() throws {
        let rig = try RoomRig()
        let listener = try rig.addPhone(.init(.pcma))
        let phone = try rig.addPhone(.init(.pcmu))
        phone.tone = (440, 6_000)
        listener.tone = (700, 6_000)
        try rig.run(seconds: 1)
        rig.room.hold(phone.leg, true, at: rig.now)
        rig.renegotiate(phone, .init(.pcmu, direction: .recvonly))
        try rig.run(milliseconds: 100)
        phone.forget()
        try rig.run(seconds: 2)
        #expect(phone.packets.isEmpty)
        #expect(try listener.hears(440) < 20, "the music it plays on hold is not for the room")
        rig.room.hold(phone.leg, false, at: rig.now)
        rig.renegotiate(phone, .init(.pcmu))
        try rig.run(seconds: 2)
        #expect(try listener.hears(440) > 5_500 && phone.hears(700) > 5_500)
        #expect(phone.packets.first?.marker == true && phone.ssrcs.count == 1)
    }

    static let changes: [(AudioCodec, AudioCodec)] = [
        (.pcmu, .pcma), (.pcmu, .g722), (.g722, .pcmu), (.pcma, .opus), (.opus, .pcmu), (.opus, .g722),
    ]

    @Test(arguments: changes)
    func aCallGoesOnInAnotherCodec(change: (from: AudioCodec, to: AudioCodec)) throws {
        let rig = try RoomRig()
        let listener = try rig.addPhone(.init(.g722))
        let phone = try rig.addPhone(.init(change.from, receives: [change.from, change.to]))
        phone.tone = (440, 6_000)
        listener.tone = (700, 6_000)
        try rig.run(seconds: 2)
        let count = phone.packets.count
        let before = try listener.heard().count
        rig.renegotiate(phone, .init(change.to, receives: [change.from, change.to]))
        try rig.run(seconds: 2)
        #expect(phone.ssrcs.count == 1)
        let packets = phone.packets
        for (before, packet) in zip(packets, packets.dropFirst()) { #expect(packet.sequence == before.sequence &+ 1) }
        #expect(packets[count...].first { $0.payloadType == Phone.payloadType(of: change.to) }?.marker == true)
        #expect(packets.last?.payloadType == Phone.payloadType(of: change.to))
        if change.to != .opus { #expect(try phone.hears(700) > 5_000) }
        #expect(try listener.hears(440) > 5_000)
        // No sample jumps further than a tone of twice the loudness would.
        let seam = try listener.heard()[(before - 3_200)..<(before + 6_400)]
        let steepest = zip(seam, seam.dropFirst()).map { abs(Int($1) - Int($0)) }.max() ?? 0
        #expect(steepest < 2_600, "\(steepest)")
    }

    @Test func aRoomOfTwoChannelsIsMonoForAPhone() throws {
        let rig = try RoomRig { $0.channels = 2 }
        let source = try rig.addPhone(.init(.pcma))
        let phone = try rig.addPhone(.init(.pcmu))
        source.tone = (440, 6_000)
        try rig.run(seconds: 2)
        #expect(abs(Sound.decibels(try phone.hears(440), over: 6_000)) < 1)
    }

    @Test(arguments: narrow)
    func aCallInNoRoomHearsItselfOrASound(codec: AudioCodec) throws {
        let rig = try RoomRig()
        let echo = try rig.addPhone(.init(codec), joins: false)
        let quiet = try rig.addPhone(.init(codec), joins: false)
        rig.solos = [
            try SoloCall(leg: echo.leg, program: .echo),
            try SoloCall(leg: quiet.leg, program: .play(.silence(.seconds(1), noise: 0))),
        ]
        echo.tone = (440, 6_000)
        try rig.run(seconds: 2)
        #expect(abs(Sound.decibels(try echo.hears(440), over: 6_000)) < 1)
        #expect(quiet.packets.count >= 50, "silence is real packets")
        #expect(rig.endedSolos > 0)
        let other: AudioCodec = codec == .pcmu ? .pcma : .pcmu
        rig.renegotiate(echo, .init(other))
        try rig.run(seconds: 2)
        #expect(try echo.hears(440) > 5_000)
    }
}
