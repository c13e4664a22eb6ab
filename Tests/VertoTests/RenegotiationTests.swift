import Calls
import Testing
import Verto
import Wire

/// `verto.modify` with `updateMedia`: a new offer for a call that is up (verto.md §4.9).
struct RenegotiationTests {
    /// An answered call `call` of the session `S`, whose media do not answer by themselves.
    private static func call(_ configure: (inout VertoSettings) -> Void = { _ in }) -> (Rig, ConnectionID) {
        let rig = Rig(configure)
        rig.answersOffers = false
        let c = rig.login("1001", session: "S")
        answered("call", on: c, rig)
        return (rig, c)
    }

    private static func answered(_ call: String, on c: ConnectionID, _ rig: Rig) {
        rig.invite(c, call)
        rig.news(call, .answered(sdp: "v=0 answer"))
        _ = rig.take(c)
    }

    private static func update(_ call: String = "call", _ sdp: JSON? = "v=0 new") -> JSONObject {
        var params: JSONObject = ["action": "updateMedia", "dialogParams": ["callID": .string(call)]]
        params["sdp"] = sdp
        return params
    }

    private static func failure(_ message: String) -> String {
        #"{"callID":"call","action":"updateMedia","message":"\#(message)","code":-32002}"#
    }

    @Test func isAnsweredWhenTheMediaHaveAnswered() {
        let (rig, c) = Self.call()
        rig.request(c, "verto.modify", Self.update())
        #expect(rig.take(c).isEmpty)
        #expect(rig.offers.map(\.leg) == [LegID("call")])
        #expect(rig.offers.map(\.offer) == ["v=0 new"])
        rig.renegotiated(.answered(sdp: "v=0 new answer"))
        #expect(
            rig.take(c).map { $0["result"]?.text } == [
                #"{"callID":"call","action":"updateMedia","sdp":"v=0 new answer","holdState":"active","sessid":"S"}"#
            ])
        rig.renegotiated(.answered(sdp: "again"))
        #expect(rig.take(c).isEmpty)
    }

    @Test(arguments: ["updateMedia", "updatemedia", "UPDATEMEDIA"])
    func theActionIsKnownInAnyLetterCaseAndGivenBackAsItCame(action: String) {
        let (rig, c) = Self.call()
        rig.answersOffers = true
        var params = Self.update()
        params["action"] = .string(action)
        #expect(rig.ask(c, "verto.modify", params)["result"]?["action"]?.string == action)
        #expect(rig.offers.count == 1)
    }

    @Test(
        arguments: [(.codecs, "CODEC NEGOTIATION ERROR"), (.media, "MEDIA ERROR")]
            as [(RenegotiationOutcome.Reason, String)])
    func aRefusalIsToldAndTheCallGoesOn(reason: RenegotiationOutcome.Reason, message: String) {
        let (rig, c) = Self.call()
        rig.request(c, "verto.modify", Self.update())
        rig.renegotiated(.refused(reason))
        #expect(rig.take(c).map { $0["error"]?.text } == [Self.failure(message)])
        #expect(rig.counts[.renegotiationRefused] == 1)
        #expect(rig.hangUps.isEmpty && rig.endpoint.callCount == 1)
    }

    @Test(arguments: [nil, "", .null, 7, true, ["v=0"], ["sdp": "v=0"]] as [JSON?])
    func anOfferIsAText(sdp: JSON?) {
        let (rig, c) = Self.call()
        #expect(rig.ask(c, "verto.modify", Self.update("call", sdp))["error"]?.text == Self.failure("SDP missing"))
        #expect(rig.offers.isEmpty && rig.hangUps.isEmpty)
    }

    @Test func anOfferHasALargestSize() {
        let (rig, c) = Self.call()
        let largest = String(repeating: "é", count: SessionDescription.maximumSize / 2)
        let answer = rig.ask(c, "verto.modify", Self.update("call", .string(largest + "x")))
        #expect(answer["error"]?.text == Self.failure("CODEC NEGOTIATION ERROR"))
        #expect(rig.offers.isEmpty && rig.counts[.oversize] == 1)
        rig.request(c, "verto.modify", Self.update("call", .string(largest)))
        #expect(rig.offers.count == 1)
    }

    @Test(arguments: ["v=0", nil] as [JSON?])
    func anOfferBeforeTheAnswerEndsTheCall(sdp: JSON?) {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        rig.invite(c, "call")
        rig.news("call", .media(sdp: "v=0 answer"))
        _ = rig.take(c)
        rig.request(c, "verto.modify", Self.update("call", sdp))
        let messages = rig.take(c)
        #expect(messages.first?["error"]?.text == Self.failure("Cannot update a call that has not been answered."))
        #expect(
            messages.dropFirst().map { "\($0.method ?? "") \($0["params"]?.text ?? "")" } == [
                #"verto.bye {"callID":"call","causeCode":27,"cause":"DESTINATION_OUT_OF_ORDER"}"#
            ])
        #expect(rig.hangUps.map(\.cause) == [.destinationOutOfOrder])
        #expect(rig.offers.isEmpty && rig.endpoint.callCount == 0)
    }

    @Test func callsThatWerePlacedAndCallsThatWereTakenUpAgainAreLikeAnyOther() {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        rig.place(PlacedCall(leg: LegID("call"), session: "S", sdp: "x"))
        _ = rig.ask(c, "verto.answer", ["sdp": "x", "dialogParams": ["callID": "call"]])
        #expect(rig.ask(c, "verto.modify", Self.update()).isResult)
        rig.disconnect(c)
        let (back, _) = rig.comeBack(session: "S")
        #expect(rig.ask(back, "verto.attach", ["sdp": "x", "dialogParams": ["callID": "call"]]).isResult)
        #expect(rig.ask(back, "verto.modify", Self.update())["result"]?["sdp"]?.string == "v=0 new answer")
        #expect(rig.offers.count == 2)
    }

    // MARK: Waiting

    @Test func requestsAndEventsWaitBehindTheAnswer() {
        let (rig, c) = Self.call()
        let first = rig.request(c, "verto.modify", Self.update())
        rig.news("call", .display(name: "Room", number: "3500"))
        let second = rig.request(c, "echo", ["n": 1])
        #expect(rig.take(c).isEmpty)
        rig.renegotiated(.answered(sdp: "x"))
        let messages = rig.take(c)
        #expect(messages.map { $0["id"]?.int }.first == first)
        #expect(messages.map(\.method) == [nil, "verto.display", nil])
        #expect(messages.last?["id"]?.int == second)
    }

    @Test func aBatchWaitsToo() {
        let (rig, c) = Self.call()
        let request: JSON = [
            "jsonrpc": "2.0", "id": 1, "method": "verto.modify", "params": .object(Self.update()),
        ]
        rig.send(c, bytes: JSON.array([request, request]).bytes)
        #expect(rig.offers.count == 1)
        rig.renegotiated(.answered(sdp: "one"))
        #expect(rig.offers.count == 2)
        rig.renegotiated(.refused(.media))
        let replies = rig.take(c).first?.array ?? []
        #expect(replies.map { $0["result"]?["sdp"]?.string } == ["one", nil])
        #expect(replies.last?.errorMessage == "MEDIA ERROR")
    }

    @Test func mediaThatDoNotAnswerAreAnError() {
        let (rig, c) = Self.call()
        rig.request(c, "verto.modify", Self.update())
        rig.wait(.seconds(9))
        #expect(rig.take(c).isEmpty)
        rig.wait(.seconds(2))
        #expect(rig.take(c).map { $0["error"]?.text } == [Self.failure("MEDIA ERROR")])
        #expect(rig.counts[.renegotiationTimedOut] == 1)
        rig.renegotiated(.answered(sdp: "late"))
        #expect(rig.take(c).isEmpty)
        #expect(rig.ask(c, "verto.ping", [:]).isResult)
    }

    @Test func theEndOfTheCallAnswersItsOffers() {
        let (rig, c) = Self.call()
        rig.request(c, "verto.modify", Self.update())
        rig.news("call", .ended(.normalClearing))
        let messages = rig.take(c)
        #expect(messages.first?["error"]?.text == Self.failure("CALL DOES NOT EXIST"))
        #expect(messages.map(\.method) == [nil, "verto.bye"])
        rig.renegotiated(.answered(sdp: "late"))
        rig.wait(.seconds(20))
        #expect(rig.take(c).isEmpty && rig.counts[.renegotiationTimedOut] == nil)
        #expect(rig.ask(c, "verto.ping", [:]).isResult)
    }

    @Test func theEndOfTheConnectionEndsTheWaiting() {
        let (rig, c) = Self.call()
        rig.request(c, "verto.modify", Self.update())
        // What stands behind it is never carried out: the calls it made would have no owner.
        rig.request(c, "verto.invite", ["sdp": "v=0", "dialogParams": ["callID": "ghost"]])
        rig.disconnect(c)
        rig.wait(.seconds(20))
        rig.renegotiated(.answered(sdp: "late"))
        #expect(rig.invites.count == 1 && rig.endpoint.callCount == 1)
        #expect(rig.take(c).isEmpty)
        #expect(rig.counts[.renegotiationTimedOut] == 1)
    }

    @Test func aTakeoverWhileAnOfferWaitsCarriesNothingOn() {
        let (rig, c) = Self.call()
        rig.request(c, "verto.modify", Self.update())
        rig.request(c, "verto.invite", ["sdp": "v=0", "dialogParams": ["callID": "ghost"]])
        let next = rig.login("1001", session: "S")
        rig.renegotiated(.answered(sdp: "late"))
        #expect(rig.invites.count == 1 && rig.endpoint.callCount == 1)
        #expect(rig.take(c).map(\.method) == ["verto.punt"])
        #expect(rig.take(next).isEmpty)
    }

    // MARK: Quotas

    @Test func aCallHasAFewOffersAndThenOneASecond() {
        let (rig, c) = Self.call { $0.offerBurst = 3 }
        rig.answersOffers = true
        Self.answered("other", on: c, rig)
        for _ in 0..<3 { #expect(rig.ask(c, "verto.modify", Self.update()).isResult) }
        #expect(rig.ask(c, "verto.modify", Self.update())["error"]?.text == Self.failure("Too many requests"))
        #expect(rig.offers.count == 3 && rig.counts[.tooManyRequests] == 1)
        #expect(rig.ask(c, "verto.modify", Self.update("other")).isResult)
        rig.wait(.seconds(1))
        #expect(rig.ask(c, "verto.modify", Self.update()).isResult)
        #expect(rig.ask(c, "verto.modify", Self.update()).isResult == false)
    }

    /// One connection waits for one offer at a time, so only somebody who connects anew for each gets this far.
    @Test func aCallHasFourOffersOnTheirWay() {
        let (rig, first) = Self.call()
        var c = first
        for _ in 0..<4 {
            rig.request(c, "verto.modify", Self.update())
            c = rig.login("1001", session: "S")
        }
        #expect(rig.offers.count == 4)
        #expect(rig.ask(c, "verto.modify", Self.update())["error"]?.text == Self.failure("Too many renegotiations"))
        #expect(rig.offers.count == 4)
        rig.renegotiated(.answered(sdp: "x"))  // answers nobody, and frees a place
        #expect(rig.take(c).isEmpty)
        rig.request(c, "verto.modify", Self.update())
        #expect(rig.offers.count == 5)
        rig.renegotiated(.answered(sdp: "x"))
        #expect(rig.take(c).map(\.isResult) == [true])
        rig.wait(.seconds(11))
        #expect(rig.counts[.renegotiationTimedOut] == 3)
    }
}
