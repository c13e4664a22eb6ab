import Conference
import Testing

/// What receivers were told to show, fed by effects alone.
struct Screens {
    private(set) var slots: [MemberID: [Int: MemberID]] = [:]
    private var changes = 0

    subscript(id: MemberID, slot: Int = 0) -> MemberID? { slots[id]?[slot] }

    mutating func apply(_ effects: [Effect]) {
        for effect in effects {
            guard case .showVideo(let shown, let id, let slot) = effect else { continue }
            #expect(slots[id]?[slot] != shown, "a picture that did not change was told")
            #expect(shown != id, "nobody sees itself")
            slots[id, default: [:]][slot] = shown
        }
    }

    mutating func forget(_ id: MemberID) { slots[id] = nil }
}

/// A room with its screens.
struct Cinema {
    var room: Room
    var screens = Screens()
    var now: Duration = .zero

    init(_ parameters: (String, String)...) {
        let flags = [("conference-flags", "livearray-sync")]
        let profile = RoomProfile(name: "default", parameters: flags + parameters)
        room = Room(key: RoomKey(name: "3500", domain: "example.com"), profile: profile, startedAt: 0)
    }

    /// Two seconds later, when the floor may move again, the member joins, and sends a picture if it can.
    @discardableResult
    mutating func enter(
        _ id: MemberID, _ flow: VideoFlow = .both, flags: MemberFlags? = nil, screenOf owner: MemberID? = nil
    ) throws -> [Effect] {
        var request = caller(id.rawValue, flags: flags, screenShare: owner != nil)
        (request.video, request.sharedBy) = (flow, owner)
        now += .seconds(2)
        return run { room, now throws(Refusal) in
            try room.join(request, at: now) + room.videoReady(id, at: now)
        }
    }

    @discardableResult
    mutating func leave(_ id: MemberID) -> [Effect] {
        defer { screens.forget(id) }
        return run { room, now in room.leave(id, at: now) }
    }

    @discardableResult
    mutating func tell(_ command: Command) -> [Effect] {
        run { room, now throws(Refusal) in try room.perform(command, by: api, at: now).effects }
    }

    /// The member speaks and holds the audio floor for this long.
    @discardableResult
    mutating func speak(_ id: MemberID, for duration: Duration) -> [Effect] {
        var all = run { room, now in room.talking(id, true, score: 900, at: now) }
        let end = now + duration
        while now < end {
            now += .milliseconds(20)
            all += run { room, now in room.tick([(id, 900)], at: now) }
        }
        return all + run { room, now in room.talking(id, false, score: 0, at: now) }
    }

    @discardableResult
    mutating func run(_ body: (inout Room, Duration) throws(Refusal) -> [Effect]) -> [Effect] {
        do throws(Refusal) {
            let effects = try body(&room, now)
            screens.apply(effects)
            return effects
        } catch {
            Issue.record("refused: \(error)")
            return []
        }
    }

    func video(_ id: MemberID) -> VideoStatus? { room.status(id)?.video }
}

struct RoomVideoTests {
    private let four = MemberID(4)
    private let nine = MemberID(9)

    // MARK: Who sees whom

    @Test func allSeeTheHolderAndTheHolderThePreviousOne() throws {
        var cinema = Cinema()
        try cinema.enter(one)
        #expect(cinema.screens[one] == nil)
        try cinema.enter(two)
        try cinema.enter(three)
        #expect(cinema.room.videoFloorHolder == three)
        #expect(cinema.screens[one] == three && cinema.screens[two] == three && cinema.screens[three] == two)
        cinema.speak(one, for: .seconds(2))
        #expect(cinema.screens[two] == one && cinema.screens[three] == one && cinema.screens[one] == three)
    }

    @Test func aPictureIsShownOnlyOnceItHasArrived() throws {
        var cinema = Cinema()
        try cinema.enter(one)
        var request = caller(2)
        request.video = .both
        let effects = cinema.run { room, now throws(Refusal) in try room.join(request, at: now) }
        #expect(effects.contains(.showVideo(of: one, to: two, slot: 0)))
        #expect(cinema.room.videoFloorHolder == one)
        #expect(cinema.video(two)?.visible == false && cinema.video(two)?.muted == false)
        cinema.now += .seconds(2)
        cinema.run { room, now in room.videoReady(two, at: now) }
        #expect(cinema.room.videoFloorHolder == two && cinema.video(two)?.visible == true)
        #expect(cinema.run { room, now in room.videoReady(two, at: now) } == [])
        #expect(cinema.run { room, now in room.videoReady(nine, at: now) } == [])
    }

