import Conference
import Testing

struct RoomEventTests {
    typealias Row = (command: Command, actions: [RoomAction])

    static let rows: [Row] = [
        (.mute(.member(one)), [.muteMember]), (.deaf(.member(one)), [.deafMember]),
        (.hold(.member(one)), [.holdMember]), (.kick(.member(one)), [.kickMember, .delMember]),
        (.hup(.member(one)), [.hupMember, .delMember]), (.volumeIn(.member(one), .up), [.volumeInMember]),
        (.volumeOut(.member(one), .up), [.volumeOutMember]), (.energy(.member(one), .up), [.energyLevelMember]),
        (.autoEnergy(.member(one), .up), [.autoEnergyLevelMember]),
        (.autoGain(.member(one), AutoGainChange(.up)), [.autoGainLevelMember]),
        (.floor(.member(one)), [.floorChange]), (.lock, [.lock]), (.sendDigits(.member(one), "1"), [.dtmfMember]),
        (.videoBlind(.member(one)), [.videoBlindMember]), (.play(PlayRequest(Sound("a"))), [.playFile]),
        (.play(PlayRequest(Sound("a"), to: .member(.last, isExclusive: false))), [.playFileMember]),
        (.record(RecordingName("a"), tracks: false), [.startRecording]),
        (.transfer([one], room: "x", profile: "p"), [.transfer, .delMember]),
        (.announcement(.exit, .off), [.exitSoundsOff]),
        (.unmute(.member(one)), []), (.unlock, []), (.list, []), (.volumeIn(.member(one), nil), []),
    ]

    @Test(arguments: rows.indices)
    func tellsWhatHappened(index: Int) throws {
        var room = try threeMembers()
        let effects = try room.perform(Self.rows[index].command, by: api, at: .zero).effects
        #expect(effects.actions == Self.rows[index].actions)
    }

    @Test func aMembersLifeIsTold() throws {
        var room = room(("channels", "2"))
        let first = try room.join(caller(1), at: .zero)
        #expect(first.actions == [.conferenceCreate, .addMember])
        #expect(first.events[1].size == 1 && first.events[1].member?.id == one)
        #expect(try room.join(caller(2, flags: .ghost), at: .zero).events.map(\.ghosts) == [1])
        #expect(room.talking(one, true, score: 900, at: .seconds(1)).actions == [.startTalking])
        let stop = room.talking(one, false, score: 900, at: .seconds(3))
        #expect(stop.actions == [.stopTalking] && stop.events[0].headers["talking-duration-ms"] == "2000")
        let left = room.leave(one, at: .seconds(4))
        #expect(left.actions == [.delMember])
        #expect(left.events[0].size == 0 && left.events[0].member?.joinedAgo == 4)
        #expect(room.leave(two, at: .seconds(5)).actions == [.delMember, .conferenceDestroy])
    }

    @Test func theMutedWhoSpeakAreNoticed() throws {
        var room = room(("mute-detect-sound", "hush"))
        #expect(try room.join(caller(1, flags: [.mute, .muteDetect]), at: .zero).contains(.setMuteDetect(one, true)))
        let effects = room.talking(one, true, score: 900, at: .zero)
        #expect(effects.actions == [.muteDetect] && effects.orders.map(\.to) == [.member(one)])
        #expect(room.talking(one, true, score: 900, at: .zero).orders == [])
        #expect(effects.deltas == [])
        #expect(room.summary.talking == 0)
    }

