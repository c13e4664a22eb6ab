import Conference
import Testing

struct RelationTests {
    @Test func oneDoesNotHearTheOther() throws {
        var room = try threeMembers()
        #expect(try room.tell(.relate([one], [two], .set(.noSpeak))) == [.setHears(two, one, false)])
        #expect(try room.perform(.relate([one], [two], .set(.noSpeak)), by: api, at: .zero).effects == [])
        #expect(try room.tell(.relate([two], [one], .set(.noHear))) == [])  // it does not already
        #expect(try room.tell(.relate([one], [two], .clear)) == [])
        #expect(try room.tell(.relate([two], [one], .clear)) == [.setHears(two, one, true)])
        #expect(try room.ask(.relate([two], [one], .clear)) == .related([.notFound(two, one)]))
    }

    @Test func wordsReplaceWords() throws {
        var room = try threeMembers()
        #expect(
            try room.tell(.relate([one], [two], .set([.noSpeak, .noHear])))
                == [.setHears(one, two, false), .setHears(two, one, false)])
        #expect(try room.tell(.relate([one], [two], .set(.noHear))) == [.setHears(two, one, true)])
        #expect(try room.ask(.listRelations(of: nil)) == .relations([Relation(one, two, .noHear)]))
        #expect(try room.ask(.listRelations(of: two)) == .relations([]))
    }

    @Test func eachOfTheseWithEachOfThose() throws {
        var room = try threeMembers()
        let nine = MemberID(9)
        guard case .related(let results) = try room.ask(.relate([one, two], [two, nine, three], .set(.noHear))) else {
            return
        }
        #expect(
            results == [
                .set(Relation(one, two, .noHear)), .unknownMember(nine), .set(Relation(one, three, .noHear)),
                .unknownMember(two), .unknownMember(nine), .set(Relation(two, three, .noHear)),
            ])
    }

    @Test func whoLeavesIsForgotten() throws {
        var room = try threeMembers()
        _ = try room.tell(.relate([one], [two, three], .set(.noHear)))
        _ = room.leave(two, at: .zero)
        #expect(try room.ask(.listRelations(of: nil)) == .relations([Relation(one, three, .noHear)]))
        _ = try room.join(caller(2), at: .zero)
        #expect(try room.tell(.relate([two], [one], .set(.noSpeak))) == [.setHears(one, two, false)])
    }

    typealias Row = (words: [String], command: Command?)

    static let rows: [Row] = [
        ([], .listRelations(of: nil)), (["1"], .listRelations(of: one)),
        (["1", "2", "nospeak"], .relate([one], [two], .set(.noSpeak))),
        (["1,2", "3", "NoHear,nospeak"], .relate([one, two], [three], .set([.noSpeak, .noHear]))),
        (["1", "2", "nohear", "nospeak"], .relate([one], [two], .set([.noSpeak, .noHear]))),
        (["1", "2", "clear"], .relate([one], [two], .clear)),
        (["1", "2"], nil), (["1,2"], nil), (["1", "2", "sendvideo"], nil), (["1", "x", "clear"], nil),
        (["all", "2", "clear"], nil), (["1,,2", "3", "clear"], nil),
        ([Array(repeating: "1", count: 257).joined(separator: ","), "2", "clear"], nil),
    ]

    @Test(arguments: rows.indices)
    func isSpelled(index: Int) throws {
        let read = Result { () throws(Refusal) in try Command(name: "relate", words: Self.rows[index].words) }
        #expect(read == Self.rows[index].command.map { .success($0) } ?? .failure(.badArgument(command: "relate")))
    }

    @Test func theirNumberIsBounded() throws {
        var room = try threeMembers()
        let many = Array(repeating: one, count: 100)
        #expect(throws: Refusal.tooMany(limit: 4096)) { try room.tell(.relate(many, many, .set(.noHear))) }
    }
}
