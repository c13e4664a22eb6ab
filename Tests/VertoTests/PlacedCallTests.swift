import Calls
import Testing
import Verto
import Wire

/// Calls from us to clients: verto.md §4.6, §5.1, §5.14.
struct PlacedCallTests {
    static func call(_ leg: String, to session: String) -> PlacedCall {
        PlacedCall(
            leg: LegID(leg), session: session, sdp: "v=0 offer", callerIDName: "Ann", callerIDNumber: "1008",
            calleeIDName: "Outbound Call", calleeIDNumber: "1003",
            headers: ["verto_h_X-Test": "hello", "conference_pin": "1234"],
            serverVariables: ["verto_svar_room": "7", "switch_host": "secret"])
    }

    /// A client of the session `B` that rings with the call `leg`.
    private static func ringing() -> (Rig, ConnectionID) {
        let rig = Rig()
        let c = rig.login("1003", session: "B")
        #expect(rig.place(call("leg", to: "B")))
        _ = rig.take(c)
        return (rig, c)
    }

    private static func answer(_ sdp: JSON? = "v=0 answer", _ dialog: JSONObject = [:]) -> JSONObject {
        var dialog = dialog
        dialog["callID"] = "leg"
        var params: JSONObject = ["dialogParams": .object(dialog)]
        params["sdp"] = sdp
        return params
    }

