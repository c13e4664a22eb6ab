import Testing
import Wire

struct ViaTests {
    static let rows: [(text: String, written: String?)] = [
        ("SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7", nil),
        (
            "SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
            "SIP/2.0/UDP first.example.com:4000;ttl=16;maddr=224.2.0.1;branch=z9hG4bKa7c6a8dlze.1"
        ),
        ("SIP/2.0/WS a1.invalid;branch=z9hG4bK1;rport", nil),
        ("sip/2.0/udp h", "SIP/2.0/udp h"),
        ("SIP/2.0/UDP [2001:db8::9:1]:6050;received=[2001:db8::9:255]", nil),
        ("SIP/2.0/TLS-SCTP h;rport=;x", "SIP/2.0/TLS-SCTP h;rport;x"),
    ]

    @Test(arguments: rows)
    func readsAHop(row: (text: String, written: String?)) {
        #expect(Via(parsing: row.text)?.text == row.written ?? row.text)
    }

    @Test(arguments: [
        "", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0 h", "HTTP/1.1/TCP h", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:x",
        "SIP/2.0/UDP h;", "SIP/2.0/UDP h;;a", "SIP/2.0/UDP h x", "SIP/2.0/UDP [::1", "SIP/2.0/UDP <h>", "SIP//UDP h",
        "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP [192.0.2.1]", "SIP/2.0/UDP h;branch=\"x",
    ])
    func refusesWhatIsNone(text: String) { #expect(Via(parsing: text) == nil) }

    @Test func fillsInWhereItCameFrom() throws {
        var via = try #require(Via(parsing: "SIP/2.0/UDP Host.Example.com;rport;branch=z9hG4bK1"))
        #expect(via.hasRport && via.rport == nil && via.received == nil && via.hasMagicCookie)
        via.rport = 1024
        via.received = "2001:db8::1"
        #expect(via.text == "SIP/2.0/UDP Host.Example.com;rport=1024;branch=z9hG4bK1;received=2001:db8::1")
        #expect(via.rport == 1024 && via.received == "2001:db8::1")
        #expect(via.sentBy == "host.example.com:5060")
        #expect(Via(parsing: "SIP/2.0/TLS h")?.sentBy == "h:5061")
        #expect(Via(parsing: "SIP/2.0/UDP h;branch=")?.branch == nil)
        #expect(Via(parsing: "SIP/2.0/UDP h;branch=Z9HG4BK1")?.hasMagicCookie == false)
        #expect(Via(parsing: "SIP/2.0/UDP h;maddr=[::1]")?.maddr == "::1")
    }

    @Test func knowsTransports() {
        #expect(Via(parsing: "SIP/2.0/wss h")?.knownTransport == .secureWebSocket)
        #expect(Via(parsing: "SIP/2.0/SCTP h")?.knownTransport == nil)
        #expect(SIPTransport.allCases.map(\.uriParameter) == ["udp", "tcp", "tls", "ws", "ws"])
        #expect(SIPTransport.allCases.map(\.defaultPort) == [5060, 5060, 5061, 80, 443])
    }

    @Test func survivesDamage() {
        for (index, row) in Self.rows.enumerated() {
            for input in hostileInputs(seed: UInt64(index) &+ 42, like: Array(row.text.utf8), count: 1000) {
                guard let via = Via(parsing: String(decoding: input, as: UTF8.self)) else { continue }
                #expect(Via(parsing: via.text) == via)
            }
        }
    }
}
