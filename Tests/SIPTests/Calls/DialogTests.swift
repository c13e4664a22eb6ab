import Calls
import SIP
import Testing
import Wire

/// Inside a call: re-INVITE, UPDATE, session timers, INFO, REFER, Replaces, texts (sip.md §2.8, §2.9, §7.4).
struct DialogTests {
    /// A call that came in and is up, and nothing else to be said.
    private func up(
        _ door: Door, _ far: inout FarEnd, _ change: (inout SIPRequest) -> Void = { _ in }
    ) throws -> LegID {
        let leg = try door.incoming(&far, change)
        door.out = []
        return leg
    }

    private func token(_ door: Door) throws -> (token: SIPRequestToken, offer: String?) {
        for output in door.out { if case .reoffer(let token, _, let offer) = output { return (token, offer) } }
        throw Missing()
    }

    struct Missing: Error {}

    // MARK: Offers

    @Test func inReinviteHoldResume() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        for direction in ["sendonly", "sendrecv"] {
            let invite = far.request(.invite, body: Door.sdp + "a=\(direction)\r\n")
            door.receive(invite)
            let asked = try token(door)
            #expect(asked.offer?.contains(direction) == true)
            #expect(door.statuses() == [100])
            door.endpoint.answerOffer(asked.token, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
            let ok = try #require(door.responses().last)
            #expect(ok.status == 200 && ok.to.tag == far.ourTag && ok.contacts.count == 1)
            door.wait(.seconds(1))
            #expect(door.statuses() == [200], "repeated until the ACK")
            door.receive(far.ack(invite))
            door.wait(.seconds(40))
            #expect(door.out.isEmpty)
        }
        #expect(door.endpoint.callCount == 1)
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        #expect(door.requests().map(\.method) == [.bye])
    }

    @Test func aReinviteThatIsRefusedChangesNothing() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        let invite = far.request(.invite, body: Door.sdp)
        door.receive(invite)
        let asked = try token(door)
        door.out = []
        door.endpoint.answerOffer(asked.token, .refused(status: 488, warning: 304), at: door.now, into: &door.out)
        let refusal = try #require(door.responses().last)
        #expect(refusal.status == 488 && refusal.headers["Warning"]?.hasPrefix("304 ") == true)
        #expect(door.endpoint.callCount == 1)
        door.endpoint.answerOffer(asked.token, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        #expect(door.out.isEmpty, "a token is good once")
    }

    @Test func aReinviteWithoutOfferGetsOurs() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        let invite = far.request(.invite)
        door.receive(invite)
        let asked = try token(door)
        #expect(asked.offer == nil)
        door.endpoint.answerOffer(asked.token, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        door.out = []
        door.receive(far.ack(invite, body: Door.sdp))
        guard case .answerToOffer(leg, sdp: Door.sdp)? = door.take().last else { throw Missing() }
    }

