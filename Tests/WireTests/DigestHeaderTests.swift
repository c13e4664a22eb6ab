import Testing
import Wire

struct DigestHeaderTests {
    @Test func readsTheChallengesOfRFC7616() {
        let challenge = """
            Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, \
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
            """
        let read = DigestChallenge.all(in: challenge)
        #expect(read.count == 1 && read[0].algorithm == .sha256 && read[0].qop == ["auth", "auth-int"])
        #expect(read[0].nonce == "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v" && !read[0].stale)
        #expect(DigestChallenge.all(in: read[0].text) == read)
    }

    @Test func readsSeveralChallengesOfOneLine() {
        let line = """
            Newauth realm="apps, here", type=1, title="Login to \\"apps\\"", Basic realm="simple", Negotiate YWJj==, \
            Digest realm="a", nonce="1",algorithm=MD5-sess , Digest realm="b",nonce="2", stale=TRUE, algorithm=SHA-3, \
            digest REALM = "c" , Nonce="3", Stale=true
            """
        let read = DigestChallenge.all(in: line)
        #expect(read.map(\.realm) == ["a", "c"] && read.map(\.algorithm) == [.md5Session, .md5])
        #expect(read.map(\.stale) == [false, true] && read.map(\.namesAlgorithm) == [true, false])
        #expect(read[1].qop.isEmpty)
    }

    @Test func readsTheCredentialsOfRFC2617() {
        let text = """
            Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", \
            uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", \
            response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"
            """
        let read = DigestCredentials(parsing: text)
        #expect(read?.username == "Mufasa" && read?.uri == "/dir/index.html" && read?.qop == "auth")
        #expect(read?.nonceCount == 1 && read?.nonceCountText == "00000001" && read?.cnonce == "0a4f113b")
        #expect(read?.algorithm == .md5 && read?.namesAlgorithm == false)
        #expect(read.map(\.text).flatMap(DigestCredentials.init(parsing:)) == read)
    }

    static let whole = #"Digest username="a", realm="b", nonce="c", uri="sip:d", response="0f""#

    static let rows: [(text: String, isValid: Bool)] = [
        (whole, true), (whole + ", qop=auth, nc=0000000a, cnonce=\"x\"", true), (whole + ", algorithm=\"MD5\"", true),
        (whole + ", algorithm=sha-512-256-SESS", true), (whole + ",", true),
        (whole + ", qop=auth", false), (whole + ", qop=auth, nc=1, cnonce=", true),
        (whole + ", qop=auth, nc=000000001, cnonce=\"x\"", false), (whole + ", qop=auth, nc=x, cnonce=\"x\"", false),
        (whole + ", algorithm=MD6", false), (whole + ", username=\"z\"", false),
        (whole + ", Digest realm=\"x\"", false),
        ("Basic dXNlcg==", false), ("NoOneKnowsThisScheme opaque-data=here", false), ("", false), ("Digest", false),
        (#"Digest username="a", realm="b", nonce="c", uri="sip:d""#, false),
        (#"Digest username="a", realm="b", nonce="c", uri="sip:d", response="xyz""#, false),
        (#"Digest username="a, realm="b", nonce="c", uri="sip:d", response="00""#, false),
    ]

    @Test(arguments: rows)
    func takesOnlyWholeCredentials(row: (text: String, isValid: Bool)) {
        #expect((DigestCredentials(parsing: row.text) != nil) == row.isValid)
    }

    @Test func quotesAsRFC7616Does() {
        let challenge = DigestChallenge(realm: "a\"b", nonce: "n\r\n", algorithm: .sha512t256, stale: true, opaque: "o")
        #expect(
            challenge.text
                == #"Digest realm="a\"b", nonce="n", opaque="o", algorithm=SHA-512-256, qop="auth", stale=true"#)
        let credentials = DigestCredentials(
            username: "u", realm: "r", nonce: "n", uri: "sip:x", response: "ab", algorithm: .sha256, cnonce: "c",
            opaque: "o", qop: "auth", nonceCount: 0xAB)
        #expect(
            credentials.text == """
                Digest username="u", realm="r", nonce="n", uri="sip:x", response="ab", algorithm=SHA-256, \
                cnonce="c", opaque="o", qop=auth, nc=000000ab
                """)
    }

    @Test func findsThemInAMessage() {
        var response = SIPResponse(401)
        response.headers.add("WWW-Authenticate", "Digest realm=\"a\", nonce=\"1\", algorithm=SHA-256")
        response.headers.add("WWW-Authenticate", "Digest realm=\"a\", nonce=\"2\"")
        response.headers.add("Proxy-Authenticate", "Digest realm=\"p\", nonce=\"3\"")
        #expect(
            response.challenges(.server).map(\.nonce) == ["1", "2"] && response.challenges(.proxy).map(\.realm) == ["p"]
        )
        response.headers.add("Authorization", "Bearer abc")
        response.headers.add("Authorization", Self.whole)
        #expect(response.credentials(.server).map(\.username) == ["a"] && response.credentials(.proxy).isEmpty)
        #expect(DigestInfo(parsing: "nextnonce=\"47364c\", qop=auth, rspauth=\"6629\"").nextNonce == "47364c")
        #expect(DigestInfo(parsing: "") == DigestInfo(parsing: ",,,=="))
    }

    @Test func survivesDamage() {
        for input in hostileInputs(seed: 7616, like: Array((Self.whole + ", " + Self.whole).utf8), count: 10_000) {
            let text = String(decoding: input, as: UTF8.self)
            for challenge in DigestChallenge.all(in: text) where !text.utf8.contains(where: { $0 < 0x20 }) {
                #expect(DigestChallenge.all(in: challenge.text) == [challenge])
            }
            _ = (DigestCredentials(parsing: text), DigestInfo(parsing: text))
        }
    }
}
