import Calls
import Testing
import Verto
import Wire

/// Hold and transfers by `verto.modify` (verto.md §4.9): replies, errors and their order.
struct CallModificationTests {
    /// Two answered calls, `one` and `two`, of session `S`; `ringing` is not answered.
    private static func calls() -> (Rig, ConnectionID) {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        for call in ["one", "two", "ringing"] { rig.invite(c, call) }
        for call in ["one", "two"] { rig.news(call, .answered(sdp: "x")) }
        _ = rig.take(c)
        return (rig, c)
    }

    private static func modify(_ action: String, _ call: String = "one", _ extra: JSONObject = [:]) -> JSONObject {
        var params: JSONObject = ["action": .string(action), "dialogParams": ["callID": .string(call)]]
        for (key, value) in extra.members { params[key] = value }
        return params
    }

    typealias Row = (what: String, params: JSONObject, outcome: ModifyOutcome, change: CallChange?, answer: String)

    static let rows: [Row] = [
        (
            "hold", modify("hold"), .done(isHeld: true), .hold(.on),
            #"{"callID":"one","action":"hold","holdState":"held","sessid":"S"}"#
        ),
        (
            "unhold", modify("unhold"), .done(isHeld: false), .hold(.off),
            #"{"callID":"one","action":"unhold","holdState":"active","sessid":"S"}"#
        ),
        (
            "toggle", modify("toggleHold"), .done(isHeld: true), .hold(.toggle),
            #"{"callID":"one","action":"toggleHold","holdState":"held","sessid":"S"}"#
        ),
        (
            "upper case", modify("TOGGLEHOLD"), .done(isHeld: false), .hold(.toggle),
            #"{"callID":"one","action":"TOGGLEHOLD","holdState":"active","sessid":"S"}"#
        ),
        (
            "hold before the answer", modify("hold", "ringing"), .done(isHeld: true), nil,
            #"{"callID":"ringing","action":"hold","holdState":"active","sessid":"S"}"#
        ),
        (
            "transfer", modify("transfer", "one", ["destination": "3500"]), .done(isHeld: false), .transfer("3500"),
            #"{"callID":"one","action":"transfer","message":"CALL TRANSFERRED","holdState":"active","sessid":"S"}"#
        ),
        (
            "no destination", modify("transfer"), .done(isHeld: false), nil,
            #"{"callID":"one","action":"transfer","message":"destination missing","code":-32002}"#
        ),
        (
            "destination no text", modify("transfer", "one", ["destination": 3500]), .done(isHeld: false), nil,
            #"{"callID":"one","action":"transfer","message":"destination missing","code":-32002}"#
        ),
        (
            "destination no name", modify("transfer", "one", ["destination": "35\n00"]), .done(isHeld: false), nil,
            #"{"callID":"one","action":"transfer","message":"destination missing","code":-32002}"#
        ),
        (
            "not bridged", modify("transfer", "one", ["destination": "3500"]), .refused(.notBridged),
            .transfer("3500"), #"{"callID":"one","action":"transfer","message":"call is not bridged","code":-32002}"#
        ),
        (
            "replace", modify("replace", "one", ["replaceCallID": "two"]), .done(isHeld: false), .replace(LegID("two")),
            #"{"callID":"one","action":"replace","holdState":"active","sessid":"S"}"#
        ),
        (
            "nothing to replace", modify("replace"), .done(isHeld: false), nil,
            #"{"callID":"one","action":"replace","message":"replaceCallID missing","code":-32002,"holdState":"active"}"#
        ),
        (
            "no such call", modify("replace", "one", ["replaceCallID": "never"]), .done(isHeld: false), nil,
            #"{"callID":"one","action":"replace","message":"invalid transfer leg","code":-32002,"holdState":"active"}"#
        ),
        (
            "somebody else's", modify("replace", "one", ["replaceCallID": "foreign"]), .done(isHeld: false), nil,
            #"{"callID":"one","action":"replace","message":"invalid transfer leg","code":-32002,"holdState":"active"}"#
        ),
        (
            "itself", modify("replace", "one", ["replaceCallID": "one"]), .done(isHeld: false), nil,
            #"{"callID":"one","action":"replace","message":"invalid transfer leg","code":-32002,"holdState":"active"}"#
        ),
        (
            "failed", modify("replace", "one", ["replaceCallID": "two"]), .refused(.failed), .replace(LegID("two")),
            #"{"callID":"one","action":"replace","message":"transfer failed","code":-32002,"holdState":"active"}"#
        ),
        (
            "gone", modify("replace", "one", ["replaceCallID": "two"]), .refused(.invalidLeg), .replace(LegID("two")),
            #"{"callID":"one","action":"replace","message":"invalid transfer leg","code":-32002,"holdState":"active"}"#
        ),
    ]

    @Test(arguments: rows)
    func isAnsweredAsDocumented(row: Row) {
        let (rig, c) = Self.calls()
        rig.invite(rig.login("1002"), "foreign")
        rig.modifyOutcome = row.outcome
        let answer = rig.ask(c, "verto.modify", row.params)
        #expect((answer["result"] ?? answer["error"])?.text == row.answer, "\(row.what)")
        #expect(rig.changes.map(\.change) == (row.change.map { [$0] } ?? []), "\(row.what)")
        #expect(rig.take(c).isEmpty)
    }

    @Test func everyLaterAnswerKnowsTheHoldState() {
        let (rig, c) = Self.calls()
        rig.modifyOutcome = .done(isHeld: true)
        _ = rig.ask(c, "verto.modify", Self.modify("hold"))
        #expect(rig.ask(c, "verto.modify", Self.modify("somethingNew"))["result"]?["holdState"]?.string == "held")
        let update = rig.ask(c, "verto.modify", Self.modify("updateMedia", "one", ["sdp": "x"]))
        #expect(update["result"]?["holdState"]?.string == "held")
        rig.modifyOutcome = .refused(.failed)
        let failed = rig.ask(c, "verto.modify", Self.modify("replace", "one", ["replaceCallID": "two"]))
        #expect(failed["error"]?["holdState"]?.string == "held")
        #expect(rig.ask(c, "verto.modify", Self.modify("x", "two"))["result"]?["holdState"]?.string == "active")
        rig.news("one", .held(false))
        #expect(rig.take(c).isEmpty)
        #expect(rig.ask(c, "verto.modify", Self.modify("x"))["result"]?["holdState"]?.string == "active")
    }

    @Test func theAnswerComesBeforeTheEndOfTheTransferredCall() {
        let (rig, c) = Self.calls()
        rig.modifyOutcome = nil
        rig.request(c, "verto.modify", Self.modify("transfer", "one", ["destination": "3500"]))
        guard let token = rig.changes.first?.token else { return }
        rig.settle(token, ModifyOutcome.done(isHeld: false))
        rig.news("one", .ended(.normalClearing))
        #expect(rig.take(c).map { $0.method ?? $0["result"]?["message"]?.string } == ["CALL TRANSFERRED", "verto.bye"])
    }

    @Test func callsThatDoNotAnswerAreAnError() {
        let (rig, c) = Self.calls()
        rig.modifyOutcome = nil
        rig.request(c, "verto.modify", Self.modify("hold"))
        rig.wait(.seconds(11))
        #expect(rig.take(c).map(\.errorMessage) == ["Timeout"])
        #expect(rig.counts[.callRequestTimedOut] == 1)
        guard let token = rig.changes.first?.token else { return }
        rig.settle(token, ModifyOutcome.done(isHeld: true))
        #expect(rig.take(c).isEmpty)
    }
}
