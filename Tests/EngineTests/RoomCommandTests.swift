import Conference
import Engine
import RTC
import TestKit
import Testing
import Wire

/// Commands take effect in what is heard, and are told in order.
struct RoomCommandTests {
    /// A room in which the first `talkers` of `count` hum.
    private func rig(
        _ count: Int, talkers: Int = 1, profile: (inout RoomProfile) -> Void = { _ in }
    ) throws -> RoomRig {
        let rig = try RoomRig(profile: profile)
        for _ in 0..<count { try rig.add() }
        try rig.connect()
        for caller in rig.callers.prefix(talkers) { caller.hum() }
        try rig.run(seconds: 2)
        return rig
    }

    private func member(_ caller: Caller) -> Selector { .member(caller.id) }

    /// The last row told of `caller`.
    private func row(_ caller: Caller, in rig: RoomRig) -> Row? {
        for delta in rig.deltas().reversed() {
            switch delta.change {
            case .add(let key, let row, _) where key == caller.leg.id: return row
            case .modify(let key, let row) where key == caller.leg.id: return row
            default: continue
            }
        }
        return nil
    }

    @Test func mutesAndUnmutes() throws {
        let rig = try rig(3)
        let (talker, listener) = (rig.callers[0], rig.callers[1])
        #expect(listener.hears(talker) > 4000)
        #expect(row(talker, in: rig)?.status.talking == true)
        rig.perform(.mute(member(talker)))
        let decoded = talker.leg.input.decodedFrames
        #expect(row(talker, in: rig)?.status.muted == true)
        #expect(row(talker, in: rig)?.status.talking == false)
        try rig.run(seconds: 2)
        #expect(listener.hears(talker) < 10)
        #expect(talker.leg.input.decodedFrames == decoded, "the muted are not decoded")
        rig.perform(.unmute(member(talker)))
        try rig.run(seconds: 2)
        #expect(listener.hears(talker) > 4000)
        #expect(row(talker, in: rig)?.status.muted == false)
        #expect(row(talker, in: rig)?.status.talking == true)
    }

    @Test func deafensAndUndeafens() throws {
        let rig = try rig(3)
        let (talker, listener) = (rig.callers[0], rig.callers[1])
        rig.perform(.deaf(member(listener)))
        try rig.run(milliseconds: 100)
        let before = listener.packets.count
        try rig.run(seconds: 2)
        #expect(listener.packets.count == before)
        #expect(rig.callers[2].hears(talker) > 4000)
        rig.perform(.undeaf(member(listener)))
        try rig.run(seconds: 2)
        #expect(listener.hears(talker) > 4000)
        let resumed = listener.packets[before]
        #expect(resumed.marker)
        #expect(resumed.sequence == listener.packets[before - 1].sequence &+ 1)
        #expect(Int(resumed.timestamp &- listener.packets[before - 1].timestamp) / 48 >= 1900)
    }

    @Test func kicks() throws {
        let rig = try rig(3)
        let (talker, listener) = (rig.callers[0], rig.callers[1])
        let start = rig.outputs.count
        rig.perform(.kick(member(talker)))
        // Its row goes, then it is told, then its call is let go.
        let said = rig.outputs.dropFirst(start).map { entry -> String in
            switch entry.output {
            case .publish(let delta):
                if case .remove(let key, _) = delta.change { return "remove \(key)" }
                return "publish"
            case .parted(_, let leg, _): return "parted \(leg)"
            case .removed(let leg, .kicked): return "removed \(leg) kicked"
            default: return "other"
            }
        }
        #expect(said.filter { $0 != "other" }.starts(with: ["remove call1", "parted call1", "removed call1 kicked"]))
        #expect(rig.room.legs.count == 2)
        let before = talker.packets.count
        try rig.run(seconds: 2)
        #expect(listener.hears(talker) < 10)
        #expect(talker.packets.count - before <= 1)
    }

    @Test func turnsVolumesUpAndDown() throws {
        let rig = try rig(3)
        let (talker, listener, other) = (rig.callers[0], rig.callers[1], rig.callers[2])
        let usual = listener.hears(talker)
        rig.perform(.volumeOut(member(listener), .set(-2)))
        try rig.run(seconds: 2)
        #expect(abs(Sound.decibels(listener.hears(talker), over: usual) - -4.4) < 1)
        #expect(abs(Sound.decibels(other.hears(talker), over: usual)) < 1)
        rig.perform(.volumeOut(member(listener), .set(0)))
        rig.perform(.volumeIn(member(talker), .set(-4)))
        try rig.run(seconds: 2)
        #expect(abs(Sound.decibels(listener.hears(talker), over: usual) - -14) < 1)
    }

    @Test func everybodyMayHaveAVolumeOfItsOwn() throws {
        let rig = try RoomRig { $0.loudest = 1 }
        for _ in 0..<12 { try rig.add() }
        try rig.connect()
        rig.perform(.volumeOut(.all, .set(-1)))
        for caller in rig.callers.prefix(3) { caller.hum() }
        try rig.run(seconds: 3)
        for caller in rig.callers {
            #expect(caller.hears(caller) < 30, "nobody hears itself for want of an encoder")
            let heard = rig.callers.prefix(3).map { caller === $0 ? 0 : caller.hears($0) }.max() ?? 0
            #expect(heard > 2500 || caller.number <= 3)
        }
    }

    @Test func locksAndRefuses() throws {
        let rig = try rig(2)
        rig.perform(.lock)
        let late = try rig.add(joins: false)
        #expect(throws: Refusal.locked) { try rig.join(late) }
        #expect(rig.room.legs.count == 2)
        rig.perform(.unlock)
        try rig.join(late)
        try rig.run(seconds: 3)
        #expect(late.hears(rig.callers[0]) > 4000)
    }

