import Conference
import Engine
import Native
import TestKit
import Testing
import Wire

/// What is played to a room, to one in it, and while all wait.
struct RoomSoundTests {
    private static let file = SoundName("tone.wav")
    private static let frequency = 2_500.0

    /// A room of silent callers with a tone to play, some seconds long.
    private func rig(
        _ count: Int, seconds: Double = 10, profile: (inout RoomProfile) -> Void = { _ in }
    ) throws -> (rig: RoomRig, sound: SoundName) {
        let rig = try RoomRig(profile: profile)
        for _ in 0..<count { try rig.add() }
        try rig.connect()
        let sound = try #require(Self.file)
        rig.load(Sound.tone(Self.frequency, amplitude: 5_000, samples: Int(seconds * 48_000)), as: sound)
        try rig.run(seconds: 1)
        return (rig, sound)
    }

    private func order(
        _ sound: SoundName, to listener: PlaybackOrder.Listener = .everybody, gain: Int = 0, loops: Int? = 1,
        startAt: Int = 0, isExclusive: Bool = false
    ) -> Effect {
        .play(
            PlaybackOrder(
                id: PlaybackID(1), sound: sound, to: listener, gain: gain, loops: loops, startAt: startAt,
                isExclusive: isExclusive))
    }

    @Test func everybodyHearsASoundOverTheVoicesAndItIsEncodedOnce() throws {
        let (rig, sound) = try rig(4)
        rig.carryOut(order(sound))
        try rig.run(seconds: 2)
        let before = rig.room.encodedFrames
        for caller in rig.callers { caller.forget() }
        try rig.run(seconds: 1)
        #expect(rig.room.encodedFrames - before == 50)
        for caller in rig.callers[1...] {
            #expect(caller.packets.map(\.payload) == rig.callers[0].packets.map(\.payload))
        }
        rig.callers[0].hum()
        try rig.run(seconds: 2)
        for caller in rig.callers {
            #expect(caller.hears(Self.frequency) > 3_000)
            if caller !== rig.callers[0] { #expect(caller.hears(rig.callers[0]) > 4_000) }
        }
        #expect(rig.callers[0].hears(rig.callers[0]) < 30)
    }

    @Test func oneMemberHearsASoundThatNobodyElseHears() throws {
        let (rig, sound) = try rig(4, seconds: 3)
        let (talker, listener, other) = (rig.callers[0], rig.callers[1], rig.callers[2])
        talker.hum()
        try rig.run(seconds: 1)
        rig.carryOut(order(sound, to: .member(listener.id)))
        try rig.run(seconds: 2)
        #expect(listener.hears(Self.frequency) > 3_000)
        #expect(listener.hears(talker) > 4_000)
        #expect(other.hears(Self.frequency) < 10)
        // Afterwards it is back with the others.
        try rig.run(seconds: 8)
        listener.forget()
        other.forget()
        try rig.run(seconds: 1)
        #expect(listener.packets.map(\.payload) == other.packets.map(\.payload))
        #expect(listener.hears(Self.frequency) < 10)
    }

    @Test func aTalkerHearsItsOwnSoundToo() throws {
        let (rig, sound) = try rig(2)
        let (talker, other) = (rig.callers[0], rig.callers[1])
        talker.hum()
        rig.carryOut(order(sound, to: .member(talker.id)))
        try rig.run(seconds: 3)
        #expect(talker.hears(Self.frequency) > 3_000)
        #expect(talker.hears(talker) < 30)
        #expect(other.hears(talker) > 4_000)
        #expect(other.hears(Self.frequency) < 10)
    }

    @Test func anExclusiveSoundReplacesTheRoom() throws {
        let (rig, sound) = try rig(3, seconds: 3)
        let (talker, listener) = (rig.callers[0], rig.callers[1])
        talker.hum()
        try rig.run(seconds: 1)
        rig.carryOut(order(sound, to: .member(listener.id), isExclusive: true))
        try rig.run(seconds: 2)
        #expect(listener.hears(Self.frequency) > 3_000)
        #expect(listener.hears(talker) < 30)
        try rig.run(seconds: 3)
        #expect(listener.hears(talker) > 4_000)
    }

    @Test func whoIsHeldOrDeafHearsOnlyWhatIsItsOwn() throws {
        let (rig, sound) = try rig(4)
        let (talker, held, deaf, other) = (rig.callers[0], rig.callers[1], rig.callers[2], rig.callers[3])
        talker.hum()
        held.hum()
        try rig.run(seconds: 1)
        #expect(other.hears(held) > 4_000)
        rig.carryOut(.setHeld(held.id, true), .setDeaf(deaf.id, true))
        try rig.run(seconds: 2)
        #expect(other.hears(held) < 30, "who is held is not heard")
        let before = [held, deaf].map(\.packets.count)
        try rig.run(seconds: 1)
        #expect([held, deaf].map(\.packets.count) == before, "nothing is sent to who hears nothing")
        rig.carryOut(order(sound))
        try rig.run(seconds: 1)
        #expect(other.hears(Self.frequency) > 3_000)
        #expect([held, deaf].map(\.packets.count) == before)
        rig.carryOut(
            order(sound, to: .member(held.id)),
            .play(PlaybackOrder(id: PlaybackID(2), sound: sound, to: .member(deaf.id))))
        try rig.run(seconds: 2)
        for caller in [held, deaf] {
            #expect(caller.hears(Self.frequency) > 3_000)
            #expect(caller.hears(talker) < 30)
        }
        rig.carryOut(.setHeld(held.id, false))
        try rig.run(seconds: 2)
        #expect(held.hears(talker) > 4_000)
        #expect(other.hears(held) > 4_000)
    }

    @Test func whileAllWaitEverybodyHearsOnlyTheMusic() throws {
        let (rig, sound) = try rig(3, seconds: 0.5)
        for caller in rig.callers { caller.hum() }
        rig.carryOut(.setWaiting(true), .music(sound))
        try rig.run(seconds: 4)
        let before = rig.room.encodedFrames
        for caller in rig.callers { caller.forget() }
        try rig.run(seconds: 1)
        #expect(rig.room.encodedFrames - before == 50, "one frame for all")
        try rig.run(seconds: 1)
        for caller in rig.callers {
            #expect(caller.hears(Self.frequency) > 3_000, "over and over")
            for other in rig.callers { #expect(caller.hears(other) < 30) }
        }
        rig.carryOut(.setWaiting(false), .music(nil))
        try rig.run(seconds: 2)
        for caller in rig.callers {
            #expect(caller.hears(Self.frequency) < 30)
            for other in rig.callers where other !== caller { #expect(caller.hears(other) > 4_000) }
        }
    }

    @Test func pausesSeeksAndTurnsASoundUpAndDown() throws {
        let (rig, sound) = try rig(2)
        // A second tone in the second half, to find where it is.
        let halves =
            Sound.tone(Self.frequency, amplitude: 5_000, samples: 240_000)
            + Sound.tone(3_300, amplitude: 5_000, samples: 240_000)
        rig.load(halves, as: sound)
        let caller = rig.callers[0]
        rig.carryOut(order(sound))
        try rig.run(seconds: 2)
        let usual = caller.hears(Self.frequency)
        rig.carryOut(.setPlaybackGain(PlaybackID(1), -12))
        try rig.run(milliseconds: 1_300)
        #expect(abs(Sound.decibels(caller.hears(Self.frequency), over: usual) - -12) < 1.5)
        rig.carryOut(.pausePlayback(PlaybackID(1), true))
        try rig.run(seconds: 3)
        #expect(caller.hears(Self.frequency) < 10)
        rig.carryOut(.pausePlayback(PlaybackID(1), false), .setPlaybackGain(PlaybackID(1), 0))
        try rig.run(milliseconds: 1_300)
        #expect(caller.hears(Self.frequency) > usual / 2, "it stood still")
        rig.carryOut(.seekPlayback(PlaybackID(1), to: 6_000))
        try rig.run(milliseconds: 1_300)
        #expect(caller.hears(3_300) > usual / 2)
        #expect(caller.hears(Self.frequency) < 30)
        rig.carryOut(.stopPlayback(PlaybackID(1)))
        try rig.run(milliseconds: 1_300)
        #expect(caller.hears(3_300) < 10)
    }

    @Test func repeatsASoundAsOftenAsOrderedAndStartsWhereOrdered() throws {
        let (rig, sound) = try rig(1, seconds: 0.4)
        rig.carryOut(order(sound, loops: 3, startAt: 200))
        rig.callers[0].forget()
        try rig.run(seconds: 3)
        // 0.2 s, then twice 0.4 s.
        let frames = stride(from: 0, to: rig.callers[0].heard.count - 960, by: 960).count {
            Sound.amplitude(of: Self.frequency, in: rig.callers[0].heard[$0..<$0 + 960]) > 2_000
        }
        #expect((48...53).contains(frames), "\(frames)")
    }

    @Test func nothingClicksWhereASoundIsStopped() throws {
        let (rig, sound) = try rig(1)
        let caller = rig.callers[0]
        rig.carryOut(order(sound))
        try rig.run(seconds: 1)
        rig.carryOut(.stopPlayback(PlaybackID(1)))
        caller.forget()
        try rig.run(milliseconds: 500)
        let steps = zip(caller.heard, caller.heard.dropFirst()).map { abs(Int($0) - Int($1)) }
        // A tone of 2500 Hz and 5000 moves by 1630 from sample to sample.
        #expect((steps.max() ?? 0) < 2_500)
    }

    @Test func playsTonesThatAreMade() throws {
        let (rig, _) = try rig(1)
        let tones = try #require(SoundName("tone_stream://v=-20;%(2000,0,1000)"))
        rig.carryOut(order(tones))
        try rig.run(milliseconds: 1_500)
        #expect(rig.callers[0].hears(1_000) > 500)
        try rig.run(seconds: 2)
        #expect(rig.callers[0].hears(1_000) < 10)
    }

    @Test func saysWhichSoundIsMissing() throws {
        let (rig, _) = try rig(1)
        let missing = try #require(SoundName("none.wav"))
        rig.carryOut(order(missing), .music(missing))
        try rig.run(milliseconds: 100)
        let names = rig.outputs.compactMap { if case .soundMissing(let name) = $0.output { name } else { nil } }
        #expect(names == [missing, missing])
    }

    @Test func forgetsTheLongestUnusedSoundAndKeepsTheProfiles() throws {
        let names = try (0..<4).map { try #require(SoundName("\($0).wav")) }
        let sound = Native.Sound(samples: [Int16](repeating: 0, count: 100))
        let set = SoundSet(kept: [names[0]: sound], limit: 450)
        set.insert(sound, named: names[1])
        set.insert(sound, named: names[2])
        #expect(set[names[1]] != nil)
        set.insert(sound, named: names[3])
        #expect(names.map { set[$0] != nil } == [true, true, false, true])
        #expect(set.byteCount == 400)
        set.insert(Native.Sound(samples: []), named: names[1])
        #expect(set.byteCount == 200)
    }

    @Test func voicesHavePlacesInAStereoRoom() throws {
        let (rig, sound) = try rig(4) { $0.channels = 2 }
        let (left, right, listener) = (rig.callers[0], rig.callers[1], rig.callers[2])
        left.hum()
        right.hum()
        rig.carryOut(
            .setPosition(left.id, Position(x: -1, y: 0, z: 0)), .setPosition(right.id, Position(x: 5, y: 0, z: 0)),
            order(sound))
        try rig.run(seconds: 1)
        for caller in rig.callers { caller.forget() }
        try rig.run(seconds: 2)
        let sides = try decode(listener.packets)
        #expect(Sound.amplitude(of: left.frequency, in: sides.left) > 4_000)
        #expect((300..<900).contains(Sound.amplitude(of: left.frequency, in: sides.right)))
        #expect((300..<900).contains(Sound.amplitude(of: right.frequency, in: sides.left)))
        #expect(Sound.amplitude(of: right.frequency, in: sides.right) > 4_000)
        for side in [sides.left, sides.right] { #expect(Sound.amplitude(of: Self.frequency, in: side) > 3_000) }
        #expect(rig.callers[3].packets.map(\.payload) == listener.packets.map(\.payload))
        // Nobody hears itself, from either side.
        let own = try decode(left.packets)
        for side in [own.left, own.right] { #expect(Sound.amplitude(of: left.frequency, in: side) < 30) }
        rig.carryOut(.setPosition(left.id, nil))
        try rig.run(seconds: 1)
        #expect(Sound.amplitude(of: left.frequency, in: try decode(listener.packets).right.suffix(24_000)) > 4_000)
    }

    /// What a browser that plays stereo hears.
    private func decode(_ packets: [Caller.Packet]) throws -> (left: [Int16], right: [Int16]) {
        var decoder = try OpusDecoder(channels: 2)
        let buffer = PCMBuffer(count: 1_920)
        var (left, right): ([Int16], [Int16]) = ([], [])
        for packet in packets {
            try buffer.withMutableSpan { _ = try decoder.decode(packet.payload.span, into: &$0) }
            for (index, sample) in buffer.samples.enumerated() {
                if index.isMultiple(of: 2) { left.append(sample) } else { right.append(sample) }
            }
        }
        return (left, right)
    }

    @Test func bringsAQuietVoiceUp() throws {
        let (rig, _) = try rig(2)
        let (talker, listener) = (rig.callers[0], rig.callers[1])
        var speech = SyntheticSpeech(voice: 3)
        let sound = speech.samples(seconds: 20, rms: 300)
        talker.words = { frame in Array(sound[(frame % 900) * 960..<(frame % 900) * 960 + 960]) }
        try rig.run(seconds: 5)
        let before = Sound.rms(listener.heard.suffix(144_000))
        rig.carryOut(.setAutoGain(talker.id, AutoGain(level: 1_100)), .setDenoise(talker.id, true))
        try rig.run(seconds: 15)
        let after = Sound.rms(listener.heard.suffix(144_000))
        #expect(Sound.decibels(after, over: before) > 8, "\(before) became \(after)")
        rig.carryOut(.setAutoGain(talker.id, nil), .setDenoise(talker.id, false))
        try rig.run(seconds: 4)
        #expect(abs(Sound.decibels(Sound.rms(listener.heard.suffix(144_000)), over: before)) < 4)
    }
}
