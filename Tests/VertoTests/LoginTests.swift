import Calls
import Testing
import Verto
import Wire

/// verto.md §3: the challenge, the errors, what a login gives.
struct LoginTests {
    @Test func stockClientLogsInThroughTheChallengeInItsOddOrder() {
        let rig = Rig()
        let c = rig.connect()
        // jquery.verto.js sends id 2 on open, then flushes id 1 from its queue.
        rig.send(c, text: #"{"jsonrpc":"2.0","method":"login","params":{"sessid":"S"},"id":2}"#)
        rig.send(c, text: #"{"jsonrpc":"2.0","method":"login","params":{"sessid":"S"},"id":1}"#)
        let challenges = rig.takeBytes(c).map { String(decoding: $0, as: UTF8.self) }
        #expect(
            challenges == [
                #"{"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"Authentication Required"}}"#,
                #"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Authentication Required"}}"#,
            ])
        rig.send(
            c,
            text: """
                {"jsonrpc":"2.0","method":"login","params":{"login":"1001@example.com","passwd":"secret",\
                "loginParams":{},"userVariables":{},"sessid":"S"},"id":3}
                """
        )
        let messages = rig.takeBytes(c).map { String(decoding: $0, as: UTF8.self) }
        #expect(messages.first == #"{"jsonrpc":"2.0","id":3,"result":{"message":"logged in","sessid":"S"}}"#)
        #expect(
            messages.dropFirst().first == """
                {"jsonrpc":"2.0","id":1000000000,"method":"verto.clientReady","params":{"reattached_sessions":[]}}
                """)
        #expect(messages.count == 2)
    }

    typealias Row = (what: String, params: JSONObject?, code: Int, message: String)

    static let failures: [Row] = [
        ("no params", nil, -32001, "Missing params"),
        ("no login name", ["sessid": "S"], -32000, "Authentication Required"),
        ("empty login name", ["login": "", "passwd": "secret"], -32000, "Authentication Required"),
        ("login name that is no text", ["login": 1001, "passwd": "secret"], -32000, "Authentication Required"),
        ("no password", ["login": "1001@example.com"], -32001, "Missing passwd"),
        ("password that is no text", ["login": "1001@example.com", "passwd": 5], -32001, "Missing passwd"),
        ("no user part", ["login": "@example.com", "passwd": "x"], -32001, "Missing or improper credentials"),
        ("no domain", ["login": "1001@", "passwd": "x"], -32001, "Missing or improper credentials"),
        ("unknown user", ["login": "9@example.com", "passwd": "secret"], -32001, "Authentication Failure"),
        ("unknown domain", ["login": "1001@example.org", "passwd": "secret"], -32001, "Authentication Failure"),
        ("wrong password", ["login": "1001@example.com", "passwd": "Secret"], -32001, "Authentication Failure"),
        ("longer password", ["login": "1001@example.com", "passwd": "secretsecret"], -32001, "Authentication Failure"),
    ]

    @Test(arguments: failures)
    func refusesALogin(row: Row) {
        let rig = Rig()
        let c = rig.connect()
        let id = 7
        var request: JSONObject = ["jsonrpc": "2.0", "method": "login", "id": .integer(Int64(id))]
        if let params = row.params { request["params"] = .object(params) }
        rig.send(c, bytes: JSON.object(request).bytes)
        let answer = rig.take(c).first ?? .null
        #expect(answer.errorCode == row.code, "\(row.what)")
        #expect(answer.errorMessage == row.message, "\(row.what)")
        #expect(answer["id"]?.int == id)
        #expect(answer["error"]?["sessid"] == nil)
    }

    @Test func findsTheUserWithoutADomainOrInAForcedOne() {
        #expect(Rig().login("1001") != ConnectionID(0))
        let rig = Rig { $0.forceRegisterDomain = Rig.domain }
        let c = rig.connect()
        #expect(rig.ask(c, "login", ["login": "1001@page.example.net", "passwd": "secret"]).isResult)
        let plain = rig.connect()
        #expect(rig.ask(plain, "login", ["login": "1001", "passwd": "secret"]).isResult)
    }

    @Test func takesTheWholeNameAsIDInAFixedDomain() {
        let user = Rig.user("a@b")
        let rig = Rig({ $0.userAuthentication = .fixedDomain(Rig.domain) }, users: [user])
        let c = rig.connect()
        #expect(rig.ask(c, "login", ["login": "a@b", "passwd": "secret"]).isResult)
    }

