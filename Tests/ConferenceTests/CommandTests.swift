import Conference
import Testing

struct CommandTests {
    typealias Row = (who: Issuer, command: Command, answer: Result<Reply, Refusal>)

    static func done(_ action: MemberAction, _ ids: Int...) -> Result<Reply, Refusal> {
        .success(.members(ids.map { .done(action, MemberID($0)) }))
    }

    static let nine = MemberID(9)
    static let outsider = Issuer(name: "1009", member: nine)
    static let nobody = Issuer(name: "guest")
    static let keys = Issuer.keys(of: one, name: "1001")

    /// In a room of participants 1 and 2 and moderator 3; each row starts anew.
    static let rows: [Row] = [
        (moderator, .mute(.member(one)), done(.mute, 1)),
        (api, .mute(.member(one)), done(.mute, 1)),
        (moderator, .unmute(.member(one)), done(.unmute, 1)),
        (moderator, .toggleMute(.member(two)), done(.mute, 2)),
        (moderator, .mute(.all), done(.mute, 3, 2, 1)),
        (moderator, .mute(.last), done(.mute, 3)),
        (
            moderator, .mute(.nonModerator),
            .success(.members([.skippedModerator(three), .done(.mute, two), .done(.mute, one)]))
        ),
        (moderator, .deaf(.member(two)), done(.deaf, 2)),
        (moderator, .undeaf(.member(two)), done(.undeaf, 2)),
        (moderator, .kick(.member(three)), done(.kick, 3)),
        (moderator, .hup(.member(two)), done(.hup, 2)),
        (api, .kick(.all), done(.kick, 3, 2, 1)),
        (moderator, .volumeIn(.member(one), .up), .success(.members([.volumeIn(one, 1)]))),
        (moderator, .volumeIn(.member(one), .set(99)), .success(.members([.volumeIn(one, 4)]))),
        (moderator, .volumeIn(.member(one), nil), .success(.members([.volumeIn(one, 0)]))),
        (moderator, .volumeOut(.member(one), .set(-99)), .success(.members([.volumeOut(one, -4)]))),
        (moderator, .volumeOut(.member(one), .down), .success(.members([.volumeOut(one, -1)]))),
        (moderator, .energy(.member(one), .up), .success(.members([.energy(one, 200, endsAuto: false)]))),
        (moderator, .energy(.member(one), .down), .success(.members([.energy(one, 0, endsAuto: false)]))),
        (moderator, .energy(.member(one), .set(5000)), .success(.members([.energy(one, 1800, endsAuto: false)]))),
        (moderator, .floor(.member(one)), .success(.members([.floor(one)]))),
        (
            moderator, .floor(.all),
            .success(
                .members([.floor(three), .refused(two, .floorHeld(by: three)), .refused(one, .floorHeld(by: three))]))
        ),
        (moderator, .videoMute(.member(one)), done(.videoMute, 1)),
        (moderator, .videoUnmute(.member(one)), done(.videoUnmute, 1)),
        (moderator, .toggleVideoMute(.all), done(.videoMute, 3, 2, 1)),
        (moderator, .videoBlind(.member(one)), done(.videoBlind, 1)),
        (moderator, .videoUnblind(.member(one)), done(.videoUnblind, 1)),
        (moderator, .toggleVideoBlind(.last), done(.videoBlind, 3)),
        (moderator, .videoFloor(.member(one), force: true), .failure(.badArgument(command: "vid-floor"))),
        (moderator, .clearVideoFloor, .success(.videoFloorCleared)),
        (moderator, .reserveLayer(.member(one), "presenter"), .failure(.notMixing)),
        (moderator, .videoBandwidth(.member(one), 500), .failure(.noVideo)),
        (moderator, .videoBandwidth(.all, 500), .failure(.noVideo)),
        (moderator, .lock, .success(.locked(true))),
        (moderator, .unlock, .success(.locked(false))),
        (participant, .count, .success(.count(3))),
        (moderator, .get(.count), .success(.value(.count, .number(3)))),
        (moderator, .get(.profileName), .success(.value(.profileName, .text("default")))),
        (moderator, .get(.isLocked), .success(.value(.isLocked, .flag(false)))),
        (moderator, .get(.runTime), .success(.value(.runTime, .number(61)))),
        (api, .set(.maxMembers, "7"), .success(.value(.maxMembers, .number(0)))),
        (api, .set(.callerIDName, "x"), .success(.value(.callerIDName, .text("conference")))),
        (api, .set(.maxMembers, "1"), .failure(.badArgument(command: "set"))),
        (api, .set(.endconferenceGraceTime, "-1"), .failure(.badArgument(command: "set"))),
        (api, .set(.count, "1"), .failure(.badArgument(command: "set"))),
        // Who is not there.
        (moderator, .mute(.member(nine)), .failure(.unknownMember(nine))),
        (api, .kick(.member(nine)), .failure(.unknownMember(nine))),
        // Who may not.
        (participant, .mute(.member(two)), .failure(.forbidden(command: "mute"))),
        (participant, .unmute(.member(one)), .failure(.forbidden(command: "unmute"))),
        (participant, .mute(.member(nine)), .failure(.forbidden(command: "mute"))),
        (participant, .kick(.all), .failure(.forbidden(command: "kick"))),
        (participant, .lock, .failure(.forbidden(command: "lock"))),
        (participant, .videoMute(.member(two)), .failure(.forbidden(command: "vmute"))),
        (participant, .videoFloor(.member(one), force: true), .failure(.forbidden(command: "vid-floor"))),
        (participant, .clearVideoFloor, .failure(.forbidden(command: "clear-vid-floor"))),
        (participant, .reserveLayer(.member(one), "x"), .failure(.forbidden(command: "vid-res-id"))),
        (participant, .videoBandwidth(.all, nil), .failure(.forbidden(command: "vid-bandwidth"))),
        (participant, .list, .failure(.forbidden(command: "list"))),
        (moderator, .set(.maxMembers, "7"), .failure(.forbidden(command: "set"))),
        (outsider, .mute(.member(one)), .failure(.forbidden(command: "mute"))),
        (nobody, .mute(.member(one)), .failure(.forbidden(command: "mute"))),
        // A member's own keys.
        (keys, .toggleMute(.member(one)), done(.mute, 1)),
        (keys, .hup(.member(one)), done(.hup, 1)),
        (keys, .volumeOut(.member(one), .up), .success(.members([.volumeOut(one, 1)]))),
        (keys, .toggleMute(.member(two)), .failure(.forbidden(command: "tmute"))),
        (keys, .mute(.all), .failure(.forbidden(command: "mute"))),
        (keys, .kick(.member(one)), .failure(.forbidden(command: "kick"))),
        (keys, .floor(.member(one)), .failure(.forbidden(command: "floor"))),
        (keys, .lock, .failure(.forbidden(command: "lock"))),
        (keys, .toggleVideoMute(.member(one)), done(.videoMute, 1)),
        (keys, .videoMute(.member(one)), done(.videoMute, 1)),
        (keys, .videoUnmute(.member(one)), done(.videoUnmute, 1)),
        (keys, .toggleVideoMute(.member(two)), .failure(.forbidden(command: "tvmute"))),
        (keys, .videoFloor(.member(one), force: true), .failure(.forbidden(command: "vid-floor"))),
    ]