    @Test func aWordSilencesThem() throws {
        var room = try threeMembers(("suppress-events", "mute-member, lock,volume-in-member"))
        #expect(try room.perform(.unmute(.all), by: api, at: .zero).effects == [])
        #expect(try room.perform(.mute(.member(one)), by: api, at: .zero).effects.actions == [])
        #expect(try room.perform(.lock, by: api, at: .zero).effects.actions == [])
        #expect(
            try room.perform(.volumeOut(.member(one), .up), by: api, at: .zero).effects.actions == [.volumeOutMember])
    }

    @Test func whatPlayedIsTold() throws {
        var room = try threeMembers()
        _ = try room.tell(.play(PlayRequest(Sound("a"))))
        let effects = room.playbackEnded(PlaybackID(1), at: .milliseconds(1500))
        #expect(effects.actions == [.playFileDone])
        #expect(
            effects.events[0].headers == [
                "File": "a", "Async": "false", "seconds": "1", "milliseconds": "1500", "samples": "72000",
            ])
    }

    @Test func keysHaveEventsOfTheirOwn() throws {
        var room = try threeMembers()
        #expect(room.digit(one, "6", at: .zero).events.map(\.headers) == [["New-Level": "1"]])
        #expect(room.digit(one, "6", at: .zero).actions == [.gainLevel])
        #expect(room.digit(one, "3", at: .zero).actions == [.volumeLevel])
        #expect(room.digit(one, "9", at: .zero).actions == [.energyLevel])
    }

    @Test func aHeartBeats() throws {
        var room = room(("heartbeat-period-sec", "20"))
        _ = try room.join(caller(1), at: .seconds(5))
        #expect(room.deadline == .seconds(25))
        #expect(room.advance(to: .seconds(25)).actions == [.conferenceHeartbeat])
        #expect(room.deadline == .seconds(45))
    }

    @Test func talkIsReported() throws {
        var room = room()
        _ = try room.join(caller(1, flags: .talkDataEvents), at: .zero)
        for second in [1, 4] {
            _ = room.talking(one, true, score: 900, at: .seconds(second))
            _ = room.talking(one, false, score: 0, at: .seconds(second + 2))
        }
        let effects = room.advance(to: .seconds(10))
        #expect(effects.actions == [.talkReport])
        #expect(
            effects.events[0].headers == [
                "talk-detects": "2", "talk-detect-duration": "4000", "talk-detect-avg": "2000",
            ])
        _ = room.leave(one, at: .seconds(11))
        #expect(room.deadline == nil)
    }

    /// Every action has a fixed name, and no two the same.
    @Test func namesAreOfOneKind() {
        #expect(RoomAction.allCases.allSatisfy { $0.rawValue.allSatisfy { $0.isLowercase || $0 == "-" } })
    }
}

struct ConferenceRecordTests {
    @Test func saysWhoWasThereAndWhoWasNot() throws {
        var room = try threeMembers(("max-members", "3"))
        var refused = caller(9)
        (refused.networkAddress, refused.destinationNumber) = ("192.0.2.1", "3500")
        let refusals: [Refusal] = [.full(limit: 3), .locked, .wrongPIN, .joinOnly, .notActive]
        for refusal in refusals { _ = room.rejected(refused, refusal, at: .seconds(1)) }
        _ = try room.perform(.kick(.member(one)), by: moderator, at: .seconds(10))
        _ = room.leave(two, at: .seconds(20))
        let effects = room.leave(three, at: .seconds(30))
        let record = try #require(effects.records.first)
        #expect(effects.suffix(2) == [.record(record), .closed])
        #expect((record.started, record.ended, record.mostMembers) == (1_755_770_000, 1_755_770_030, 3))
        #expect(record.members.map(\.id) == [one, two, three])
        #expect(record.members.map(\.left) == [1_755_770_010, 1_755_770_020, 1_755_770_030])
        #expect(record.members.map(\.wasKicked) == [true, false, false])
        #expect(record.members.map(\.isModerator) == [false, false, true])
        #expect(record.rejected.map(\.reason) == [.full, .locked, .invalidPIN, .joinOnly])
        #expect(record.rejected[0].caller.networkAddress == "192.0.2.1" && record.rejected[0].time == 1_755_770_001)
        #expect(!record.isForced)
    }

    @Test func aMissingMandatoryMemberIsNoted() throws {
        var room = try threeMembers(("endconf-grace-time", "5"))
        _ = try room.join(caller(4, flags: .mandatoryEndconf), at: .zero)
        _ = room.leave(MemberID(4), at: .zero)
        #expect(room.advance(to: .seconds(5)).records.map(\.isForced) == [true])
    }

    @Test func silenceEndsTheRoomOfSeveral() throws {
        var room = room(("terminate-on-silence", "10"))
        _ = try room.join(caller(1), at: .zero)
        #expect(room.advance(to: .seconds(10)) == [])  // alone one may be silent
        _ = try room.join(caller(2), at: .seconds(12))
        #expect(room.advance(to: .seconds(20)) == [])
        #expect(room.deadline == .seconds(22))
        _ = room.talking(one, true, score: 900, at: .seconds(21))
        #expect(room.advance(to: .seconds(22)) == [])
        #expect(room.advance(to: .seconds(40)) == [])
        _ = room.talking(one, false, score: 0, at: .seconds(41))
        while let deadline = room.deadline, deadline < .seconds(51) { #expect(room.advance(to: deadline) == []) }
        #expect(room.advance(to: .seconds(51)).last == .closed)
    }
}
