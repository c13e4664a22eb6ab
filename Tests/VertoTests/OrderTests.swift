import Calls
import Conference
import Testing
import Verto
import Wire

/// verto.md §1.4 and §9.3: what clients break on when it comes in another order.
struct OrderTests {
    @Test func whateverARequestCausesComesAfterItsAnswer() {
        let rig = Rig()
        let c = rig.login("boss")
        // Calls: the result before media and answer.
        rig.request(c, "verto.invite", ["sdp": "x", "dialogParams": ["callID": "call"]])
        rig.join("call", flags: .moderator)
        let mod = "conference-mod.3500@example.com"
        let array = "conference-liveArray.3500@example.com"
        let kinds = rig.take(c).map { $0.method ?? ($0.isResult ? "result" : "error") }
        #expect(kinds == ["result", "verto.media", "verto.answer", "verto.event"])
        // Channels: the subscribe result before the first event, the bootstrap result before the bootObj.
        rig.request(c, "verto.subscribe", ["eventChannel": .string(array)])
        rig.request(c, "verto.subscribe", ["eventChannel": .string(mod)])
        rig.request(
            c, "verto.broadcast", ["eventChannel": .string(array), "data": ["liveArray": ["command": "bootstrap"]]])
        rig.request(c, "verto.broadcast", ["eventChannel": .string(mod), "data": ["command": "mute", "id": 1]])
        let events = rig.take(c).map { $0["result"] != nil ? "result" : $0["params"]?["data"]?["action"]?.string ?? "" }
        #expect(events == ["result", "result", "result", "bootObj", "result", "modify", "response"])
        // A bye that we cause ourselves.
        rig.request(c, "verto.broadcast", ["eventChannel": .string(mod), "data": ["command": "kick", "id": 1]])
        let last = rig.take(c).map { $0.method ?? "result" }
        #expect(last.first == "result")
        #expect(last.contains("verto.bye"))
    }

    @Test func answersKeepTheOrderOfTheRequestsWhileOneWaitsForARoom() {
        let rig = Rig()
        let (op, c) = (rig.login("op"), rig.login("1001"))
        rig.enter(c, "call")
        rig.enter(op, "op-call")
        rig.answersCommands = false
        _ = rig.take(op)
        let first = rig.request(op, "fsapi", ["cmd": "conference", "arg": "3500 count"])
        let second = rig.request(op, "verto.ping", [:])
        let third = rig.request(op, "fsapi", ["cmd": "conference", "arg": "3500 mute 1"])
        rig.news("op-call", .display(name: "x", number: "y"))
        #expect(rig.take(op).isEmpty)
        #expect(rig.waitingCommands == 1)
        rig.completeCommands()
        let answers = rig.take(op)
        #expect(answers.map { $0["id"]?.int ?? 0 }.prefix(1) == [first])
        #expect(answers.first?["result"]?["message"]?.string == "2")
        #expect(answers.dropFirst().first?.method == "verto.display")
        #expect(answers.dropFirst(2).first?["id"]?.int == second)
        #expect(answers.count == 3)
        rig.completeCommands()
        #expect(rig.take(op).first?["id"]?.int == third)
    }

    @Test func aRoomThatDoesNotAnswerHoldsNothingUpForEver() {
        let rig = Rig()
        let c = rig.login("op")
        rig.answersCommands = false
        rig.request(c, "fsapi", ["cmd": "conference", "arg": "3500 count"])
        rig.request(c, "verto.ping", [:])
        rig.wait(.seconds(9))
        #expect(rig.take(c).isEmpty)
        rig.wait(.seconds(1))
        let answers = rig.take(c)
        #expect(answers.first?["result"]?["message"]?.string == "-ERR Timeout\n")
        #expect(answers.last?["result"]?["message"]?.string == "PONG")
        rig.completeCommands()  // too late, and ignored
        #expect(rig.take(c).isEmpty)
    }

    @Test func whatWaitsIsBounded() {
        let rig = Rig { $0.heldMessages = 10 }
        let c = rig.login("op")
        rig.answersCommands = false
        rig.request(c, "fsapi", ["cmd": "conference", "arg": "3500 count"])
        for _ in 0..<10 { rig.request(c, "verto.ping", [:]) }
        #expect(rig.closed[c] == nil)
        rig.request(c, "verto.ping", [:])
        #expect(rig.closed[c]?.code == 1008)
        rig.completeCommands()
        #expect(rig.take(c).isEmpty)
    }

    @Test func eventsThatWaitAreBoundedToo() {
        let rig = Rig { $0.heldMessages = 10 }
        let c = rig.login("op")
        rig.enter(c, "call")
        rig.answersCommands = false
        _ = rig.take(c)
        rig.request(c, "fsapi", ["cmd": "conference", "arg": "3500 count"])
        for n in 0..<11 { rig.news("call", .display(name: "\(n)", number: "")) }
        rig.completeCommands()
        #expect(rig.take(c).count == 11)  // the answer, and ten of them
        #expect(rig.closed[c]?.code == 1008)
    }

    @Test func idsOfOurRequestsRiseFarFromThoseOfClients() {
        let rig = Rig()
        let c = rig.login()
        rig.enter(c, "call")
        let ids = rig.take(c).compactMap { $0.method == nil ? nil : $0["id"]?.int }
        #expect(ids.allSatisfy { $0 >= 1_000_000_000 && $0 <= Int(Int32.max) })
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func aBatchIsAnsweredWithAnArrayBeforeWhatItCauses() {
        let rig = Rig()
        let c = rig.login("op", session: "S")
        rig.enter(c, "room-call")
        rig.answersCommands = false
        _ = rig.take(c)
        rig.send(
            c,
            text: """
                [{"jsonrpc":"2.0","method":"verto.ping","id":1},
                 {"jsonrpc":"2.0","id":9,"result":{}},
                 {"jsonrpc":"2.0","method":"fsapi","params":{"cmd":"conference","arg":"3500 count"},"id":2},
                 5,
                 {"jsonrpc":"2.0","method":"verto.invite","params":{"sdp":"x","dialogParams":{"callID":"n"}},"id":3}]
                """)
        #expect(rig.take(c).isEmpty)
        rig.completeCommands()
        let messages = rig.takeBytes(c).map { String(decoding: $0, as: UTF8.self) }
        #expect(
            messages == [
                """
                [{"jsonrpc":"2.0","id":1,"result":{"message":"PONG"}},\
                {"jsonrpc":"2.0","id":2,"result":{"message":"1"}},\
                {"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid message"}},\
                {"jsonrpc":"2.0","id":3,"result":{"message":"CALL CREATED","callID":"n"}}]
                """
            ])
        #expect(rig.invites.last?.leg.rawValue == "n")
        rig.send(c, text: #"[{"jsonrpc":"2.0","id":9,"result":{}}]"#)
        #expect(rig.take(c) == [[]])
        rig.send(c, bytes: JSON.array(Array(repeating: 1, count: 33)).bytes)
        #expect(rig.take(c).first?.errorCode == -32600)
    }
}
