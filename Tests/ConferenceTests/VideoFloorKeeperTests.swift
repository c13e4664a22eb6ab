import Conference
import Testing

struct VideoFloorKeeperTests {
    private let four = MemberID(4)

    /// A keeper whose pictures came in this order and took the floor from each other, the last one's hold over at zero.
    private func keeper(_ ids: MemberID..., autoFloor: Duration = .zero) -> VideoFloorKeeper {
        var keeper = VideoFloorKeeper(autoFloor: autoFloor)
        for (place, id) in ids.enumerated() { keeper.appear(id, .new, at: .seconds(2 * (place - ids.count))) }
        return keeper
    }

    private func follow(_ keeper: inout VideoFloorKeeper, _ speaker: MemberID?, at now: Duration) -> Bool {
        keeper.follow(speaker, at: now)
    }

    @Test func theNewestPictureTakesItAndTheOneBeforeIsRemembered() {
        var keeper = keeper(one)
        #expect((keeper.state.holder, keeper.state.previous) == (one, nil))
        keeper.appear(two, .new, at: .zero)
        #expect((keeper.state.holder, keeper.state.previous) == (two, one))
        keeper.appear(three, .back, at: .zero)
        #expect((keeper.state.holder, keeper.state.previous) == (two, one))
    }

    @Test func aPictureThatComesBackTakesAVacantFloor() {
        var keeper = VideoFloorKeeper()
        keeper.appear(one, .back, at: .zero)
        #expect(keeper.state.holder == one)
        #expect(!keeper.state.isLocked)
    }

    @Test func whoSpeaksTakesItAfterTheTimeOfTheProfile() {
        var keeper = keeper(one, two, autoFloor: .seconds(2))
        for tick in 0..<100 {
            #expect(!follow(&keeper, one, at: .milliseconds(20 * tick)))
        }
        #expect(follow(&keeper, one, at: .seconds(2)))
        #expect((keeper.state.holder, keeper.state.previous) == (one, two))
        #expect(!follow(&keeper, one, at: .seconds(3)))
    }

    @Test func aPauseStartsTheTimeAgain() {
        var keeper = keeper(one, two, autoFloor: .seconds(2))
        #expect(!follow(&keeper, one, at: .zero))
        #expect(!follow(&keeper, nil, at: .milliseconds(1900)))
        #expect(!follow(&keeper, one, at: .milliseconds(1920)))
        #expect(!follow(&keeper, one, at: .milliseconds(3900)))
        #expect(follow(&keeper, one, at: .milliseconds(3920)))
    }

    /// As when a meeting begins: each sees a picture that stays, and not every newcomer for a moment.
    @Test func ofManyWhoComeAtOnceTheFirstIsHeld() {
        var keeper = VideoFloorKeeper()
        for number in 1...100 {
            keeper.appear(MemberID(number), .new, at: .milliseconds(14 * number))
            #expect((keeper.state.holder, keeper.state.previous) == (one, number == 1 ? nil : two))
        }
        keeper.appear(MemberID(101), .new, at: .milliseconds(1514))
        #expect((keeper.state.holder, keeper.state.previous) == (MemberID(101), one))
    }

    @Test func aNewPictureIsHeldForAMinimumAgainstTalk() {
        var keeper = keeper(one)
        keeper.appear(two, .new, at: .seconds(10))
        #expect(!follow(&keeper, one, at: .milliseconds(11_480)))
        #expect(follow(&keeper, one, at: .milliseconds(11_500)))
    }

    /// Two who speak in turns of 20 ms to 2 s for ten minutes.
    @Test(arguments: 1...5)
    func twoWhoTalkInTurnsDoNotTearAtIt(seed: UInt64) {
        var keeper = keeper(one, two)
        var random = Seeded(seed)
        var speaker = one
        var turn = 1
        var changes: [Duration] = []
        for tick in 1...30_000 {
            turn -= 1
            if turn == 0 {
                speaker = speaker == one ? two : one
                turn = Int.random(in: 1...100, using: &random)
            }
            let now = Duration.milliseconds(20 * tick)
            if follow(&keeper, speaker, at: now) { changes.append(now) }
        }
        #expect(changes.count > 100)
        #expect(zip(changes, changes.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(1500) })
    }

