import Calls
import Testing

struct RegistrationsTests {
    var board = Switchboard(dialplan: plan(), seed: 1)

    @Test mutating func keepsTheClientsOfAUserInOrder() {
        register("a", "1000@example.com")
        register("b", "1000@EXAMPLE.com")
        register("c", "1000@other.net")
        #expect(board.registrations.contacts(of: "1000@Example.com").map(\.session) == ["a", "b"])
        #expect(board.registrations.contacts(of: "1000@other.net").map(\.session) == ["c"])
        #expect(board.registrations.contacts(of: "1001@example.com") == [])
        #expect(board.registrations.count == 3)
    }

    @Test mutating func forgetsAClientThatIsGone() {
        register("a", "1000@example.com")
        register("b", "1000@example.com")
        _ = board.hear(.unregistered(session: "a"), at: .zero)
        _ = board.hear(.unregistered(session: "a"), at: .zero)
        #expect(board.registrations.contacts(of: "1000@example.com").map(\.session) == ["b"])
        #expect(!board.registrations.isRegistered("a"))
    }

    @Test mutating func movesAClientThatLogsInAsSomebodyElse() {
        register("a", "1000@example.com")
        register("a", "1001@example.com")
        #expect(board.registrations.contacts(of: "1000@example.com") == [])
        #expect(board.registrations.contacts(of: "1001@example.com").map(\.session) == ["a"])
    }

    @Test mutating func namesAClientWithoutItsSession() throws {
        register("secret-a", "1000@example.com")
        register("secret-b", "1000@example.com")
        let text = board.contacts(of: "1000@example.com")
        #expect(!text.contains("secret"))
        let handles = try DialString(parsing: text).groups[0].map { String($0.address.dropFirst(2)) }
        #expect(handles.map { board.registrations.contact($0)?.session } == ["secret-a", "secret-b"])
        #expect(board.contacts(of: "1001@example.com") == "error/user_not_registered")
    }

    @Test mutating func aSecondLoginOfTheSameClientKeepsItsHandle() {
        register("a", "1000@example.com")
        let first = board.contacts(of: "1000@example.com")
        register("a", "1000@example.com")
        #expect(board.contacts(of: "1000@example.com") == first)
    }

    private mutating func register(_ session: String, _ user: String) {
        _ = board.hear(.registered(session: session, user: user), at: .zero)
    }
}
