import Testing
import Wire

/// What the parser is to make of a torture message.
enum SIPOutcome: Equatable {
    case parsed
    /// Refused with a status, and with enough to answer.
    case refused(Int)
    /// Refused without an answer.
    case dropped
}

/// The published messages; `Vectors/sip/README.md` says where they come from.
enum Torture {
    typealias Row = (name: String, outcome: SIPOutcome)

    static let rfc4475: [Row] = [
        ("wsinv", .parsed), ("intmeth", .parsed), ("esc01", .parsed), ("escnull", .parsed), ("esc02", .parsed),
        ("lwsdisp", .parsed), ("longreq", .parsed), ("dblreq", .parsed), ("semiuri", .parsed),
        ("transports", .parsed), ("mpart01", .parsed), ("unreason", .parsed), ("noreason", .parsed),
        ("badinv01", .refused(400)), ("clerr", .refused(400)), ("ncl", .refused(400)), ("scalar02", .refused(400)),
        ("scalarlg", .dropped), ("quotbal", .refused(400)), ("ltgtruri", .refused(400)), ("lwsruri", .refused(400)),
        ("lwsstart", .parsed), ("trws", .parsed), ("escruri", .refused(400)), ("baddate", .parsed),
        ("regbadct", .refused(400)), ("badaspec", .refused(400)), ("baddn", .refused(400)),
        ("badvers", .refused(505)), ("mismatch01", .refused(400)), ("mismatch02", .refused(400)),
        ("bigcode", .dropped), ("badbranch", .parsed), ("insuf", .refused(400)), ("unkscm", .refused(416)),
        ("novelsc", .refused(416)), ("unksm2", .parsed), ("bext01", .parsed), ("invut", .parsed),
        ("regaut01", .parsed), ("multi01", .refused(400)), ("mcl01", .refused(400)), ("bcast", .parsed),
        ("zeromf", .parsed), ("cparam01", .parsed), ("cparam02", .parsed), ("regescrt", .parsed),
        ("sdp01", .parsed), ("inv2543", .parsed), ("test", .dropped),
    ]

    /// `ipv6-in-sdp` counts 17 bytes too many; ``SIPTortureTests/readsSDPOfIPv6()`` has it with the right number.
    static let rfc5118: [Row] = [
        ("ipv6-good", .parsed), ("ipv6-bad", .refused(400)), ("port-ambiguous", .parsed),
        ("port-unambiguous", .parsed), ("via-received-param-with-delim", .parsed),
        ("via-received-param-no-delim", .parsed), ("ipv6-in-sdp", .refused(400)), ("mult-ip-in-header", .parsed),
        ("mult-ip-in-sdp", .parsed), ("ipv4-mapped-ipv6", .parsed), ("ipv6-bug-abnf-3-colons", .refused(400)),
        ("ipv6-correct-abnf-2-colons", .parsed),
    ]

    static let all: [[UInt8]] =
        (rfc4475 + rfc5118).map { bytes($0.name) }

    static let valid: [[UInt8]] = all.filter { outcome(of: $0) == .parsed }

    /// Those of RFC 5118 get the line ends of the wire: its archive has LF alone in all and counts both.
    static func bytes(_ name: String) -> [UInt8] {
        let bytes = vector("sip/rfc4475/\(name).dat")
        return bytes.isEmpty ? vector("sip/rfc5118/\(name)").flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] } : bytes
    }

    static func outcome(of bytes: [UInt8]) -> SIPOutcome {
        do {
            _ = try SIPMessage(parsing: bytes)
            return .parsed
        } catch {
            guard let status = error.status else { return .dropped }
            return error.response?.topVia != nil ? .refused(status) : .dropped
        }
    }

    static func request(_ name: String) throws -> SIPRequest {
        guard case .request(let request) = try SIPMessage(parsing: bytes(name)) else { throw SIPParseError("response") }
        return request
    }

    static func response(_ name: String) throws -> SIPResponse {
        guard case .response(let response) = try SIPMessage(parsing: bytes(name)) else {
            throw SIPParseError("request")
        }
        return response
    }
}

struct SIPTortureTests {
    @Test func hasAllMessages() {
        #expect(Torture.rfc4475.count == 50 && Torture.rfc5118.count == 12)
        #expect(Torture.all.allSatisfy { $0.count > 200 })
    }