    @Test func whoHasNoPictureTakesNothing() {
        var keeper = keeper(one)
        #expect(!follow(&keeper, four, at: .seconds(9)))
        #expect(keeper.state.holder == one)
    }

    typealias Fall = (audio: MemberID?, holder: MemberID, previous: MemberID)

    static let falls: [Fall] = [(nil, three, two), (two, two, three), (one, one, three), (MemberID(9), three, two)]

    @Test(arguments: falls)
    func itFallsToTheAudioHolderOrTheNewest(row: Fall) {
        var keeper = keeper(one, two, three, four)
        keeper.audioHolder = row.audio
        keeper.disappear(four, at: .seconds(5))
        #expect(keeper.state.holder == row.holder)
        #expect(keeper.state.previous == (row.audio == two || row.audio == one ? three : row.previous))
        // It fell there, nobody asked for it: talk moves it at once.
        let talker = row.holder == one ? two : one
        #expect(follow(&keeper, talker, at: .seconds(5)))
    }

    @Test func aPredecessorThatLeavesIsReplacedByTheNewestOther() {
        var keeper = keeper(one, two, three)
        keeper.disappear(two, at: .zero)
        #expect((keeper.state.holder, keeper.state.previous) == (three, one))
        keeper.disappear(one, at: .zero)
        #expect((keeper.state.holder, keeper.state.previous) == (three, nil))
        keeper.disappear(three, at: .zero)
        #expect(keeper.state.holder == nil && keeper.state.previous == nil)
    }

    // MARK: Locks

    @Test func theCommandIsAToggle() throws {
        var keeper = keeper(one, two)
        #expect(throws: Refusal.floorHeld(by: two)) { try keeper.toggle(one, force: false, at: .zero) }
        #expect(throws: Refusal.floorHeld(by: two)) { try keeper.toggle(two, force: false, at: .zero) }
        #expect(try keeper.toggle(one, force: true, at: .zero) == one)
        #expect(keeper.state.holder == one && keeper.state.isLocked)
        #expect(try keeper.toggle(two, force: true, at: .zero) == two)
        #expect(try keeper.toggle(two, force: false, at: .zero) == nil)
        #expect(keeper.state.holder == two && !keeper.state.isLocked)
    }

    @Test func neitherTalkNorANewPictureMovesALockedFloor() throws {
        var keeper = keeper(one, two)
        _ = try keeper.toggle(one, force: true, at: .zero)
        keeper.appear(three, .new, at: .zero)
        #expect(!follow(&keeper, two, at: .seconds(60)))
        #expect(keeper.state.holder == one)
        keeper.unlock(at: .seconds(60))
        #expect(keeper.state.holder == one)
        #expect(follow(&keeper, two, at: .seconds(61)))
    }

    @Test func aLockGoesWithItsHolder() throws {
        var keeper = keeper(one, two)
        _ = try keeper.toggle(two, force: true, at: .zero)
        keeper.disappear(two, at: .zero)
        #expect(keeper.state.holder == one && !keeper.state.isLocked)
        keeper.appear(two, .back, at: .zero)
        #expect(keeper.state.holder == one)
    }

    @Test func aPictureMayComeLocking() {
        var keeper = keeper(one)
        keeper.appear(two, .locking, at: .zero)
        keeper.appear(three, .new, at: .zero)
        #expect(keeper.state.holder == two && keeper.state.isLocked)
        keeper.appear(four, .locking, at: .zero)
        #expect(keeper.state.holder == four && keeper.state.previous == two)
    }

    @Test func aStickyPictureComesBackWheneverNothingIsLocked() throws {
        var keeper = keeper(one, three)
        keeper.appear(two, .new, isSticky: true, at: .zero)
        #expect(!follow(&keeper, one, at: .seconds(9)))
        keeper.appear(four, .new, at: .seconds(9))
        #expect(keeper.state.holder == two)
        _ = try keeper.toggle(one, force: true, at: .seconds(9))
        #expect(keeper.state.holder == one)
        _ = try keeper.toggle(one, force: true, at: .seconds(9))
        #expect(keeper.state.holder == two && !keeper.state.isLocked)
    }

    // MARK: Shared screens

