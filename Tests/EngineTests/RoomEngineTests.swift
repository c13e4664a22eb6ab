import Conference
import Engine
import Native
import RTC
import TestKit
import Testing
import Wire

/// A whole room with browsers over a network, in virtual time.
struct RoomEngineTests {
    /// A room with `count` callers who have keys.
    private func rig(
        _ count: Int, seed: UInt64 = 1, _ conditions: VirtualNetwork.Conditions = .perfect,
        profile: (inout RoomProfile) -> Void = { _ in }
    ) throws -> RoomRig {
        let rig = try RoomRig(seed: seed, profile: profile)
        for _ in 0..<count { try rig.add() }
        // OpenSSL repeats lost handshake packets by its own clock, which virtual time does not reach.
        try rig.connect()
        rig.network.conditions = conditions
        return rig
    }

    /// All of `who` hear all of `speakers` but themselves, by 30 dB.
    private func expectTones(_ who: [Caller], hear speakers: [Caller], _ comment: String = "") {
        for caller in who {
            let own = caller.hears(caller)
            for other in speakers where other !== caller {
                let heard = caller.hearsPieces(of: other)
                #expect(heard > 2000, "\(caller.number) hears \(other.number) at \(heard) \(comment)")
                #expect(Sound.decibels(heard, over: own) > 30, "\(caller.number) hears itself at \(own) \(comment)")
            }
        }
    }

    @Test func everybodyHearsEverybodyElse() throws {
        let rig = try rig(5)
        for caller in rig.callers { caller.hum(amplitude: 4000) }
        try rig.run(seconds: 3)
        expectTones(rig.callers, hear: rig.callers)
    }

    static let networks: [(what: String, conditions: VirtualNetwork.Conditions)] = [
        ("poor", .poor),
        ("lossy", .init(loss: 0.05, delay: .milliseconds(20), jitter: .milliseconds(10))),
        ("reordering", .init(delay: .milliseconds(10), jitter: .milliseconds(15), reordering: 0.05, duplication: 0.05)),
    ]

    @Test(arguments: networks.indices, GeneratorSeeds.few)
    func toneGetsThroughABadNetwork(index: Int, seed: UInt64) throws {
        let row = Self.networks[index]
        let rig = try rig(3, seed: seed, row.conditions)
        for caller in rig.callers { caller.hum() }
        try rig.run(seconds: 6)
        expectTones(rig.callers, hear: rig.callers, "\(row.what), seed \(seed)")
    }

    @Test func hearsWhoTellsNoLevels() throws {
        let rig = try RoomRig()
        let silent = try rig.add(hasLevels: false)
        try rig.add()
        try rig.connect()
        silent.hum()
        try rig.run(seconds: 2)
        expectTones([rig.callers[1]], hear: [silent])
    }

    // MARK: Encoding once

    @Test func listenersShareOneEncodedFrame() throws {
        let rig = try rig(6)
        rig.callers[0].hum()
        try rig.run(seconds: 2)
        let before = rig.room.encodedFrames
        for caller in rig.callers { caller.forget() }
        try rig.run(seconds: 2)
        // The shared mix, and nothing in the talker's own: nobody else speaks.
        #expect(rig.room.encodedFrames - before == 100)
        #expect(rig.callers[0].packets.count <= 6)
        for listener in rig.callers[2...] {
            #expect(listener.packets.map(\.payload) == rig.callers[1].packets.map(\.payload))
        }
    }

