import Calls
import SIP
import Testing
import Wire

/// Calls of ours, scenario by scenario of sip.md §9.2.
struct PlacedCallTests {
    let leg = LegID("leg")

    /// Places a call over the gateway and takes its INVITE.
    private func placed(_ door: Door, _ variables: [String: String] = [:]) throws -> SIPRequest {
        #expect(door.place("leg", .gateway(name: "itsp", destination: "4711"), variables) == nil)
        return try #require(door.requests().first)
    }

    /// Places a call and has it answered.
    private func answered(_ door: Door) throws -> SIPRequest {
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp))
        return invite
    }

    private func events(_ door: Door) -> [String] {
        door.take().compactMap { output in
            switch output {
            case .ringing: "ringing"
            case .early(_, let sdp): "early \(sdp == Door.sdp ? 1 : 2)"
            case .answered(_, let sdp, _, _): "answered \(sdp == Door.sdp ? 1 : 2)"
            case .hangUp(_, let cause, let ending): "\(cause.name) \(ending.status ?? 0) \(ending.disposition.rawValue)"
            case .redirected(_, let targets): "redirected \(targets.joined(separator: " "))"
            case .send: output.message?.request.map { "\($0.method)" }
            default: nil
            }
        }
    }

    @Test func inviteIsWhatAGatewayExpects() throws {
        let door = Door()
        let invite = try placed(door, ["sip_h_X-Call": "7", "sip_h_Via": "no", "sip_h_X-Bad": "a\r\nEvil: b"])
        #expect(invite.uri.text == "sip:4711@203.0.113.50")
        #expect(invite.from.uri.text == "sip:account@203.0.113.50" && invite.from.displayName == "Alice")
        #expect(invite.remotePartyID.first?.uri.unescapedUser == "1000")
        #expect(invite.maxForwards == 69 && invite.headers["X-Call"] == "7" && !invite.headers.has("X-Bad"))
        #expect(invite.via.count == 1 && invite.topVia?.host == "198.51.100.1")
        #expect(invite.contacts.first?.uri.text == "sip:gw+itsp@198.51.100.1:5080;gw=itsp")
        #expect(invite.sessionExpires?.seconds == 1800 && invite.supported.contains("timer"))
        #expect(!invite.headers.has("Require"))
        #expect(String(decoding: invite.body, as: UTF8.self) == Door.ourSDP)
    }

    @Test func tr180And200() throws {
        let door = Door()
        let invite = try placed(door)
        for status in [100, 180, 180] { door.receive(FarEnd.answer(invite, status)) }
        #expect(events(door) == ["ringing"])
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp))
        let out = door.take()
        let ack = try #require(out.compactMap(\.message?.request).first)
        #expect(ack.method == .ack && ack.cseq.number == invite.cseq.number && ack.to.tag == "far1")
        #expect(ack.topVia?.branch != invite.topVia?.branch)
        guard case .answered(leg, Door.sdp, _, _)? = out.last else {
            Issue.record("not answered")
            return
        }
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        let bye = try #require(door.requests().first)
        #expect(bye.method == .bye && bye.uri.text == "sip:trunk@203.0.113.50:5060")
        #expect(bye.cseq.number == invite.cseq.number + 1)
        door.receive(FarEnd.answer(bye, 200))
        #expect(door.isEmptyInTheEnd())
    }

    @Test func tr183() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 183, sdp: Door.sdp))
        door.receive(FarEnd.answer(invite, 183, sdp: Door.sdp))
        door.receive(FarEnd.answer(invite, 180))
        door.receive(FarEnd.answer(invite, 183, sdp: Door.ourSDP))
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp))
        #expect(events(door) == ["early 1", "ringing", "early 2", "ACK", "answered 1"])
    }

    @Test func an183WithoutDescriptionOnlyRings() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 183))
        #expect(events(door) == ["ringing"])
    }

    @Test func tr100rel() throws {
        let door = Door { $0.profiles[1].reliableProvisional = true }
        let invite = try placed(door)
        #expect(invite.supported.contains("100rel"))
        let early = FarEnd.answer(invite, 183, [("Require", "100rel"), ("RSeq", "41")], sdp: Door.sdp)
        door.receive(early)
        let out = door.take()
        let prack = try #require(out.compactMap(\.message?.request).first)
        #expect(prack.method == .prack && prack.headers["RAck"] == "41 \(invite.cseq.number) INVITE")
        #expect(prack.cseq.number == invite.cseq.number + 1)
        door.receive(FarEnd.answer(prack, 200))
        door.receive(early)
        door.receive(FarEnd.answer(invite, 180, [("Require", "100rel"), ("RSeq", "44")]))
        #expect(door.requests().isEmpty, "neither a copy nor one out of order")
        door.receive(FarEnd.answer(invite, 200))
        #expect(events(door) == ["ACK", "answered 1"], "the answer was in the 183")
    }

    @Test func trForkTwo200() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 180, tag: "a"))
        door.receive(FarEnd.answer(invite, 180, tag: "b"))
        door.receive(FarEnd.answer(invite, 200, tag: "b", sdp: Door.sdp))
        #expect(events(door) == ["ringing", "ACK", "answered 1"])
        door.receive(FarEnd.answer(invite, 200, tag: "a", sdp: Door.sdp))
        let away = door.requests()
        #expect(away.map(\.method) == [.ack, .bye] && away.allSatisfy { $0.to.tag == "a" })
        door.receive(FarEnd.answer(invite, 200, tag: "a", sdp: Door.sdp))
        #expect(door.requests().map(\.method) == [.ack], "it is sent away once")
        #expect(door.endpoint.callCount == 1 && door.endpoint.dialogCount == 1)
    }

    @Test func trDup200() throws {
        let door = Door()
        let invite = try answered(door)
        door.out = []
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp))
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp))
        #expect(events(door) == ["ACK", "ACK"])
    }

    @Test func weGiveUpBeforeAndAfterTheFirstResponse() throws {
        let door = Door()
        let invite = try placed(door)
        door.endpoint.call(leg, .ended(.originatorCancel), at: door.now, into: &door.out)
        #expect(door.requests().isEmpty, "never a CANCEL before a response (RFC 3261 §9.1)")
        door.receive(FarEnd.answer(invite, 180))
        let cancel = try #require(door.requests().first)
        #expect(cancel.method == .cancel && cancel.headers["Reason"]?.hasPrefix("SIP;cause=487") == true)
        door.receive(FarEnd.answer(cancel, 200))
        door.receive(FarEnd.answer(invite, 487))
        #expect(events(door) == ["ACK"])
        #expect(door.endpoint.callCount == 0)
        #expect(door.isEmptyInTheEnd())
    }

    @Test func tr200CrossesCancel() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 180))
        door.endpoint.call(leg, .ended(.loseRace), at: door.now, into: &door.out)
        #expect(door.requests().first?.headers["Reason"] == "SIP;cause=200;text=\"Call completed elsewhere\"")
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp))
        #expect(events(door) == ["ACK", "BYE"])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func aCancelThatNobodyAnswersEndsByItself() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 180))
        door.endpoint.call(leg, .ended(.noAnswer), at: door.now, into: &door.out)
        door.wait(.seconds(70))
        #expect(door.endpoint.callCount == 0)
        #expect(!events(door).contains { $0.hasSuffix("recv_refuse") })
        #expect(door.isEmptyInTheEnd())
    }

    @Test func trNoAnswer() throws {
        let door = Door()
        _ = try placed(door)
        door.wait(.seconds(33))
        let events = events(door)
        #expect(events.filter { $0 == "INVITE" }.count == 6, "A: 0.5, 1, 2, 4, 8, 16 s")
        #expect(events.last == "RECOVERY_ON_TIMER_EXPIRE 0 recv_refuse")
        #expect(door.isEmptyInTheEnd())
    }

    @Test func tr1xxForever() throws {
        let door = Door { $0.ringLimit = .seconds(60) }
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 180))
        door.out = []
        door.wait(.seconds(61))
        #expect(events(door).prefix(2) == ["NO_ANSWER 0 send_cancel", "CANCEL"])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func tr302() throws {
        let door = Door()
        let invite = try placed(door)
        let contacts = "<sip:second@203.0.113.9>;q=0.5, <sip:first@203.0.113.8;transport=tcp?X=1>, <tel:+4930>"
        door.receive(FarEnd.answer(invite, 302, [("Contact", contacts)]))
        #expect(
            events(door) == [
                "ACK", "redirected sip:first@203.0.113.8;transport=tcp +4930 sip:second@203.0.113.9",
                "REDIRECTION_TO_NEW_DESTINATION 302 recv_refuse",
            ])
    }

    @Test func tr407Then401ThenLoop() throws {
        let door = Door()
        var invite = try placed(door)
        let digest = "Digest realm=\"itsp.example\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""
        door.receive(FarEnd.answer(invite, 407, [("Proxy-Authenticate", digest)]))
        var requests = door.requests()
        #expect(requests.map(\.method) == [.ack, .invite])
        let again = try #require(requests.last)
        #expect(again.cseq.number == invite.cseq.number + 1 && again.callID == invite.callID)
        #expect(again.from.tag == invite.from.tag && again.to.tag == nil)
        #expect(again.credentials(.proxy).first?.username == "account")
        invite = again
        door.receive(FarEnd.answer(invite, 401, [("WWW-Authenticate", digest.replacing("n1", with: "n2"))]))
        requests = door.requests()
        invite = try #require(requests.last)
        #expect(invite.credentials(.proxy).count == 1 && invite.credentials(.server).count == 1)
        door.receive(FarEnd.answer(invite, 401, [("WWW-Authenticate", digest.replacing("n1", with: "n3"))]))
        #expect(events(door) == ["ACK", "CALL_REJECTED 401 recv_refuse"])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func strangersGetNoDigest() throws {
        let door = Door()
        let invite = try placed(door)
        let digest = "Digest realm=\"itsp.example\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""
        door.receive(
            FarEnd.answer(invite, 407, [("Proxy-Authenticate", digest)]),
            from: TransportAddress(ipv4: 0x0505_0505, port: 5060))
        #expect(events(door) == ["ACK", "MANDATORY_IE_MISSING 407 recv_refuse"])
    }

    @Test func callsMayHaveTheirOwnAccount() throws {
        let door = Door()
        let target = SIPTarget.address(profile: "external", uri: "sip:7@192.0.2.77")
        #expect(door.place("leg", target, ["sip_auth_username": "u", "sip_auth_password": "p"]) == nil)
        let invite = try #require(door.requests().first)
        let digest = "Digest realm=\"there\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""
        let far = TransportAddress(ipv4: 0xC000_024D, port: 5060)
        door.receive(FarEnd.answer(invite, 401, [("WWW-Authenticate", digest)]), from: far)
        #expect(door.requests().last?.credentials(.server).first?.username == "u")
    }

    @Test func anAccountOfItsOwnAnswersTheProxyAndWhoIsBehindIt() throws {
        let door = Door()
        let target = SIPTarget.address(profile: "external", uri: "sip:7@192.0.2.77")
        #expect(door.place("leg", target, ["sip_auth_username": "u", "sip_auth_password": "p"]) == nil)
        let far = TransportAddress(ipv4: 0xC000_024D, port: 5060)
        let digest = "Digest realm=\"proxy\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""
        var invite = try #require(door.requests().last)
        door.receive(FarEnd.answer(invite, 407, [("Proxy-Authenticate", digest)]), from: far)
        invite = try #require(door.requests().last)
        let inner = digest.replacing("proxy", with: "inner").replacing("n1", with: "n2")
        door.receive(FarEnd.answer(invite, 401, [("WWW-Authenticate", inner)]), from: far)
        invite = try #require(door.requests().last)
        #expect(invite.credentials(.proxy).map(\.nonce) == ["n1"])
        #expect(invite.credentials(.server).map(\.nonce) == ["n2"])
    }

    /// The far end may name any host as its Contact: it would see a digest of the gateway's password.
    @Test(arguments: [("sip:trunk@203.0.113.50:5060", true), ("sip:me@5.5.5.5:5060", false)])
    func credentialsGoToTheGatewayOnly(contact: String, isShown: Bool) throws {
        let door = Door()
        var invite = try placed(door)
        let digest = "Digest realm=\"itsp.example\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""
        door.receive(FarEnd.answer(invite, 407, [("Proxy-Authenticate", digest)]))
        invite = try #require(door.requests().last)
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp, contact: "<\(contact)>"))
        let ack = try #require(door.requests().last)
        #expect(ack.method == .ack && ack.credentials(.proxy).isEmpty == !isShown)
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        let bye = try #require(door.requests().last)
        #expect(bye.method == .bye && bye.credentials(.proxy).isEmpty == !isShown)
    }

    /// Nobody may have us send requests for calls that never were.
    /// The challenge seems to come from the gateway, but the request went to where the far end's Contact said.
    @Test func aForgedChallengeShowsNoPasswordToTheContact() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp, contact: "<sip:me@5.5.5.5:5060>"))
        door.out = []
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        let bye = try #require(door.requests().last)
        let digest = "Digest realm=\"itsp.example\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""
        door.receive(FarEnd.answer(bye, 407, [("Proxy-Authenticate", digest)]))
        #expect(door.requests().isEmpty)
        #expect(door.isEmptyInTheEnd())
    }

    @Test func anAccountOfItsOwnIsForWhomWeCalledOnly() throws {
        let door = Door()
        let target = SIPTarget.address(profile: "external", uri: "sip:7@192.0.2.77")
        #expect(door.place("leg", target, ["sip_auth_username": "u", "sip_auth_password": "p"]) == nil)
        let invite = try #require(door.requests().last)
        let far = TransportAddress(ipv4: 0xC000_024D, port: 5060)
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp, contact: "<sip:me@5.5.5.5:5060>"), from: far)
        door.out = []
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        let bye = try #require(door.requests().last)
        let digest = "Digest realm=\"there\", nonce=\"n1\", algorithm=MD5, qop=\"auth\""
        let elsewhere = TransportAddress(ipv4: 0x0505_0505, port: 5060)
        door.receive(FarEnd.answer(bye, 401, [("WWW-Authenticate", digest)]), from: elsewhere)
        #expect(door.requests().isEmpty)
    }

    @Test func inStray() throws {
        let door = Door()
        var invite = try placed(door)
        invite.callID = "never"
        invite.headers["Via"] = "SIP/2.0/UDP 198.51.100.1:5080;branch=z9hG4bKnever;rport"
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp))
        let out = door.take()
        #expect(out.compactMap(\.message).isEmpty)
        #expect(out.contains { if case .count(.strayResponse) = $0 { true } else { false } })
    }

    /// The transaction has given up, the far end answers all the same.
    @Test(arguments: [(33, true), (60, true), (70, false)])
    func aLateAnswerIsSentAwayForAWhile(seconds: Int, isKnown: Bool) throws {
        let door = Door()
        let invite = try placed(door)
        door.wait(.seconds(seconds))
        #expect(door.endpoint.callCount == 0)
        door.out = []
        door.receive(FarEnd.answer(invite, 200, sdp: Door.sdp))
        #expect(door.requests().map(\.method) == (isKnown ? [.ack, .bye] : []))
        #expect(door.isEmptyInTheEnd())
    }

    @Test func tr422() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 422, [("Min-SE", "3600")]))
        let again = try #require(door.requests().last)
        #expect(again.method == .invite && again.sessionExpires?.seconds == 3600 && again.minSE == 3600)
        door.receive(FarEnd.answer(again, 422, [("Min-SE", "7200")]))
        #expect(events(door).last == "NORMAL_UNSPECIFIED 422 recv_refuse")
    }

    @Test func tr420() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 420, [("Unsupported", "timer")]))
        let again = try #require(door.requests().last)
        #expect(!again.supported.contains("timer") && again.sessionExpires == nil)
        door.receive(FarEnd.answer(again, 420, [("Unsupported", "replaces")]))
        #expect(events(door).last == "INTERWORKING 420 recv_refuse")
    }

    @Test func tr503RetryAfter() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 503, [("Retry-After", "20")]))
        #expect(events(door) == ["ACK", "NORMAL_TEMPORARY_FAILURE 503 recv_refuse"])
        #expect(door.place("other") == .gatewayDown, "its only address is busy")
        door.wait(.seconds(21))
        #expect(door.place("third") == nil)
    }

    @Test func theNextAddressIsTriedWithTheSameCall() throws {
        let door = Door()
        #expect(door.place("leg", .address(profile: "external", uri: "sip:7@pbx.example")) == nil)
        guard case .resolve(let token, let lookup)? = door.take().last else {
            Issue.record("nothing is looked up")
            return
        }
        #expect(lookup == SIPLookup(host: "pbx.example", port: nil, transport: .udp, profile: "external"))
        let hosts = [1, 2].map { TransportAddress(ipv4: 0xCB00_7100 + $0, port: 5060) }
        door.endpoint.resolved(token, hosts, at: door.now, into: &door.out)
        let first = try #require(door.requests().first)
        door.receive(FarEnd.answer(first, 503), from: hosts[0])
        let second = try #require(door.requests().last)
        #expect(second.callID == first.callID && second.cseq == first.cseq)
        #expect(second.topVia?.branch != first.topVia?.branch)
        door.endpoint.undeliverable(Door.path("external", hosts[1]), at: door.now, into: &door.out)
        #expect(events(door) == ["NORMAL_TEMPORARY_FAILURE 0 recv_refuse"])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func aNameThatNobodyKnowsFails() {
        let door = Door()
        door.place("leg", .address(profile: "external", uri: "sip:7@nowhere.example"))
        door.wait(.seconds(11))
        #expect(events(door) == ["NORMAL_TEMPORARY_FAILURE 503 recv_refuse"])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func a200WithoutDescriptionIsNoAnswer() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 200))
        #expect(events(door) == ["ACK", "INCOMPATIBLE_DESTINATION 0 send_bye", "BYE"])
    }

    @Test func trByeReason() throws {
        let door = Door()
        let invite = try answered(door)
        door.out = []
        var bye = SIPRequest(.bye, invite.contacts[0].uri)
        bye.headers.add("Via", "SIP/2.0/UDP 203.0.113.50:5060;branch=z9hG4bKbye;rport")
        bye.headers.add("From", FarEnd.answer(invite, 200).headers["To"] ?? "")
        bye.headers.add("To", invite.headers["From"] ?? "")
        bye.headers.add("Call-ID", invite.callID)
        bye.headers.add("CSeq", "1 BYE")
        bye.headers.add("Reason", "SIP;cause=200, Q.850;cause=17;text=\"busy\"")
        door.receive(bye, from: Door.trunk)
        #expect(events(door) == ["USER_BUSY 200 recv_bye"])
        #expect(door.isEmptyInTheEnd())
    }

    @Test(
        arguments: [
            (SIPTarget.gateway(name: "nobody", destination: "1"), HangupCause.invalidGateway),
            (.gateway(name: "itsp", destination: ""), .invalidURL),
            (.gateway(name: "itsp", destination: "1;transport=tcp"), .destinationOutOfOrder),
            (.address(profile: "nothing", uri: "sip:a@192.0.2.1"), .invalidProfile),
            (.address(profile: "external", uri: "a"), .invalidURL),
            (.address(profile: "external", uri: "sip:a@192.0.2.1;transport=ws"), .userNotRegistered),
            (.binding(handle: "none", profile: "internal"), .userNotRegistered),
        ] as [(SIPTarget, HangupCause)])
    func whatCannotBePlacedSendsNothing(target: SIPTarget, cause: HangupCause) {
        let door = Door()
        #expect(door.place("leg", target) == cause)
        #expect(door.messages().isEmpty)
        #expect(door.endpoint.pending.isEmpty)
    }

    @Test func noHopIsLeft() {
        #expect(Door().place(maxForwards: 0) == .exchangeRoutingError)
    }

    @Test func aGatewayHasSoManyCallsAndNoMore() throws {
        let door = Door { $0.maximumCallsPerGateway = 1 }
        let invite = try placed(door)
        #expect(door.place("second") == .normalCircuitCongestion)
        door.receive(FarEnd.answer(invite, 486))
        #expect(door.place("third") == nil)
    }

    @Test(arguments: CauseTests.fromStatus)
    func aRefusalIsTheCauseOfTheTable(status: Int, cause: HangupCause) throws {
        guard ![401, 407, 200].contains(status) else { return }
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, status))
        #expect(events(door).last == "\(cause.name) \(status) recv_refuse")
        #expect(door.endpoint.callCount == 0)
    }

    @Test func trReasonQ850() throws {
        let door = Door()
        let invite = try placed(door)
        door.receive(FarEnd.answer(invite, 503, [("Reason", "Q.850 ;cause=17 ;text=\"User busy\"")]))
        #expect(events(door).last == "USER_BUSY 503 recv_refuse")
    }

    @Test func aReasonMayBeIgnored() throws {
        let door = Door()
        let invite = try placed(door, ["ignore_q850_reason": "true"])
        door.receive(FarEnd.answer(invite, 503, [("Reason", "Q.850;cause=17")]))
        #expect(events(door).last == "NORMAL_TEMPORARY_FAILURE 503 recv_refuse")
    }
}