    @Test(arguments: [false, true])
    func aScreenTakesTheFloorAndGivesItBack(locked: Bool) throws {
        var keeper = keeper(one, two)
        if locked { _ = try keeper.toggle(one, force: true, at: .zero) }
        let before = keeper.state
        keeper.appear(four, .share, at: .seconds(3))
        #expect(keeper.state.holder == four && keeper.state.isLocked && keeper.state.previous == before.holder)
        #expect(keeper.state.beforeShare == before.previous)
        #expect(!follow(&keeper, two, at: .seconds(60)))
        keeper.disappear(four, at: .seconds(60))
        #expect(keeper.state == before)
        let moves = follow(&keeper, one, at: .seconds(60))
        #expect(moves != locked)
    }

    @Test func thenTheFloorIsTheirsWhoAreStillThere() throws {
        var keeper = keeper(one, two)
        _ = try keeper.toggle(one, force: true, at: .zero)
        keeper.appear(four, .share, at: .zero)
        keeper.disappear(one, at: .zero)
        #expect(keeper.state.holder == four && keeper.state.previous == two)
        keeper.disappear(four, at: .zero)
        #expect(keeper.state.holder == two && !keeper.state.isLocked)
    }

    @Test func ofSeveralScreensTheLastIsShown() {
        var keeper = keeper(one, two)
        let before = keeper.state
        keeper.appear(four, .share, at: .zero)
        keeper.appear(three, .share, at: .zero)
        #expect(keeper.state.holder == three && keeper.state.previous == two)
        keeper.disappear(three, at: .zero)
        #expect(keeper.state.holder == four && keeper.state.isLocked)
        keeper.disappear(four, at: .zero)
        #expect(keeper.state == before)
    }

    @Test func aModeratorMayPutAScreenAside() throws {
        var keeper = keeper(one, two)
        keeper.appear(four, .share, at: .zero)
        #expect(throws: Refusal.floorHeld(by: four)) { try keeper.toggle(one, force: false, at: .zero) }
        _ = try keeper.toggle(one, force: true, at: .zero)
        #expect(keeper.state.holder == one && keeper.state.isLocked)
        keeper.disappear(one, at: .zero)
        #expect(keeper.state.holder == four && keeper.state.isLocked)
        keeper.unlock(at: .zero)
        #expect(keeper.state.holder == four)
        #expect(follow(&keeper, two, at: .seconds(2)))
        keeper.disappear(four, at: .seconds(2))
        #expect(keeper.state.holder == two && !keeper.state.isLocked)
    }

    @Test func aScreenAloneIsSeen() {
        var keeper = VideoFloorKeeper()
        keeper.appear(four, .share, at: .zero)
        #expect(keeper.state.holder == four && keeper.state.previous == nil)
        keeper.appear(one, .new, at: .zero)
        #expect(keeper.state.holder == four && keeper.state.previous == one)
        keeper.disappear(four, at: .zero)
        #expect(keeper.state.holder == one)
    }

    /// Anything may happen in any order.
    @Test(arguments: 1...20)
    func itIsVacantOnlyWhileNobodyCanBeSeen(seed: UInt64) {
        var keeper = VideoFloorKeeper(autoFloor: .milliseconds(200))
        var random = Seeded(seed)
        var seen: Set<MemberID> = []
        for tick in 1...2000 {
            let now = Duration.milliseconds(20 * tick)
            let id = MemberID(Int.random(in: 1...6, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<3:
                let entrances: [VideoFloorKeeper.Entrance] = [.new, .back, .back, .locking, .share]
                keeper.appear(id, entrances.randomElement(using: &random)!, isSticky: id == one, at: now)
                seen.insert(id)
            case 3..<6:
                keeper.disappear(id, at: now)
                seen.remove(id)
            case 6: keeper.unlock(at: now)
            case 7 where seen.contains(id):
                _ = try? keeper.toggle(id, force: Bool.random(using: &random), at: now)
            case 8: keeper.audioHolder = id
            default: _ = follow(&keeper, id, at: now)
            }
            let state = keeper.state
            #expect((state.holder == nil) == seen.isEmpty)
            #expect(state.holder.map(seen.contains) != false && state.previous.map(seen.contains) != false)
            #expect(state.previous == nil || state.previous != state.holder)
            #expect(state.holder != nil || !state.isLocked)
        }
    }
}
