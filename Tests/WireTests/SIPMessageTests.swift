import Testing
import Wire

struct SIPMessageTests {
    /// JsSIP 3.13.8 as a browser sends it, with its numbers replaced.
    static let register = Array(
        """
        REGISTER sip:example.com SIP/2.0\r
        Via: SIP/2.0/WS dq8u9q7s5b2f.invalid;branch=z9hG4bK6471203\r
        Max-Forwards: 69\r
        To: <sip:1000@example.com>\r
        From: "A, B" <sip:1000@example.com>;tag=4k8hsn4u2p\r
        Call-ID: 9vl1m8sotnbp3q0qv3q1t4\r
        CSeq: 1 REGISTER\r
        Contact: <sip:7r6u8b2n@dq8u9q7s5b2f.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:0>";expires=600\r
        Expires: 600\r
        Allow: INVITE,ACK,CANCEL,BYE,UPDATE\r
        Supported: path,gruu,outbound\r
        User-Agent: JsSIP 3.13.8\r
        Content-Length: 0\r
        \r

        """.utf8)

    static func request(_ changes: [(String, String)] = [], method: String = "OPTIONS") -> [UInt8] {
        var lines = [
            "\(method) sip:a@example.com SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "Max-Forwards: 70",
            "From: <sip:b@example.com>;tag=1", "To: <sip:a@example.com>", "Call-ID: x", "CSeq: 1 \(method)",
        ]
        for (name, line) in changes {
            if let index = lines.firstIndex(where: { $0.hasPrefix(name) }) {
                lines[index] = line
            } else {
                lines.append(line)
            }
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    static func parsed(_ bytes: [UInt8], isStream: Bool = false) throws -> SIPRequest {
        guard case .request(let request) = try SIPMessage(parsing: bytes, isStream: isStream) else {
            throw SIPParseError("response")
        }
        return request
    }

    @Test func readsABrowser() throws {
        let request = try Self.parsed(Self.register)
        #expect(request.topVia?.knownTransport == .webSocket && request.topVia?.sentBy == "dq8u9q7s5b2f.invalid:80")
        #expect(request.from.displayName == "A, B")
        let contact = request.contacts[0]
        #expect(contact.uri.transport == "ws" && contact.parameters["+sip.instance"] == "<urn:uuid:0>")
        #expect(contact.parameters["expires"] == "600" && request.expires == 600)
        #expect(request.allow == [.invite, .ack, .cancel, .bye, .update])
        #expect(request.supported == ["path", "gruu", "outbound"] && request.offers(option: "Path"))
        #expect(try SIPMessage(parsing: request.bytes) == .request(request))
    }

    static let rows: [(what: String, bytes: [UInt8], status: Int?)] = [
        ("as it should be", request(), 200),
        ("line ends in LF alone", Array(String(decoding: request(), as: UTF8.self).utf8.filter { $0 != 0x0D }), 200),
        ("empty lines in front", [0x0D, 0x0A, 0x0D, 0x0A] + request(), 200),
        ("no empty line at the end", Array(request().dropLast(2)), 200),
        ("no line end at the end", Array(request().dropLast(4)), 200),
        ("no Max-Forwards", request([("Max", "X: 1")]), 200),
        ("Max-Forwards of 255", request([("Max", "Max-Forwards: 255")]), 200),
        ("Max-Forwards of 256", request([("Max", "Max-Forwards: 256")]), 400),
        ("Max-Forwards of words", request([("Max", "Max-Forwards: many")]), 400),
        ("CSeq of 2^31 - 1", request([("CSeq", "CSeq: 2147483647 OPTIONS")]), 200),
        ("CSeq of 2^31", request([("CSeq", "CSeq: 2147483648 OPTIONS")]), 400),
        ("CSeq below zero", request([("CSeq", "CSeq: -1 OPTIONS")]), 400),
        ("CSeq of many digits", request([("CSeq", "CSeq: \(String(repeating: "9", count: 4000)) OPTIONS")]), 400),
        ("CSeq of another method", request([("CSeq", "CSeq: 1 INVITE")]), 400),
        ("CSeq in small letters", request([("CSeq", "CSeq: 1 options")]), 400),
        ("no Call-ID", request([("Call", "X: 1")]), 400),
        ("empty Call-ID", request([("Call", "Call-ID:")]), 400),
        ("Call-ID of two words", request([("Call", "Call-ID: a b")]), 400),
        ("Call-ID that is no ASCII", request([("Call", "Call-ID: ä")]), 400),
        ("two Call-IDs, one short", request([("X", "i: y")]), 400),
        ("no Via", request([("Via", "X: 1")]), nil),
        ("Via without transport", request([("Via", "Via: SIP/2.0 192.0.2.1")]), nil),
        ("Via with broken parameters", request([("Via", "Via: SIP/2.0/UDP 192.0.2.1;=x")]), 400),
        ("Via of port 0", request([("Via", "Via: SIP/2.0/UDP 192.0.2.1:0")]), nil),
        ("Via of port 65536", request([("Via", "Via: SIP/2.0/UDP 192.0.2.1:65536")]), nil),
        ("70 hops", request([("X", hops(70))]), 200),
        ("71 hops", request([("X", hops(71))]), 400),
        ("20 routes", request([("X", "Route: \(list("<sip:h;lr>", 20))")]), 200),
        ("21 routes", request([("X", "Route: \(list("<sip:h;lr>", 21))")]), 400),
        ("a route without angles", request([("X", "Route: sip:h;lr")]), 200),
        ("a route with nothing in it", request([("X", "Route: <sip:a>,,<sip:b>")]), 400),
        ("Contact of a star", request([("X", "Contact: *")]), 200),
        ("Contact of a star and more", request([("X", "Contact: *, <sip:a@b>")]), 400),
        ("no colon", request([("X", "Hello there")]), 400),
        ("empty name", request([("X", ": there")]), 400),
        ("space in a name", request([("X", "Hel lo: there")]), 400),
        ("space before the colon", request([("X", "Hello : there")]), 200),
        ("a CR in a value", request([("X", "X: a\rVia: b")]), 400),
        ("a NUL in a value", request([("X", "X: a\0b")]), 400),
        ("another version", request([("OPTIONS", "OPTIONS sip:a@example.com SIP/3.0")]), 505),
        ("HTTP", request([("OPTIONS", "OPTIONS / HTTP/1.1")]), nil),
        ("no version", request([("OPTIONS", "OPTIONS sip:a@example.com")]), nil),
        ("version in small letters", request([("OPTIONS", "OPTIONS sip:a@example.com sip/2.0")]), 200),
        ("a URI of 5000 bytes", request([("OPTIONS", "OPTIONS sip:\(list("a", 2500))@b SIP/2.0")]), 414),
        ("a line of 9000 bytes", request([("X", "X: \(list("a", 4500))")]), 400),
        ("256 fields", request((0..<249).map { ("X\($0):", "X\($0): 1") }), 200),
        ("257 fields", request((0..<251).map { ("X\($0):", "X\($0): 1") }), 400),
        ("Content-Length of nothing", request([("X", "Content-Length:")]), 400),
        ("Content-Length said twice", request([("X", "Content-Length: 0"), ("Y", "l: 00")]), 200),
        ("Content-Length with a sign", request([("X", "Content-Length: +0")]), 400),
        ("Content-Length beyond 64 bits", request([("X", "Content-Length: 18446744073709551616")]), 400),
        ("a tel URI", request([("OPTIONS", "OPTIONS tel:+1-201-555-0123 SIP/2.0")]), 200),
        ("a mail URI", request([("OPTIONS", "OPTIONS mailto:a@b SIP/2.0")]), 416),
        ("a broken ACK", request([("Max", "Max-Forwards: 256")], method: "ACK"), nil),
        ("a first field that is folded", Array("OPTIONS sip:a SIP/2.0\r\n X: 1\r\n\r\n".utf8), nil),
        ("nothing", [], nil),
        ("empty lines", [0x0D, 0x0A, 0x0D, 0x0A], nil),
    ]

    @Test(arguments: rows)
    func refusesWhatCannotBeRead(row: (what: String, bytes: [UInt8], status: Int?)) {
        do {
            _ = try SIPMessage(parsing: row.bytes)
            #expect(row.status == 200, "\(row.what)")
        } catch {
            #expect(row.status == error.response?.status, "\(row.what): \(error.reason)")
        }
    }

    @Test func dropsBrokenResponses() {
        let response = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: x\r\n"
        #expect(throws: Never.self) { try SIPMessage(parsing: Array((response + "CSeq: 1 BYE\r\n\r\n").utf8)) }
        #expect(throws: SIPParseError("Bad CSeq header")) {
            try SIPMessage(parsing: Array((response + "CSeq: x BYE\r\n\r\n").utf8))
        }
        for line in [
            "SIP/2.0 99 OK", "SIP/2.0 700 OK", "SIP/2.0 0200 OK", "SIP/2.0  ", "SIP/1.0 200 OK", "SIP/2.0 +20 OK",
        ] {
            let text = line + response.dropFirst(14) + "CSeq: 1 BYE\r\n\r\n"
            #expect(Torture.outcome(of: Array(text.utf8)) == .dropped, "\(line)")
        }
    }

    @Test func wantsAContentLengthOnAStream() throws {
        #expect(throws: SIPParseError.self) { try SIPMessage(parsing: Self.request(), isStream: true) }
        #expect(try Self.parsed(Self.request([("X", "l: 0")]), isStream: true).method == .options)
    }

    @Test func takesTheRestOfADatagramAsBody() throws {
        #expect(try Self.parsed(Self.request() + [1, 2, 3]).body == [1, 2, 3])
        #expect(try Self.parsed(Self.request([("X", "Content-Length: 2")]) + [1, 2, 3]).body == [1, 2])
        #expect(throws: SIPParseError.self) { try Self.parsed(Self.request([("X", "Content-Length: 4")]) + [1, 2, 3]) }
    }

    @Test func refusesAMessageOver64KiB() {
        let head = Self.request()
        #expect(throws: Never.self) {
            try SIPMessage(parsing: head + [UInt8](repeating: 0, count: 65_536 - head.count))
        }
        #expect(throws: SIPParseError.self) {
            try SIPMessage(parsing: head + [UInt8](repeating: 0, count: 65_537 - head.count))
        }
    }

    @Test func answersWithWhatTheRequestHad() throws {
        var request = try Self.parsed(Self.request([("X", "Via: SIP/2.0/TCP b;branch=2, SIP/2.0/TLS c;branch=3")]))
        request.headers["Timestamp"] = "54"
        let ringing = SIPResponse(180, to: request, toTag: "mine")
        #expect(ringing.reason == "Ringing" && ringing.via.map(\.host) == ["192.0.2.1", "b", "c"])
        #expect(ringing.from == request.from && ringing.to.tag == "mine" && ringing.callID == "x")
        #expect(ringing.cseq == request.cseq && ringing.headers["Timestamp"] == nil && ringing.maxForwards == nil)
        let trying = SIPResponse(100, to: request, toTag: "mine")
        #expect(trying.to.tag == nil && trying.headers["Timestamp"] == "54")
        request.to.tag = "theirs"
        #expect(SIPResponse(200, to: request, toTag: "mine").to.tag == "theirs")
    }

    @Test func writesViaFirstAndContentLengthLast() {
        var request = SIPRequest(.bye, SIPURI(user: "a", host: "2001:db8::1", port: 5070), body: Array("hi".utf8))
        request.headers.add("Content-Length", "99")
        request.headers.add("Call-ID", "x")
        request.topVia = Via(
            transport: .tls, host: "2001:db8::2", port: 5061, parameters: [SIPParameter("branch", "z9hG4bK1")])
        request.cseq = CSeq(2, .bye)
        #expect(
            String(decoding: request.bytes, as: UTF8.self) == """
                BYE sip:a@[2001:db8::1]:5070 SIP/2.0\r
                Via: SIP/2.0/TLS [2001:db8::2]:5061;branch=z9hG4bK1\r
                Call-ID: x\r
                CSeq: 2 BYE\r
                Content-Length: 2\r
                \r
                hi
                """)
    }

    /// Whatever goes into a typed value, no line comes out of it that was not meant.
    @Test func letsNobodyAddALine() throws {
        let evil = "x\r\nEvil: 1\n\0\r"
        var request = try Self.parsed(Self.request())
        #expect(!request.headers.add("Subject", evil) && !request.headers.set("Subject", evil))
        #expect(!request.headers.prepend("Subject", evil) && !request.headers.add("Sub\r\nject", "x"))
        request.headers["X"] = evil
        request.from.displayName = evil
        request.to.uri.user = evil
        request.uri.user = evil
        request.uri.host = evil
        request.to.parameters["x"] = evil
        request.callID = evil
        request.reasons = [SIPReason("SIP", cause: 200, phrase: evil)]
        request.event = SIPEvent("refer", id: evil)
        request.contacts = [NameAddress(displayName: evil, SIPURI(user: evil, host: evil))]
        request.topVia?.parameters["received"] = evil
        for text in [String(decoding: request.bytes, as: UTF8.self)]
            + [SIPResponse(200, evil, to: request)].map({ String(decoding: $0.bytes, as: UTF8.self) })
        {
            let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
            #expect(!lines.contains { $0.hasPrefix("Evil") })
            #expect(!text.utf8.contains(0))
            #expect(text.utf8.filter { $0 == 0x0A }.count == lines.count - 1)
        }
    }

    @Test func replacesTheTopViaAlone() throws {
        var request = try Self.parsed(Self.request([("X", "Via: SIP/2.0/TCP b;branch=2, SIP/2.0/TLS c;branch=3")]))
        request.topVia?.received = "192.0.2.9"
        request.topVia?.rport = 5071
        #expect(request.via.map(\.received) == ["192.0.2.9", nil, nil] && request.topVia?.rport == 5071)
        request.topVia = nil
        #expect(request.via.map(\.host) == ["b", "c"])
    }

    /// A message cut short is refused, or is one whose head just ended earlier; nothing traps.
    @Test func survivesEveryPrefix() {
        for bytes in Torture.all {
            for length in bytes.indices where length < 1500 || length.isMultiple(of: 7) {
                _ = Torture.outcome(of: Array(bytes[..<length]))
            }
        }
    }

    @Test func survivesDamage() {
        for (index, bytes) in Torture.all.enumerated() {
            for input in hostileInputs(seed: UInt64(index) &+ 4475, like: bytes, count: 300) {
                guard let message = try? SIPMessage(parsing: input) else { continue }
                Self.readEverything(in: message)
                // What was accepted is written so that it is accepted again.
                #expect(throws: Never.self) { try SIPMessage(parsing: message.bytes, isStream: true) }
            }
        }
    }

    static func readEverything(in message: SIPMessage) {
        switch message {
        case .request(let request):
            read(request)
            #expect(SIPURI(parsing: request.uri.text) == request.uri)
        case .response(let response): read(response)
        }
    }

    private static func read(_ message: some SIPFields) {
        _ = (message.via.map(\.sentBy), message.from.text, message.to.text, message.cseq, message.maxForwards)
        _ = (message.contacts.map(\.text), message.route, message.recordRoute, message.path, message.contentType)
        _ = (message.expires, message.minExpires, message.supported, message.require, message.allow, message.accept)
        _ = (message.replaces, message.referTo, message.referredBy, message.sessionExpires, message.minSE)
        _ = (message.rack, message.rseq, message.retryAfter, message.reasons.map(\.text), message.event)
        _ = (message.subscriptionState, message.assertedIdentities, message.remotePartyID)
        for kind in DigestHeader.allCases { _ = (message.challenges(kind), message.credentials(kind)) }
        for contact in message.contacts { #expect(contact.uri.isEquivalent(to: contact.uri)) }
    }

    private static func hops(_ count: Int) -> String { "Via: " + list("SIP/2.0/UDP a;branch=1", count - 1) }

    private static func list(_ item: String, _ count: Int) -> String {
        [String](repeating: item, count: count).joined(separator: ",")
    }
}
