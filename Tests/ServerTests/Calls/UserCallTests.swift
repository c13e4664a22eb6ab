import Calls
import Conference
import Server
import TestKit
import Testing
import Verto
import Wire

/// One user calls another.
@Suite(.serialized)
struct UserCallTests {
    @Test(arguments: [1, 3])
    func bothHearEachOtherAndSeeWhoItIs(loops: Int) async throws {
        try await CallingServer.run(mediaLoops: loops) { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            let outgoing = try await ann.call("1001", name: "Ann")
            let incoming = try await bob.answer(as: "Bob")
            try await outgoing.answered()
            try await incoming.line.connected()
            try await outgoing.shows("Bob")
            try await incoming.shows("Ann")
            try await outgoing.line.hears(1100)
            try await incoming.line.hears(500)
            outgoing.hangUp()
            #expect(try await incoming.end() == .init(cause: "NORMAL_CLEARING", code: 16))
            try await server.waitForNoCalls()
        }
    }

    @Test func theyHearTheKeysOfEachOther() async throws {
        try await CallingServer.run { server in
            let (outgoing, incoming) = try await Self.call(server)
            await outgoing.line.press("42#")
            try await incoming.line.wait("42#") { $0.digits == [4, 2, 11] }
            await incoming.line.press("7")
            try await outgoing.line.wait("7") { $0.digits == [7] }
        }
    }

