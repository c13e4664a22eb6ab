import Conference
import Testing

struct KeysTests {
    /// What a key did to member 1, alone with 2 and 3.
    private func press(_ keys: String, in room: inout Room, at now: Duration = .zero) -> [Effect] {
        keys.reduce(into: []) { $0 += room.digit(one, $1, at: now) }
    }

    typealias Row = (keys: String, effect: Effect)

    static let rows: [Row] = [
        ("0", .setMuted(one, true)), ("9", .setEnergyLevel(one, 300)), ("3", .setGainOut(one, step: 1)),
        ("1", .setGainOut(one, step: -1)), ("6", .setGainIn(one, step: 1)), ("4", .setGainIn(one, step: -1)),
        ("#", .remove(one, .hungUp)), ("*0", .setVideoMuted(one, true)), ("98", .setEnergyLevel(one, 100)),
        ("32", .setGainOut(one, step: 0)), ("65", .setGainIn(one, step: 0)), ("77", .setEnergyLevel(one, 0)),
    ]

    @Test(arguments: rows.indices)
    func theUsualKeysDoTheUsual(index: Int) throws {
        var room = try threeMembers(("energy-level", "100"))
        #expect(press(Self.rows[index].keys, in: &room).contains(Self.rows[index].effect))
        #expect(room.deadline == nil)
    }

    @Test func aKeyWaitsForOneThatMakesMoreOfIt() throws {
        var room = try threeMembers()
        #expect(press("*", in: &room) == [])
        #expect(room.deadline == .milliseconds(500))
        #expect(room.advance(to: .milliseconds(499)) == [])
        let effects = room.advance(to: .milliseconds(500))
        #expect(effects.contains(.setMuted(one, true)) && effects.contains(.setDeaf(one, true)))
        #expect(room.deadline == nil)
    }

    @Test func aKeyThatDoesNotFitBeginsAnew() throws {
        var room = try threeMembers()
        let effects = press("*6", in: &room)
        #expect(effects.contains(.setDeaf(one, true)) && effects.contains(.setGainIn(one, step: 1)))
    }

    @Test func unmutingLetsHearAgain() throws {
        var room = try threeMembers()
        _ = press("*", in: &room)
        _ = room.advance(to: .seconds(1))
        let effects = press("0", in: &room)
        #expect(effects.contains(.setMuted(one, false)) && effects.contains(.setDeaf(one, false)))
    }

    @Test func theHeldPressInVain() throws {
        var room = try threeMembers()
        _ = try room.tell(.hold(.member(one)))
        #expect(press("0", in: &room) == [])
    }

    @Test func anotherMembersKeysAreItsOwn() throws {
        var room = try threeMembers()
        _ = room.digit(one, "*", at: .zero)
        #expect(room.digit(two, "0", at: .zero).contains(.setMuted(two, true)))
        _ = room.leave(one, at: .zero)
        #expect(room.deadline == nil)
        #expect(room.digit(MemberID(9), "0", at: .zero) == [])
        #expect(room.digit(two, "x", at: .zero) == [])
    }

    @Test func theyGoToTheOtherCallsWhenDistributed() throws {
        var room = try threeMembers()
        _ = try room.join(caller(4, flags: .distDTMF), at: .zero)
        _ = try room.join(caller(5, flags: .skipDTMF), at: .zero)
        #expect(
            room.digit(MemberID(4), "0", at: .zero)
                == [.sendDigits(three, "0"), .sendDigits(two, "0"), .sendDigits(one, "0")])
    }

    private func room(_ controls: [CallerControl], named name: String = "mine", for group: String = "mine") throws
        -> Room
    {
        var profile = RoomProfile(name: "p", parameters: [("caller-controls", group), ("moderator-controls", "none")])
        profile.controls[name] = controls
        var room = Room(key: RoomKey(name: "3500", domain: "d"), profile: profile, startedAt: 0)
        _ = try room.join(caller(1), at: .zero)
        _ = try room.join(caller(3, flags: .moderator), at: .zero)
        return room
    }

    @Test func aGroupOfTheConfigurationGivesWhatItSays() throws {
        let controls = [
            CallerControl("12", .lock), CallerControl("13", .event, data: "bell"),
            CallerControl("14", .transfer, data: "9000 XML default"),
        ].compactMap { $0 }
        var room = try room(controls)
        #expect(press("12", in: &room).actions == [.lock])
        #expect(room.isLocked)
        #expect(press("13", in: &room).events.first?.headers == ["DTMF-Key": "13", "Data": "bell"])
        #expect(press("0", in: &room) == [])
        #expect(room.digit(three, "1", at: .zero) == [])
        #expect(room.deadline == nil)
        #expect(press("14", in: &room).contains(.transferCall(one, extension: "9000")))
        #expect(!room.contains(one))
    }

    @Test func theKeysOfCameraAndHandAreAlwaysThere() throws {
        let old = [CallerControl("*", .toggleDeafMute), CallerControl("0", .toggleMute)].compactMap { $0 }
        var room = try room(old, named: "default", for: "default")
        #expect(press("*0", in: &room).contains(.setVideoMuted(one, true)))
        #expect(room.summaries(at: .zero).last?.canHear == true)
        _ = press("*9", in: &room)
        #expect(try room.ask(.hand(.member(one), nil)) == .members([.done(.handDown, one)]))
        #expect(RoomProfile(name: "p").controls(named: "none") == [])
        #expect(RoomProfile(name: "p").controls(named: "other") == [])
        #expect(RoomProfile(name: "p").controls(named: "default").count == 14)
    }

    static let actions: [(words: String, action: CallerControl.Action?)] = [
        ("mute", .toggleMute), ("Mute  On", .mute), ("deaf mute", .toggleDeafMute), ("vol listen up", .volumeInUp),
        ("vol talk up", .volumeOutUp), ("moh toggle", .toggleMusic), ("execute_application", nil), ("", nil),
    ]

    @Test(arguments: actions.indices)
    func actionsAreRead(index: Int) {
        #expect(CallerControl.Action(Self.actions[index].words) == Self.actions[index].action)
        #expect(CallerControl("", .lock) == nil)
        #expect(CallerControl("1x", .lock) == nil)
        #expect(CallerControl(String(repeating: "1", count: 17), .lock) == nil)
    }
}
