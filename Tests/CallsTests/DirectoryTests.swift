import Calls
import Testing

struct DirectoryTests {
    let directory = Directory(
        defaultDomain: "example.com",
        users: [
            User(id: "1000", domain: "example.com", parameters: ["password": "old"]),
            User(id: "1000", domain: "Example.com", parameters: ["password": "new"]),
            User(id: "1000", domain: "other.test"),
        ]
    )

    @Test func findsAUserInTheDefaultDomain() {
        #expect(directory.user("1000")?.password == "new")
        #expect(directory.user("1001") == nil)
    }

    @Test func comparesDomainsWithoutCaseAndIdsWithIt() {
        #expect(directory.user("1000", in: "EXAMPLE.com") != nil)
        #expect(Directory(defaultDomain: "d", users: [User(id: "a", domain: "d")]).user("A") == nil)
    }

    @Test func keepsDomainsApart() {
        #expect(directory.user("1000", in: "other.test")?.address == "1000@other.test")
        #expect(directory.user("1000", in: "third.test") == nil)
        #expect(directory.users.count == 2)
    }
}

struct UserTests {
    @Test func prefersTheJSONRPCPassword() {
        let user = User(id: "u", domain: "d", parameters: ["password": "a", "jsonrpc-password": "b"])
        #expect(user.password == "b")
    }

    @Test func hasNoPasswordWhenItIsEmpty() {
        #expect(User(id: "u", domain: "d", parameters: ["password": ""]).password == nil)
        #expect(User(id: "u", domain: "d", parameters: ["a1-hash": ""]).a1Hash == nil)
    }

    @Test func takesTheContextFromTheVariableFirst() {
        let parameters = ["verto-context": "param"]
        let variables = ["user_context": "variable"]
        #expect(User(id: "u", domain: "d", parameters: parameters, variables: variables).context == "variable")
        #expect(User(id: "u", domain: "d", parameters: parameters).context == "param")
        #expect(User(id: "u", domain: "d").context == nil)
    }

    @Test func allowsNothingUnlessToldSo() {
        let user = User(id: "u", domain: "d")
        #expect(user.allowedMethods == .nothing)
        #expect(user.allowedEventChannels == .nothing)
        #expect(user.allowedJSAPI == .nothing)
        #expect(user.allowedFSAPI == .nothing)
    }

    @Test(arguments: [
        ("true", true), ("YES", true), ("1", true), ("on", true), ("false", false), ("0", false), ("", false),
    ])
    func readsYesTheWayFreeSWITCHDoes(word: String, isSet: Bool) {
        #expect(User(id: "u", domain: "d", variables: ["moderator": word]).isSet("moderator") == isSet)
    }
}