    @Test(arguments: Torture.rfc4475 + Torture.rfc5118)
    func makesOfEachMessageWhatTheRFCAsks(row: Torture.Row) {
        #expect(Torture.outcome(of: Torture.bytes(row.name)) == row.outcome)
    }

    /// What we write of a message reads the same again, and is written the same.
    @Test func writesWhatItReads() throws {
        for bytes in Torture.valid {
            let message = try SIPMessage(parsing: bytes)
            let again = try SIPMessage(parsing: message.bytes, isStream: true)
            #expect(again.bytes == message.bytes)
            #expect(Set(again.headers.fields.map(\.name)).isSuperset(of: message.headers.fields.map(\.name)))
        }
    }

    @Test func readsFoldedAndSpacedFields() throws {
        let request = try Torture.request("wsinv")
        #expect(request.method == .invite)
        #expect(request.uri.text == "sip:vivekg@chair-dnrc.example.com;unknownparam")
        #expect(request.to.uri.user == "vivekg" && request.to.tag == "1918181833n")
        #expect(request.from.displayName == #"J Rosenberg \""# && request.from.tag == "98asjd8")
        #expect(request.maxForwards == 68 && request.cseq == CSeq(9, .invite))
        #expect(request.via.map(\.transport) == ["UDP", "TCP", "UDP"])
        #expect(request.via.map(\.host) == ["192.0.2.2", "spindle.example.com", "192.168.255.111"])
        #expect(request.via.map(\.branch) == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"])
        #expect(request.headers["Subject"] == "")
        #expect(request.headers["newfangledheader"] == "newfangled value continued newfangled value")
        #expect(request.headers["UnknownHeaderWithUnusualValue"] == ";;,,;;,;")
        #expect(request.route.map(\.uri.host) == ["services.example.com"])
        #expect(request.contacts.first?.displayName == #"Quoted string """#)
        #expect(request.contacts.first?.parameters["newparam"] == "newvalue")
        #expect(request.contacts.first?.parameters.has("secondparam") == true)
        #expect(request.contacts.first?.parameters["q"] == "0.33")
        #expect(request.body.count == 150)
    }

    @Test func readsEveryLegalCharacter() throws {
        let request = try Torture.request("intmeth")
        #expect(request.method.rawValue == "!interesting-Method0123456789_*+`.%indeed'~")
        #expect(request.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
        #expect(request.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)")
        #expect(request.to.displayName == "BEL:\u{7} NUL:\0 DEL:\u{7F}")
        #expect(request.from.displayName == "token1~` token2'+_ token3*%!.-")
        #expect(request.from.parameters["fromParam''~+*_!.-%"] == "работающий")
        #expect(request.callID == #"intmeth.word%ZK-!.*_+'@word`~)(><:\/"][?}{"#)
        #expect(request.headers["extensionHeader-!.%*+_`'~"] == "\u{FEFF}大停電")
    }

    @Test func decodesEscapesOnceAndOnlyWhenAsked() throws {
        let request = try Torture.request("esc01")
        #expect(request.uri.scheme == .sip && request.uri.host == "example.net")
        #expect(request.uri.unescapedUser == "sips:user@example.com")
        #expect(request.to.uri.unescapedUser == "user")
        #expect(request.from.uri.unescapedUser == "I have spaces")
        #expect(request.contacts[0].uri.parameters.text == ";%6C%72;n%61me=v%61lue%25%34%31")
        #expect(SIPURI(scheme: .sip, user: "%25%34%31", host: "x").unescapedUser == "%41")
    }

    @Test func keepsEscapedNULsApart() throws {
        let contacts = try Torture.request("escnull").contacts
        #expect(contacts.map(\.uri.unescapedUser) == ["\0", "\0\0"])
        #expect(!contacts[0].uri.isEquivalent(to: contacts[1].uri))
    }

    @Test func takesAPercentForItselfWhereNothingIsEscaped() throws {
        let request = try Torture.request("esc02")
        #expect(request.method.rawValue == "RE%47IST%45R" && request.method != .register)
        #expect(request.to.displayName == "%Z%45")
        #expect(request.contacts.map(\.uri.user) == ["alias1", "alias3"])
    }

    @Test func readsOneMessageOfADatagram() throws {
        let request = try Torture.request("dblreq")
        #expect(request.method == .register && request.body.isEmpty)
    }

    @Test func readsLongValues() throws {
        let request = try Torture.request("longreq")
        #expect(request.via.count == 34)
        #expect(request.headers.fields.contains { $0.name.utf8.count == 93 })
    }

