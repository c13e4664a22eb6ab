import Conference
import Testing

struct FloorKeeperTests {
    private func tick(_ keeper: inout FloorKeeper, _ scores: [(MemberID, Int)]) -> FloorKeeper.Change? {
        keeper.beginTick()
        for (id, score) in scores { keeper.consider(id, smoothedScore: score) }
        return keeper.endTick()
    }

    @Test func theNewestTakesAVacantFloorThoughSilent() {
        var keeper = FloorKeeper()
        #expect(tick(&keeper, []) == nil)
        #expect(tick(&keeper, [(one, 0), (three, 0), (two, 0)]) == .init(old: nil, new: three))
    }

    @Test func aTalkerTakesItFromASilentHolderAtOnce() {
        var keeper = FloorKeeper()
        _ = tick(&keeper, [(one, 0), (two, 0)])
        #expect(tick(&keeper, [(one, 301), (two, 0)]) == .init(old: two, new: one))
    }

    typealias Row = (holder: Int, other: Int, taken: Bool)

    static let thresholds: [Row] = [
        (99, 301, true), (100, 301, false), (99, 300, false), (0, 25_000, true), (5000, 25_000, false),
    ]

    @Test(arguments: thresholds)
    func takesAboveThreeHundredFromBelowAHundred(row: Row) {
        var keeper = FloorKeeper(minimumHold: 0)
        _ = keeper.set(one)
        #expect((tick(&keeper, [(two, row.other), (one, row.holder)]) != nil) == row.taken)
    }

    @Test func aSpeakerKeepsItForASecond() {
        var keeper = FloorKeeper()
        #expect(tick(&keeper, [(one, 900), (two, 0)]) == .init(old: nil, new: one))
        for _ in 1..<50 { #expect(tick(&keeper, [(one, 0), (two, 900)]) == nil) }
        #expect(tick(&keeper, [(one, 0), (two, 900)]) == .init(old: one, new: two))
    }

    @Test func equalTalkersDoNotTearAtIt() {
        var keeper = FloorKeeper()
        var (detectors, changes) = ([TalkDetector(energyLevel: 100, auto: nil), .init(energyLevel: 100, auto: nil)], 0)
        var random = Seeded(7)
        // Ten seconds of two who talk over each other in syllables and pauses of up to half a second.
        var pauses = [0, 0]
        for _ in 0..<500 {
            keeper.beginTick()
            for speaker in 0..<2 {
                pauses[speaker] = pauses[speaker] > -25 ? pauses[speaker] - 1 : Int.random(in: 0...25, using: &random)
                _ = detectors[speaker].frame(score: pauses[speaker] > 0 ? 0 : 1200)
                keeper.consider(MemberID(speaker + 1), smoothedScore: detectors[speaker].smoothedScore)
            }
            if keeper.endTick() != nil { changes += 1 }
        }
        #expect(changes <= 11)
    }

    @Test func steadyEqualTalkersNeverMoveIt() {
        var keeper = FloorKeeper()
        _ = tick(&keeper, [(one, 800), (two, 800)])
        for _ in 0..<1000 { #expect(tick(&keeper, [(one, 800), (two, 800), (three, 800)]) == nil) }
        #expect(keeper.holder == two)
    }

    @Test func whoLeavesFreesItAndASpeakerComesFirst() {
        var keeper = FloorKeeper()
        _ = keeper.set(one)
        #expect(keeper.release(two) == nil)
        #expect(keeper.release(one) == .init(old: one, new: nil))
        #expect(tick(&keeper, [(two, 400), (three, 0)]) == .init(old: nil, new: two))
    }

    @Test func putDownByHandItWaitsForSpeech() {
        var keeper = FloorKeeper()
        _ = keeper.set(one)
        #expect(keeper.set(one) == nil)
        #expect(keeper.set(nil) == .init(old: one, new: nil))
        #expect(tick(&keeper, [(one, 0), (two, 300)]) == nil)
        #expect(tick(&keeper, [(one, 0), (two, 301)]) == .init(old: nil, new: two))
    }
}

struct RoomFloorTests {
    @Test func rewritesTheNewHoldersRowAndThenTheOldOnes() throws {
        var room = try threeMembers()
        #expect(room.tick([(one, 0), (two, 0), (three, 0)]).deltas.count == 1)
        #expect(room.status(three)?.oldStatus == "FLOOR")
        let deltas = room.tick([(one, 900), (two, 0), (three, 0)]).deltas
        #expect(deltas.map(\.serial) == [5, 6])
        guard case .modify("call-1", let gained) = deltas[0].change, case .modify("call-3", let lost) = deltas[1].change
        else {
            Issue.record("wrong rows: \(deltas)")
            return
        }
        #expect(gained.status.floor && !lost.status.floor)
        #expect(room.tick([(one, 900), (two, 0), (three, 0)]) == [])
    }

    @Test func theMutedAndTheHeldDoNotTakeIt() throws {
        var room = try threeMembers()
        _ = try room.perform(.mute(.member(three)), by: api, at: .zero)
        _ = room.setOnHold(two, true, at: .zero)
        _ = room.tick([(three, 900), (two, 900), (one, 0)])
        #expect(room.floorHolder == one)
    }

    @Test func aHolderThatIsMutedLosesItInTheSameBreath() throws {
        var room = try threeMembers()
        _ = room.talking(one, true, score: 900, at: .zero)
        _ = room.tick([(one, 900)])
        let deltas = try room.perform(.mute(.member(one)), by: api, at: .zero).effects.deltas
        #expect(deltas.count == 1)
        #expect(
            room.status(one)
                == Status(muted: true, deaf: false, onHold: false, talking: false, floor: false, energyScore: 0))
        #expect(room.floorHolder == nil)
    }

    @Test func theCommandGivesTakesAndRefuses() throws {
        var room = try threeMembers()
        func floor(_ id: MemberID) throws -> Reply {
            try room.perform(.floor(.member(id)), by: moderator, at: .zero).reply
        }
        #expect(try floor(one) == .members([.floor(one)]))
        #expect(throws: Refusal.floorHeld(by: one)) { try floor(two) }
        #expect(try floor(one) == .members([.floor(nil)]))
        _ = try room.perform(.mute(.member(two)), by: moderator, at: .zero)
        #expect(throws: Refusal.cannotSpeak(two)) { try floor(two) }
    }

    @Test func aHolderThatLeavesFreesIt() throws {
        var room = try threeMembers()
        _ = room.tick([(one, 900), (two, 0)])
        _ = room.leave(one, at: .zero)
        #expect(room.floorHolder == nil)
        #expect(room.tick([(two, 0)]).deltas.count == 1)
        #expect(room.floorHolder == two)
    }

    @Test func strangersAreNotConsidered() throws {
        var room = try threeMembers()
        _ = try room.join(caller(4, screenShare: true), at: .zero)
        _ = room.tick([(MemberID(4), 900), (MemberID(99), 900)])
        #expect(room.floorHolder == nil)
    }
}