    @Test(arguments: rows.indices)
    func answers(index: Int) throws {
        let row = Self.rows[index]
        var room = try threeMembers()
        let (before, serial) = (room.summaries(at: .zero), room.serial)
        do throws(Refusal) {
            let reply = try room.perform(row.command, by: row.who, at: .seconds(61)).reply
            #expect(row.answer == .success(reply))
        } catch {
            #expect(row.answer == .failure(error))
            #expect(room.summaries(at: .zero) == before)
            #expect(room.serial == serial)
        }
    }

    static let repeatable: [Command] = [
        .mute(.member(one)), .mute(.all), .unmute(.member(one)), .deaf(.all), .undeaf(.member(two)), .lock, .unlock,
        .volumeIn(.all, .set(3)), .volumeOut(.member(one), .set(-2)), .energy(.all, .set(400)),
        .set(.soundPrefix, "/a"), .list, .count, .jsonList, .get(.rate),
        .hold(.all), .unhold(.all), .hold(.member(one), Sound("a")), .denoise(.all, true), .autoEnergy(.all, .set(400)),
        .autoGain(.all, AutoGainChange(.set(900))), .announcement(.enter, .off),
        .announcement(.exit, .file(Sound("a"))),
        .music(.off), .music(.file(Sound("a"))), .pin("12", for: .participant), .noPIN, .setVariable("a", "b"),
        .relate([one], [two], .set(.noHear)), .listRelations(of: nil), .checkRecording, .stopRecording(nil),
        .stop(.all, nil), .playbackStatus(nil), .getUUID(.all), .clearVideoFloor,
    ]

