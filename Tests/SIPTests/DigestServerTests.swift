import Calls
import SIP
import Testing
import Wire

struct DigestServerTests {
    static let home = TransportAddress(ip: "198.51.100.7", port: 5060)!
    static let elsewhere = TransportAddress(ip: "203.0.113.9", port: 5060)!

    /// A server with one user, and what a phone does with its challenges.
    private struct Scene {
        let crypto = SIPCrypto.counting()
        var server: DigestServer
        var now = Instant(nanoseconds: 5_000_000_000)
        var user = User(id: "1000", domain: "example.com", parameters: ["password": "secret"])
        var algorithms: [DigestAlgorithm] = [.sha256, .md5]

        init(capacity: Int = 100) {
            server = DigestServer(crypto: crypto, nonceLifetime: .seconds(60), capacity: capacity)
        }

        mutating func challenges(_ status: Int = 401, stale: Bool = false) -> [DigestChallenge] {
            var response = SIPResponse(status)
            server.challenge(
                &response, realm: "example.com", algorithms: algorithms, isStale: stale, for: home, at: now)
            return response.challenges(status == 407 ? .proxy : .server)
        }

        func request(
            _ challenge: DigestChallenge, _ username: String = "1000", password: String = "secret", count: UInt32 = 1,
            qop: String? = "auth", uri: String = "sip:example.com", header: DigestHeader = .server
        ) throws -> SIPRequest {
            var request = SIPRequest(.register, try #require(SIPURI(parsing: "sip:example.com")))
            var credentials = DigestCredentials(
                username: username, realm: challenge.realm, nonce: challenge.nonce, uri: uri, response: "",
                algorithm: challenge.algorithm, cnonce: qop == nil ? nil : "abc", qop: qop,
                nonceCount: qop == nil ? nil : count)
            credentials.response = response(credentials, password)
            request.headers.add(header.credentialsName, credentials.text)
            return request
        }

        /// RFC 7616 §3.4.1 in the test's own words.
        private func response(_ c: DigestCredentials, _ password: String) -> String {
            func hash(_ text: String) -> String {
                TestHash.hex((c.algorithm == .md5 ? crypto.md5 : crypto.sha256)(Array(text.utf8)))
            }
            let ha1 = hash("\(c.username):\(c.realm):\(password)")
            let ha2 = hash("REGISTER:\(c.uri)")
            guard let qop = c.qop else { return hash("\(ha1):\(c.nonce):\(ha2)") }
            return hash("\(ha1):\(c.nonce):\(c.nonceCountText ?? ""):\(c.cnonce ?? ""):\(qop):\(ha2)")
        }

        mutating func check(_ request: SIPRequest, from source: TransportAddress = home) -> DigestServer.Verdict {
            let user = user
            return server.check(
                request, realm: "example.com", algorithms: algorithms, from: source, at: now,
                lookup: { $0 == user.id ? user : nil })
        }
    }

    @Test func `a challenge per algorithm, the preferred one first, each with its own nonce`() throws {
        var scene = Scene()
        let challenges = scene.challenges()
        #expect(challenges.map(\.algorithm) == [.sha256, .md5])
        #expect(Set(challenges.map(\.nonce)).count == 2)
        #expect(challenges.allSatisfy { $0.realm == "example.com" && $0.qop == ["auth"] && !$0.stale })
        let all = scene.challenges(407, stale: true)
        #expect(all.count == 2 && all.allSatisfy(\.stale))
    }

    @Test(arguments: [0, 1], [DigestHeader.server, .proxy])
    func `the right password gets in, in either header`(index: Int, header: DigestHeader) throws {
        var scene = Scene()
        let request = try scene.request(scene.challenges()[index], header: header)
        #expect(scene.check(request) == .accepted(scene.user))
    }