    @Test func theClientIsToldWhoCallsAndNothingElse() {
        let rig = Rig()
        let c = rig.login("1003", session: "B")
        #expect(rig.place(Self.call("leg", to: "B")))
        let message = rig.take(c).first
        #expect(message?.method == "verto.invite")
        #expect(
            message?["params"]?.text == """
                {"callID":"leg","variables":{"verto_svar_room":"7"},"sdp":"v=0 offer","caller_id_name":"Ann",\
                "caller_id_number":"1008","callee_id_name":"Outbound Call","callee_id_number":"1003",\
                "display_direction":"outbound","verto_h_X-Test":"hello"}
                """)
    }

    @Test func idsThatAreNotKnownAreLeftOut() {
        let rig = Rig()
        let c = rig.login("1003", session: "B")
        #expect(rig.place(PlacedCall(leg: LegID("leg"), session: "B", sdp: "x")))
        #expect(
            rig.take(c).first?["params"]?.text
                == #"{"callID":"leg","variables":{},"sdp":"x","display_direction":"outbound"}"#)
    }

    @Test func everyRegistrationHasACallOfItsOwn() {
        let rig = Rig()
        let (a, b) = (rig.login("1003", session: "A"), rig.login("1003", session: "B"))
        #expect(rig.place(Self.call("leg-a", to: "A")))
        #expect(rig.place(Self.call("leg-b", to: "B")))
        #expect(rig.take(a).map { $0["params"]?["callID"]?.string } == ["leg-a"])
        #expect(rig.take(b).map { $0["params"]?["callID"]?.string } == ["leg-b"])
        // One is not the other's to answer.
        let params: JSONObject = ["sdp": "x", "dialogParams": ["callID": "leg-b"]]
        #expect(rig.ask(a, "verto.answer", params).errorMessage == "CALL DOES NOT EXIST")
        #expect(rig.answers.isEmpty)
    }

    @Test func whoeverIsNotThereIsNotCalled() {
        let rig = Rig { $0.callsPerSession = 2 }
        #expect(!rig.place(Self.call("leg", to: "B")))
        let c = rig.login("1003", session: "B")
        #expect(rig.place(Self.call("leg", to: "B")))
        #expect(!rig.place(Self.call("leg", to: "B")))  // the id is taken
        #expect(rig.place(Self.call("second", to: "B")))
        #expect(!rig.place(Self.call("third", to: "B")))  // it has calls enough
        rig.disconnect(c)
        #expect(!rig.place(Self.call("fourth", to: "B")))
        let bare = rig.login("bare", session: "N")
        #expect(!rig.place(Self.call("fifth", to: "N")))  // it could not answer
        #expect(rig.take(bare).isEmpty)
    }

    @Test func anAnswerIsAnsweredOnceItsMediaAreAgreed() {
        let (rig, c) = Self.ringing()
        rig.answerOutcome = nil
        rig.request(c, "verto.answer", Self.answer("v=0 answer", ["callee_id_name": "Bob", "callee_id_number": 777]))
        #expect(rig.take(c).isEmpty)
        #expect(rig.answers.map(\.leg) == [LegID("leg")])
        #expect(rig.answers.map(\.sdp) == ["v=0 answer"])
        #expect(rig.answers.first?.name == "Bob" && rig.answers.first?.number == "777")
        guard let token = rig.answers.first?.token else { return }
        rig.settle(token, AnswerOutcome.accepted)
        #expect(rig.take(c).map { $0["result"]?.text } == [#"{"sessid":"B"}"#])
        rig.settle(token, AnswerOutcome.accepted)
        #expect(rig.take(c).isEmpty)
        let again = rig.ask(c, "verto.answer", Self.answer())
        #expect(again.errorMessage == "CALL WAS NOT OFFERED")
        #expect(rig.answers.count == 1)
    }

    @Test func theFarEndIsShownAfterTheAnswer() {
        let (rig, c) = Self.ringing()
        rig.answerOutcome = nil
        let id = rig.request(c, "verto.answer", Self.answer())
        rig.news("leg", .display(name: "Ann B.", number: "9"))
        guard let token = rig.answers.first?.token else { return }
        rig.settle(token, AnswerOutcome.accepted)
        let messages = rig.take(c)
        #expect(messages.first?["id"]?.int == id)
        #expect(messages.dropFirst().map(\.method) == ["verto.display"])
        #expect(
            messages.last?["params"]?.text == """
                {"callID":"leg","display_name":"Ann B.","display_number":"9","caller_id_name":"Ann B.",\
                "caller_id_number":"9","callee_id_name":"Outbound Call","callee_id_number":"1003",\
                "display_direction":"outbound","verto_h_X-Test":"hello"}
                """)
    }

    @Test func codecsThatDoNotFitLeaveTheCallRinging() {
        let (rig, c) = Self.ringing()
        rig.answerOutcome = .refused(.codecs)
        let answer = rig.ask(c, "verto.answer", Self.answer())
        #expect(answer["error"]?.text == #"{"message":"CODEC ERROR","code":-32002}"#)
        #expect(rig.hangUps.isEmpty && rig.take(c).isEmpty)
        rig.answerOutcome = .accepted
        #expect(rig.ask(c, "verto.answer", Self.answer()).isResult)
    }

    @Test func mediaThatDoNotWorkEndTheCall() {
        let (rig, c) = Self.ringing()
        rig.answerOutcome = .refused(.media)
        let answer = rig.ask(c, "verto.answer", Self.answer())
        #expect(answer["error"]?.text == #"{"message":"MEDIA ERROR","code":-32002}"#)
        #expect(rig.take(c).map { $0["params"]?["causeCode"]?.int } == [27])
        #expect(rig.hangUps.map(\.cause) == [.destinationOutOfOrder])
    }

    @Test func anAnswerTooLongNeverReachesTheMedia() {
        let (rig, c) = Self.ringing()
        let long = String(repeating: "x", count: SessionDescription.maximumSize + 1)
        #expect(rig.ask(c, "verto.answer", Self.answer(.string(long))).errorMessage == "CODEC ERROR")
        #expect(rig.answers.isEmpty && rig.counts[.oversize] == 1)
    }

    @Test func theOneWhoIsTooLateIsToldSo() {
        let (rig, c) = Self.ringing()
        rig.answerOutcome = nil
        rig.request(c, "verto.answer", Self.answer())
        rig.news("leg", .ended(.loseRace))  // another of the user's clients was faster
        let messages = rig.take(c)
        #expect(
            messages.first?["error"]?.text == #"{"callID":"leg","message":"CALL DOES NOT EXIST","code":-32002}"#)
        #expect(messages.last?["params"]?.text == #"{"callID":"leg","causeCode":702,"cause":"LOSE_RACE"}"#)
    }

    static let declines: [(params: JSONObject, cause: HangupCause)] = [
        (["cause": "CALL_REJECTED"], .callRejected), ([:], .callRejected),
        (["cause": "NORMAL_CLEARING"], .callRejected),
        (["cause": "USER_BUSY"], .userBusy), (["causeCode": 17], .userBusy),
    ]

    @Test(arguments: declines)
    func whoeverHangsUpARingingCallDeclines(params: JSONObject, cause: HangupCause) {
        let (rig, c) = Self.ringing()
        var params = params
        params["dialogParams"] = ["callID": "leg"]
        #expect(rig.ask(c, "verto.bye", params)["result"]?["causeCode"]?.int == cause.code)
        #expect(rig.hangUps.map(\.cause) == [cause])
        #expect(rig.take(c).isEmpty)
    }

    @Test func afterTheAnswerAByeIsAnEndLikeAnyOther() {
        let (rig, c) = Self.ringing()
        _ = rig.ask(c, "verto.answer", Self.answer())
        _ = rig.ask(c, "verto.bye", ["dialogParams": ["callID": "leg"]])
        #expect(rig.hangUps.map(\.cause) == [.normalClearing])
    }

    @Test func theCallerGivesUp() {
        let (rig, c) = Self.ringing()
        rig.news("leg", .ended(.originatorCancel))
        #expect(
            rig.take(c).map { $0["params"]?.text } == [
                #"{"callID":"leg","causeCode":487,"cause":"ORIGINATOR_CANCEL"}"#
            ])
        // The echo of it.
        let echo: JSONObject = ["cause": "ORIGINATOR_CANCEL", "causeCode": 487, "dialogParams": ["callID": "leg"]]
        #expect(rig.ask(c, "verto.bye", echo).errorMessage == "CALL DOES NOT EXIST")
    }

    @Test func aRingingCallEndsWithItsSocket() {
        let (rig, c) = Self.ringing()
        rig.disconnect(c)
        #expect(rig.hangUps.map(\.cause) == [.destinationOutOfOrder])
        #expect(rig.detached.isEmpty)
    }

    @Test func newsOfACallThatWasPlacedHaveNoAnswerInThem() {
        let (rig, c) = Self.ringing()
        rig.news("leg", .media(sdp: "x"))
        rig.news("leg", .answered(sdp: "x"))
        #expect(rig.take(c).isEmpty)
        rig.disconnect(c)
        #expect(rig.hangUps.map(\.cause) == [.destinationOutOfOrder])  // not answered by that
    }
}
