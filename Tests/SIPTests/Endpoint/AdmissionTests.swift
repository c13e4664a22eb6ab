import Calls
import SIP
import Testing
import Wire

/// Who may register and call (sip.md §4.2 to §4.7).
struct AdmissionTests {
    /// A phone that logs in as `1000@example.com`.
    private func phone(_ user: String = "1000") -> FarEnd {
        var far = FarEnd()
        far.target = "sip:3500@example.com"
        far.from = "<sip:\(user)@example.com>"
        return far
    }

    /// The same request with an answer to the challenge.
    private func authorized(
        _ request: SIPRequest, _ challenge: SIPResponse, user: String = "1000", password: String = "1234"
    ) -> SIPRequest {
        var (request, attempt) = (request, DigestClient.Attempt())
        var client = DigestClient(crypto: .counting())
        _ = client.answer(
            challenge, in: &request, as: DigestClient.Account(username: user, password: password), attempt: &attempt)
        request.headers["CSeq"] = "\(request.cseq.number + 1) \(request.method)"
        request.headers["Via"] =
            "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKauth\(request.callID.hashValue)\(request.cseq.number);rport"
        return request
    }

    private func register(_ far: inout FarEnd, _ expires: Int = 300) -> SIPRequest {
        var request = far.request(.register, [("Expires", "\(expires)")])
        request.uri = SIPURI(host: "example.com")
        request.headers["To"] = far.from
        return request
    }

    private func registered(_ door: Door) throws -> String {
        var far = phone()
        let request = register(&far)
        door.receive(request, on: "internal")
        let challenge = try #require(door.responses().last)
        #expect(challenge.status == 401)
        door.receive(authorized(request, challenge), on: "internal")
        let out = door.take()
        #expect(out.compactMap(\.message?.response?.status) == [200])
        for output in out {
            if case .registered(let handle, let user, "internal") = output, user == "1000@example.com" { return handle }
        }
        throw Missing()
    }

    struct Missing: Error {}

    @Test func inRegister() throws {
        let door = Door()
        let handle = try registered(door)
        #expect(door.endpoint.registrationCount == 1)
        #expect(door.place("leg", .binding(handle: handle, profile: "internal")) == nil)
        let invite = try #require(door.requests().first)
        #expect(invite.uri.text == "sip:far@192.0.2.10:5060" && invite.from.uri.host == "example.com")
        door.wait(.seconds(400))
        #expect(door.take().contains { if case .unregistered(handle) = $0 { true } else { false } })
        #expect(door.place("other", .binding(handle: handle, profile: "internal")) == .userNotRegistered)
    }

