import Conference
import Testing

struct HoldTests {
    private let hold = Command.hold(.member(one), Sound("wait"))

    @Test func theHeldNeitherSpeakNorHear() throws {
        var room = try threeMembers()
        _ = room.talking(one, true, score: 900, at: .zero)
        let effects = try room.tell(.hold(.member(one)))
        #expect(effects.prefix(2) == [.setHeld(one, true), .resetTalkDetector(one)])
        #expect(room.status(one)?.oldStatus == "HOLD" && room.status(one)?.onHold == true)
        #expect(room.talking(one, true, score: 900, at: .zero) == [])
        #expect(try room.perform(.hold(.member(one)), by: api, at: .zero).effects == [])
        #expect(try room.tell(.unhold(.member(one))).first == .setHeld(one, false))
        #expect(room.status(one)?.oldStatus == "ACTIVE")
        #expect(try room.perform(.unhold(.member(one)), by: api, at: .zero).effects == [])
    }

    @Test func aSoundPlaysMeanwhileInPlaceOfOthers() throws {
        var room = try threeMembers()
        _ = try room.tell(.play(PlayRequest(Sound("a"), to: .member(.member(one), isExclusive: false))))
        let effects = try room.tell(hold)
        #expect(effects.contains(.stopPlayback(PlaybackID(1))))
        #expect(effects.orders.map(\.loops) == [nil] && effects.orders[0].isExclusive)
        #expect(try room.perform(hold, by: api, at: .zero).effects == [])
        #expect(try room.tell(.unhold(.member(one))).contains(.stopPlayback(PlaybackID(2))))
    }

    @Test func bothSidesMayHoldAndBothMustLetGo() throws {
        var room = try threeMembers()
        _ = try room.tell(.hold(.member(one)))
        #expect(!room.setOnHold(one, true, at: .zero).contains(.setHeld(one, true)))
        #expect(try !room.tell(.unhold(.member(one))).contains(.setHeld(one, false)))
        #expect(room.status(one)?.onHold == true)
        #expect(room.setOnHold(one, false, at: .zero).contains(.setHeld(one, false)))
    }

    @Test func aModeratorsHoldShowsBeforeMute() throws {
        var room = try threeMembers()
        _ = try room.tell(.mute(.member(one)))
        _ = room.setOnHold(one, true, at: .zero)
        #expect(room.status(one)?.oldStatus == "MUTE")
        _ = try room.tell(.hold(.member(one)))
        #expect(room.status(one)?.oldStatus == "HOLD")
    }
}

struct MuteIntentTests {
    private func user(_ id: Int, _ user: String?) -> JoinRequest {
        var request = caller(id)
        (request.user, request.person) = (user, user)
        return request
    }

    @Test func aMutedPersonComesBackMuted() throws {
        var room = try threeMembers()
        _ = try room.join(user(4, "1004@d"), at: .zero)
        _ = try room.tell(.mute(.member(MemberID(4))))
        _ = room.leave(MemberID(4), at: .zero)
        #expect(try room.join(user(5, "1004@d"), at: .zero).contains(.setMuted(MemberID(5), true)))
        #expect(try !room.join(user(6, "1006@d"), at: .zero).contains(.setMuted(MemberID(6), true)))
        _ = try room.tell(.unmute(.member(MemberID(5))))
        _ = room.leave(MemberID(5), at: .zero)
        #expect(try !room.join(user(7, "1004@d"), at: .zero).contains(.setMuted(MemberID(7), true)))
    }

    @Test func ownKeysMuteTheCallOnlyAndUnmuteThePerson() throws {
        var room = try threeMembers()
        let four = MemberID(4)
        for isByModerator in [false, true] {
            _ = try room.join(user(4, "1004@d"), at: .zero)
            if isByModerator {
                _ = try room.tell(.mute(.member(four)))
                _ = room.digit(four, "0", at: .zero)
            } else {
                _ = room.digit(four, "0", at: .zero)
            }
            _ = room.leave(four, at: .zero)
            #expect(try !room.join(user(5, "1004@d"), at: .zero).contains(.setMuted(MemberID(5), true)))
            _ = room.leave(MemberID(5), at: .zero)
        }
    }

    @Test func strangersAreNotMistakenForEachOther() throws {
        var room = try threeMembers()
        _ = try room.tell(.mute(.all))
        #expect(try !room.join(user(4, nil), at: .zero).contains(.setMuted(MemberID(4), true)))
    }
}