    typealias Receiver = (what: String, flow: VideoFlow, flags: MemberFlags?, sees: Bool)

    static let receivers: [Receiver] = [
        ("both ways", .both, nil, true), ("watches only", .sendOnly, nil, true), ("ghost", .sendOnly, .ghost, true),
        ("second screen", .both, .secondScreen, true), ("deaf", .sendOnly, .deaf, true),
        ("shows only", .receiveOnly, nil, false), ("no video", .none, nil, false), ("blind", .sendOnly, .blind, false),
    ]

    @Test(arguments: receivers)
    func seesWhatItsCallAllows(row: Receiver) throws {
        var cinema = Cinema()
        try cinema.enter(one)
        try cinema.enter(two)
        try cinema.enter(three, row.flow, flags: row.flags)
        #expect((cinema.screens[three] != nil) == row.sees, "\(row.what)")
    }

    @Test func whoLostItsMediaIsNotLookedAtUntilItIsBack() throws {
        var cinema = Cinema()
        for id in [one, two, three] { try cinema.enter(id) }
        cinema.run { room, now in room.videoLost(three, at: now) }
        #expect(cinema.room.videoFloorHolder == two && cinema.screens[one] == two)
        #expect(cinema.video(three)?.visible == false && cinema.video(three)?.muted == false)
        #expect(cinema.run { room, now in room.videoLost(three, at: now) } == [])
        cinema.run { room, now in room.videoReady(three, at: now) }
        #expect(cinema.video(three)?.visible == true && cinema.room.videoFloorHolder == two)
    }

    @Test func aSecondScreenIsNeverShown() throws {
        var cinema = Cinema()
        try cinema.enter(one, .both, flags: .secondScreen)
        #expect(cinema.room.videoFloorHolder == nil)
    }

    @Test func whoLeavesOrHidesIsReplaced() throws {
        var cinema = Cinema()
        for id in [one, two, three] { try cinema.enter(id) }
        cinema.leave(three)
        #expect(cinema.screens[one] == two && cinema.screens[two] == one)
        cinema.tell(.videoMute(.member(two)))
        #expect(cinema.screens[two] == one && cinema.screens[one] == nil)
        cinema.tell(.videoUnmute(.member(two)))
        #expect(cinema.room.videoFloorHolder == one && cinema.screens[one] == two)
        cinema.run { room, now in room.setOnHold(one, true, at: now) }
        #expect(cinema.room.videoFloorHolder == two && cinema.screens[one] == nil && cinema.screens[two] == nil)
        cinema.run { room, now in room.setOnHold(one, false, at: now) }
        #expect(cinema.screens[one] == two && cinema.screens[two] == one)
    }

    @Test func itFallsToWhoHoldsTheAudioFloor() throws {
        var cinema = Cinema()
        for id in [one, two, three, four] { try cinema.enter(id) }
        cinema.speak(two, for: .seconds(1))
        cinema.leave(four)
        #expect(cinema.room.videoFloorHolder == two)
    }

    @Test func nobodySeesAnythingUntilAModeratorComes() throws {
        var cinema = Cinema(("conference-flags", "livearray-sync|wait-mod"))
        try cinema.enter(one)
        try cinema.enter(two)
        #expect(cinema.screens[one] == nil)
        try cinema.enter(three, .none, flags: .moderator)
        #expect(cinema.screens[one] == two && cinema.screens[two] == one)
    }

    @Test func theTimeOfTheProfileCounts() throws {
        var cinema = Cinema(("video-auto-floor-msec", "3000"), ("video-floor-hold-ms", "0"))
        for id in [one, two] { try cinema.enter(id) }
        cinema.speak(one, for: .milliseconds(2900))
        #expect(cinema.room.videoFloorHolder == two)
        cinema.now += .seconds(1)
        cinema.run { room, now in room.tick([], at: now) }
        cinema.speak(one, for: .milliseconds(3100))
        #expect(cinema.room.videoFloorHolder == one)
    }

