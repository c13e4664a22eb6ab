import Calls
import Testing
import Verto
import Wire

/// The stock client's exchanges of verto.md §10, replayed against the endpoint and the call rules together. What is
/// compared is the order of what the client reads (§9.3) and whatever it acts on.
struct ExchangeTests {
    private static func two() -> (house: House, a: ConnectionID, b: ConnectionID) {
        let house = House()
        return (house, house.logIn("1001", session: "SID-A").0, house.logIn("1002", session: "SID-B").0)
    }

    /// Ann's call `C-20` to Bob is up; the name of Bob's leg.
    private static func bridged() -> (house: House, a: ConnectionID, b: ConnectionID, leg: String) {
        let (house, a, b) = two()
        house.call(a, "C-20", to: "1002")
        let leg = house.ringing(b)
        house.answer(b, leg, name: "Bob")
        _ = (house.take(a), house.take(b))
        return (house, a, b, leg)
    }

    @Test func loginChallengesTwiceAndIsReady() {
        let house = House()
        let (_, messages) = house.logIn("1001", session: "SID-A")
        #expect(messages.map { $0["result"]?["message"]?.string ?? $0.method } == ["logged in", "verto.clientReady"])
        #expect(messages.first?["result"]?["sessid"]?.string == "SID-A")
    }

    @Test func aCallFromOnePageToAnother() {
        let (house, a, b) = Self.two()
        house.call(a, "C-20", to: "1002")
        #expect(house.read(a) == ["result CALL CREATED"])  // ringing is silent
        let invite = house.take(b).first
        let leg = invite?["params"]?["callID"]?.string ?? ""
        #expect(invite?["params"]?["caller_id_name"]?.string == "Ann")
        #expect(invite?["params"]?["caller_id_number"]?.string == "1001")
        #expect(invite?["params"]?["display_direction"]?.string == "outbound")
        #expect(leg != "C-20" && !leg.isEmpty)
        house.answer(b, leg, name: "Bob")
        let seen = house.read(b)
        #expect(seen.first == "result")  // before anything it causes
        #expect(seen.dropFirst().allSatisfy { $0.hasPrefix("verto.display") })
        #expect(house.read(a) == ["verto.answer C-20 our answer", "verto.display C-20 shows Bob"])
        #expect(house.connected.count == 1)
        house.bye(b, leg)
        #expect(house.read(b) == ["result CALL ENDED"])
        #expect(house.read(a) == ["verto.bye C-20 NORMAL_CLEARING"])
        house.bye(a, "C-20")  // the echo
        #expect(house.read(a) == ["error CALL DOES NOT EXIST"])
        #expect(house.connected.isEmpty && house.board.count == 0)
    }

    @Test func twoRegistrationsRingAndTheFirstAnswerWins() {
        let (house, a, b1) = Self.two()
        let (b2, _) = house.logIn("1002", session: "SID-B2")
        house.call(a, "C-20", to: "1002")
        let (one, two) = (house.ringing(b1), house.ringing(b2))
        #expect(one != two && !one.isEmpty && !two.isEmpty)
        house.answer(b1, one, name: "Bob")
        #expect(house.read(b2) == ["verto.bye \(two) LOSE_RACE"])
        house.bye(b2, two, "LOSE_RACE")
        #expect(house.read(b2) == ["error CALL DOES NOT EXIST"])
        house.answer(b2, two, name: "late")
        #expect(house.read(b2) == ["error CALL DOES NOT EXIST"])
        #expect(house.board.count == 2)
    }

    @Test func aCallThatIsDeclined() {
        let (house, a, b) = Self.two()
        house.call(a, "C-20", to: "1002")
        let leg = house.ringing(b)
        house.bye(b, leg, "CALL_REJECTED")
        #expect(house.read(b) == ["result CALL ENDED"])
        #expect(house.read(a).last == "verto.bye C-20 CALL_REJECTED")
    }

    @Test func theCallerGivesUp() {
        let (house, a, b) = Self.two()
        house.call(a, "C-20", to: "1002")
        let leg = house.ringing(b)
        house.bye(a, "C-20")
        #expect(house.read(b) == ["verto.bye \(leg) ORIGINATOR_CANCEL"])
    }

    @Test func nobodyAnswers() {
        let (house, a, b) = Self.two()
        house.call(a, "C-20", to: "1002")
        let leg = house.ringing(b)
        _ = house.take(a)
        house.wait(.seconds(61))
        #expect(house.read(b).contains("verto.bye \(leg) NO_ANSWER"))
        #expect(house.read(a).contains("verto.bye C-20 NO_ANSWER"))
    }

    @Test func theCalleeIsNotThere() {
        let (house, a, _) = Self.two()
        house.call(a, "C-20", to: "1004")
        #expect(house.read(a) == ["result CALL CREATED", "verto.bye C-20 USER_NOT_REGISTERED"])
    }

    @Test func holdHasNoOffersAndTheOtherSideHearsNothingOfIt() {
        let (house, a, b, _) = Self.bridged()
        for (action, state) in [
            ("toggleHold", "held"), ("hold", "held"), ("unhold", "active"), ("toggleHold", "held"),
        ] {
            house.modify(a, "C-20", action)
            #expect(house.read(a) == ["result \(state)"])
        }
        #expect(house.read(b).isEmpty)
        #expect(house.held.count >= 3)
    }

    @Test func aBlindTransferIntoARoom() {
        let (house, a, b, leg) = Self.bridged()
        house.modify(b, leg, "transfer", ["destination": "3500"])
        #expect(house.read(b) == ["result CALL TRANSFERRED active", "verto.bye \(leg) NORMAL_CLEARING"])
        #expect(house.read(a) == ["verto.event conference-liveArray-join"])  // no new answer
        #expect(house.rooms.keys.map(\.rawValue) == ["C-20"])
    }

