import Conference
import Engine
import Native
import RTC
import TestKit
import Testing
import Wire

/// A client that comes back over a new transport goes on where it was.
struct ReattachTests {
    @Test func theMemberGoesOnAndIsHeardAndHears() throws {
        let rig = try RoomRig()
        for _ in 0..<3 { try rig.add() }
        try rig.connect()
        let (back, other) = (rig.callers[0], rig.callers[1])
        back.hum()
        other.hum()
        try rig.run(seconds: 2)
        let rows = rig.room.room.snapshot.map(\.key)
        let output = back.leg.output
        let old = back.leg.peer
        let start = rig.outputs.count
        try rig.reload(back)
        #expect(back.leg.peer !== old)
        #expect(back.leg.output.ssrc == output.ssrc)
        #expect(back.leg.output.sequence == output.sequence && back.leg.output.timestamp == output.timestamp)
        try rig.connect()
        try rig.run(seconds: 2)
        #expect(other.hears(back) > 4_000)
        #expect(back.hears(other) > 4_000 && back.hears(back) < 30)
        #expect(rig.room.room.snapshot.map(\.key) == rows)
        #expect(rig.room.room.contains(back.id))
        let left = rig.outputs[start...].contains { entry in
            switch entry.output {
            case .parted, .removed: true
            case .publish(let delta): if case .modify = delta.change { false } else { true }
            default: false
            }
        }
        #expect(!left, "nobody sees it go or come")
    }

    @Test func stateOfTheMemberStays() throws {
        let rig = try RoomRig()
        for _ in 0..<3 { try rig.add() }
        try rig.connect()
        let (back, other, third) = (rig.callers[0], rig.callers[1], rig.callers[2])
        for caller in rig.callers { caller.hum() }
        rig.perform(.mute(.member(back.id)))
        rig.carryOut(.setHears(back.id, third.id, false))
        try rig.reload(back)
        back.hum()
        try rig.connect()
        try rig.run(seconds: 2)
        #expect(other.hears(back) < 30)
        #expect(back.hears(other) > 4_000 && back.hears(third) < 30)
        rig.perform(.unmute(.member(back.id)))
        try rig.run(seconds: 2)
        #expect(other.hears(back) > 4_000)
    }

    @Test func viewersGetAKeyFrameAndNoJump() throws {
        let rig = try RoomRig()
        for _ in 0..<2 { try rig.add(videos: [.init()]) }
        try rig.connect()
        let (back, viewer) = (rig.callers[0], rig.callers[1])
        try rig.run(seconds: 3)
        #expect(viewer.cameras() == [1])
        let shown = try #require(back.leg.video?.counters.keyFrameRequests)
        try rig.reload(back)
        try rig.run(milliseconds: 20)  // what was on its way
        let seen = viewer.sights.count
        try rig.connect()
        let milliseconds = rig.milliseconds
        try rig.run(seconds: 3)
        let sights = Array(viewer.sights[seen...])
        #expect(!sights.isEmpty && !back.sights.isEmpty, "both see each other again")
        #expect(sights.first?.piece.isKeyFrame == true)
        #expect((sights.first?.milliseconds ?? .max) < milliseconds + 1_000)
        #expect(Set(viewer.sights.map(\.header.ssrc)).count == 1)
        for (before, sight) in zip(viewer.sights, viewer.sights.dropFirst()) {
            #expect(sight.header.sequence == before.header.sequence &+ 1)
            #expect(Int32(bitPattern: sight.header.timestamp &- before.header.timestamp) >= 0)
        }
        #expect((back.leg.video?.counters.keyFrameRequests ?? 0) >= shown, "what was counted stays")
    }

    @Test func aHiddenPictureStaysHidden() throws {
        let rig = try RoomRig()
        for _ in 0..<2 { try rig.add(videos: [.init()]) }
        try rig.connect()
        let (back, viewer) = (rig.callers[0], rig.callers[1])
        try rig.run(seconds: 2)
        rig.perform(.videoMute(.member(back.id)))
        try rig.run(milliseconds: 200)
        let seen = viewer.sights.count { $0.piece.camera == 1 }
        try rig.reload(back)
        try rig.connect()
        try rig.run(seconds: 2)
        #expect(viewer.sights.count { $0.piece.camera == 1 } == seen)
    }

    @Test func whatIsPlayedToACallAloneGoesOn() throws {
        let rig = try RoomRig()
        let caller = try rig.add(joins: false)
        let sound = Native.Sound(samples: Sound.tone(1_234, amplitude: 5_000, samples: 24_000))
        rig.solos.append(try SoloCall(leg: caller.leg, program: .sound(sound, loops: nil)))
        try rig.connect()
        try rig.run(seconds: 2)
        #expect(caller.hears(1_234) > 3_000, "over and over")
        try rig.reload(caller)
        try rig.connect()
        try rig.run(seconds: 2)
        #expect(caller.hears(1_234) > 3_000)
        #expect(rig.endedSolos == 0)
    }

    @Test func aSoundEndsACallsProgram() throws {
        let rig = try RoomRig()
        let caller = try rig.add(joins: false)
        let sound = Native.Sound(samples: Sound.tone(1_234, amplitude: 5_000, samples: 24_000))
        try rig.connect()
        rig.solos.append(try SoloCall(leg: caller.leg, program: .sound(sound, loops: 2)))
        try rig.run(milliseconds: 980)
        #expect(rig.endedSolos == 0)
        try rig.run(milliseconds: 60)
        #expect(rig.endedSolos > 0)
        #expect(Sound.amplitude(of: 1_234, in: caller.heard.suffix(24_000)) > 3_000)
    }
}