    @Test func keepsSemicolonsOfTheUser() throws {
        let uri = try Torture.request("semiuri").uri
        #expect(uri.unescapedUser == "user;par=u@example.net" && uri.parameters.isEmpty)
    }

    @Test func readsMultipartBodiesByLength() throws {
        let request = try Torture.request("mpart01")
        #expect(
            request.contentType?.type == "multipart"
                && request.contentType?.parameters["boundary"] == "7a9cbec02ceef655")
        #expect(request.body.contains(0))
    }

    @Test func readsPhrases() throws {
        #expect(try Torture.response("unreason").reason == "= 2**3 * 5**2 но сто девяносто девять - простое")
        let response = try Torture.response("noreason")
        #expect(response.status == 100 && response.reason.isEmpty)
    }

    @Test func tellsParametersOfAContactFromThoseOfItsURI() throws {
        let bare = try Torture.request("cparam01").contacts[0]
        #expect(bare.parameters.has("unknownparam") && bare.uri.parameters.isEmpty)
        let angled = try Torture.request("cparam02").contacts[0]
        #expect(angled.parameters.isEmpty && angled.uri.parameters.has("unknownparam"))
        #expect(
            try Torture.request("regescrt").contacts[0].uri.headers == [
                SIPParameter("Route", "%3Csip:sip.example.com%3E")
            ])
    }

    @Test func readsPeersOfRFC2543() throws {
        let request = try Torture.request("inv2543")
        #expect(request.from.tag == nil && request.maxForwards == nil && request.topVia?.branch == nil)
        #expect(request.to.parameters["user"] == "phone")
        let bare = try Torture.request("badbranch").topVia
        #expect(bare?.branch == "z9hG4bK" && bare?.hasMagicCookie == false)
    }

    @Test func keepsForeignSchemesOutOfTheWay() throws {
        let request = try Torture.request("unksm2")
        #expect(request.to.uri.scheme == .other("isbn") && request.to.uri.opaque == "2983792873")
        #expect(request.from.uri.text == "http://www.example.com" && request.from.tag == "3234233")
    }

    @Test func readsAddressesOfIPv6() throws {
        #expect(try Torture.request("ipv6-good").uri == SIPURI(host: "2001:db8::10"))
        #expect(try Torture.request("port-ambiguous").uri.port == nil)
        #expect(try Torture.request("port-ambiguous").uri.host == "2001:db8::10:5070")
        #expect(try Torture.request("port-unambiguous").uri.port == 5070)
        #expect(try Torture.request("via-received-param-with-delim").topVia?.received == "2001:db8::9:255")
        #expect(try Torture.request("via-received-param-no-delim").topVia?.received == "2001:db8::9:255")
        #expect(try Torture.request("mult-ip-in-header").via.map(\.port) == [6050, nil, nil])
        #expect(try Torture.request("ipv4-mapped-ipv6").via[0].host == "::ffff:192.0.2.10")
    }

    @Test func readsSDPOfIPv6() throws {
        let written = String(decoding: Torture.bytes("ipv6-in-sdp"), as: UTF8.self)
        let counted = written.split(separator: "Content-Length: 268").joined(separator: "Content-Length: 251")
        let request = try SIPMessageTests.parsed(Array(counted.utf8))
        let session = try SessionDescription(parsing: String(decoding: request.body, as: UTF8.self))
        #expect(session.connection == SDPConnection(isIPv6: true, address: "2001:db8::20") && session.media.count == 2)
        let mixed = try Torture.request("mult-ip-in-sdp").body
        let media = try SessionDescription(parsing: String(decoding: mixed, as: UTF8.self)).media
        #expect(media.map(\.connection?.isIPv6) == [false, true])
    }

    /// The answer to a broken request has its way back, and what it has of the rest.
    @Test func salvagesWhatAnAnswerNeeds() {
        do {
            _ = try SIPMessage(parsing: Torture.bytes("badinv01"))
            Issue.record("badinv01 was taken")
        } catch {
            let response = error.response
            #expect(response?.status == 400 && response?.via.map(\.text) == ["SIP/2.0/UDP 192.0.2.15"])
            #expect(response?.callID == "badinv01.0ha0isndaksdjasdf3234nas" && response?.cseq == CSeq(8, .invite))
            #expect(response?.from.tag == "134161461246")
        }
    }
}
