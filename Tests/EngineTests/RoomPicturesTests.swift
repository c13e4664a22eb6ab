import Conference
import Engine
import RTC
import TestKit
import Testing
import Wire

/// Who sees whom in a whole room: callers with cameras, a network between, one engine.
struct RoomPicturesTests {
    /// A room of `count` with cameras, connected and settled.
    private func rig(
        _ count: Int, seed: UInt64 = 1, profile: (inout RoomProfile) -> Void = { _ in }
    ) throws -> RoomRig {
        let rig = try RoomRig(seed: seed, profile: profile)
        for _ in 0..<count { try rig.add(videos: [.init()]) }
        try rig.connect()
        try rig.run(seconds: 1)
        return rig
    }

    /// The last row told of `caller`.
    private func video(of caller: Caller, in rig: RoomRig) -> VideoStatus? {
        for delta in rig.deltas().reversed() {
            switch delta.change {
            case .add(let key, let row, _) where key == caller.leg.id: return row.status.video
            case .modify(let key, let row) where key == caller.leg.id: return row.status.video
            default: continue
            }
        }
        return nil
    }

    @Test func allSeeWhoSpeaksAndTheSpeakerSeesTheOneBefore() throws {
        let rig = try rig(3)
        let (a, b, c) = (rig.callers[0], rig.callers[1], rig.callers[2])
        a.hum()
        try rig.run(seconds: 3)
        a.hush()
        b.hum()
        try rig.run(seconds: 4)
        let before = rig.milliseconds - 500
        #expect(a.cameras(since: before) == [2])
        #expect(b.cameras(since: before) == [1])
        #expect(c.cameras(since: before) == [2])
        #expect(video(of: b, in: rig)?.floor == true)
        #expect(video(of: a, in: rig)?.floor == false)
        for caller in rig.callers { #expect(!caller.cameras().contains(caller.number)) }
    }

    @Test func aSwitchTakesOneRoundTripAndNeverShowsHalfAPicture() throws {
        let rig = try rig(3)
        rig.callers[0].hum()
        try rig.run(seconds: 3)
        rig.callers[0].hush()
        rig.callers[1].hum()
        try rig.run(seconds: 4)
        for caller in rig.callers {
            var last: SyntheticCamera.Piece?
            for sight in caller.sights where sight.slot == 0 {
                if sight.piece.camera != last?.camera { #expect(sight.piece.isKeyFrame && sight.piece.index == 0) }
                last = sight.piece
            }
        }
    }

    @Test func aReceiversNumbersHaveNoGapAcrossSwitches() throws {
        let rig = try rig(3)
        for round in 0..<6 {
            for caller in rig.callers { caller.hush() }
            rig.callers[round % 3].hum()
            try rig.run(seconds: 2.5)
        }
        for caller in rig.callers {
            let numbers = caller.sights.filter { $0.slot == 0 }.map(\.header.sequence)
            #expect(numbers.count > 300)
            for (one, next) in zip(numbers, numbers.dropFirst()) { #expect(next == one &+ 1) }
        }
    }

    @Test func whoComesLateSeesThePictureAtOnce() throws {
        let rig = try rig(2)
        rig.callers[0].hum()
        try rig.run(seconds: 3)
        let late = try rig.add(videos: [.init(.recvonly)])
        try rig.connect()
        let connected = rig.milliseconds
        try rig.run(milliseconds: 300)
        let first = try #require(late.sights.first)
        #expect(first.milliseconds - connected < 150)
        #expect(late.cameras() == [1])
        #expect(first.piece.isKeyFrame && first.piece.index == 0)
    }

    @Test func tenWhoComeAtOnceCostTheSpeakerOneKeyFrame() throws {
        let rig = try rig(2)
        rig.callers[0].hum()
        try rig.run(seconds: 3)
        let requests = rig.callers[0].browser.keyFrameRequests
        let joiners = try (0..<10).map { _ in try rig.add(videos: [.init(.recvonly)]) }
        try rig.connect()
        try rig.run(seconds: 1)
        #expect(rig.callers[0].browser.keyFrameRequests - requests <= 2)
        for joiner in joiners { #expect(joiner.cameras() == [1]) }
    }

    @Test func aMutedCameraIsGoneAtOnceAndComesBackWithAKeyFrame() throws {
        let rig = try rig(3)
        let (a, c) = (rig.callers[0], rig.callers[2])
        rig.perform(.videoFloor(.member(a.id), force: true))
        try rig.run(seconds: 1)
        rig.perform(.videoMute(.member(a.id)))
        let muted = rig.milliseconds
        try rig.run(seconds: 1)
        #expect(!c.cameras(since: muted + 5).contains(1))
        #expect(video(of: a, in: rig)?.muted == true)
        rig.perform(.videoUnmute(.member(a.id)))
        rig.perform(.videoFloor(.member(a.id), force: true))
        try rig.run(seconds: 1)
        let back = try #require(c.sights.first { $0.milliseconds > muted + 5 && $0.piece.camera == 1 })
        #expect(back.piece.isKeyFrame && back.piece.index == 0)
    }

    @Test func whenTheOneOnScreenLeavesSomebodyElseIsShown() throws {
        let rig = try rig(3)
        rig.callers[0].hum()
        try rig.run(seconds: 3)
        rig.leave(rig.callers[0])
        let left = rig.milliseconds
        try rig.run(seconds: 1)
        #expect(Set(rig.callers[2].cameras(since: left + 5)) == [2])
        #expect(Set(rig.callers[1].cameras(since: left + 5)) == [3])
    }

    @Test func aSharedScreenIsShownAndIsNobody() throws {
        let rig = try rig(2)
        let screen = try rig.add(hasAudio: false, videos: [.init(.sendonly)], sharedBy: rig.callers[0])
        try rig.connect()
        try rig.run(seconds: 1)
        #expect(rig.callers[1].cameras(since: rig.milliseconds - 300) == [3])
        #expect(rig.room.room.count == 2)
        #expect(!rig.deltas().contains { if case .add(screen.leg.id, _, _) = $0.change { true } else { false } })
        rig.leave(screen)
        let left = rig.milliseconds
        try rig.run(seconds: 1)
        #expect(rig.callers[1].cameras(since: left + 5) == [1])
    }

    @Test func aClientOfOursSeesFurtherPictures() throws {
        let rig = try rig(4)
        let viewer = rig.callers[3]
        try rig.renegotiate(viewer) { $0.videos += [.init(.recvonly), .init(.recvonly)] }
        rig.room.view(viewer.leg, [(slot: 1, call: "call1"), (slot: 2, call: "call2")], at: rig.now)
        try rig.run(seconds: 1)
        #expect(viewer.cameras(in: 1) == [1])
        #expect(viewer.cameras(in: 2) == [2])
        rig.leave(rig.callers[0])
        let left = rig.milliseconds
        try rig.run(seconds: 1)
        #expect(viewer.cameras(in: 1, since: left + 5).isEmpty)
        #expect(viewer.cameras(in: 2, since: left + 5) == [2])
    }

    @Test func aCameraMayComeLater() throws {
        let rig = try RoomRig()
        let a = try rig.add()
        let b = try rig.add(videos: [.init(.recvonly)])
        try rig.connect()
        try rig.run(seconds: 1)
        #expect(video(of: a, in: rig) == nil)
        try rig.renegotiate(a) { $0.videos = [.init()] }
        try rig.run(seconds: 1)
        #expect(b.cameras() == [1])
        #expect(video(of: a, in: rig)?.visible == true)
    }

    @Test func whoHasNoVideoCostsNothingAndHearsAll() throws {
        let rig = try rig(2)
        let plain = try rig.add()
        try rig.connect()
        rig.callers[0].hum()
        try rig.run(seconds: 2)
        #expect(plain.leg.video == nil)
        #expect(plain.sights.isEmpty)
        #expect(plain.hears(rig.callers[0]) > 4000)
        #expect(video(of: plain, in: rig) == nil)
    }

    @Test(arguments: 1...3)
    func atFivePercentLossThePicturesGoOn(seed: UInt64) throws {
        let rig = try rig(3, seed: seed)
        rig.network.conditions = .init(loss: 0.05, delay: .milliseconds(10))
        rig.callers[0].hum()
        try rig.run(seconds: 10)
        let viewer = rig.callers[2]
        let shown = viewer.sights.filter { $0.slot == 0 && $0.milliseconds > rig.milliseconds - 5000 }
        #expect(Set(shown.map(\.piece.frame)).count > 130)  // of 151
        for (one, next) in zip(shown, shown.dropFirst()) { #expect(next.milliseconds - one.milliseconds < 1000) }
    }
}