    @Test(arguments: repeatable)
    func sayingItTwiceChangesNothingMore(command: Command) throws {
        var room = try threeMembers()
        let first = try room.perform(command, by: api, at: .zero).reply
        let second = try room.perform(command, by: api, at: .zero)
        #expect(second.effects == [])
        if case .set = command { return }
        #expect(second.reply == first)
    }

    @Test func tellsTheMediaAndTheWatchers() throws {
        var room = try threeMembers()
        let row = room.snapshot[0].row
        var muted = row
        muted.status.muted = true
        #expect(
            try room.perform(.mute(.member(one)), by: moderator, at: .zero).effects.plain == [
                .setMuted(one, true), .resetTalkDetector(one),
                .publish(Delta(serial: 4, change: .modify(key: "call-1", row: muted))),
            ]
        )
        #expect(
            try room.perform(.toggleMute(.member(one)), by: moderator, at: .zero).effects.plain == [
                .setMuted(one, false), .publish(Delta(serial: 5, change: .modify(key: "call-1", row: row))),
            ]
        )
        #expect(
            try room.perform(.volumeIn(.member(one), .set(2)), by: moderator, at: .zero).effects.plain
                == [.setGainIn(one, step: 2)]
        )
        #expect(
            try room.perform(.energy(.member(one), .up), by: moderator, at: .zero).effects.plain
                == [.setEnergyLevel(one, 200)]
        )
    }

    @Test func theRoleIsThatOfTheMoment() throws {
        var room = try threeMembers()
        _ = try room.perform(.lock, by: moderator, at: .zero)
        _ = room.leave(three, at: .zero)
        #expect(throws: Refusal.forbidden(command: "unlock")) {
            try room.perform(.unlock, by: moderator, at: .zero)
        }
    }

    @Test func anEmptyRoomHasNobodyToDoItTo() throws {
        var room = room()
        #expect(try room.perform(.mute(.all), by: api, at: .zero).reply == .members([]))
        #expect(try room.perform(.mute(.nonModerator), by: api, at: .zero).reply == .members([]))
        #expect(throws: Refusal.noSelection) { try room.perform(.mute(.last), by: api, at: .zero) }
    }

    @Test func aLevelAboveTheAutomaticOneEndsIt() throws {
        var room = try threeMembers(("auto-energy-level", "400"))
        func set(_ level: Int, _ room: inout Room) throws -> Reply {
            try room.perform(.energy(.member(one), .set(level)), by: moderator, at: .zero).reply
        }
        #expect(try set(300, &room) == .members([.energy(one, 300, endsAuto: false)]))
        #expect(try set(500, &room) == .members([.energy(one, 500, endsAuto: true)]))
        #expect(try set(600, &room) == .members([.energy(one, 600, endsAuto: false)]))
    }

    @Test func listsTheNewestFirst() throws {
        var room = try threeMembers()
        _ = try room.join(caller(4, flags: [.ghost, .mute]), at: .seconds(2))
        _ = room.talking(one, true, score: 900, at: .seconds(3))
        guard case .list(let list) = try room.perform(.list, by: api, at: .seconds(10)).reply,
            case .roster(let roster) = try room.perform(.jsonList, by: api, at: .seconds(10)).reply
        else {
            Issue.record("no lists")
            return
        }
        #expect(list.members.map(\.id.rawValue) == [4, 3, 2, 1])
        #expect(list == roster)
        #expect(
            list.members[0].isGhost && !list.members[0].canSpeak && list.members[0].joinedAgo == 8
                && list.members[0].talkedAgo == nil)
        #expect(list.members[1].isModerator)
        #expect(list.members[3].isTalking && list.members[3].talkedAgo == 7)
        #expect((roster.memberCount, roster.ghostCount, roster.runTime) == (3, 1, 10))
    }
}

struct CommandWordsTests {
    typealias Row = (name: String, words: [String], command: Result<Command, Refusal>)

