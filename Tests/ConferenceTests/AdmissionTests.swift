import Conference
import Testing

struct AdmissionTests {
    static let required = Refusal.pinRequired(digits: 4)

    typealias PINRow = (supplied: String?, outcome: Refusal?, role: Role)

    static let pins: [PINRow] = [
        (nil, required, .participant), ("", required, .participant),
        ("1234", nil, .participant), ("9999", nil, .moderator),
        ("123", .wrongPIN, .participant), ("12345", .wrongPIN, .participant),
        ("X-ConfPin=1234", nil, .participant), ("X-ConfPin=9999;more", nil, .moderator),
        ("sip:x;X-ConfPin=1234;y=2", nil, .participant), ("X-ConfPin=", .wrongPIN, .participant),
        ("X-ConfPin=;1234", .wrongPIN, .participant), ("x-confpin=1234", .wrongPIN, .participant),
        (String(repeating: "1", count: 100_000), .wrongPIN, .participant),
        (String(repeating: " ", count: 300) + "X-ConfPin=1234", .wrongPIN, .participant),
    ]

    @Test(arguments: pins)
    func asksForThePIN(row: PINRow) {
        var room = room(("pin", "1234"), ("moderator-pin", "9999"))
        var refusal: Refusal?
        do throws(Refusal) { _ = try room.join(caller(1, pin: row.supplied), at: .zero) } catch { refusal = error }
        #expect(refusal == row.outcome)
        #expect(room.role(of: one) == (row.outcome == nil ? row.role : nil))
    }

    @Test func anEmptyEntryNeverMatchesAnUnsetPIN() {
        var room = room(("moderator-pin", "9999"))
        #expect(throws: Self.required) { try room.join(caller(1, pin: ""), at: .zero) }
        #expect(throws: Refusal.wrongPIN) { try room.join(caller(1, pin: "0"), at: .zero) }
        #expect(throws: Self.required) { try room.join(caller(1, flags: .moderator), at: .zero) }
    }

    @Test func aPINOfTheExtensionCountsInsteadOfTheProfiles() throws {
        var room = room(("pin", "1234"))
        var request = caller(1, pin: "1234")
        request.pin = "77"
        #expect(throws: Refusal.wrongPIN) { try room.join(request, at: .zero) }
        request.suppliedPIN = "77"
        _ = try room.join(request, at: .zero)
    }

    @Test func partiesThatWeCalledNeedNeitherPINNorKey() throws {
        var room = room(("pin", "1234"))
        _ = try room.join(caller(1, enforced: false), at: .zero)
        _ = try room.perform(.lock, by: api, at: .zero)
        #expect(throws: Refusal.locked) { try room.join(caller(2, pin: "1234"), at: .zero) }
        _ = try room.join(caller(2, enforced: false), at: .zero)
    }

    @Test func aLockedRoomOpensAgain() throws {
        var room = try threeMembers()
        let locked = try room.perform(.lock, by: moderator, at: .zero)
        #expect(locked.effects.summaries.map(\.isLocked) == [true])
        #expect(throws: Refusal.locked) { try room.join(caller(4, flags: .moderator), at: .zero) }
        _ = try room.perform(.unlock, by: moderator, at: .zero)
        _ = try room.join(caller(4), at: .zero)
    }

    @Test func ghostsNeitherFillTheRoomNorAreKeptOut() throws {
        var room = room(("max-members", "2"))
        _ = try room.join(caller(1, flags: .ghost), at: .zero)
        _ = try room.join(caller(2), at: .zero)
        _ = try room.join(caller(3), at: .zero)
        #expect(throws: Refusal.full(limit: 2)) { try room.join(caller(4, enforced: false), at: .zero) }
        #expect(throws: Refusal.full(limit: 2)) { try room.join(caller(4, screenShare: true), at: .zero) }
        _ = try room.join(caller(5, flags: .ghost), at: .zero)
        #expect(room.count == 2)
    }

    @Test func joinOnlyCallersOpenNoRoom() throws {
        var room = room()
        #expect(throws: Refusal.joinOnly) { try room.join(caller(1, flags: .joinOnly), at: .zero) }
        #expect(room.isEmpty)
        _ = try room.join(caller(2), at: .zero)
        _ = try room.join(caller(1, flags: .joinOnly), at: .zero)
    }

    @Test func nobodyIsInTwice() throws {
        var room = try threeMembers()
        #expect(throws: Refusal.alreadyMember(one)) { try room.join(caller(1), at: .zero) }
        var request = caller(9)
        request.callID = "call-1"
        #expect(throws: Refusal.alreadyMember(MemberID(9))) { try room.join(request, at: .zero) }
        #expect(room.count == 3)
    }