    @Test func textGoesToTheOtherEndAndToUsersByName() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let bob = try await Phone.logIn(server, as: "1001")
            let outgoing = try await ann.call("1001")
            let incoming = try await bob.answer()
            try await outgoing.answered()
            ann.user.perform { $0.text("in the call", to: "1001", inCall: outgoing.id) }
            let domain = try await server.domain()
            try await bob.user.take("the text") {
                $0 == .text(callID: incoming.id, from: "1000@\(domain)", body: "in the call") ? true : nil
            }
            bob.user.perform { $0.text("outside", to: "1000@\(domain)") }
            try await ann.user.take("the text") {
                $0 == .text(callID: nil, from: "1001@\(domain)", body: "outside") ? true : nil
            }
        }
    }

    @Test func aDeclinedCallIsRejected() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let bob = try await Phone.logIn(server, as: "1001")
            let call = try await ann.call("1001")
            try await bob.declines()
            #expect(try await call.end() == .init(cause: "CALL_REJECTED", code: 21))
            try await server.waitForNoCalls()
        }
    }

    @Test func whoIsNotThereIsNotRegistered() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let call = try await ann.call("1001")
            #expect(try await call.end() == .init(cause: "USER_NOT_REGISTERED", code: 806))
            try await server.waitForNoCalls()
        }
    }

    @Test func whoHangsUpFirstCancels() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let bob = try await Phone.logIn(server, as: "1001")
            let call = try await ann.call("1001")
            let (id, _) = try await bob.rings()
            call.hangUp()
            #expect(try await bob.end(of: id) == .init(cause: "ORIGINATOR_CANCEL", code: 487))
            try await server.waitForNoCalls()
        }
    }

    @Test func theFirstOfTwoPhonesWins() async throws {
        try await CallingServer.run(mediaLoops: 2) { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let desk = try await Phone.logIn(server, as: "1001", session: "desk", saying: 800)
            let pocket = try await Phone.logIn(server, as: "1001", session: "pocket", saying: 1100)
            let call = try await ann.call("1001")
            let (lost, _) = try await desk.rings()
            let won = try await pocket.answer()
            #expect(try await desk.end(of: lost) == .init(cause: "LOSE_RACE", code: 702))
            try await call.answered()
            try await call.line.hears(1100)
            try await won.line.hears(500)
            call.hangUp()
            try await server.waitForNoCalls()
        }
    }

    @Test func nobodyRingsForEver() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let bob = try await Phone.logIn(server, as: "1001")
            let call = try await ann.call("ring-1001")
            let (id, _) = try await bob.rings()
            #expect(try await call.end() == .init(cause: "NO_ANSWER", code: 19))
            #expect(try await bob.end(of: id).code == 19)
            try await server.waitForNoCalls()
        }
    }

    @Test func whoLosesTheSocketWhileItRingsIsOutOfOrder() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let bob = try await Phone.logIn(server, as: "1001")
            let call = try await ann.call("1001")
            _ = try await bob.rings()
            bob.user.loseSocket()
            #expect(try await call.end() == .init(cause: "DESTINATION_OUT_OF_ORDER", code: 27))
            try await server.waitForNoCalls()
        }
    }

    @Test func holdStopsTheSoundAndUnholdBringsItBack() async throws {
        try await CallingServer.run { server in
            let (outgoing, incoming) = try await Self.call(server)
            #expect(try await outgoing.modify("hold") == "held")
            try await incoming.line.misses(500)
            try await outgoing.line.misses(1100)
            #expect(try await outgoing.modify("hold") == "held")
            #expect(try await outgoing.modify("unhold") == "active")
            try await incoming.line.hears(500)
            try await outgoing.line.hears(1100)
            #expect(try await incoming.modify("toggleHold") == "held")
            try await outgoing.line.misses(1100)
            #expect(try await incoming.modify("toggleHold") == "active")
            try await outgoing.line.hears(1100)
        }
    }

    @Test func aHeldCallThatIsSentToARoomIsHeldThere() async throws {
        try await CallingServer.run { server in
            let inRoom = try await Phone.logIn(server, as: "1002", saying: 1400).enter("3500")
            let (outgoing, incoming) = try await Self.call(server)
            #expect(try await outgoing.modify("hold") == "held")
            try await incoming.modify("transfer", ["destination": "3500"])
            #expect(try await outgoing.joined().name == "3500")
            try await inRoom.line.misses(500)
            try await outgoing.line.misses(1400)
            #expect(try await outgoing.modify("unhold") == "active")
            try await inRoom.line.hears(500)
            try await outgoing.line.hears(1400)
        }
    }

    @Test func theFarEndOfABlindTransferEntersARoom() async throws {
        try await CallingServer.run(mediaLoops: 2) { server in
            let carol = try await Phone.logIn(server, as: "1002", saying: 1400)
            let inRoom = try await carol.enter("3500")
            let (outgoing, incoming) = try await Self.call(server)
            #expect(try await incoming.modify("transfer", ["destination": "3500"]) == "active")
            #expect(try await incoming.end() == .init(cause: "NORMAL_CLEARING", code: 16))
            #expect(try await outgoing.joined().name == "3500")
            try await outgoing.line.hears(1400)
            try await inRoom.line.hears(500)
        }
    }

    @Test func transfersOfCallsThatHaveNoFarEndAreRefused() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let call = try await ann.enter("3500")
            #expect(try await call.modify("transfer", ["destination": "9196"]) == "refused: call is not bridged")
            #expect(try await call.modify("replace", ["replaceCallID": "nobody"]) == "refused: invalid transfer leg")
        }
    }

    @Test func anAttendedTransferConnectsTheTwoOthers() async throws {
        try await CallingServer.run(mediaLoops: 2) { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let bob = try await Phone.logIn(server, as: "1001", saying: 800)
            let carol = try await Phone.logIn(server, as: "1002", saying: 1100)
            let toBob = try await ann.call("1001")
            let withBob = try await bob.answer(as: "Bob")
            try await toBob.answered()
            try await toBob.modify("hold")
            let toCarol = try await ann.call("1002")
            let withCarol = try await carol.answer(as: "Carol")
            try await toCarol.answered()
            try await toCarol.line.hears(1100)

            #expect(
                try await toBob.modify("replace", ["replaceCallID": .string(toCarol.id)]).hasPrefix("refused") == false)
            #expect(try await toBob.end() == .init(cause: "NORMAL_CLEARING", code: 16))
            #expect(try await toCarol.end() == .init(cause: "ATTENDED_TRANSFER", code: 801))
            try await withBob.shows("Carol")
            try await withCarol.shows("Bob")
            try await withBob.line.hears(1100)
            try await withCarol.line.hears(800)
            withBob.hangUp()
            #expect(try await withCarol.end().code == 16)
            try await server.waitForNoCalls()
        }
    }

    @Test func theCallerHearsWhatComesBeforeTheAnswer() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            let call = try await ann.call("tone-1001")
            try await call.earlyMedia()
            try await call.line.hears(800)
            let incoming = try await bob.answer()
            try await ann.user.take("the answer") { output in
                if case .answered(call.id, nil) = output { true } else { nil }
            }
            try await call.line.misses(800)
            try await call.line.hears(1100)
            try await incoming.line.hears(500)
        }
    }

    /// 1000 says 500 Hz and calls 1001, which says 1100 Hz.
    static func call(_ server: RunningServer) async throws -> (outgoing: PhoneCall, incoming: PhoneCall) {
        let ann = try await Phone.logIn(server, as: "1000", saying: 500)
        let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
        let outgoing = try await ann.call("1001")
        let incoming = try await bob.answer()
        try await outgoing.answered()
        try await outgoing.line.hears(1100)
        try await incoming.line.hears(500)
        return (outgoing, incoming)
    }
}