    @Test func aBlindTransferToAnotherUser() {
        let (house, a, b, leg) = Self.bridged()
        let (c, _) = house.logIn("1003", session: "SID-C")
        house.modify(b, leg, "transfer", ["destination": "1003"])
        #expect(house.read(b).last == "verto.bye \(leg) NORMAL_CLEARING")
        let third = house.ringing(c)
        house.answer(c, third, name: "Cy")
        #expect(house.read(a).contains("verto.display C-20 shows Cy"))
        #expect(house.connected.count == 1)
    }

    @Test func anAttendedTransfer() {
        let (house, a, b, leg) = Self.bridged()
        let (c, _) = house.logIn("1003", session: "SID-C")
        house.call(a, "C-31", to: "1003")
        let third = house.ringing(c)
        house.answer(c, third, name: "Cy")
        _ = (house.take(a), house.take(b), house.take(c))
        house.modify(a, "C-20", "replace", ["replaceCallID": "C-31"])
        #expect(
            house.read(a) == ["result active", "verto.bye C-20 NORMAL_CLEARING", "verto.bye C-31 ATTENDED_TRANSFER"])
        // Each is shown the other; there are no new offers.
        #expect(house.read(b) == ["verto.display \(leg) shows Cy"])
        #expect(house.read(c) == ["verto.display \(third) shows Bob"])
        #expect(house.board.count == 2)
        #expect(house.connected.count == 1)
    }

    @Test func aTransferWithoutAFarLeg() {
        let (house, a, _) = Self.two()
        house.call(a, "C-1", to: "3500")
        _ = house.take(a)
        house.modify(a, "C-1", "transfer", ["destination": "1002"])
        #expect(house.read(a) == ["error call is not bridged"])
        house.modify(a, "C-1", "replace", ["replaceCallID": "C-9"])
        #expect(house.read(a) == ["error invalid transfer leg active"])
    }

    @Test func earlyMediaAndThenAnAnswerWithoutSDP() {
        let (house, a, _) = Self.two()
        house.call(a, "C-40", to: "9100")
        #expect(house.read(a) == ["result CALL CREATED", "verto.media C-40 our answer"])
        house.wait(.seconds(2))
        #expect(house.read(a) == ["verto.answer C-40"])
        house.call(a, "C-41", to: "9200")
        #expect(house.read(a) == ["result CALL CREATED", "verto.bye C-41 USER_BUSY"])
    }

    @Test func aReloadInARoomEndsInTheSameRoom() {
        let (house, a, _) = Self.two()
        house.call(a, "C-1", to: "3500")
        #expect(
            house.read(a) == [
                "result CALL CREATED", "verto.answer C-1 our answer", "verto.event conference-liveArray-join",
            ])
        house.drop(a)
        house.wait(.seconds(3))
        let (back, messages) = house.logIn("1001", session: "SID-A")
        #expect(messages.map(\.method) == [nil, "verto.attach", "verto.clientReady"])
        #expect(messages[1]["params"]?["display_direction"]?.string == "inbound")
        #expect(messages[2]["params"]?.text == #"{"reattached_sessions":["C-1"]}"#)
        house.request(
            back, "verto.attach", ["sdp": "answer", "dialogParams": ["callID": "C-1", "sdp": "new offer"]])
        #expect(house.read(back) == ["result", "verto.event conference-liveArray-join"])
        house.wait(.seconds(600))
        #expect(house.rooms.count == 1 && house.board.count == 1)
    }

    @Test func aReloadInACallGoesOnWithTheCall() {
        let (house, a, b, leg) = Self.bridged()
        house.drop(b)
        house.wait(.seconds(10))
        #expect(house.read(a).isEmpty)
        let (back, messages) = house.logIn("1002", session: "SID-B")
        #expect(messages[1]["params"]?["display_direction"]?.string == "outbound")
        house.request(back, "verto.attach", ["sdp": "answer", "dialogParams": ["callID": .string(leg)]])
        #expect(house.read(back) == ["result", "verto.display \(leg) shows Ann"])
        #expect(house.connected.count == 1)
        house.bye(a, "C-20")
        #expect(house.read(back) == ["verto.bye \(leg) NORMAL_CLEARING"])
    }

    @Test func aSecondTabPuntsTheFirst() {
        let (house, a, _, _) = Self.bridged()
        let (second, messages) = house.logIn("1001", session: "SID-A")
        #expect(house.read(a) == ["verto.punt"])
        #expect(house.closed == [a])
        #expect(messages.map(\.method) == [nil, "verto.attach", "verto.clientReady"])
        house.drop(a)  // its own end touches nothing
        house.request(second, "verto.attach", ["sdp": "answer", "dialogParams": ["callID": "C-20"]])
        #expect(house.read(second).first == "result")
        #expect(house.board.count == 2)
    }

    @Test func whoeverNeverComesBackIsHungUp() {
        let (house, a, b, _) = Self.bridged()
        house.drop(b)
        house.wait(.seconds(125))
        #expect(house.read(a).contains { $0.hasPrefix("verto.bye C-20") })
        #expect(house.board.count == 0)
    }

    @Test func textsInsideACallReachTheOtherPage() {
        let (house, a, b, leg) = Self.bridged()
        house.request(
            a, "verto.info",
            ["msg": ["to": "x", "body": "hi", "inDialog": true], "dialogParams": ["callID": "C-20"]])
        #expect(house.read(a) == ["result SENT"])
        let text = house.take(b).first?["params"]
        #expect(text?["callID"]?.string == leg && text?["msg"]?["body"]?.string == "hi")
    }
}
