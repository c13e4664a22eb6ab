import Testing
import Wire

struct SIPMultipartTests {
    static func request(_ type: String, _ body: String) -> SIPRequest {
        SIPRequest(.invite, SIPURI(host: "h"), headers: SIPHeaders([("c", type)]), body: Array(body.utf8))
    }

    static let mixed = """
        This is no part\r
        --x y\r
        Content-Type: application/isup; version=nxv3\r
        Content-Disposition: signal;handling=optional\r
        \r
        \0\u{1}--x y\r
        --x yz\r
        --x y \t\r
        \r
        plain\r
        --x y\r
        content-TYPE : Application/SDP\r
        \r
        v=0\r
        o=-\r
        \r
        --x y--\r
        Content-Type: text/html\r
        \r
        after the end\r

        """

    @Test func findsAPartByItsType() {
        let request = Self.request("multipart/mixed;boundary=\"x y\"", Self.mixed)
        #expect(request.body(of: .sdp) == Array("v=0\r\no=-\r\n".utf8))
        #expect(request.body(of: SIPMediaType("application", "isup")) == Array("\0\u{1}--x y\r\n--x yz".utf8))
        #expect(request.body(of: .plainText) == Array("plain".utf8))
        #expect(request.body(of: SIPMediaType("text", "html")) == nil)
    }

    @Test func takesAWholeBodyAsItIs() {
        #expect(Self.request("application/sdp", "v=0").body(of: .sdp) == Array("v=0".utf8))
        #expect(Self.request("application/sdp", "").body(of: .sdp) == nil)
        #expect(Self.request("text/plain", "v=0").body(of: .sdp) == nil)
        #expect(Self.request("multipart/mixed", Self.mixed).body(of: .sdp) == nil)
        #expect(Self.request("multipart/mixed;boundary=\"\"", "--\n\nx\n--").body(of: .plainText) == nil)
    }

    @Test func looksThreeDeep() {
        func nested(_ depth: Int) -> SIPRequest {
            var (type, body) = ("application/sdp", "v=0")
            for level in 0..<depth {
                body = "--b\(level)\nContent-Type: \(type)\n\n\(body)\n--b\(level)--\n"
                type = "multipart/mixed;boundary=b\(level)"
            }
            return Self.request(type, body)
        }
        #expect((0...5).map { nested($0).body(of: .sdp) != nil } == [true, true, true, true, false, false])
    }

    @Test func readsTheTextOfTheRFC() throws {
        let text = try Torture.request("mpart01").body(of: .plainText)
        #expect(text.map { String(decoding: $0, as: UTF8.self) } == "Hello")
    }

    @Test func survivesDamage() {
        for input in hostileInputs(seed: 2046, like: Array(Self.mixed.utf8), count: 5000) {
            var request = Self.request("multipart/mixed;boundary=\"x y\"", "")
            request.body = input
            _ = (request.body(of: .sdp), request.body(of: .plainText))
        }
    }
}
