import Conference
import Testing

struct HandTests {
    private func raised(_ room: Room) -> [MemberID] {
        room.snapshot.filter(\.row.status.handRaised).map(\.row.id)
    }

    @Test func aCallerRaisesItsHandByKeysAndTakesItDown() throws {
        var room = try threeMembers()
        for key in "*9" { _ = room.digit(one, key, at: .zero) }
        #expect(raised(room) == [one])
        for key in "*9" { _ = room.digit(one, key, at: .seconds(1)) }
        #expect(raised(room) == [])
    }

    @Test func aModeratorTakesAllHandsDown() throws {
        var room = try threeMembers()
        _ = try room.tell(.hand(.member(one), true))
        _ = try room.tell(.hand(.member(two), true))
        #expect(raised(room).sorted() == [one, two])
        let (reply, effects) = try room.perform(.hand(.all, false), by: api, at: .zero)
        #expect(reply == .members([.done(.handDown, three), .done(.handDown, two), .done(.handDown, one)]))
        #expect(raised(room) == [])
        #expect(effects.count { if case .publish = $0 { true } else { false } } == 2)
    }

    @Test func aHandThatIsUpStaysUp() throws {
        var room = try threeMembers()
        _ = try room.tell(.hand(.member(one), true))
        #expect(try room.perform(.hand(.member(one), true), by: api, at: .zero).effects == [])
    }

    @Test func participantsRaiseTheirOwnHandsOnly() throws {
        var room = try threeMembers()
        let own = Issuer.keys(of: one, name: "caller")
        #expect(throws: Refusal.forbidden(command: "hand")) {
            try room.perform(.hand(.member(two), true), by: own, at: .zero)
        }
        #expect(
            try room.perform(.hand(.member(one), true), by: own, at: .zero).reply == .members([.done(.handUp, one)]))
    }

    @Test func wordsSayWhichWay() throws {
        #expect(try Command(name: "hand", words: ["3", "up"]) == .hand(.member(three), true))
        #expect(try Command(name: "hand", words: ["all", "DOWN"]) == .hand(.all, false))
        #expect(try Command(name: "HAND", words: ["3"]) == .hand(.member(three), nil))
        #expect(throws: Refusal.badArgument(command: "hand")) { try Command(name: "hand", words: ["3", "sideways"]) }
    }
}