    @Test func talkOfWhoIsOnScreenMovesNothing() throws {
        var cinema = Cinema()
        for id in [one, two] { try cinema.enter(id) }
        cinema.speak(one, for: .seconds(3))
        let effects = cinema.speak(one, for: .seconds(3))
        #expect(
            effects.plain.allSatisfy {
                if case .publish = $0 { true } else if case .summary = $0 { true } else { false }
            })
    }

    // MARK: Renegotiation

    @Test func takesVideoInAndGivesItUp() throws {
        var cinema = Cinema()
        try cinema.enter(one)
        try cinema.enter(two, .none)
        #expect(cinema.room.status(two)?.video == nil && cinema.screens[two] == nil)
        let effects = cinema.run { room, now in room.setVideo(two, .both, at: now) }
        #expect(effects.deltas.count == 1 && cinema.screens[two] == one)
        cinema.run { room, now in room.videoReady(two, at: now) }
        #expect(cinema.screens[one] == two)
        cinema.run { room, now in room.setVideo(two, .sendOnly, at: now) }
        #expect(cinema.room.videoFloorHolder == one && cinema.screens[one] == nil && cinema.screens[two] == one)
        #expect(cinema.run { room, now in room.setVideo(two, .sendOnly, at: now) } == [])
        cinema.run { room, now in room.setVideo(two, .none, at: now) }
        #expect(cinema.screens[two] == nil && cinema.room.status(two)?.video == nil)
        #expect(cinema.run { room, now in room.videoReady(two, at: now) } == [])
        #expect(cinema.run { room, now in room.setVideo(nine, .both, at: now) } == [])
    }

    // MARK: Further pictures

    @Test func aClientChoosesFurtherPictures() throws {
        var cinema = Cinema()
        for id in [one, two, three] { try cinema.enter(id) }
        let effects = cinema.run { room, _ throws(Refusal) in try room.view(one, slots: [two, three]) }
        #expect(effects == [.showVideo(of: two, to: one, slot: 1), .showVideo(of: three, to: one, slot: 2)])
        #expect(cinema.run { room, _ throws(Refusal) in try room.view(one, slots: [two, three]) } == [])
        cinema.run { room, _ throws(Refusal) in try room.view(one, slots: [three]) }
        #expect(cinema.screens[one, 1] == three && cinema.screens[one, 2] == nil)
        cinema.run { room, _ throws(Refusal) in try room.view(one, slots: [nil, one, nine]) }
        #expect((1...3).allSatisfy { cinema.screens[one, $0] == nil })
        #expect(throws: Refusal.unknownMember(nine)) { try cinema.room.view(nine, slots: []) }
    }

    @Test func furtherPicturesGoWithWhoIsWatched() throws {
        var cinema = Cinema()
        for id in [one, two, three] { try cinema.enter(id) }
        cinema.run { room, _ throws(Refusal) in try room.view(one, slots: [two, three]) }
        cinema.tell(.videoMute(.member(two)))
        #expect(cinema.screens[one, 1] == nil)
        cinema.tell(.videoUnmute(.member(two)))
        #expect(cinema.screens[one, 1] == two)
        cinema.leave(three)
        #expect(cinema.screens[one, 2] == nil)
        // Somebody else of that number is not who was asked for.
        try cinema.enter(three)
        #expect(cinema.screens[one, 2] == nil && cinema.screens[one] == three)
    }

    @Test func someChangeAndTheOthersStay() throws {
        var cinema = Cinema()
        for id in [one, two, three] { try cinema.enter(id) }
        let wishes = [(slot: 3, picture: cinema.room.member(ofCall: "call-3")), (0, two), (99, two), (-1, two)]
        let effects = cinema.run { room, _ throws(Refusal) in try room.view(one, changing: wishes) }
        #expect(effects == [.showVideo(of: three, to: one, slot: 3)])
        cinema.run { room, _ throws(Refusal) in try room.view(one, changing: [(1, two)]) }
        #expect(cinema.screens[one, 1] == two && cinema.screens[one, 3] == three && cinema.screens[one] == three)
        #expect(cinema.room.member(ofCall: "call-9") == nil)
    }

    @Test func theirNumberIsBounded() throws {
        var cinema = Cinema()
        for id in [one, two] { try cinema.enter(id) }
        cinema.run { room, _ throws(Refusal) in try room.view(one, slots: Array(repeating: two, count: 1000)) }
        #expect(cinema.screens.slots[one]?.count == Room.viewLimit + 1)
    }

    // MARK: Shared screens

    @Test func aScreenIsSeenByAllAndIsNobody() throws {
        var cinema = Cinema(("max-members", "3"))
        for id in [one, two, three] { try cinema.enter(id) }
        cinema.tell(.lock)
        let before = cinema.room.snapshot
        let effects = try cinema.enter(four, .receiveOnly, screenOf: two)
        #expect(cinema.room.videoFloorHolder == four && cinema.room.count == 3)
        #expect(cinema.room.snapshot.map(\.key) == before.map(\.key))
        #expect(!effects.contains { if case .joined = $0 { true } else { false } })
        #expect(cinema.screens[one] == four && cinema.screens[three] == four)
        // Not its own screen, which would show itself in itself.
        #expect(cinema.screens[two] == three)
        #expect(cinema.video(two)?.screenShare == true && cinema.video(one)?.screenShare == false)
        #expect(cinema.video(three)?.floor == false)
        cinema.leave(four)
        #expect(cinema.room.snapshot == before)
        #expect(cinema.screens[one] == three && cinema.screens[three] == two)
    }

    @Test func whoIsOnScreenAndSharesSeesThePreviousOne() throws {
        var cinema = Cinema()
        for id in [one, two] { try cinema.enter(id) }
        try cinema.enter(four, .receiveOnly, screenOf: two)
        #expect(cinema.screens[two] == one && cinema.screens[one] == four)
    }

    @Test(arguments: [false, true])
    func aScreenGoesWithItsOwner(isKicked: Bool) throws {
        var cinema = Cinema()
        for id in [one, two] { try cinema.enter(id) }
        try cinema.enter(four, .receiveOnly, screenOf: two)
        let effects = isKicked ? cinema.tell(.kick(.member(two))) : cinema.leave(two)
        #expect(effects.removed == (isKicked ? [two, four] : [four]))
        #expect(!cinema.room.contains(four) && cinema.room.videoFloorHolder == one)
    }

    @Test func aScreenNeitherHearsNorWatches() throws {
        var cinema = Cinema()
        try cinema.enter(one)
        let effects = try cinema.enter(four, .both, screenOf: one)
        #expect(effects.contains(.setDeaf(four, true)))
        #expect(cinema.screens[four] == nil)
    }

    @Test func anOwnerWhoIsNotHereOpensNoDoor() throws {
        var cinema = Cinema(("max-members", "2"))
        for id in [one, two] { try cinema.enter(id) }
        var request = caller(4, screenShare: true)
        request.sharedBy = nine
        #expect(throws: Refusal.full(limit: 2)) { try cinema.room.join(request, at: .zero) }
        request.isScreenShare = false
        request.sharedBy = one
        #expect(throws: Refusal.full(limit: 2)) { try cinema.room.join(request, at: .zero) }
    }

    // MARK: Rows

    typealias Shown = (flow: VideoFlow, flags: MemberFlags?, status: VideoStatus?, text: String)

    static let shown: [Shown] = [
        (.none, nil, nil, "ACTIVE"),
        (.both, nil, VideoStatus(floor: true), "ACTIVE VIDEO (FLOOR)"),
        (.receiveOnly, nil, VideoStatus(floor: true), "ACTIVE VIDEO (FLOOR)"),
        (.sendOnly, nil, VideoStatus(visible: false, mediaFlow: .sendOnly, muted: true), "ACTIVE VIDEO (BLIND)"),
        (.both, .vmute, VideoStatus(visible: false, muted: true), "ACTIVE VIDEO (BLIND)"),
        (.both, [.mute, .joinVideoFloor], VideoStatus(floor: true, floorLocked: true), "MUTE VIDEO (FLOOR)"),
    ]

    @Test(arguments: shown)
    func aRowSaysHowThePictureIs(row: Shown) throws {
        var cinema = Cinema()
        try cinema.enter(one, row.flow, flags: row.flags)
        #expect(cinema.room.status(one)?.video == row.status)
        #expect(cinema.room.status(one)?.oldStatus == row.text)
        if row.status?.floor == false || row.status == nil { return }
        try cinema.enter(two, flags: .joinVideoFloor)
        #expect(cinema.room.status(one)?.oldStatus.hasSuffix(" VIDEO") == true)
    }

    @Test func aChangeOfTheFloorWritesTwoRows() throws {
        var cinema = Cinema()
        try cinema.enter(one)
        let effects = try cinema.enter(two)
        let keys = effects.deltas.map { delta in
            switch delta.change {
            case .add(let key, _, _), .modify(let key, _), .remove(let key, _): key
            case .clear: ""
            }
        }
        #expect(keys == ["call-2", "call-2", "call-1"])
        #expect(cinema.tell(.clearVideoFloor) == [])
        #expect(cinema.tell(.videoFloor(.member(two), force: true)).deltas.count == 1)
        #expect(cinema.video(two)?.floorLocked == true)
        #expect(cinema.tell(.clearVideoFloor).deltas.count == 1)
    }

    @Test func picturesComeBeforeRows() throws {
        var cinema = Cinema()
        try cinema.enter(one)
        try cinema.enter(two)
        let effects = cinema.tell(.videoMute(.member(two)))
        #expect(effects.first == .setVideoMuted(two, true))
        let firstRow = effects.firstIndex { if case .publish = $0 { true } else { false } }
        let lastPicture = effects.lastIndex { if case .showVideo = $0 { true } else { false } }
        #expect(try #require(lastPicture) < #require(firstRow))
    }

    // MARK: Anything

    @Test(arguments: 1...12)
    func everybodySeesWhatTheRulesSay(seed: UInt64) throws {
        var cinema = Cinema(("video-auto-floor-msec", "100"))
        var random = Seeded(seed)
        try cinema.enter(nine, .none)
        for _ in 1...800 {
            cinema.now += .milliseconds(Int.random(in: 20...400, using: &random))
            let id = MemberID(Int.random(in: 1...6, using: &random))
            switch Int.random(in: 0..<12, using: &random) {
            case 0..<4 where !cinema.room.contains(id):
                let owner = id == MemberID(6) && cinema.room.contains(one) ? one : nil
                try cinema.enter(id, VideoFlow.allCases.randomElement(using: &random)!, screenOf: owner)
            case 4:
                cinema.leave(id)
                if !cinema.room.contains(MemberID(6)) { cinema.screens.forget(MemberID(6)) }
            case 5: cinema.run { room, now in muting(id, in: &room, at: now) }
            case 6: cinema.run { room, now in room.setOnHold(id, Bool.random(using: &random), at: now) }
            case 7:
                let flow = VideoFlow.allCases.randomElement(using: &random)!
                cinema.run { room, now in room.setVideo(id, flow, at: now) + room.videoReady(id, at: now) }
            case 8 where cinema.room.contains(id):
                let wishes = (1...3).map { _ in MemberID(Int.random(in: 1...6, using: &random)) }
                cinema.run { room, _ throws(Refusal) in try room.view(id, slots: wishes) }
            case 9: _ = try? cinema.room.perform(.clearVideoFloor, by: api, at: cinema.now)
            default: cinema.speak(id, for: .milliseconds(200))
            }
            check(cinema)
        }
    }

    /// Refused for those who are not here or held.
    private func muting(_ id: MemberID, in room: inout Room, at now: Duration) -> [Effect] {
        (try? room.perform(.toggleVideoMute(.member(id)), by: api, at: now).effects) ?? []
    }

    private func check(_ cinema: Cinema) {
        let rows = cinema.room.snapshot.map(\.row)
        #expect(rows.count { $0.status.video?.floor == true } <= 1)
        #expect(rows.allSatisfy { $0.status.video?.floorLocked != true || $0.status.video?.floor == true })
        for row in rows where row.status.video?.floor == true { #expect(row.status.video?.visible == true) }
        let visible = Set(rows.filter { $0.status.video?.visible == true }.map(\.id))
        let holder = cinema.room.videoFloorHolder
        #expect(visible.isEmpty || holder != nil)
        for (viewer, slots) in cinema.screens.slots {
            for (slot, shown) in slots {
                #expect(shown != viewer)
                #expect(cinema.room.contains(shown), "slot \(slot) shows somebody who left")
                #expect(visible.contains(shown) || shown == MemberID(6))
            }
            if let main = slots[0], main != holder { #expect(holder == viewer || holder == MemberID(6)) }
        }
    }
}
