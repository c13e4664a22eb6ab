import Conference
import Engine
import Native
import TestKit
import Testing
import Wire

/// What a room and its media make of the commands about sounds, together.
struct RoomSoundCommandTests {
    private static let frequency = 2_500.0

    private func name(_ text: String) throws -> SoundName { try #require(SoundName(text)) }

    private func tone(_ frequency: Double = RoomSoundCommandTests.frequency, seconds: Double) -> [Int16] {
        Sound.tone(frequency, amplitude: 5_000, samples: Int(seconds * 48_000))
    }

    private func rig(
        _ count: Int, sounds: [String: [Int16]], profile: (inout RoomProfile) -> Void = { _ in }
    ) throws -> RoomRig {
        let rig = try RoomRig(profile: profile)
        for (text, samples) in sounds { rig.load(samples, as: try name(text)) }
        for _ in 0..<count { try rig.add() }
        try rig.connect()
        try rig.run(seconds: 1)
        return rig
    }

    private func file(_ text: String, seconds: Double) throws -> Conference.Sound {
        Conference.Sound(try name(text), duration: .milliseconds(Int(seconds * 1000)))
    }

    private func actions(_ rig: RoomRig) -> [RoomAction] {
        rig.outputs.compactMap { if case .event(let event) = $0.output { event.action } else { nil } }
    }

    @Test func filesInTheQueueFollowEachOther() throws {
        let rig = try rig(2, sounds: ["a.wav": tone(seconds: 1), "b.wav": tone(3_300, seconds: 1)])
        rig.perform(.play(PlayRequest(try file("a.wav", seconds: 1))))
        rig.perform(.play(PlayRequest(try file("b.wav", seconds: 1))))
        let caller = rig.callers[0]
        caller.forget()
        try rig.run(milliseconds: 800)
        #expect(Sound.amplitude(of: Self.frequency, in: caller.heard.suffix(24_000)) > 3_000)
        #expect(Sound.amplitude(of: 3_300, in: caller.heard.suffix(24_000)) < 30)
        try rig.run(seconds: 1)
        #expect(Sound.amplitude(of: Self.frequency, in: caller.heard.suffix(24_000)) < 30)
        #expect(Sound.amplitude(of: 3_300, in: caller.heard.suffix(24_000)) > 3_000)
        try rig.run(seconds: 1)
        #expect(actions(rig).filter { $0 == .playFileDone }.count == 2)
    }

    @Test func aSoundThatIsNotThereEndsAtOnce() throws {
        let rig = try rig(2, sounds: ["b.wav": tone(seconds: 2)])
        rig.perform(.play(PlayRequest(try file("gone.wav", seconds: 60))))
        rig.perform(.play(PlayRequest(try file("b.wav", seconds: 2))))
        try rig.run(milliseconds: 1_200)
        #expect(rig.callers[0].hears(Self.frequency) > 3_000)
    }

    @Test func stopEndsWhatPlays() throws {
        let rig = try rig(2, sounds: ["a.wav": tone(seconds: 20)])
        rig.perform(.play(PlayRequest(try file("a.wav", seconds: 20))))
        try rig.run(seconds: 1)
        rig.perform(.stop(.all, nil))
        try rig.run(milliseconds: 1_200)
        #expect(rig.callers[0].hears(Self.frequency) < 10)
        #expect(actions(rig).filter { $0 == .playFileDone }.count == 1)
    }

    @Test func musicPlaysForOneWhoIsAlone() throws {
        let rig = try rig(1, sounds: ["moh.wav": tone(seconds: 0.5)]) { $0.sounds["moh-sound"] = "moh.wav" }
        try rig.run(seconds: 2)
        #expect(rig.callers[0].hears(Self.frequency) > 3_000)
        let second = try rig.add()
        try rig.connect()
        try rig.run(milliseconds: 1_200)
        #expect(rig.callers[0].hears(Self.frequency) < 10)
        rig.leave(second)
        try rig.run(seconds: 2)
        #expect(rig.callers[0].hears(Self.frequency) > 3_000)
    }

    @Test func allWhoWaitForAModeratorHearMusicAndNobody() throws {
        let rig = try rig(2, sounds: ["moh.wav": tone(seconds: 0.5)]) {
            $0.sounds["moh-sound"] = "moh.wav"
            $0.roomFlags.insert(.waitMod)
        }
        for caller in rig.callers { caller.hum() }
        try rig.run(seconds: 2)
        for caller in rig.callers {
            #expect(caller.hears(Self.frequency) > 3_000)
            for other in rig.callers { #expect(caller.hears(other) < 30) }
        }
        try rig.add(flags: .moderator)
        try rig.connect()
        try rig.run(seconds: 2)
        #expect(rig.callers[0].hears(Self.frequency) < 30)
        #expect(rig.callers[0].hears(rig.callers[1]) > 4_000)
    }

    @Test func whoIsHeldHearsTheSoundItIsGiven() throws {
        let rig = try rig(3, sounds: ["hold.wav": tone(seconds: 0.5)])
        let (held, talker) = (rig.callers[0], rig.callers[1])
        held.hum()
        talker.hum()
        rig.perform(.hold(.member(held.id), try file("hold.wav", seconds: 0.5)))
        try rig.run(seconds: 2)
        #expect(held.hears(Self.frequency) > 3_000)
        #expect(held.hears(talker) < 30)
        #expect(talker.hears(held) < 30)
        rig.perform(.unhold(.member(held.id)))
        try rig.run(seconds: 2)
        #expect(held.hears(Self.frequency) < 30)
        #expect(held.hears(talker) > 4_000 && talker.hears(held) > 4_000)
    }

    @Test func relatesAndForgets() throws {
        let rig = try rig(3, sounds: [:])
        let (one, other) = (rig.callers[0], rig.callers[1])
        for caller in rig.callers { caller.hum() }
        rig.perform(.relate([one.id], [other.id], .set(.noHear)))
        try rig.run(seconds: 2)
        #expect(one.hears(other) < 30 && one.hears(rig.callers[2]) > 4_000)
        #expect(other.hears(one) > 4_000)
        rig.perform(.relate([one.id], [other.id], .clear))
        try rig.run(seconds: 2)
        #expect(one.hears(other) > 4_000)
    }

    @Test func recordsUntilToldNotTo() throws {
        let rig = try rig(2, sounds: [:])
        let recording = try #require(RecordingName("a.wav"))
        rig.perform(.record(recording, tracks: true))
        let started = rig.outputs.compactMap { entry -> (RecordingID, RecordingName)? in
            if case .startRecording(let id, let name) = entry.output { (id, name) } else { nil }
        }
        let (id, written) = try #require(started.first)
        #expect(written == recording && started.count == 1)
        let tracks = rig.outputs.count { if case .recordTrack(id, _, _) = $0.output { true } else { false } }
        #expect(tracks == 2)
        let ring = RecordingRing()
        rig.room.record(id, into: ring)
        rig.callers[0].hum()
        try rig.run(seconds: 1)
        #expect(ring.length >= 50)
        rig.perform(.stopRecording(nil))
        #expect(ring.isClosed)
    }

    @Test func keysAreCommandsOfTheMember() throws {
        let rig = try rig(2, sounds: [:])
        let (presser, other) = (rig.callers[0], rig.callers[1])
        presser.hum()
        try rig.run(seconds: 1)
        rig.room.digit("0", from: presser.leg, at: rig.now)
        try rig.run(seconds: 2)
        #expect(other.hears(presser) < 30, "0 mutes")
        rig.room.digit("0", from: presser.leg, at: rig.now)
        try rig.run(seconds: 2)
        #expect(other.hears(presser) > 4_000)
    }

    @Test func theMutedAreHeardToSpeakOnlyByTheRoom() throws {
        let rig = try RoomRig()
        let muted = try rig.add(flags: [.mute, .muteDetect])
        let other = try rig.add()
        try rig.connect()
        muted.hum()
        try rig.run(seconds: 2)
        #expect(other.hears(muted) < 10)
        #expect(actions(rig).contains(.muteDetect))
    }

    @Test func sendsKeysToAMembersTelephone() throws {
        let rig = try rig(2, sounds: [:])
        rig.callers[1].hum()
        rig.perform(.sendDigits(.member(rig.callers[0].id), "12"))
        try rig.run(seconds: 1)
        let caller = rig.callers[0]
        #expect(caller.keys.filter { $0.payload[1] & 0x80 != 0 }.map { $0.payload[0] } == [1, 1, 1, 2, 2, 2])
        let all = (caller.packets + caller.keys).sorted { Int16(bitPattern: $0.sequence &- $1.sequence) < 0 }
        #expect(zip(all, all.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
    }
}
