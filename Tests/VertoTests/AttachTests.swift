import Calls
import Conference
import Testing
import Verto
import Wire

/// A client that comes back takes its calls up again: verto.md §3.9, §4.7, §5.4, §10.6.
struct AttachTests {
    private static let mod = "conference-mod.3500@example.com"

    /// A moderator of session `S` in a room, whose connection is gone.
    private static func lost() -> Rig {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        rig.invite(
            c, "call",
            [
                "destination_number": "3500", "caller_id_name": "Ann", "caller_id_number": "1001",
                "remote_caller_id_name": "Outbound Call",
            ])
        rig.join("call", flags: .moderator)
        _ = rig.ask(c, "verto.subscribe", ["eventChannel": .string(mod)])
        rig.disconnect(c)
        return rig
    }

    private static func attach(_ call: String = "call", _ sdp: JSON? = "v=0 answer") -> JSONObject {
        var params: JSONObject = ["dialogParams": ["callID": .string(call), "attach": true]]
        params["sdp"] = sdp
        return params
    }

    @Test func theClientIsOfferedItsCallBeforeItIsReady() {
        let rig = Self.lost()
        let (_, messages) = rig.comeBack(session: "S")
        #expect(messages.map(\.method) == [nil, "verto.attach", "verto.clientReady"])
        #expect(messages.first?["result"]?["message"]?.string == "logged in")
        #expect(
            messages[1]["params"]?.text == """
                {"callID":"call","variables":{},"sdp":"v=0 offer of call","caller_id_name":"Ann",\
                "caller_id_number":"1001","callee_id_name":"Outbound Call","callee_id_number":"3500",\
                "display_direction":"inbound"}
                """)
        #expect(messages[2]["params"]?.text == #"{"reattached_sessions":["call"]}"#)
    }

    @Test func allOffersComeFirst() {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        for call in ["a", "b", "c"] { rig.enter(c, call) }
        rig.disconnect(c)
        rig.makesOffers = false
        let (back, messages) = rig.comeBack(session: "S")
        #expect(messages.map(\.method) == [nil])
        rig.news("b", .ended(.mediaTimeout))
        rig.reoffer("S", ["a", "b", "c", "never"])
        #expect(
            rig.take(back).map { "\($0.method ?? "") \($0["params"]?["callID"]?.string ?? "")" } == [
                "verto.bye b", "verto.attach a", "verto.attach c", "verto.clientReady ",
            ])
        rig.reoffer("S", ["a"])  // once
        #expect(rig.take(back).isEmpty)
    }

    @Test func aServerWithoutOffersDoesNotKeepTheClientWaiting() {
        let rig = Self.lost()
        rig.makesOffers = false
        let (back, _) = rig.comeBack(session: "S")
        rig.wait(.seconds(9))
        #expect(rig.take(back).isEmpty)
        rig.wait(.seconds(2))
        #expect(rig.take(back).map { $0["params"]?.text } == [#"{"reattached_sessions":[]}"#])
        #expect(rig.counts[.reattachTimedOut] == 1)
    }

    @Test func takingTheCallUpBringsTheJoinAgain() {
        let rig = Self.lost()
        let before = rig.member("call")
        let (back, _) = rig.comeBack(session: "S")
        rig.answerOutcome = nil
        rig.request(back, "verto.attach", Self.attach())
        #expect(rig.attachments.map(\.leg) == [LegID("call")])
        #expect(rig.attachments.map(\.sdp) == ["v=0 answer"])
        #expect(rig.take(back).isEmpty)
        guard let token = rig.attachments.first?.token else { return }
        rig.settle(token, AnswerOutcome.accepted)
        let messages = rig.take(back)
        #expect(messages.first?["result"]?.text == #"{"sessid":"S"}"#)
        let join = messages.last?["params"]?["pvtData"]
        #expect(messages.count == 2)
        #expect(join?["action"]?.string == "conference-liveArray-join")
        #expect(join?["role"]?.string == "moderator")
        #expect(join?["modChannel"]?.string == Self.mod)
        #expect(join?["conferenceMemberID"]?.string == before?.text)
        // The grants hold, and the room was told nothing.
        #expect(rig.ask(back, "verto.subscribe", ["eventChannel": .string(Self.mod)]).isResult)
        #expect(rig.rooms.values.first?.snapshot.count == 1)
        _ = rig.ask(
            back, "verto.broadcast", ["eventChannel": .string(Self.mod), "data": ["command": "lock"]])
        #expect(rig.takeEvents(back, on: Self.mod).first?["response"]?.string == "+OK 3500 locked\n")
        // And the part comes to this connection.
        rig.leave("call")
        #expect(rig.take(back).contains { $0["params"]?["pvtData"]?["action"]?.string == "conference-liveArray-part" })
    }

    @Test func theRoomsOwnWordOfTheReturnIsNotToldTwice() {
        let rig = Self.lost()
        let (back, _) = rig.comeBack(session: "S")
        rig.request(back, "verto.attach", Self.attach())
        _ = rig.take(back)
        let key = RoomKey(name: "3500", domain: Rig.domain)
        guard let id = rig.member("call") else { return }
        var notice = JoinNotice(room: key, callID: "call", memberID: id, role: .moderator, isSecondScreen: false)
        rig.news(.joined(key, leg: LegID("call"), notice))
        #expect(rig.take(back).isEmpty)
        notice.role = .participant
        rig.news(.joined(key, leg: LegID("call"), notice))
        #expect(rig.take(back).first?["params"]?["pvtData"]?["role"]?.string == "participant")
    }

    @Test func theOfferNamesWhomTheClientTalksToNow() {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        rig.enter(c, "call")
        rig.news("call", .display(name: "Bob", number: "7"))
        rig.disconnect(c)
        let (_, messages) = rig.comeBack(session: "S")
        #expect(messages.dropFirst().first?["params"]?["callee_id_name"]?.string == "Bob")
        #expect(messages.dropFirst().first?["params"]?["callee_id_number"]?.string == "7")
    }

    static let refusals: [(reason: RenegotiationOutcome.Reason, message: String, cause: HangupCause?)] = [
        (.codecs, "CODEC NEGOTIATION ERROR", .bearercapabilityNotavail), (.media, "MEDIA ERROR", nil),
    ]

    @Test(arguments: refusals)
    func anAnswerThatDoesNotFit(reason: RenegotiationOutcome.Reason, message: String, cause: HangupCause?) {
        let rig = Self.lost()
        let (back, _) = rig.comeBack(session: "S")
        rig.answerOutcome = .refused(reason)
        #expect(rig.ask(back, "verto.attach", Self.attach()).errorMessage == message)
        #expect(rig.hangUps.map(\.cause) == (cause.map { [$0] } ?? []))
        #expect(rig.take(back).first { $0.method == "verto.bye" }?["params"]?["causeCode"]?.int == cause?.code)
        // The offer is used up.
        #expect(rig.ask(back, "verto.attach", Self.attach()).isResult == false)
        #expect(rig.attachments.count == 1)
    }

    @Test func aCallThatIsNotAnsweredHasNothingToAttachTo() {
        let rig = Rig()
        let c = rig.login()
        rig.invite(c, "call")
        let answer = rig.ask(c, "verto.attach", Self.attach())
        #expect(
            answer["error"]?.text
                == #"{"message":"Cannot attach to a call that has not been answered.","code":-32002}"#)
        #expect(rig.take(c).map { $0["params"]?["causeCode"]?.int } == [27])
        #expect(rig.hangUps.map(\.cause) == [.destinationOutOfOrder])
    }

    @Test func anOfferInTheMiddleOfACallTouchesNoOther() {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        for call in ["one", "two"] { rig.enter(c, call) }
        _ = rig.take(c)
        rig.offer("one", "v=0 more")
        #expect(rig.take(c).map { $0["params"]?["sdp"]?.string } == ["v=0 more"])
        #expect(rig.ask(c, "verto.attach", Self.attach("two")).errorMessage == "CALL WAS NOT OFFERED")
        #expect(rig.ask(c, "verto.attach", Self.attach("one")).isResult)
        #expect(rig.take(c).isEmpty)  // no second join
        #expect(rig.detached.isEmpty)
    }

    @Test func aClientThatIsGoneAgainIsNotBack() {
        let rig = Self.lost()
        let (back, _) = rig.comeBack(session: "S")
        rig.answerOutcome = nil
        rig.request(back, "verto.attach", Self.attach())
        rig.disconnect(back)
        #expect(rig.detached.count == 2)
        guard let token = rig.attachments.first?.token else { return }
        rig.settle(token, AnswerOutcome.accepted)
        #expect(rig.detached.count == 3)  // whoever accepted it has to know
        let (third, messages) = rig.comeBack(session: "S")
        #expect(messages.map(\.method) == [nil, "verto.attach", "verto.clientReady"])
        rig.answerOutcome = .accepted
        #expect(rig.ask(third, "verto.attach", Self.attach()).isResult)
    }

    @Test func anotherSessionOfTheUserTakesNothingUp() {
        let rig = Self.lost()
        let other = rig.login("1001", session: "T")
        #expect(rig.reattached.isEmpty)
        #expect(rig.ask(other, "verto.attach", Self.attach()).errorMessage == "CALL DOES NOT EXIST")
    }
}
