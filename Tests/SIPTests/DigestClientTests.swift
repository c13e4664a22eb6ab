import SIP
import Testing
import Wire

struct DigestClientTests {
    private let account = DigestClient.Account(username: "Mufasa", password: "Circle of Life")

    private func request(_ method: SIPMethod = .invite, _ uri: String = "sip:100@trunk.example") throws -> SIPRequest {
        SIPRequest(method, try #require(SIPURI(parsing: uri)))
    }

    private func response(_ status: Int, _ challenges: String..., and other: [String] = []) -> SIPResponse {
        var response = SIPResponse(status)
        let name = status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate"
        for challenge in challenges { response.headers.add(name, challenge) }
        for challenge in other {
            response.headers.add(status == 407 ? "WWW-Authenticate" : "Proxy-Authenticate", challenge)
        }
        return response
    }

    /// RFC 7616 §3.4.1 in the test's own words.
    private func expected(_ c: DigestCredentials, _ method: String, body: String = "") -> String {
        func hash(_ text: String) -> String {
            TestHash.hex((c.algorithm.hash == .md5 ? TestHash.md5 : TestHash.sha256)(Array(text.utf8)))
        }
        var ha1 = hash("Mufasa:\(c.realm):Circle of Life")
        if c.algorithm.isSession { ha1 = hash("\(ha1):\(c.nonce):\(c.cnonce ?? "")") }
        let ha2 = hash(c.qop == "auth-int" ? "\(method):\(c.uri):\(hash(body))" : "\(method):\(c.uri)")
        guard let qop = c.qop else { return hash("\(ha1):\(c.nonce):\(ha2)") }
        return hash("\(ha1):\(c.nonce):\(c.nonceCountText ?? ""):\(c.cnonce ?? ""):\(qop):\(ha2)")
    }

    /// RFC 7616 §3.9.1: what our client makes of it can be checked, because its cnonce is given.
    @Test(arguments: [
        (DigestAlgorithm.md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (.sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ])
    func `the published digests of RFC 7616`(algorithm: DigestAlgorithm, published: String) throws {
        let credentials = DigestCredentials(
            username: "Mufasa", realm: "http-auth@example.org", nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            uri: "/dir/index.html", response: "", algorithm: algorithm,
            cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop: "auth", nonceCount: 1)
        #expect(expected(credentials, "GET") == published)
    }

    @Test(arguments: ["MD5", "SHA-256", "MD5-sess", "SHA-256-sess"])
    func `answers every algorithm`(algorithm: String) throws {
        var client = DigestClient(crypto: .counting())
        var request = try request()
        var attempt = DigestClient.Attempt()
        let challenge = #"Digest realm="r", nonce="n1", opaque="o", algorithm=\#(algorithm), qop="auth,auth-int""#
        #expect(client.answer(response(407, challenge), in: &request, as: account, attempt: &attempt) == .retry)
        let credentials = try #require(request.credentials(.proxy).first)
        #expect(credentials.uri == "sip:100@trunk.example")
        #expect(credentials.opaque == "o" && credentials.qop == "auth" && credentials.nonceCount == 1)
        #expect(credentials.algorithm.rawValue == algorithm)
        #expect(credentials.response == expected(credentials, "INVITE"))
        #expect(request.credentials(.server).isEmpty)
    }

    @Test func `without qop the form of RFC 2069, without an algorithm MD5`() throws {
        var client = DigestClient(crypto: .counting())
        var request = try request(.register)
        var attempt = DigestClient.Attempt()
        let challenge = #"Digest realm="r", nonce="n1""#
        #expect(client.answer(response(401, challenge), in: &request, as: account, attempt: &attempt) == .retry)
        let credentials = try #require(request.credentials(.server).first)
        #expect(credentials.qop == nil && credentials.cnonce == nil && credentials.nonceCount == nil)
        #expect(!credentials.namesAlgorithm)
        #expect(credentials.response == expected(credentials, "REGISTER"))
    }

    @Test func `auth-int only where nothing else is offered`() throws {
        var client = DigestClient(crypto: .counting())
        var request = try request(.message)
        request.body = Array("hello".utf8)
        var attempt = DigestClient.Attempt()
        let challenge = #"Digest realm="r", nonce="n1", qop="auth-int", algorithm=MD5"#
        #expect(client.answer(response(401, challenge), in: &request, as: account, attempt: &attempt) == .retry)
        let credentials = try #require(request.credentials(.server).first)
        #expect(credentials.qop == "auth-int")
        #expect(credentials.response == expected(credentials, "MESSAGE", body: "hello"))
    }

    @Test func `takes the topmost challenge it knows`() throws {
        var client = DigestClient(crypto: .counting())
        var request = try request()
        var attempt = DigestClient.Attempt()
        let answer = client.answer(
            response(
                401, #"Basic realm="r""#, #"Digest realm="r", nonce="a", algorithm=SHA3-512, qop="auth""#,
                #"Digest realm="r", nonce="b", algorithm=SHA-256, qop="auth""#,
                #"Digest realm="r", nonce="c", algorithm=MD5, qop="auth""#),
            in: &request, as: account, attempt: &attempt)
        #expect(answer == .retry)
        #expect(request.credentials(.server).map(\.nonce) == ["b"])
    }

    @Test func `what was asked for last stands first, and nothing that was shown is lost`() throws {
        var client = DigestClient(crypto: .counting())
        var (first, attempt) = (try request(.register), DigestClient.Attempt())
        _ = client.answer(
            response(401, #"Digest realm="home", nonce="h", qop="auth""#), in: &first, as: account, attempt: &attempt)
        var (second, other) = (try request(), DigestClient.Attempt())
        client.authorize(&second, as: account)
        #expect(second.credentials(.server).map(\.realm) == ["home"])
        _ = client.answer(
            response(407, #"Digest realm="proxy", nonce="p", qop="auth""#), in: &second, as: account, attempt: &other)
        _ = client.answer(
            response(401, #"Digest realm="inner", nonce="i", qop="auth""#), in: &second, as: account, attempt: &other)
        #expect(second.credentials(.server).map(\.nonce) == ["i", "h"])
        #expect(second.credentials(.proxy).map(\.nonce) == ["p"])
        for credentials in second.credentials(.server) + second.credentials(.proxy) {
            #expect(credentials.response == expected(credentials, "INVITE"))
        }
    }

    @Test func `a challenge with nothing we know is refused`() throws {
        var client = DigestClient(crypto: .counting())
        var request = try request()
        var attempt = DigestClient.Attempt()
        for challenge in [#"Basic realm="r""#, #"Digest realm="r", nonce="a", qop="token""#] {
            #expect(client.answer(response(401, challenge), in: &request, as: account, attempt: &attempt) == .refused)
        }
        #expect(client.answer(SIPResponse(401), in: &request, as: account, attempt: &attempt) == .refused)
    }

    @Test func `a second challenge for fresh credentials means a wrong password`() throws {
        var client = DigestClient(crypto: .counting())
        var request = try request()
        var attempt = DigestClient.Attempt()
        func challenge(_ nonce: String) -> SIPResponse {
            response(401, #"Digest realm="r", nonce="\#(nonce)", qop="auth""#)
        }
        #expect(client.answer(challenge("a"), in: &request, as: account, attempt: &attempt) == .retry)
        #expect(client.answer(challenge("b"), in: &request, as: account, attempt: &attempt) == .refused)
    }

    @Test func `an old nonce is replaced, but not for ever`() throws {
        var client = DigestClient(crypto: .counting())
        var request = try request()
        var attempt = DigestClient.Attempt()
        func challenge(_ nonce: String) -> SIPResponse {
            response(401, #"Digest realm="r", nonce="\#(nonce)", qop="auth", stale=true"#)
        }
        for nonce in ["a", "b", "c"] {
            #expect(client.answer(challenge(nonce), in: &request, as: account, attempt: &attempt) == .retry)
            #expect(request.credentials(.server).map(\.nonce) == [nonce])
            #expect(request.credentials(.server).first?.nonceCount == 1)
        }
        #expect(client.answer(challenge("d"), in: &request, as: account, attempt: &attempt) == .refused)
    }

    @Test func `nonces are used again with a rising count, and a new one starts at 1`() throws {
        var client = DigestClient(crypto: .counting())
        var first = try request()
        var attempt = DigestClient.Attempt()
        let challenge = response(401, #"Digest realm="r", nonce="a", qop="auth""#)
        _ = client.answer(challenge, in: &first, as: account, attempt: &attempt)
        for count: UInt32 in 2...4 {
            var next = try request(.register, "sip:trunk.example")
            client.authorize(&next, as: account)
            let credentials = try #require(next.credentials(.server).first)
            #expect(credentials.nonceCount == count)
            #expect(credentials.response == expected(credentials, "REGISTER"))
        }
        // Pre-emptive credentials may be refused without `stale`, and that is no wrong password.
        var next = try request()
        client.authorize(&next, as: account)
        var fresh = DigestClient.Attempt()
        let second = response(401, #"Digest realm="r", nonce="b", qop="auth""#)
        #expect(client.answer(second, in: &next, as: account, attempt: &fresh) == .retry)
        #expect(next.credentials(.server).map(\.nonceCount) == [1])
    }

    @Test func `proxy and server are answered together and one after the other`() throws {
        var client = DigestClient(crypto: .counting())
        var request = try request()
        var attempt = DigestClient.Attempt()
        let proxy = #"Digest realm="p", nonce="1", qop="auth""#
        let server = #"Digest realm="s", nonce="2", qop="auth""#
        #expect(client.answer(response(407, proxy), in: &request, as: account, attempt: &attempt) == .retry)
        #expect(client.answer(response(401, server), in: &request, as: account, attempt: &attempt) == .retry)
        #expect(request.credentials(.proxy).map(\.realm) == ["p"])
        #expect(request.credentials(.server).map(\.realm) == ["s"])
        #expect(request.credentials(.proxy).first?.nonceCount == 2)

        var both = DigestClient(crypto: .counting())
        var other = try self.request()
        attempt = DigestClient.Attempt()
        #expect(both.answer(response(401, server, and: [proxy]), in: &other, as: account, attempt: &attempt) == .retry)
        #expect(other.credentials(.proxy).count == 1 && other.credentials(.server).count == 1)
    }

    @Test func `the next nonce is taken from Authentication-Info`() throws {
        var client = DigestClient(crypto: .counting())
        var first = try request()
        var attempt = DigestClient.Attempt()
        _ = client.answer(
            response(401, #"Digest realm="r", nonce="a", qop="auth""#), in: &first, as: account, attempt: &attempt)
        var success = SIPResponse(200)
        success.headers.add("Authentication-Info", #"nextnonce="b", qop=auth"#)
        client.accepted(success)
        var next = try request()
        client.authorize(&next, as: account)
        #expect(next.credentials(.server).map(\.nonce) == ["b"])
        #expect(next.credentials(.server).first?.nonceCount == 1)
        client.reset()
        client.authorize(&next, as: account)
        #expect(next.credentials(.server).isEmpty)
    }

    @Test func `realms do not pile up`() throws {
        var client = DigestClient(crypto: .counting())
        for realm in 0..<50 {
            var request = try request()
            var attempt = DigestClient.Attempt()
            let challenge = response(401, #"Digest realm="\#(realm)", nonce="a", qop="auth""#)
            _ = client.answer(challenge, in: &request, as: account, attempt: &attempt)
        }
        var request = try request()
        client.authorize(&request, as: account)
        #expect(request.credentials(.server).map(\.realm) == (42..<50).reversed().map { "\($0)" })
    }
}