    @Test func aRefusedCallerLeavesNoTrace() throws {
        var room = try threeMembers(("max-members", "3"))
        let (before, serial) = (room.snapshot, room.serial)
        #expect(throws: Refusal.full(limit: 3)) { try room.join(caller(4), at: .zero) }
        #expect(room.snapshot == before)
        #expect(room.serial == serial)
    }

    @Test func theJoinerGetsItsRowThenItsNoticeThenTheSummary() throws {
        var room = room()
        var request = caller(7, flags: .moderator)
        request.variables = ["email": "a@example.com"]
        let status = Status(muted: false, deaf: false, onHold: false, talking: false, floor: false, energyScore: 0)
        let row = Row(
            id: MemberID(7), number: "107", name: "Name 7", codec: "opus@48000", status: status,
            variables: ["email": "a@example.com"]
        )
        let notice = JoinNotice(
            room: room.key, callID: "call-7", memberID: MemberID(7), role: .moderator, isSecondScreen: false
        )
        let summary = RoomSummary(
            name: "3500", domain: "example.com", members: 1, talking: 0, isLocked: false, since: 1_755_770_000
        )
        #expect(
            try room.join(request, at: .zero).plain == [
                .publish(Delta(serial: 1, change: .add(key: "call-7", row: row, at: 0))), .joined(MemberID(7), notice),
                .summary(summary),
            ]
        )
        #expect(row.id.paddedText == "0007")
        #expect(MemberID(12345).paddedText == "12345")
        #expect(status.oldStatus == "ACTIVE")
    }

    @Test func mediaHearsOfMuteAndLevelsBeforeAnybodySeesTheRow() throws {
        var room = room()
        var request = caller(1, flags: [.mute, .deaf])
        (request.volumeIn, request.volumeOut, request.energyLevel) = (2, 9, 300)
        let effects = try room.join(request, at: .zero)
        #expect(
            effects.prefix(4) == [
                .setMuted(one, true), .setDeaf(one, true), .setGainIn(one, step: 2), .setEnergyLevel(one, 300),
            ]
        )
        #expect(room.status(one)?.oldStatus == "MUTE")
    }

    @Test func screenSharesAndSecondScreensHaveNoRow() throws {
        var room = try threeMembers()
        #expect(try room.join(caller(4, screenShare: true), at: .zero).plain == [.setDeaf(MemberID(4), true)])
        #expect(room.leave(MemberID(4), at: .zero).plain == [])
        let effects = try room.join(caller(5, flags: .secondScreen), at: .zero)
        #expect(effects.deltas.isEmpty)
        #expect(effects.contains(.setMuted(MemberID(5), true)))
        #expect(
            effects.contains { if case .joined(_, let notice) = $0 { notice.isSecondScreen } else { false } }
        )
        #expect(room.snapshot.count == 3)
    }

    @Test func withoutALiveArrayOnlyTheSummaryIsTold() throws {
        var room = Room(key: RoomKey(name: "a", domain: "b"), profile: RoomProfile(name: "none"), startedAt: 0)
        let effects = try room.join(caller(1), at: .zero)
        #expect(effects.plain == [.summary(room.summary)])
        #expect(room.leave(one, at: .zero).plain == [.closed])
    }
}

struct WaitModTests {
    @Test func nobodyIsMixedUntilTheFirstModerator() throws {
        var room = room(("conference_flags", "wait-mod|livearray-sync"))
        let first = try room.join(caller(1), at: .zero)
        #expect(first.first == .setWaiting(true))
        let second = try room.join(caller(2), at: .zero)
        #expect(!second.contains(.setWaiting(true)))
        #expect(room.isWaiting)
        let third = try room.join(caller(3, flags: .moderator), at: .zero)
        #expect(third.first == .setWaiting(false))
        #expect(!room.isWaiting)
    }

    @Test func theModeratorPINReleasesToo() throws {
        var room = room(("conference-flags", "wait-mod"), ("pin", "1"), ("moderator-pin", "2"))
        _ = try room.join(caller(1, pin: "1"), at: .zero)
        #expect(try room.join(caller(2, pin: "2"), at: .zero).contains(.setWaiting(false)))
    }

    @Test func theWaitIsOverForGood() throws {
        var room = room(("conference-flags", "wait-mod"))
        _ = try room.join(caller(1, flags: .moderator), at: .zero)
        _ = try room.join(caller(2), at: .zero)
        #expect(!room.leave(one, at: .zero).contains(.setWaiting(true)))
        #expect(!room.isWaiting)
    }
}