    @Test func `nothing, another realm and another algorithm are no credentials`() throws {
        var scene = Scene()
        let uri = try #require(SIPURI(parsing: "sip:example.com"))
        #expect(scene.check(SIPRequest(.register, uri)) == .missing)
        var challenge = try #require(scene.challenges().last)
        challenge.realm = "other.example"
        #expect(try scene.check(scene.request(challenge)) == .missing)
        let other = try #require(scene.challenges().last)
        let request = try scene.request(other)
        scene.algorithms = [.sha256]
        #expect(scene.check(request) == .missing)
    }

    @Test func `unknown users and wrong passwords look alike`() throws {
        var scene = Scene()
        let challenge = try #require(scene.challenges().first)
        #expect(
            try scene.check(scene.request(challenge, password: "x")) == .wrong(username: "1000", isSourceProven: true))
        #expect(try scene.check(scene.request(challenge, "9999")) == .wrong(username: "9999", isSourceProven: true))
        #expect(
            try scene.check(scene.request(challenge, "9999", password: ""))
                == .wrong(username: "9999", isSourceProven: true))
        scene.user = User(id: "1000", domain: "example.com", parameters: ["jsonrpc-password": "secret"])
        #expect(
            try scene.check(scene.request(challenge)) == .wrong(username: "1000", isSourceProven: true),
            "a password of Verto alone is none here")
    }

    @Test func `nobody is blamed for a nonce that was given to another address`() throws {
        var scene = Scene()
        let challenge = try #require(scene.challenges().first)
        let request = try scene.request(challenge, password: "x")
        #expect(scene.check(request, from: Self.elsewhere) == .wrong(username: "1000", isSourceProven: false))
        var forged = challenge
        forged.nonce = "made-up"
        #expect(
            try scene.check(scene.request(forged, password: "x")) == .wrong(username: "1000", isSourceProven: false))
        #expect(try scene.check(scene.request(challenge), from: Self.elsewhere) == .accepted(scene.user))
    }

    @Test func `a count that does not rise is stale, never wrong`() throws {
        var scene = Scene()
        let challenge = try #require(scene.challenges().first)
        #expect(try scene.check(scene.request(challenge)) == .accepted(scene.user))
        #expect(try scene.check(scene.request(challenge)) == .stale)
        #expect(try scene.check(scene.request(challenge, count: 5)) == .accepted(scene.user))
        #expect(try scene.check(scene.request(challenge, count: 4)) == .stale)
        #expect(try scene.check(scene.request(challenge, count: 6)) == .accepted(scene.user))
    }

    @Test func `a wrong answer does not use up a count`() throws {
        var scene = Scene()
        let challenge = try #require(scene.challenges().first)
        _ = try scene.check(scene.request(challenge, password: "x", count: 9))
        #expect(scene.server.usedNonceCount == 0)
        #expect(try scene.check(scene.request(challenge)) == .accepted(scene.user))
    }

    @Test func `old nonces, forged ones and those from before a restart are stale when the password is right`() throws {
        var scene = Scene()
        let challenge = try #require(scene.challenges().first)
        scene.now = scene.now.advanced(by: .seconds(59))
        #expect(try scene.check(scene.request(challenge)) == .accepted(scene.user))
        scene.now = scene.now.advanced(by: .seconds(1))
        #expect(try scene.check(scene.request(challenge, count: 2)) == .stale)
        #expect(scene.server.usedNonceCount == 0)
        for nonce in ["x", "f" + challenge.nonce.dropFirst(), challenge.nonce + "0", ""] {
            var foreign = challenge
            foreign.nonce = nonce
            #expect(try scene.check(scene.request(foreign)) == .stale)
        }
        let fresh = try #require(scene.challenges().first)
        _ = scene.crypto.randomToken(1)
        scene.server = DigestServer(crypto: scene.crypto, nonceLifetime: .seconds(60))
        #expect(try scene.check(scene.request(fresh)) == .stale)
    }

    @Test func `a nonce belongs to its algorithm`() throws {
        var scene = Scene()
        var challenge = try #require(scene.challenges().first)
        challenge.algorithm = .md5
        #expect(try scene.check(scene.request(challenge)) == .stale)
    }

    @Test func `the form of RFC 2069 is good once per nonce`() throws {
        var scene = Scene()
        let challenge = try #require(scene.challenges().last)
        #expect(try scene.check(scene.request(challenge, qop: nil)) == .accepted(scene.user))
        #expect(try scene.check(scene.request(challenge, qop: nil)) == .stale)
    }

    @Test func `auth-int was not offered`() throws {
        var scene = Scene()
        let challenge = try #require(scene.challenges().last)
        #expect(
            try scene.check(scene.request(challenge, qop: "auth-int")) == .wrong(username: "1000", isSourceProven: true)
        )
    }

    @Test func `a stored a1-hash stands for the password, for MD5`() throws {
        var scene = Scene()
        let hash = TestHash.hex(TestHash.md5(Array("1000:example.com:secret".utf8)))
        scene.user = User(id: "1000", domain: "example.com", parameters: ["a1-hash": hash.uppercased()])
        let challenges = scene.challenges()
        #expect(try scene.check(scene.request(challenges[1])) == .accepted(scene.user))
        #expect(try scene.check(scene.request(challenges[0])) == .wrong(username: "1000", isSourceProven: true))
    }

    @Test func `one user with a hash alone is asked for MD5 alone`() {
        let plain = User(id: "1000", domain: "example.com", parameters: ["password": "x", "a1-hash": "y"])
        let hashed = User(id: "1001", domain: "example.com", parameters: ["a1-hash": "y"])
        #expect(!Directory(defaultDomain: "example.com", users: [plain]).needsMD5)
        #expect(Directory(defaultDomain: "example.com", users: [plain, hashed]).needsMD5)
    }

    @Test(arguments: [("false", false), ("No", false), ("0", false), ("flase", false), ("true", true), ("", true)])
    func `a user that may not use SIP is like an unknown one`(value: String, isAllowed: Bool) throws {
        var scene = Scene()
        scene.user = User(
            id: "1000", domain: "example.com", parameters: ["password": "secret", "sip-allowed": value])
        let challenge = try #require(scene.challenges().first)
        let unknown = scene.check(try scene.request(challenge, "9999"))
        #expect(unknown == .wrong(username: "9999", isSourceProven: true))
        let verdict = scene.check(try scene.request(challenge))
        #expect(verdict == (isAllowed ? .accepted(scene.user) : .wrong(username: "1000", isSourceProven: true)))
        let hashed = User(id: "1", domain: "example.com", parameters: ["a1-hash": "y", "sip-allowed": value])
        #expect(Directory(defaultDomain: "example.com", users: [hashed]).needsMD5 == isAllowed)
    }

    @Test func `a digest for one number is none for another`() throws {
        var scene = Scene()
        let challenge = try #require(scene.challenges().first)
        var request = try scene.request(challenge, uri: "sip:100@example.com")
        request.uri = try #require(SIPURI(parsing: "sip:900@example.com"))
        #expect(scene.check(request) == .wrong(username: "1000", isSourceProven: true))
        request.uri = try #require(SIPURI(parsing: "sip:%31%300@192.0.2.1"))
        #expect(scene.check(request) == .accepted(scene.user))
    }

    @Test func `challenges cost no memory, and a full table asks once more`() throws {
        var scene = Scene(capacity: 2)
        for _ in 0..<100 { _ = scene.challenges() }
        #expect(scene.server.usedNonceCount == 0)
        for _ in 0..<2 {
            let challenge = try #require(scene.challenges().first)
            #expect(try scene.check(scene.request(challenge)) == .accepted(scene.user))
        }
        let third = try #require(scene.challenges().first)
        #expect(try scene.check(scene.request(third)) == .stale)
        scene.now = scene.now.advanced(by: .seconds(60))
        let fourth = try #require(scene.challenges().first)
        #expect(try scene.check(scene.request(fourth)) == .accepted(scene.user))
    }
}
