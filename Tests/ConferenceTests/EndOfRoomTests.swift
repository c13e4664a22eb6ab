import Conference
import Testing

struct EndOfRoomTests {
    @Test func theLastOneOutClosesADynamicRoom() throws {
        var room = room()
        _ = try room.join(caller(1), at: .zero)
        _ = try room.join(caller(2, flags: .ghost), at: .zero)
        #expect(!room.leave(one, at: .zero).contains(.closed))
        let effects = room.leave(two, at: .zero)
        #expect(effects.plain.suffix(2) == [.publish(Delta(serial: -1, change: .clear)), .closed])
        #expect(room.isClosed)
        #expect(throws: Refusal.notActive) { try room.join(caller(3), at: .zero) }
        #expect(throws: Refusal.notActive) { try room.perform(.count, by: api, at: .zero) }
        #expect(room.leave(two, at: .zero) == [])
        #expect(room.close(at: .zero) == [])
    }

    @Test func aStaticRoomStays() throws {
        let profile = RoomProfile(name: "p", parameters: [("conference-flags", "livearray-sync")])
        var room = Room(key: RoomKey(name: "a", domain: "b"), profile: profile, startedAt: 0, isDynamic: false)
        _ = try room.join(caller(1), at: .zero)
        #expect(!room.leave(one, at: .zero).contains(.closed))
        _ = try room.join(caller(1, flags: .joinOnly), at: .zero)
    }

    @Test func theLeaverGetsItsRowRemovedAndThenItsNotice() throws {
        var room = try threeMembers()
        let row = room.snapshot[1].row
        let notice = PartNotice(
            room: room.key, callID: "call-2", memberID: two, role: .participant, isSecondScreen: false
        )
        let effects = room.leave(two, at: .zero)
        #expect(
            effects.plain == [
                .publish(Delta(serial: 4, change: .remove(key: "call-2", row: row))), .parted(two, notice),
                .summary(room.summary),
            ]
        )
        #expect(room.summary.members == 2)
    }

    @Test func whenAnEndconfMemberLeavesTheOthersGo() throws {
        var room = try threeMembers()
        _ = try room.join(caller(4, flags: .endconf), at: .zero)
        let effects = room.leave(MemberID(4), at: .zero)
        #expect(effects.removed == [three, two, one])
        #expect(effects.contains(.remove(three, .conferenceEnded)))
        #expect(effects.last == .closed)
        #expect(effects.deltas.last?.change == .clear)
        #expect(room.isEmpty)
    }

    @Test func aMandatoryMemberIsMissedAfterTheGrace() throws {
        var room = try threeMembers(("endconf-grace-time", "5"))
        _ = try room.join(caller(4, flags: .mandatoryEndconf), at: .zero)
        _ = try room.join(caller(5, flags: .mandatoryEndconf), at: .zero)
        _ = room.leave(MemberID(4), at: .seconds(9))
        #expect(room.deadline == nil)
        _ = room.leave(MemberID(5), at: .seconds(10))
        #expect(room.deadline == .seconds(15))
        #expect(room.advance(to: .seconds(15) - .nanoseconds(1)) == [])
        #expect(room.advance(to: .seconds(15)).removed == [three, two, one])
        #expect(room.isClosed)
        #expect(room.deadline == nil)
    }

    @Test(arguments: [MemberFlags.mandatoryEndconf, .endconf])
    func anotherThatMattersHoldsTheEndOff(flags: MemberFlags) throws {
        var room = try threeMembers(("endconf-grace-time", "5"))
        _ = try room.join(caller(4, flags: .mandatoryEndconf), at: .zero)
        _ = room.leave(MemberID(4), at: .zero)
        _ = try room.join(caller(5, flags: flags), at: .seconds(4))
        #expect(room.deadline == nil)
        #expect(room.advance(to: .seconds(99)) == [])
    }

    @Test func withoutGraceTheMandatoryMemberEndsTheRoomAtOnce() throws {
        var room = try threeMembers()
        _ = try room.join(caller(4, flags: .mandatoryEndconf), at: .zero)
        #expect(room.leave(MemberID(4), at: .zero).last == .closed)
    }

    @Test func mintwoEndsTheRoomOnceThereWereTwo() throws {
        var room = room()
        _ = try room.join(caller(1, flags: .mintwo), at: .zero)
        #expect(!room.isClosed)
        _ = try room.join(caller(2), at: .zero)
        let effects = room.leave(two, at: .zero)
        #expect(effects.removed == [one])
        #expect(effects.last == .closed)
    }

    @Test func kickingAnEndconfMemberEndsTheRoomAfterEverybodyWasDealtWith() throws {
        var room = try threeMembers()
        _ = try room.join(caller(4, flags: .endconf), at: .zero)
        let (reply, effects) = try room.perform(.kick(.nonModerator), by: api, at: .zero)
        #expect(
            reply
                == .members([
                    .done(.kick, MemberID(4)), .skippedModerator(three), .done(.kick, two), .done(.kick, one),
                ])
        )
        #expect(effects.removed == [MemberID(4), two, one, three])
        #expect(effects.contains(.remove(three, .conferenceEnded)))
        #expect(effects.last == .closed)
    }

    @Test func theRowGoesBeforeTheKickedMember() throws {
        var room = try threeMembers()
        let effects = try room.perform(.kick(.member(two)), by: moderator, at: .zero).effects.plain
        guard effects.count == 4, case .publish(let delta) = effects[0], case .remove(let key, _) = delta.change else {
            Issue.record("no row deletion first: \(effects)")
            return
        }
        #expect(key == "call-2")
        #expect(effects[2] == .remove(two, .kicked(playing: nil)))
        #expect(room.leave(two, at: .zero) == [])
        #expect(throws: Refusal.unknownMember(two)) { try room.perform(.kick(.member(two)), by: moderator, at: .zero) }
    }
}