    static let rows: [Row] = [
        ("mute", ["7"], .success(.mute(.member(MemberID(7))))),
        ("MUTE", ["ALL", "quiet"], .success(.mute(.all, quiet: true))),
        ("tmute", ["last"], .success(.toggleMute(.last))),
        ("kick", ["non_moderator"], .success(.kick(.nonModerator))),
        ("mute", [], .failure(.badArgument(command: "mute"))),
        ("mute", [""], .failure(.badArgument(command: "mute"))),
        ("mute", ["0"], .failure(.badArgument(command: "mute"))),
        ("mute", ["-1"], .failure(.badArgument(command: "mute"))),
        ("mute", ["+1"], .failure(.badArgument(command: "mute"))),
        ("mute", ["7x"], .failure(.badArgument(command: "mute"))),
        ("mute", ["99999999999999999999"], .failure(.badArgument(command: "mute"))),
        ("volume_in", ["7", "up"], .success(.volumeIn(.member(MemberID(7)), .up))),
        ("volume_out", ["7", "-2"], .success(.volumeOut(.member(MemberID(7)), .set(-2)))),
        ("volume_in", ["7"], .success(.volumeIn(.member(MemberID(7)), nil))),
        ("volume_in", ["7", "loud"], .failure(.badArgument(command: "volume_in"))),
        ("energy", ["all", "down"], .success(.energy(.all, .down))),
        ("get", ["is_locked"], .success(.get(.isLocked))),
        ("get", ["colour"], .failure(.badArgument(command: "get"))),
        ("set", ["max_members", "7"], .success(.set(.maxMembers, "7"))),
        ("set", ["max_members"], .failure(.badArgument(command: "set"))),
        ("xml_list", [], .success(.jsonList)),
        ("vmute", ["7", "quiet"], .success(.videoMute(.member(MemberID(7))))),
        ("vid-floor", ["7"], .success(.videoFloor(.member(MemberID(7)), force: false))),
        ("vid-floor", ["7", "FORCE"], .success(.videoFloor(.member(MemberID(7)), force: true))),
        ("vid-floor", ["force"], .failure(.badArgument(command: "vid-floor"))),
        ("clear-vid-floor", [], .success(.clearVideoFloor)),
        ("vid-res-id", ["7", "presenter"], .success(.reserveLayer(.member(MemberID(7)), "presenter"))),
        ("vid-res-id", ["7"], .failure(.badArgument(command: "vid-res-id"))),
        ("vid-bandwidth", ["800"], .success(.videoBandwidth(.all, 800))),
        ("vid-bandwidth", ["", "2mb"], .success(.videoBandwidth(.all, 2000))),
        ("vid-bandwidth", ["7", "512KB"], .success(.videoBandwidth(.member(MemberID(7)), 512))),
        ("vid-bandwidth", ["last", "auto"], .success(.videoBandwidth(.last, nil))),
        ("vid-bandwidth", ["clear"], .success(.videoBandwidth(.all, nil))),
        ("vid-bandwidth", [], .failure(.badArgument(command: "vid-bandwidth"))),
        ("vid-bandwidth", ["0"], .failure(.badArgument(command: "vid-bandwidth"))),
        ("vid-bandwidth", ["-5"], .failure(.badArgument(command: "vid-bandwidth"))),
        ("vid-bandwidth", ["9999999999999999999mb"], .failure(.badArgument(command: "vid-bandwidth"))),
        ("vid-bandwidth", ["500:2:2"], .failure(.badArgument(command: "vid-bandwidth"))),
        ("vid-bandwidth", ["500", "group"], .failure(.badArgument(command: "vid-bandwidth"))),
        ("vid-bandwidth", ["1", "2", "3"], .failure(.badArgument(command: "vid-bandwidth"))),
        ("dance", ["7"], .failure(.unknownCommand("dance"))),
        ("", [], .failure(.unknownCommand(""))),
    ]

    @Test(arguments: rows)
    func reads(row: Row) {
        let read = Result { () throws(Refusal) in try Command(name: row.name, words: row.words) }
        #expect(read == row.command)
    }

    /// What stands behind a name where `7 1` makes no sense.
    static let words: [String: [String]] = [
        "get": ["max_members"], "set": ["max_members", "3"], "denoise": ["7", "on"], "position": ["7", "1:0:0"],
        "hold": ["7"], "hand": ["7", "up"], "kick": ["7"], "relate": ["1", "2", "nospeak"], "transfer": ["3600", "7"],
        "stop": ["all"], "play": ["a.wav"], "enter_sound": ["on"], "exit_sound": ["off"], "dial": ["user/1000"],
    ]

    /// Two words for one command, and one for several.
    static let others = ["xml_list": "json_list", "check_record": "chkrecord", "recording": "record"]

    @Test(arguments: Command.names)
    func everyNameSpellsTheCommandOfThatName(name: String) throws {
        let command = try Command(name: name, words: Self.words[name] ?? ["7", "1"])
        #expect(command.name == Self.others[name] ?? name)
        #expect(CommandPolicy.knows(name) && CommandPolicy.knows(command.name))
    }

    @Test func theyAreAll() { #expect(Command.names.count == 64) }
}