    @Test func comparesTheHashOfIDDomainAndPasswordWhenThereIsOne() {
        let hashed = Rig.user("h", ["a1-hash": "md5(h:example.com:secret)", "password": "other"])
        let rig = Rig(users: [hashed])
        let c = rig.connect()
        #expect(rig.ask(c, "login", ["login": "h", "passwd": "other"]).errorCode == -32001)
        #expect(rig.ask(c, "login", ["login": "h", "passwd": "secret"]).isResult)
    }

    @Test func userWithoutASecretCannotLogIn() {
        let rig = Rig(users: [Rig.user("p", ["password": ""])])
        let c = rig.connect()
        #expect(rig.ask(c, "login", ["login": "p", "passwd": ""]).errorCode == -32001)
        #expect(rig.ask(c, "login", ["login": "p", "passwd": "x"]).errorCode == -32001)
    }

    @Test func makesUpASessidForAClientThatBringsNone() {
        let rig = Rig()
        let c = rig.connect()
        let answer = rig.ask(c, "login", ["login": "1001", "passwd": "secret"])
        #expect(answer["result"]?["sessid"]?.string == "token-1")
    }

    @Test func tellsFlagsOnlyWhenTheyAreSet() {
        let boss = Rig.user("b", variables: ["moderator": "true", "superuser": "yes", "stereo_audio": "false"])
        let rig = Rig(users: [boss])
        let c = rig.connect()
        let answer = rig.ask(c, "login", ["login": "b", "passwd": "secret", "sessid": "S"])
        #expect(answer["result"]?.text == #"{"message":"logged in","moderator":true,"superuser":true,"sessid":"S"}"#)
    }

    @Test func closesWhenTheLoginExpiresAndALoginExtendsIt() {
        let user = Rig.user("e", variables: ["login-expires": "1"])  // over: five minutes from now
        let rig = Rig(users: [user])
        let c = rig.connect()
        let answer = rig.ask(c, "login", ["login": "e", "passwd": "secret"])
        #expect(answer["result"]?["auth-expires"]?.int == 1_700_000_301)
        rig.wait(.seconds(200))
        let pings = rig.take(c).filter { $0.method == "verto.ping" }
        #expect(pings.last?["params"]?["auth-expires"]?.int == 1_700_000_301)
        let again = rig.ask(c, "login", ["login": "e", "passwd": "secret"])
        #expect(again["result"]?["auth-expires"]?.int == 1_700_000_501)
        rig.wait(.seconds(299))
        #expect(rig.closed[c] == nil)
        rig.wait(.seconds(2))
        #expect(rig.closed[c]?.code == 1000)
        #expect(rig.counts[.loginExpired] == 1)
    }

    @Test func challengesALoginWithoutCredentialsAtAnyTime() {
        let rig = Rig()
        let c = rig.login()
        #expect(rig.ask(c, "login", ["sessid": "x"]).errorCode == -32000)
        #expect(rig.ask(c, "verto.ping", [:]).isResult)  // and stays logged in
        #expect(rig.ask(c, "login", ["login": "1001", "passwd": "wrong"]).errorCode == -32001)
        #expect(rig.ask(c, "verto.ping", [:]).isResult)
    }

    @Test func anotherUserDoesNotGetAConnectionThatIsInUse() {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        #expect(rig.ask(c, "login", ["login": "1002", "passwd": "secret"]).errorMessage == "Session in use")
        rig.invite(c, "call")
        #expect(rig.invites.last?.user == "1001@example.com")
    }

    @Test(arguments: ["echo", "verto.ping", "verto.invite", "nonsense", ""])
    func everythingElseIsChallengedBeforeTheLogin(method: String) {
        let rig = Rig()
        let c = rig.connect()
        let credentials: JSONObject = ["login": "1001@example.com", "passwd": "secret"]
        #expect(rig.ask(c, method, credentials).errorCode == -32000)
        #expect(rig.ask(c, method, [:]).errorCode == -32000)
    }

    @Test func connectionsThatDoNotLogInAreClosed() {
        let rig = Rig()
        let (silent, chatty, good) = (rig.connect(), rig.connect(), rig.login())
        rig.wait(.seconds(14))
        _ = rig.ask(chatty, "login", [:])
        #expect(rig.closed.isEmpty)
        rig.wait(.seconds(1))
        #expect(rig.closed[silent]?.code == 1008)
        #expect(rig.closed[chatty]?.code == 1008)
        #expect(rig.closed[good] == nil)
        #expect(rig.counts[.preAuthTimeout] == 2)
    }
}