    /// What is behind a NAT cannot be connected to.
    @Test(arguments: [("sip:1000@192.0.2.9:5060;transport=tcp", 0), ("sip:1000@192.0.2.10:5060;transport=tcp", 1)])
    func inRegisterTCPClose(contact: String, left: Int) throws {
        let door = Door()
        var far = phone()
        far.contact = "<\(contact)>"
        let path = Door.path("internal", Door.phone, .tcp)
        door.endpoint.opened(path, at: door.now)
        var request = register(&far)
        request.headers["Via"] = "SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKtcp1"
        door.receive(request.bytes, on: "internal", over: .tcp)
        var again = authorized(request, try #require(door.responses().last))
        again.headers["Via"] = "SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKtcp2"
        door.receive(again.bytes, on: "internal", over: .tcp)
        #expect(door.statuses() == [200] && door.endpoint.registrationCount == 1)
        let connection = try #require(path.connection)
        door.endpoint.closed(connection, at: door.now, into: &door.out)
        let gone = door.take().filter { if case .unregistered = $0 { true } else { false } }
        #expect(gone.count == 1 - left && door.endpoint.registrationCount == left)
    }

    @Test func inAuthMD5() throws {
        let door = Door()
        var far = phone()
        let invite = far.request(.invite, body: Door.sdp)
        door.receive(invite, on: "internal")
        let challenge = try #require(door.responses().last)
        #expect(challenge.status == 407 && challenge.challenges(.proxy).first?.realm == "example.com")
        #expect(door.endpoint.callCount == 0)
        door.receive(authorized(invite, challenge), on: "internal")
        let call = try #require(door.take().compactMap(\.invite).first)
        #expect(call.user == "1000@example.com" && call.context == "default" && call.destination == "3500")
        #expect(call.variables["user_context"] == "default" && call.variables["sip_auth_username"] == "1000")
    }

    @Test func unknownUsersLookLikeWrongPasswords() throws {
        let door = Door()
        let watcher = User(
            id: "watcher", domain: "example.com", parameters: ["password": "1234", "sip-allowed": "false"])
        door.endpoint.directory = Directory(
            defaultDomain: "example.com", users: door.endpoint.directory.users + [watcher])
        var answers: [[String]] = []
        for (user, password) in [("1000", "wrong"), ("9999", "1234"), ("watcher", "1234")] {
            var far = phone(user)
            let invite = far.request(.invite, body: Door.sdp)
            door.receive(invite, on: "internal")
            let challenge = try #require(door.responses().last)
            door.receive(authorized(invite, challenge, user: user, password: password), on: "internal")
            let again = try #require(door.responses().last)
            answers.append(["\(again.status)"] + again.headers.fields.map(\.name))
            #expect(again.status == 407)
        }
        #expect(answers[0] == answers[1] && answers[0] == answers[2])
        #expect(door.endpoint.callCount == 0)
    }

    @Test func wrongPasswordsAreLoggedAndInTheEndBanned() throws {
        let door = Door()
        var logs = 0
        var statuses: [Int] = []
        for number in 0..<40 {
            var far = phone()
            far.callID = "try-\(number)"
            let request = register(&far)
            door.receive(request, on: "internal")
            guard let challenge = door.responses().last else { break }
            door.receive(authorized(request, challenge, password: "wrong"), on: "internal")
            let out = door.take()
            logs += out.filter { if case .log(let log) = $0 { log.message == "SIP auth failure" } else { false } }.count
            statuses += out.compactMap(\.message?.response?.status)
        }
        #expect(logs == statuses.count && statuses.last == 403 && statuses.count < 40)
        var far = phone()
        far.callID = "after"
        door.receive(register(&far), on: "internal")
        #expect(door.messages().isEmpty, "a banned address gets no answer")
        #expect(door.endpoint.sofia("unban 192.0.2.10", at: door.now, into: &door.out) == "+OK\n")
        far.callID = "later"
        door.receive(register(&far), on: "internal")
        #expect(door.statuses() == [401])
    }

    private static func phone(port: UInt16) -> TransportAddress { TransportAddress(ipv4: 0xC000_020A, port: port) }

    /// Wrong passwords from 192.0.2.10, from another port than the phone's unless said otherwise. The last status is 403
    /// when they end in a ban.
    private func fail(_ door: Door, port: UInt16 = 6666, _ name: String = "bad") throws -> Int? {
        var last: Int?
        for number in 0..<20 where last != 403 {
            var far = phone()
            far.callID = "\(name)-\(number)"
            let request = register(&far)
            door.receive(request, from: Self.phone(port: port), on: "internal")
            guard let challenge = door.responses().last else { return nil }
            door.receive(
                authorized(request, challenge, password: "wrong"), from: Self.phone(port: port), on: "internal")
            last = door.statuses().last
        }
        return last
    }

    private func options(_ door: Door, port: UInt16, _ name: String) -> [Int] {
        var far = phone()
        far.callID = name
        door.receive(far.request(.options), from: Self.phone(port: port), on: "internal")
        return door.statuses()
    }

    @Test func aRegisteredPhoneIsHeardWhateverItsNeighboursDo() throws {
        let door = Door()
        _ = try registered(door)
        #expect(try fail(door) == 403)
        #expect(options(door, port: 6666, "a") == [], "the neighbour is banned")
        #expect(options(door, port: 5060, "b") == [200])
        var far = phone()
        far.callID = "again"
        let request = register(&far)
        door.receive(request, on: "internal")
        door.receive(authorized(request, try #require(door.responses().last)), on: "internal")
        #expect(door.statuses() == [200], "it registers again")
        _ = door.endpoint.sofia("profile internal flush_inbound_reg", at: door.now, into: &door.out)
        #expect(options(door, port: 5060, "c") == [], "until its registration is over")
    }

    @Test func aRegistrationIsNoLicenceToTryPasswords() throws {
        let door = Door()
        _ = try registered(door)
        #expect(try fail(door, port: 5060) == 403)
        #expect(options(door, port: 5060, "a") == [])
    }

    @Test func aCallIsNoLicenceToTryPasswords() throws {
        let door = Door()
        var far = phone()
        far.callID = "call"
        let invite = far.request(.invite, body: Door.sdp)
        door.receive(invite, on: "internal")
        door.receive(authorized(invite, try #require(door.responses().last)), on: "internal")
        let leg = try #require(door.out.compactMap(\.invite).first?.leg)
        door.out = []
        door.endpoint.call(leg, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        far.learn(try #require(door.responses().last))
        far.sequence += 1
        door.receive(far.request(.ack, sequence: far.sequence), on: "internal")
        #expect(try fail(door) == 403)
        var other = phone()
        other.callID = "other"
        door.receive(register(&other), on: "internal")
        #expect(door.statuses() == [403], "nobody logs in")
        door.receive(far.request(.bye), on: "internal")
        #expect(door.statuses() == [200], "the call is heard")
        #expect(options(door, port: 5060, "late") == [], "and when it is over, nothing")
    }

    @Test(arguments: [("1000", true, "1000"), ("boss", true, "1000"), ("boss", false, "boss")])
    func usersSignTheirTexts(from: String, isForced: Bool, number: String) throws {
        let door = Door { $0.profiles[0].forcesMatchingUsername = isForced }
        var far = phone(from)
        far.from = "\"Name\" " + far.from
        let request = far.request(.message, body: "hello", type: "text/plain")
        door.receive(request, on: "internal")
        door.receive(authorized(request, try #require(door.responses().last)), on: "internal")
        let name = from == number ? "Name" : ""
        let out = door.take()
        for case .message(_, let text) in out { #expect(text.fromName == name && text.user == "1000@example.com") }
        #expect(out.contains { if case .message = $0 { true } else { false } })
    }

    @Test func controlCharactersReachNoLogAndNoTerminal() throws {
        let log = SIPLog(.notice, "m", [("user", "a\u{1B}[2Jb\u{9B}c\r\nd")])
        #expect(log.details.map(\.value) == ["a[2Jbcd"])
        let door = Door()
        var far = phone()
        var request = register(&far)
        request.headers["User-Agent"] = "Phone\u{1B}[2J\tx"
        door.receive(request, on: "internal")
        door.receive(authorized(request, try #require(door.responses().last)), on: "internal")
        let text = door.endpoint.sofia("status profile internal", at: door.now, into: &door.out)
        #expect(text.contains("Phone[2J") && !text.contains("\u{1B}"))
    }

    @Test func aUserIsNoOtherNumber() throws {
        for (from, isForced, number) in [("1000", true, "1000"), ("boss", true, "1000"), ("boss", false, "boss")] {
            let door = Door { $0.profiles[0].forcesMatchingUsername = isForced }
            var far = phone(from)
            let invite = far.request(.invite, body: Door.sdp)
            door.receive(invite, on: "internal")
            door.receive(authorized(invite, try #require(door.responses().last)), on: "internal")
            let call = try #require(door.take().compactMap(\.invite).first)
            #expect(call.callerIDNumber == number && call.callerIDName == number)
        }
    }

    @Test func listedAddressesNeedNoDigest() throws {
        let door = Door { settings in
            settings.profiles[0].inboundACL = [
                AccessList(name: "trunks", rules: [.init(Network("192.0.2.0/24").unsafelyKnown, isAllowed: true)])
            ]
        }
        var far = phone()
        door.receive(far.request(.invite, body: Door.sdp), on: "internal")
        let call = try #require(door.take().compactMap(\.invite).first)
        #expect(call.user == nil && call.context == "public")
    }

    @Test func aListWithoutDigestRefusesEverybodyElse() {
        let door = Door { $0.profiles[1].inboundACL = [AccessList(name: "none")] }
        var far = FarEnd()
        door.receive(far.request(.invite, body: Door.sdp))
        #expect(door.statuses() == [403])
        door.receive(far.request(.options))
        #expect(door.statuses() == [200])
    }

    @Test func scannersHearNothing() {
        let door = Door()
        var far = FarEnd()
        door.receive(far.request(.options, [("User-Agent", "friendly-scanner")]))
        #expect(door.messages().isEmpty)
    }

    @Test func strangersSendNoTexts() {
        let door = Door()
        var far = FarEnd()
        door.receive(far.request(.message, body: "buy", type: "text/plain"))
        #expect(door.statuses() == [403])
    }

    typealias Row = (method: SIPMethod, status: Int)

    @Test(
        arguments: [
            (.options, 200), (.subscribe, 489), (.publish, 489), (.bye, 481), (.info, 481), (.notify, 481),
            (.update, 481),
            (.prack, 481), (.refer, 403), (SIPMethod(rawValue: "NEWMETHOD"), 405),
        ] as [Row])
    func everyMethodHasAnAnswerOutsideDialogs(row: Row) throws {
        let door = Door()
        var far = FarEnd()
        door.receive(far.request(row.method))
        let response = try #require(door.responses().last)
        #expect(response.status == row.status)
        if row.status == 405 || row.status == 200 { #expect(response.allow.contains(.invite)) }
        if row.status == 489 { #expect(response.headers["Allow-Events"] != nil) }
        #expect(door.isEmptyInTheEnd())
    }

    @Test func gatewaysRegisterAndTheirStateIsShown() throws {
        let door = Door {
            $0.profiles[1].gateways[0].registers = true
            $0.profiles[1].gateways[0].expires = .seconds(600)
        }
        let register = try #require(door.requests().first { $0.method == .register })
        #expect(door.place("leg") == .gatewayDown)
        let digest = "Digest realm=\"itsp.example\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""
        door.receive(FarEnd.answer(register, 401, [("WWW-Authenticate", digest)]))
        let again = try #require(door.requests().last)
        #expect(again.cseq.number == register.cseq.number + 1 && again.credentials(.server).count == 1)
        let contact = again.headers["Contact"] ?? ""
        door.receive(FarEnd.answer(again, 200, [("Expires", "600")], contact: contact))
        #expect(door.endpoint.sofia("status gateway itsp", at: door.now, into: &door.out).contains("REGED"))
        #expect(door.endpoint.sofia("status", at: door.now, into: &door.out).contains("itsp"))
        #expect(door.place("leg") == nil)
        door.out = []
        door.wait(.seconds(600))
        #expect(door.requests().contains { $0.method == .register }, "refreshed before it ends")
        door.endpoint.shutDown(at: door.now, into: &door.out)
        #expect(door.place("late") == .systemShutdown)
    }

    @Test func sofiaAnswersWhatItDoesNotKnow() {
        let door = Door()
        for (line, part) in [
            ("", "-USAGE"), ("status profile external", "external"), ("status profile none", "Invalid Profile"),
            ("status gateway none", "Invalid Gateway"), ("profile internal rescan", "-ERR"),
            ("profile external register none", "Invalid gateway"), ("profile internal flush_inbound_reg", "+OK"),
        ] {
            #expect(door.endpoint.sofia(line, at: door.now, into: &door.out).contains(part), "\(line)")
        }
    }
}

extension Optional {
    /// A literal of a test.
    fileprivate var unsafelyKnown: Wrapped {
        guard let self else { preconditionFailure("a wrong literal in a test") }
        return self
    }
}