    @Test func inReinviteGlare() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        door.endpoint.offer(leg, sdp: Door.ourSDP, at: door.now, into: &door.out)
        let ours = try #require(door.requests().first)
        door.receive(far.request(.invite, body: Door.sdp))
        #expect(door.statuses() == [491])
        door.receive(FarEnd.answer(ours, 491), from: Door.phone)
        #expect(door.requests().map(\.method) == [.ack])
        door.wait(.seconds(3))
        let again = try #require(door.requests().first { $0.method == .invite })
        #expect(again.cseq.number > ours.cseq.number, "they own the Call-ID: we wait less than two seconds")
        door.receive(FarEnd.answer(again, 200, sdp: Door.sdp), from: Door.phone)
        let out = door.take()
        #expect(out.compactMap(\.message?.request?.method) == [.ack])
        guard case .answerToOffer(leg, sdp: Door.sdp)? = out.last else { throw Missing() }
    }

    @Test func twoReinvitesAtOnceAreOneTooMany() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.invite, body: Door.sdp))
        door.out = []
        door.receive(far.request(.invite, body: Door.sdp))
        let refusal = try #require(door.responses().first)
        #expect(refusal.status == 500 && (0...10).contains(refusal.retryAfter ?? -1))
    }

    @Test func offersOfOursWaitForEachOther() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        door.endpoint.offer(leg, sdp: Door.ourSDP, at: door.now, into: &door.out)
        door.endpoint.offer(leg, sdp: Door.sdp, at: door.now, into: &door.out)
        let first = try #require(door.requests().first)
        door.receive(FarEnd.answer(first, 488), from: Door.phone)
        let out = door.take()
        #expect(out.compactMap(\.message?.request).map(\.method) == [.ack, .invite])
        #expect(out.contains { if case .answerToOffer(leg, sdp: nil) = $0 { true } else { false } })
    }

    @Test(arguments: [408, 481])
    func anOfferThatMeetsNoDialogEndsTheCall(status: Int) throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        door.endpoint.offer(leg, sdp: Door.ourSDP, at: door.now, into: &door.out)
        let ours = try #require(door.requests().first)
        door.receive(FarEnd.answer(ours, status), from: Door.phone)
        let out = door.take()
        #expect(out.compactMap(\.hangUp).map(\.leg) == [leg])
        #expect(out.compactMap(\.message?.request?.method).last == .bye)
        #expect(door.isEmptyInTheEnd())
    }

    @Test func aFarEndThatOnlySays100LosesTheCall() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        door.endpoint.offer(leg, sdp: Door.ourSDP, at: door.now, into: &door.out)
        let ours = try #require(door.requests().first)
        door.receive(FarEnd.answer(ours, 100), from: Door.phone)
        door.wait(.seconds(100))
        let out = door.take()
        #expect(out.compactMap(\.message?.request?.method).contains(.cancel))
        #expect(out.compactMap(\.hangUp).map(\.leg) == [leg])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func byeDuringAReinvite() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.invite, body: Door.sdp))
        door.out = []
        door.receive(far.request(.bye))
        #expect(door.responses().map { "\($0.status) \($0.cseq.method)" } == ["200 BYE", "487 INVITE"])
        #expect(door.isEmptyInTheEnd())
    }

    @Test func byesThatCrossAreBothAnswered() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        door.endpoint.call(leg, .ended(.normalClearing), at: door.now, into: &door.out)
        door.out = []
        door.receive(far.request(.bye))
        let out = door.take()
        #expect(out.compactMap(\.message?.response?.status) == [200])
        #expect(out.compactMap(\.hangUp).isEmpty, "the bridge knows already")
        #expect(door.isEmptyInTheEnd())
    }

    @Test func inUpdate() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.update, [("Supported", "timer"), ("Session-Expires", "90")]))
        let refresh = try #require(door.responses().last)
        #expect(refresh.status == 200 && refresh.body.isEmpty && refresh.sessionExpires?.seconds == 90)
        door.receive(far.request(.update, body: Door.sdp))
        let asked = try token(door)
        door.out = []
        door.endpoint.answerOffer(asked.token, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        #expect(door.responses().last?.body.isEmpty == false)
    }

    @Test func oldNumbersAreRefused() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.options, sequence: 1))
        #expect(door.statuses() == [500])
        door.receive(far.request(.options))
        #expect(door.statuses() == [200])
    }

    @Test func requestsFromElsewhereAreRefused() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.bye), from: TransportAddress(ipv4: 0x0505_0505, port: 5060))
        #expect(door.statuses() == [403])
        #expect(door.endpoint.callCount == 1)
    }

    // MARK: Session timers

    @Test func inSessionTimerExpire() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far) {
            $0.headers.add("Supported", "timer")
            $0.headers.add("Session-Expires", "90;refresher=uac")
        }
        door.wait(.seconds(59))
        #expect(door.out.isEmpty)
        door.wait(.seconds(2))  // 90 − min(32, 30) = 60 s
        let out = door.take()
        #expect(out.compactMap(\.hangUp).first?.cause == .recoveryOnTimerExpire)
        #expect(out.compactMap(\.hangUp).map(\.leg) == [leg])
        #expect(out.compactMap(\.message?.request?.method).first == .bye)
    }

    @Test func refreshesOfTheirsKeepTheCall() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far) {
            $0.headers.add("Supported", "timer")
            $0.headers.add("Session-Expires", "90")
        }
        for _ in 0..<5 {
            door.wait(.seconds(45))
            door.receive(far.request(.update, [("Supported", "timer"), ("Session-Expires", "90;refresher=uac")]))
        }
        #expect(door.statuses() == Array(repeating: 200, count: 5))
        #expect(door.endpoint.callCount == 1)
    }

    /// Half of a second would be another refresh at once, and so on (RFC 4028 §5: 90 s at least).
    @Test func `a 422 shortens no session`() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far) { $0.headers.add("Session-Expires", "100;refresher=uas") }
        door.wait(.seconds(50))
        let refresh = try #require(door.requests().first)
        door.receive(FarEnd.answer(refresh, 422, [("Min-SE", "1")]), from: Door.phone)
        #expect(door.requests().last?.sessionExpires?.seconds == 90)
    }

    /// What the answer to a refresh of ours says counts as any other answer does; a new `o=` alone says nothing.
    @Test(arguments: [("o=- 1 1", "o=- 1 2", false), ("audio 4000", "audio 4002", true)])
    func aRefreshMayBringAnotherDescription(old: String, new: String, isNews: Bool) throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far) { $0.headers.add("Session-Expires", "100;refresher=uas") }
        for isFirst in [true, false] {
            door.wait(.seconds(50))
            let refresh = try #require(door.requests().first)
            let sdp = Door.sdp.replacing(old, with: new)
            door.receive(
                FarEnd.answer(refresh, 200, [("Session-Expires", "100;refresher=uac")], sdp: sdp), from: Door.phone)
            let told = door.take().compactMap { output -> String? in
                if case .answerToOffer(leg, let sdp) = output { sdp } else { nil }
            }
            #expect(told == (isNews && isFirst ? [sdp] : []))
        }
    }

    @Test func weRefreshWhereTheyCannot() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far) { $0.headers.add("Session-Expires", "100;refresher=uas") }
        door.wait(.seconds(51))
        let refresh = try #require(door.requests().first)
        #expect(refresh.method == .invite && String(decoding: refresh.body, as: UTF8.self) == Door.ourSDP)
        door.receive(FarEnd.answer(refresh, 200, sdp: Door.sdp), from: Door.phone)
        let out = door.take()
        #expect(out.compactMap(\.message?.request?.method) == [.ack])
        #expect(!out.contains { if case .answerToOffer = $0 { true } else { false } }, "nobody asked")
        door.wait(.seconds(49))
        #expect(door.endpoint.callCount == 1)
    }

    // MARK: INFO

    typealias Key = (type: String, body: String, key: String?, status: Int)

    static let keys: [Key] = [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5", 200),
        ("application/dtmf-relay", "Signal= #\nDuration= 160\n", "#", 200),
        ("application/dtmf-relay", "Duration=160\r\nSignal=10", "*", 200),
        ("application/dtmf-relay", "Signal=11\r\n", "#", 200),
        ("application/dtmf-relay", "Signal=99\r\n", nil, 200),
        ("application/dtmf", "7", "7", 200),
        ("application/dtmf", "d", "D", 200),
        ("application/dtmf", "15", "D", 200),
        ("application/vnd.nortelnetworks.digits", "p=Digit-Collection\r\ny=Digits\r\nd=9\r\n", "9", 200),
        ("application/x-nothing", "7", nil, 415),
        ("application/freeswitch-api", "status", nil, 415),
    ]

    @Test(arguments: keys)
    func inInfoDTMF(row: Key) throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.info, body: row.body, type: row.type))
        let out = door.take()
        let digits = out.compactMap { if case .digits(_, let digits) = $0 { digits } else { nil } }
        #expect(digits == (row.key.map { [$0] } ?? []))
        #expect(out.compactMap(\.message?.response?.status) == [row.status])
    }

    @Test func emptyInfoAndPackages() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.info))
        door.receive(far.request(.info, [("Info-Package", "foo")], body: "x", type: "text/plain"))
        #expect(door.statuses() == [200, 469])
    }

    @Test func keysOfOursGoOneAfterTheOther() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        door.endpoint.dtmf(leg, "1x#", at: door.now, into: &door.out)
        var bodies: [String] = []
        for _ in 0..<3 {
            for info in door.requests() {
                bodies.append(String(decoding: info.body, as: UTF8.self))
                door.receive(FarEnd.answer(info, 200), from: Door.phone)
            }
        }
        #expect(bodies == ["Signal=1\r\nDuration=250\r\n", "Signal=#\r\nDuration=250\r\n"])
    }

    // MARK: REFER

    private func referred(_ door: Door) -> (token: SIPRequestToken, target: String, replaces: LegID?)? {
        for output in door.out {
            if case .refer(let token, _, let target, let other) = output { return (token, target, other) }
        }
        return nil
    }

    @Test func inReferBlind() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        let refer = far.request(.refer, [("Refer-To", "<sip:3500@198.51.100.1>"), ("Referred-By", "<sip:bob@x>")])
        door.receive(refer)
        let asked = try #require(referred(door))
        #expect(asked.target == "3500" && asked.replaces == nil)
        #expect(door.responses().isEmpty)
        door.endpoint.transferred(asked.token, .accepted, at: door.now, into: &door.out)
        var out = door.messages()
        #expect(out.compactMap(\.response?.status) == [202])
        let trying = try #require(out.compactMap(\.request).first)
        #expect(trying.method == .notify && trying.event?.package == "refer")
        #expect(trying.event?.id == "\(refer.cseq.number)")
        #expect(trying.headers["Content-Type"] == "message/sipfrag;version=2.0")
        #expect(String(decoding: trying.body, as: UTF8.self) == "SIP/2.0 100 Trying\r\n")
        #expect(trying.subscriptionState?.state == "active")
        door.endpoint.transferred(asked.token, .done(status: 200), at: door.now, into: &door.out)
        out = door.messages()
        let last = try #require(out.compactMap(\.request).first)
        #expect(String(decoding: last.body, as: UTF8.self) == "SIP/2.0 200 OK\r\n")
        #expect(last.subscriptionState?.state == "terminated" && last.subscriptionState?.reason == "noresource")
        door.receive(far.request(.bye))
        for notify in [trying, last] { door.receive(FarEnd.answer(notify, 200), from: Door.phone) }
        #expect(door.isEmptyInTheEnd())
    }

    @Test func inReferAttended() throws {
        let door = Door()
        var (far, second) = (FarEnd(), FarEnd())
        second.callID = "call-2@192.0.2.10"
        second.tag = "far2"
        _ = try up(door, &far)
        let other = try up(door, &second)
        let replaces = "\(second.callID)%3Bto-tag%3D\(second.ourTag ?? "")%3Bfrom-tag%3D\(second.tag)"
        door.receive(far.request(.refer, [("Refer-To", "<sip:4711@198.51.100.1?Replaces=\(replaces)>")]))
        #expect(referred(door)?.replaces == other)
        door.out = []
        var third = FarEnd()
        third.callID = "call-3@192.0.2.10"
        _ = try up(door, &third)
        door.receive(
            third.request(.refer, [("Refer-To", "<sip:4711@198.51.100.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>")]))
        #expect(door.statuses() == [481])
    }

    typealias BadRefer = (headers: [(String, String)], status: Int)

    static let badRefers: [BadRefer] = [
        ([], 400), ([("Refer-To", "<sip:a@b>"), ("Refer-To", "<sip:c@d>")], 400),
        ([("Refer-To", "<http://example.com>")], 416), ([("Refer-To", "<sip:198.51.100.1>")], 400),
        ([("Refer-To", "<sip:a@b;method=BYE>")], 400),
    ]

    @Test(arguments: badRefers)
    func aBadReferIsRefused(row: BadRefer) throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.refer, row.headers))
        #expect(door.statuses() == [row.status])
        #expect(referred(door) == nil)
    }

    @Test func transfersMayBeForbidden() throws {
        let door = Door { $0.profiles[1].transfersAllowed = false }
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.refer, [("Refer-To", "<sip:3500@198.51.100.1>")]))
        #expect(door.statuses() == [403])
    }

    @Test func whoWantsNoNotifyGetsNone() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.refer, [("Refer-To", "<sip:3500@elsewhere.example>"), ("Refer-Sub", "false")]))
        let asked = try #require(referred(door))
        #expect(asked.target == "sip:3500@elsewhere.example")
        door.out = []
        door.endpoint.transferred(asked.token, .done(status: 200), at: door.now, into: &door.out)
        #expect(door.messages().compactMap(\.request).isEmpty)
    }

    @Test func aReferNobodyAnswersIsRefused() throws {
        let door = Door()
        var far = FarEnd()
        _ = try up(door, &far)
        door.receive(far.request(.refer, [("Refer-To", "<sip:3500@198.51.100.1>")]))
        door.out = []
        door.wait(.seconds(21))
        #expect(door.statuses().last == 500)
    }

    @Test func weRefer() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        door.endpoint.refer(leg, to: "sip:42@other.example", at: door.now, into: &door.out)
        let refer = try #require(door.requests().first)
        #expect(refer.referTo?.uri.text == "sip:42@other.example")
        door.receive(FarEnd.answer(refer, 202), from: Door.phone)
        let state = [("Event", "refer"), ("Subscription-State", "terminated;reason=noresource")]
        door.receive(far.request(.notify, state, body: "SIP/2.0 200 OK\r\n", type: "message/sipfrag"))
        let out = door.take()
        #expect(out.contains { if case .referred(leg, status: 200) = $0 { true } else { false } })
        door.receive(far.request(.notify, state, body: "SIP/2.0 200 OK\r\n", type: "message/sipfrag"))
        #expect(door.statuses() == [481], "there is no subscription any more")
    }

    // MARK: Replaces

    @Test func inReplaces() throws {
        let door = Door()
        var far = FarEnd()
        let old = try up(door, &far)
        var other = FarEnd()
        (other.callID, other.tag) = ("call-9", "far9")
        let header = "\(far.callID);to-tag=\(far.ourTag ?? "");from-tag=\(far.tag)"
        door.receive(other.request(.invite, [("Replaces", header)], body: Door.sdp))
        let replaced = door.take().compactMap { output -> LegID? in
            if case .replaced(let leg, by: _) = output { leg } else { nil }
        }
        #expect(replaced == [old])
        var early = FarEnd()
        (early.callID, early.tag) = ("call-10", "far10")
        door.receive(early.request(.invite, [("Replaces", header + ";early-only")], body: Door.sdp))
        #expect(door.statuses() == [486])
    }

    private func names(_ far: FarEnd) -> String {
        "\(far.callID);to-tag=\(far.ourTag ?? "");from-tag=\(far.tag)"
    }

    @Test func othersReplaceNoCall() throws {
        let door = Door()
        var (far, other) = (FarEnd(), FarEnd())
        _ = try up(door, &far)
        (other.callID, other.tag) = ("call-9", "far9")
        door.receive(
            other.request(.invite, [("Replaces", names(far))], body: Door.sdp),
            from: TransportAddress(ipv4: 0xC000_020B, port: 5060))
        #expect(door.statuses() == [403])
        door.receive(other.request(.invite, [("Replaces", names(far))], body: Door.sdp), from: Door.trunk)
        #expect(door.statuses() == [403], "a gateway neither")
        #expect(door.endpoint.callCount == 1)
    }

    @Test func othersTransferNobodyIntoACall() throws {
        let door = Door()
        var (far, trunk) = (FarEnd(), FarEnd())
        let leg = try up(door, &far)
        (trunk.callID, trunk.tag) = ("call-9", "far9")
        let invite = trunk.request(.invite, body: Door.sdp)
        door.receive(invite, from: Door.trunk)
        let own = try #require(door.out.compactMap(\.invite).first?.leg)
        #expect(own != leg)
        door.endpoint.call(own, .answered(sdp: Door.ourSDP), at: door.now, into: &door.out)
        trunk.learn(try #require(door.responses().last))
        door.receive(trunk.ack(invite), from: Door.trunk)
        door.out = []
        let replaces = names(far).replacing(";", with: "%3B").replacing("=", with: "%3D")
        door.receive(
            trunk.request(.refer, [("Refer-To", "<sip:4711@198.51.100.1?Replaces=\(replaces)>")]), from: Door.trunk)
        #expect(door.statuses() == [403])
    }

    // MARK: Texts

    @Test func textsInsideACall() throws {
        let door = Door()
        var far = FarEnd()
        let leg = try up(door, &far)
        door.receive(far.request(.message, body: "hello", type: "text/plain;charset=UTF-8"))
        let texts = door.take().compactMap { if case .message(_, let text) = $0 { text } else { nil } }
        #expect(texts.map(\.text) == ["hello"] && texts.first?.leg == leg)
        door.receive(far.request(.message, body: "<x/>", type: "application/xml"))
        #expect(door.statuses() == [415])
        door.receive(far.request(.message, body: String(repeating: "x", count: 5000), type: "text/plain"))
        #expect(door.statuses() == [413])
    }
}