    @Test func numbersItsDeltasWithoutAGap() throws {
        let rig = try rig(4, talkers: 2)
        for command: Command in [
            .mute(.all), .unmute(.all), .deaf(member(rig.callers[2])), .floor(member(rig.callers[3])),
            .energy(member(rig.callers[1]), .set(300)), .kick(member(rig.callers[3])),
        ] {
            rig.perform(command)
            try rig.run(milliseconds: 300)
        }
        rig.leave(rig.callers[2])
        let serials = rig.deltas().map(\.serial)
        #expect(serials == Array(1...serials.count))
    }

    // MARK: Who is heard

    @Test func waitsForAModerator() throws {
        let rig = try RoomRig { $0.roomFlags.insert(.waitMod) }
        for _ in 0..<2 { try rig.add() }
        try rig.connect()
        rig.callers[0].hum()
        try rig.run(seconds: 2)
        #expect(rig.callers[1].hears(rig.callers[0]) < 10)
        #expect(rig.callers[0].leg.input.decodedFrames == 0)
        let moderator = try rig.add(flags: .moderator)
        try rig.connect()
        try rig.run(seconds: 2)
        #expect(rig.callers[1].hears(rig.callers[0]) > 4000)
        #expect(moderator.hears(rig.callers[0]) > 4000)
    }

    @Test func endsWithItsLastMember() throws {
        let rig = try rig(2)
        rig.leave(rig.callers[0])
        rig.leave(rig.callers[1])
        let closed = rig.outputs.count { if case .closed = $0.output { true } else { false } }
        #expect(closed == 1)
        guard case .closed = rig.outputs.last?.output else {
            Issue.record("nothing comes after the end")
            return
        }
        try rig.run(seconds: 1)
        #expect(rig.room.legs.isEmpty)
    }

    @Test func lettingGoOfTheEndConferenceMemberEndsTheRoom() throws {
        let rig = try RoomRig()
        try rig.add(flags: .endconf)
        try rig.add()
        try rig.connect()
        rig.leave(rig.callers[0])
        let removed = rig.outputs.compactMap { entry -> String? in
            if case .removed(let leg, .conferenceEnded) = entry.output { leg } else { nil }
        }
        #expect(removed == ["call2"])
        #expect(rig.room.legs.isEmpty)
    }

    @Test func mixesTheLoudestOfMany() throws {
        let rig = try RoomRig { $0.loudest = 3 }
        for _ in 0..<7 { try rig.add() }
        try rig.connect()
        for caller in rig.callers.prefix(6) { caller.hum(amplitude: caller.number.isMultiple(of: 2) ? 5000 : 1000) }
        try rig.run(seconds: 3)
        let listener = rig.callers[6]
        for caller in rig.callers.prefix(6) {
            #expect((listener.hears(caller) > 3000) == caller.number.isMultiple(of: 2), "\(caller.number)")
        }
        // A soft one that is alone is heard as well.
        for caller in rig.callers[1...5] { caller.hush() }
        try rig.run(seconds: 3)
        #expect(listener.hears(rig.callers[0]) > 700)
    }

    @Test func theFloorFollowsTheSpeakerWithoutFlapping() throws {
        let rig = try rig(3, talkers: 0)
        func floorMoves(_ body: () throws -> Void) rethrows -> [String] {
            let start = rig.outputs.count
            let before = rig.room.room.floorHolder
            try body()
            var holder = before.map { "call\($0.rawValue)" }
            var moves: [String] = []
            for delta in rig.deltas(since: start) {
                guard case .modify(let key, let row) = delta.change, row.status.floor, key != holder else { continue }
                holder = key
                moves.append(key)
            }
            return moves
        }
        let first = try floorMoves {
            rig.callers[0].hum()
            try rig.run(seconds: 4)
        }
        #expect(first == ["call1"] || first == [] && rig.room.room.floorHolder == rig.callers[0].id)
        // Two at once do not tear at it.
        let both = try floorMoves {
            rig.callers[1].hum()
            try rig.run(seconds: 6)
        }
        #expect(both.isEmpty)
        let last = try floorMoves {
            rig.callers[0].hush()
            try rig.run(seconds: 3)
        }
        #expect(last == ["call2"])
    }

    @Test func onlyListensToWhoMayOnlyListen() throws {
        let rig = try RoomRig()
        try rig.add()
        let listener = try rig.add(direction: .recvonly)
        let speaker = try rig.add(direction: .sendonly)
        try rig.connect()
        for caller in rig.callers { caller.hum() }
        try rig.run(seconds: 2)
        #expect(rig.callers[0].hears(listener) < 10)
        #expect(rig.callers[0].hears(speaker) > 4000)
        #expect(listener.hears(speaker) > 4000)
        #expect(speaker.packets.isEmpty)
    }

    @Test func whoClaimsToBeSilentIsNotHeardAndWhoClaimsToBeLoudDoesNotHoldTheFloor() throws {
        let rig = try rig(3, talkers: 0)
        rig.callers[0].hum()
        rig.callers[0].claimedLevel = 127
        rig.callers[1].claimedLevel = 0
        rig.callers[2].hum()
        try rig.run(seconds: 3)
        #expect(rig.callers[2].hears(rig.callers[0]) < 10)
        #expect(rig.room.room.floorHolder == rig.callers[2].id)
    }

    @Test func anEnergyLevelShutsOutWhoIsSofter() throws {
        let rig = try rig(2)
        #expect(rig.callers[1].hears(rig.callers[0]) > 4000)
        rig.callers[0].hum(amplitude: 1000)
        rig.perform(.energy(member(rig.callers[0]), .set(1800)))
        try rig.run(seconds: 3)
        #expect(rig.callers[1].hears(rig.callers[0]) < 10)
    }
}
