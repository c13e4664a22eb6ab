import Calls
import SIP
import Testing
import Wire

/// Calls of others, scenario by scenario of sip.md §9.2.
struct IncomingCallTests {
    @Test func inBasic() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far)
        #expect(door.endpoint.callCount == 1 && door.endpoint.dialogCount == 1)
        door.wait(.seconds(40))
        #expect(door.out.isEmpty, "an acknowledged 200 is not repeated")

        door.receive(far.request(.bye))
        let out = door.take()
        #expect(out.compactMap(\.message?.response?.status) == [200])
        let end = try #require(out.compactMap(\.hangUp).first)
        #expect(end.leg == leg && end.cause == .normalClearing)
        #expect(end.ending == SIPEnding(status: 200, phrase: "OK", disposition: .receivedBye))
        #expect(door.isEmptyInTheEnd())
    }

    @Test func weHangUp() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far)
        door.out = []
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        let bye = try #require(door.requests().first)
        #expect(bye.method == .bye && bye.to.tag == far.tag && bye.from.tag == far.ourTag)
        #expect(bye.headers["Reason"] == "Q.850;cause=16;text=\"NORMAL_CLEARING\"")
        #expect(bye.uri.text == "sip:far@192.0.2.10:5060")
        door.receive(FarEnd.answer(bye, 200), from: Door.phone)
        #expect(door.endpoint.callCount == 0)
        #expect(door.isEmptyInTheEnd())
    }

    @Test func inviteSaysWhoCallsAndWhere() throws {
        let door = Door()
        var far = FarEnd()
        door.receive(far.request(.invite, [("X-Colour", "blue"), ("User-Agent", "Phone 1")], body: Door.sdp))
        let out = door.take()
        // A forged INVITE that is refused at once shall not be answered twice.
        #expect(out.compactMap(\.message?.response?.status) == [])
        door.wait(.milliseconds(200))
        #expect(door.statuses() == [100])
        let invite = try #require(out.compactMap(\.invite).first)
        #expect(invite.destination == "4711" && invite.callerIDName == "Bob" && invite.callerIDNumber == "bob")
        #expect(invite.context == "public" && invite.user == nil && invite.gateway == nil)
        #expect(invite.remoteAddress == "192.0.2.10" && invite.offer == Door.sdp && invite.maxForwards == 70)
        #expect(invite.variables["sip_h_X-Colour"] == "blue" && invite.variables["sip_user_agent"] == "Phone 1")
        #expect(invite.variables["sip_from_user"] == "bob" && invite.variables["sip_network_ip"] == "192.0.2.10")
    }

    @Test func gatewaysAreKnownByTheirAddress() throws {
        let door = Door { $0.profiles[1].gateways[0].context = "trunks" }
        var far = FarEnd()
        var invite = far.request(.invite, body: Door.sdp)
        invite.headers["P-Asserted-Identity"] = "\"Carol\" <sip:+4930@itsp.example>"
        door.receive(invite, from: Door.trunk)
        let known = try #require(door.take().compactMap(\.invite).first)
        #expect(known.gateway == "itsp" && known.context == "trunks" && known.callerIDNumber == "+4930")
        #expect(known.callerIDName == "Carol")
    }

    @Test func strangersAssertNothing() throws {
        let door = Door()
        var far = FarEnd()
        door.receive(far.request(.invite, [("P-Asserted-Identity", "<sip:boss@example.com>")], body: Door.sdp))
        #expect(door.take().compactMap(\.invite).first?.callerIDNumber == "bob")
    }

    @Test func inCancel() throws {
        let door = Door()
        var far = FarEnd()
        let invite = far.request(.invite, body: Door.sdp)
        door.receive(invite)
        let leg = try #require(door.take().compactMap(\.invite).first?.leg)
        door.endpoint.call(leg, .ringing, at: door.now, into: &door.out)
        #expect(door.statuses() == [180])
        door.receive(cancel(invite))
        let out = door.take()
        #expect(
            out.compactMap(\.message?.response).map { "\($0.status) \($0.cseq.method)" } == [
                "200 CANCEL", "487 INVITE",
            ])
        let end = try #require(out.compactMap(\.hangUp).first)
        #expect(end.cause == .originatorCancel && end.ending.disposition == .receivedCancel)
        door.endpoint.call(leg, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        #expect(door.out.isEmpty)
        #expect(door.isEmptyInTheEnd())
    }

    @Test func inCancelLate() throws {
        let door = Door()
        var far = FarEnd()
        let invite = far.request(.invite, body: Door.sdp)
        door.receive(invite)
        let leg = try #require(door.take().compactMap(\.invite).first?.leg)
        door.endpoint.call(leg, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        door.out = []
        door.receive(cancel(invite))
        #expect(door.responses().map { "\($0.status) \($0.cseq.method)" } == ["200 CANCEL"])
        #expect(door.endpoint.callCount == 1)
    }

    @Test func inNoACK() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far, acknowledge: false)
        door.out = []
        door.wait(.seconds(33))
        let out = door.take()
        // 0.5, 1, 2, 4, 4 … s: at 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5.
        #expect(out.compactMap(\.message?.response?.status) == Array(repeating: 200, count: 10))
        #expect(out.compactMap(\.message?.request?.method).first == .bye)
        #expect(out.compactMap(\.hangUp).map(\.leg) == [leg])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func byeOfOursWaitsForTheACK() throws {
        let door = Door()
        var far = FarEnd()
        let invite = far.request(.invite, body: Door.sdp)
        door.receive(invite)
        let leg = try #require(door.take().compactMap(\.invite).first?.leg)
        door.endpoint.call(leg, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        far.learn(try #require(door.responses().last))
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        #expect(door.requests().isEmpty)
        door.receive(far.ack(invite))
        #expect(door.requests().map(\.method) == [.bye])
    }

    @Test func inRetransInvite() {
        let door = Door()
        var far = FarEnd()
        let invite = far.request(.invite, body: Door.sdp)
        for _ in 0..<3 { door.receive(invite) }
        #expect(door.take().compactMap(\.invite).count == 1)
        #expect(door.endpoint.callCount == 1)
    }

    @Test func inMerged() {
        let door = Door()
        var far = FarEnd()
        let invite = far.request(.invite, body: Door.sdp)
        door.receive(invite)
        var copy = invite
        copy.headers["Via"] = "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKanother;rport"
        door.out = []
        door.receive(copy)
        #expect(door.statuses() == [482])
        #expect(door.endpoint.callCount == 1)
    }

    @Test func inLateOffer() throws {
        let door = Door()
        var far = FarEnd()
        let invite = far.request(.invite)
        door.receive(invite)
        let call = try #require(door.take().compactMap(\.invite).first)
        #expect(call.offer == nil)
        door.endpoint.call(call.leg, .early(sdp: Door.ourSDP), at: door.now, into: &door.out)
        let early = try #require(door.responses().last)
        #expect(early.status == 180 && early.body.isEmpty, "an offer may not go out in an unreliable response")
        door.endpoint.call(call.leg, .answered(sdp: nil), at: door.now, into: &door.out)
        let ok = try #require(door.responses().last)
        #expect(ok.status == 200 && String(decoding: ok.body, as: UTF8.self) == Door.ourSDP)
        far.learn(ok)
        door.receive(far.ack(invite, body: Door.sdp))
        guard case .answerToOffer(call.leg, sdp: Door.sdp)? = door.take().last else {
            Issue.record("no answer")
            return
        }
    }

    @Test func aLateOfferWithoutAnswerEndsTheCall() throws {
        let door = Door()
        var far = FarEnd()
        let invite = far.request(.invite)
        door.receive(invite)
        let leg = try #require(door.take().compactMap(\.invite).first?.leg)
        door.endpoint.call(leg, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        far.learn(try #require(door.responses().last))
        door.receive(far.ack(invite))
        let out = door.take()
        #expect(out.compactMap(\.message?.request?.method) == [.bye])
        #expect(out.compactMap(\.hangUp).first?.cause == .incompatibleDestination)
    }

    typealias Refusal = (what: String, change: @Sendable (inout SIPRequest) -> Void, status: Int)

    static let refusals: [Refusal] = [
        ("an extension nobody knows", { $0.headers.add("Require", "nothingSIPpy") }, 420),
        ("100rel where it is off", { $0.headers.add("Require", "100rel") }, 420),
        ("a body nobody can read", { $0.headers["Content-Type"] = "application/x-unknown" }, 415),
        ("an Accept without SDP", { $0.headers.add("Accept", "text/plain") }, 406),
        ("no Contact", { $0.headers.remove("Contact") }, 400),
        ("a session that is too short", { $0.headers.add("Session-Expires", "60") }, 422),
        ("another scheme", { $0.uri = SIPURI(parsing: "soap.beep://192.0.2.103:3002") ?? $0.uri }, 416),
        ("packed bytes", { $0.headers.add("Content-Encoding", "gzip") }, 415),
        ("a dialog that is not there", { $0.headers["To"] = "<sip:a@b>;tag=x" }, 481),
        ("a call to replace that is not there", { $0.headers.add("Replaces", "a@b;to-tag=1;from-tag=2") }, 481),
    ]

    @Test(arguments: refusals)
    func refuses(row: Refusal) throws {
        let door = Door()
        var far = FarEnd()
        var invite = far.request(.invite, body: Door.sdp)
        row.change(&invite)
        door.receive(invite)
        let responses = door.responses()
        #expect(responses.map(\.status) == [row.status], "\(row.what)")
        #expect(responses.first?.to.tag != nil)
        #expect(door.endpoint.callCount == 0)
        if row.status == 420 { #expect(responses.first?.unsupported.isEmpty == false) }
        if row.status == 415 { #expect(responses.first?.headers["Accept"] != nil || row.what == "packed bytes") }
        if row.status == 422 { #expect(responses.first?.minSE == 90) }
        #expect(door.isEmptyInTheEnd())
    }

    @Test(
        arguments: [
            (HangupCause.unallocatedNumber, nil, 404), (.userBusy, nil, 486), (.normalClearing, nil, 480),
            (.callRejected, nil, 603), (.incompatibleDestination, nil, 488), (.userBusy, 480, 480),
            (.gatewayDown, nil, 503), (.callRejected, 407, 603),
        ] as [(HangupCause, Int?, Int)])
    func refusesWithTheStatusOfTheCause(cause: HangupCause, far status: Int?, expected: Int) throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far, answer: false)
        door.out = []
        door.endpoint.call(leg, .ended(cause, status: status), at: door.now, into: &door.out)
        let response = try #require(door.responses().first)
        #expect(response.status == expected)
        #expect(response.headers["Reason"]?.contains(cause.name) == true)
        #expect(door.isEmptyInTheEnd())
    }

    @Test func in488SaysWhatIsNotAcceptable() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far, answer: false)
        door.endpoint.call(
            leg, .ended(.incompatibleDestination, status: 488, warning: 305), at: door.now, into: &door.out)
        let refusal = try #require(door.responses().last)
        #expect(refusal.status == 488)
        #expect(refusal.headers["Warning"] == "305 198.51.100.1 \"Incompatible media format\"")
    }

    @Test(arguments: [nil, 200, 400]) func whatIsNoWarningIsNotSaid(code: Int?) throws {
        let door = Door()
        var far = FarEnd()
        let leg = try door.incoming(&far, answer: false)
        door.endpoint.call(leg, .ended(.userBusy, warning: code), at: door.now, into: &door.out)
        let refusal = try #require(door.responses().last)
        #expect(refusal.status == 486 && refusal.headers["Warning"] == nil)
    }

    @Test func tooManyCallsAreToldWhenToComeAgain() {
        let door = Door { $0.maximumCalls = 1 }
        var far = FarEnd()
        door.receive(far.request(.invite, body: Door.sdp))
        var other = FarEnd()
        other.callID = "another"
        door.out = []
        door.receive(other.request(.invite, body: Door.sdp))
        let response = door.responses().first
        #expect(response?.status == 503 && response?.retryAfter == 300)
    }

    /// Calls until one is refused, each from a caller of its own unless said otherwise.
    private func fill(
        _ door: Door, _ most: Int, from remote: TransportAddress = Door.phone, caller: String? = nil,
        prefix: String = "full"
    ) -> (calls: [LegID], refusal: SIPResponse?) {
        var calls: [LegID] = []
        for number in 0..<most {
            var far = FarEnd()
            (far.callID, far.from) = ("\(prefix)-\(number)", "<sip:\(caller ?? "c\(number)")@192.0.2.10>")
            door.receive(far.request(.invite, body: Door.sdp), from: remote)
            let out = door.take()
            calls += out.compactMap(\.invite).map(\.leg)
            if let refusal = out.compactMap(\.message?.response).first(where: { $0.status >= 300 }) {
                return (calls, refusal)
            }
        }
        return (calls, nil)
    }

    @Test func oneAddressHasSoManyCallsAtOneTime() throws {
        let door = Door { $0.profiles[1].maximumCallsPerSource = 3 }
        let (calls, refusal) = fill(door, 10)
        #expect(calls.count == 3 && refusal?.status == 503 && refusal?.retryAfter != nil)
        let neighbour = TransportAddress(ipv4: 0xC000_020B, port: 5060)
        #expect(fill(door, 2, from: neighbour, prefix: "neighbour").calls.count == 2)
        #expect(fill(door, 5, from: Door.trunk, prefix: "trunk").calls.count == 5, "a gateway has limits of its own")
        door.endpoint.call(try #require(calls.first), .ended(.userBusy), at: door.now, into: &door.out)
        door.out = []
        #expect(fill(door, 10, prefix: "again").calls.count == 1, "one place is free")
    }

    @Test func oneCallerHasSoManyCallsToOneNumber() {
        let door = Door { $0.profiles[1].maximumCallsPerPair = 2 }
        let (calls, refusal) = fill(door, 10, caller: "bob")
        #expect(calls.count == 2 && refusal?.status == 486)
        #expect(fill(door, 3, caller: "carol", prefix: "carol").calls.count == 2)
        #expect(fill(door, 5, from: Door.trunk, caller: "bob", prefix: "trunk").calls.count == 5)
        for leg in calls { door.endpoint.call(leg, .ended(.userBusy), at: door.now, into: &door.out) }
        #expect(door.endpoint.pending["quotas"] != nil)
    }

    @Test func nothingIsLeftOfQuotas() throws {
        let door = Door()
        var far = FarEnd()
        _ = try door.incoming(&far)
        #expect(door.endpoint.pending["quotas"] == 2)
        door.receive(far.request(.bye))
        #expect(door.isEmptyInTheEnd())
    }

    @Test func soManyCallsASecond() {
        let door = Door {
            $0.profiles[1].callsPerSecond = 4
            $0.profiles[1].gateways[0].callsPerSecond = 2
        }
        #expect(fill(door, 10).calls.count == 4)
        let (calls, refusal) = fill(door, 10, from: Door.trunk, prefix: "trunk")
        #expect(calls.count == 2 && refusal?.status == 503 && refusal?.retryAfter == 5)
        #expect(door.place("leg") == .normalCircuitCongestion)
        door.wait(.seconds(1))
        door.out = []
        #expect(door.place("leg") == nil, "both ways count")
        #expect(fill(door, 10, from: Door.trunk, prefix: "later").calls.count == 1)
        #expect(fill(door, 10, prefix: "strangers").calls.count == 4)
    }

    @Test func inPRACK() throws {
        let door = Door { $0.profiles[1].reliableProvisional = true }
        var far = FarEnd()
        let invite = far.request(.invite, [("Supported", "100rel")], body: Door.sdp)
        door.receive(invite)
        let leg = try #require(door.take().compactMap(\.invite).first?.leg)
        door.endpoint.call(leg, .early(sdp: Door.ourSDP), at: door.now, into: &door.out)
        let early = try #require(door.responses().last)
        let sequence = try #require(early.rseq)
        #expect(early.status == 183 && early.require == ["100rel"])
        door.wait(.seconds(4))
        #expect(door.statuses() == [183, 183, 183], "at 0.5, 1.5 and 3.5 s")
        door.endpoint.call(leg, .answered(sdp: nil), at: door.now, into: &door.out)
        #expect(door.responses().isEmpty, "no 200 before the PRACK")
        far.learn(early)
        door.receive(far.request(.prack, [("RAck", "\(sequence &+ 1) 1 INVITE")]))
        #expect(door.statuses() == [481])
        door.receive(far.request(.prack, [("RAck", "\(sequence) 1 INVITE")]))
        #expect(door.responses().map { "\($0.status) \($0.cseq.method)" } == ["200 PRACK", "200 INVITE"])
        door.receive(far.ack(invite))
        #expect(door.endpoint.callCount == 1)
    }

    @Test func noPRACKEndsTheCall() throws {
        let door = Door { $0.profiles[1].reliableProvisional = true }
        var far = FarEnd()
        door.receive(far.request(.invite, [("Require", "100rel")], body: Door.sdp))
        let leg = try #require(door.take().compactMap(\.invite).first?.leg)
        door.endpoint.call(leg, .ringing, at: door.now, into: &door.out)
        #expect(door.responses().last?.rseq != nil)
        door.wait(.seconds(33))
        let out = door.take()
        #expect(out.compactMap(\.message?.response?.status).last == 504)
        #expect(out.compactMap(\.hangUp).first?.cause == .recoveryOnTimerExpire)
        #expect(door.isEmptyInTheEnd())
    }

    private func cancel(_ invite: SIPRequest) -> SIPRequest {
        var cancel = invite
        cancel.method = .cancel
        cancel.headers["CSeq"] = "\(invite.cseq.number) CANCEL"
        cancel.body = []
        cancel.headers.remove("Content-Type")
        return cancel
    }
}
