import Conference
import Engine
import TestKit
import Testing
import Wire

/// Who hears whom (`relate`), and what it costs.
struct RelationTests {
    private func rig(_ count: Int, talkers: Int) throws -> RoomRig {
        let rig = try RoomRig()
        for _ in 0..<count { try rig.add() }
        try rig.connect()
        for caller in rig.callers.prefix(talkers) { caller.hum() }
        try rig.run(seconds: 2)
        return rig
    }

    @Test func oneDoesNotHearAnother() throws {
        let rig = try rig(4, talkers: 2)
        let (talker, second, listener, other) = (rig.callers[0], rig.callers[1], rig.callers[2], rig.callers[3])
        rig.carryOut(.setHears(listener.id, talker.id, false), .setHears(second.id, talker.id, false))
        try rig.run(seconds: 2)
        #expect(listener.hears(talker) < 30)
        #expect(listener.hears(second) > 4_000)
        #expect(second.hears(talker) < 30)
        #expect(second.hears(second) < 30)
        #expect(talker.hears(second) > 4_000, "the other way nothing changes")
        #expect(other.hears(talker) > 4_000 && other.hears(second) > 4_000)
        rig.carryOut(.setHears(listener.id, talker.id, true))
        try rig.run(seconds: 2)
        #expect(listener.hears(talker) > 4_000)
        #expect(second.hears(talker) < 30)
    }

    @Test func thoseWhoDoNotHearTheSameShareOneFrame() throws {
        let rig = try rig(8, talkers: 2)
        let (first, second) = (rig.callers[0], rig.callers[1])
        let (without, all) = (rig.callers[2..<5], rig.callers[5...])
        for caller in without { rig.carryOut(.setHears(caller.id, first.id, false)) }
        // Who came when there was a group already is at one with it after a while of speech.
        try rig.run(seconds: 8)
        for caller in rig.callers { caller.forget() }
        let before = rig.room.encodedFrames
        try rig.run(seconds: 2)
        // Two talkers of their own, all, and those without the first.
        #expect(rig.room.encodedFrames - before == 400)
        for group in [without, all] {
            for caller in group { #expect(caller.packets.map(\.payload) == group.first?.packets.map(\.payload)) }
        }
        for caller in without { #expect(caller.hears(first) < 30 && caller.hears(second) > 4_000) }
        for caller in all { #expect(caller.hears(first) > 4_000 && caller.hears(second) > 4_000) }
    }

    @Test func theOrderOfRelationsMakesNoOtherGroup() throws {
        let rig = try rig(6, talkers: 2)
        let (a, b) = (rig.callers[0], rig.callers[1])
        let pair = [rig.callers[2], rig.callers[3]]
        rig.carryOut(
            .setHears(pair[0].id, a.id, false), .setHears(pair[0].id, b.id, false),
            .setHears(pair[1].id, b.id, false), .setHears(pair[1].id, a.id, false))
        try rig.run(seconds: 8)
        for caller in rig.callers { caller.forget() }
        let before = rig.room.encodedFrames
        try rig.run(seconds: 2)
        #expect(rig.room.encodedFrames - before == 300, "the pair hears nothing, which is not encoded")
        for caller in pair { #expect(caller.hears(a) < 30 && caller.hears(b) < 30) }
    }

    @Test func aRelationEndsWithTheOneItIsAbout() throws {
        let rig = try rig(4, talkers: 2)
        let (gone, talker, listener) = (rig.callers[0], rig.callers[1], rig.callers[2])
        rig.carryOut(.setHears(listener.id, gone.id, false))
        try rig.run(seconds: 1)
        rig.leave(gone)
        try rig.run(seconds: 8)
        for caller in rig.callers { caller.forget() }
        let before = rig.room.encodedFrames
        try rig.run(seconds: 2)
        #expect(listener.hears(talker) > 4_000)
        #expect(rig.room.encodedFrames - before <= 101, "one mix for all again")
        #expect(listener.packets.map(\.payload) == rig.callers[3].packets.map(\.payload))
    }

    @Test func nobodyHearsASeamWhenARelationComesOrGoes() throws {
        let rig = try rig(4, talkers: 1)
        let (talker, silent, listener) = (rig.callers[0], rig.callers[1], rig.callers[2])
        for hears in [false, true, false, true] {
            rig.carryOut(.setHears(listener.id, silent.id, hears))
            try rig.run(seconds: 3)
            let last = Array(listener.heard.suffix(134_400))
            // A pure tone has no energy elsewhere; clicks have.
            let rest = Sound.rms(last) - Sound.amplitude(of: talker.frequency, in: last) / 2.0.squareRoot()
            #expect(abs(rest) < 300, "\(hears): \(rest)")
        }
    }

    @Test func nothingIsEncodedForAGroupInWhichNobodySpeaks() throws {
        let rig = try rig(4, talkers: 1)
        rig.carryOut(.setHears(rig.callers[1].id, rig.callers[0].id, false))
        try rig.run(seconds: 6)
        let before = rig.room.encodedFrames
        rig.callers[1].forget()
        try rig.run(seconds: 2)
        #expect(rig.room.encodedFrames - before == 100)
        #expect(rig.callers[1].packets.count <= 6)
    }
}