    @Test func aSilentRoomEncodesAndDecodesNothing() throws {
        let rig = try rig(4)
        try rig.run(seconds: 2)
        let encoded = rig.room.encodedFrames
        let decoded = rig.callers.map(\.leg.input.decodedFrames)
        for caller in rig.callers { caller.forget() }
        try rig.run(seconds: 4)
        #expect(rig.room.encodedFrames == encoded)
        #expect(rig.callers.map(\.leg.input.decodedFrames) == decoded)
        // One packet in 400 ms keeps the way open.
        for caller in rig.callers { #expect((9...11).contains(caller.packets.count)) }
    }

    @Test func numbersAndTimesEachStreamWithoutAGap() throws {
        let rig = try rig(3)
        let caller = rig.callers[0]
        try rig.run(seconds: 1)
        caller.hum()
        try rig.run(seconds: 2)
        rig.callers[1].hum()
        try rig.run(seconds: 2)
        caller.hush()
        try rig.run(seconds: 8)
        rig.callers[1].hush()
        try rig.run(seconds: 8)
        caller.hum()
        rig.callers[2].hum()
        try rig.run(seconds: 1)
        for caller in rig.callers {
            var last: Caller.Packet?
            for packet in caller.packets {
                if let last {
                    #expect(packet.sequence == last.sequence &+ 1)
                    let step = packet.timestamp &- last.timestamp
                    #expect(step > 0 && step.isMultiple(of: 960), "two packets of one moment")
                    #expect(packet.marker == (step > 960))
                }
                last = packet
            }
            // The timestamp is the room's clock, whichever encoder spoke.
            guard let first = caller.packets.first, let last else { continue }
            #expect(Double(last.timestamp &- first.timestamp) / 48_000 > 20)
        }
    }

    /// What a listener hears of a speaker while it keeps silent, or speaks for 3 s after 3 s and then is silent again.
    private func listening(speaks: Bool) throws -> (packets: [Caller.Packet], spoke: Range<Int>) {
        let rig = try rig(3)
        let (speaker, listener) = (rig.callers[0], rig.callers[1])
        var speech = SyntheticSpeech(voice: 3)
        let sound = speech.samples(seconds: 24, rms: 3000)
        speaker.words = { frame in Array(sound[(frame % 1100) * 960..<(frame % 1100) * 960 + 960]) }
        try rig.run(seconds: 3)
        let start = listener.packets.count
        if speaks { listener.hum() }
        try rig.run(seconds: 3)
        let end = listener.packets.count
        listener.hush()
        try rig.run(seconds: 10)
        return (listener.packets, start..<end)
    }

    @Test func aListenerWhoStartsToTalkHearsNoSeam() throws {
        let silent = try listening(speaks: false)
        let speaking = try listening(speaks: true)
        // Bit for bit what the shared encoder would have gone on with (media.md §7.4) …
        let same = zip(silent.packets, speaking.packets).prefix { $0.payload == $1.payload }.count
        #expect(same > speaking.spoke.upperBound + 100)
        // … until it is back on the shared one, where both had the same input for seconds.
        let (reference, heard) = (try decode(silent.packets), try decode(speaking.packets))
        let level = Sound.rms(reference)
        for frame in same..<min(silent.packets.count, speaking.packets.count) {
            let range = frame * 960..<frame * 960 + 960
            let difference = zip(reference[range], heard[range]).map { Int16(clamping: Int($0) - Int($1)) }
            let (wanted, got) = (Sound.rms(reference[range]), Sound.rms(heard[range]))
            if frame < same + 8 { #expect(Sound.decibels(Sound.rms(difference), over: level) < -15, "frame \(frame)") }
            // Noise is noise from either encoder, but nothing is louder or softer.
            if wanted > level / 10 { #expect(abs(Sound.decibels(got, over: wanted)) < 3, "frame \(frame)") }
        }
        #expect(same < speaking.packets.count, "it came back")
    }

    private func decode(_ packets: [Caller.Packet]) throws -> [Int16] {
        var decoder = try OpusDecoder()
        let buffer = PCMBuffer(count: 960)
        var all: [Int16] = []
        for packet in packets {
            try buffer.withMutableSpan { _ = try decoder.decode(packet.payload.span, into: &$0) }
            all += buffer.samples
        }
        return all
    }

    @Test func aTalkerReturnsToTheSharedFrame() throws {
        let rig = try rig(3)
        let (speaker, other, witness) = (rig.callers[0], rig.callers[1], rig.callers[2])
        var speech = SyntheticSpeech(voice: 3)
        let sound = speech.samples(seconds: 14, rms: 3000)
        speaker.words = { frame in Array(sound[(frame % 600) * 960..<(frame % 600) * 960 + 960]) }
        other.hum()
        try rig.run(seconds: 2)
        other.hush()
        try rig.run(seconds: 7)
        other.forget()
        witness.forget()
        let before = rig.room.encodedFrames
        try rig.run(seconds: 2)
        #expect(other.packets.map(\.payload) == witness.packets.map(\.payload))
        #expect(rig.room.encodedFrames - before <= 101)
    }

    @Test func twoWhoTakeTurnsNeverHearAClick() throws {
        let rig = try rig(2)
        for round in 0..<12 {
            let (talks, listens) = (rig.callers[round % 2], rig.callers[(round + 1) % 2])
            talks.hum()
            listens.hush()
            try rig.run(seconds: round < 6 ? 1 : 7)
            #expect(listens.hears(talks) > 4000)
            let last = Array(listens.heard.suffix(24_000))
            // A pure tone has no energy elsewhere; clicks have.
            let rest = Sound.rms(last) - Sound.amplitude(of: talks.frequency, in: last) / 2.0.squareRoot()
            #expect(abs(rest) < 300, "round \(round): \(rest)")
        }
    }
}
