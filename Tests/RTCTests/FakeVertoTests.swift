import TestKit
import Testing
import Wire

/// The Verto client that tests and the load tool use keeps the stock client's rules (`verto.md` §3.2, §9, §10).
struct FakeVertoTests {
    @Test func logsInAfterTheChallenge() throws {
        var client = FakeVerto(account: .init(login: "1008@example.com", password: "1234"), sessionID: "SID")
        let first = sent(client.connected())
        #expect(first.map { $0["id"]?.int } == [2, 1])
        #expect(first.allSatisfy { $0["method"]?.string == "login" && $0["params"]?["passwd"] == nil })
        let login = try #require(sent(client.receive(Self.challenge(2))).first)
        #expect(client.receive(Self.challenge(1)).isEmpty)
        #expect(login["id"] == 3 && login["params"]?["passwd"]?.string == "1234")
        #expect(login["params"]?["sessid"]?.string == "SID")
        #expect(
            client.receive(#"{"jsonrpc":"2.0","id":3,"result":{"message":"logged in","sessid":"SID"}}"#) == [.loggedIn])
        #expect(client.isLoggedIn)
    }

    @Test func holdsAndSendsText() throws {
        var client = loggedIn()
        _ = client.invite(callID: "C-1", to: "1001", sdp: "v=0", name: "Ann", number: "1008")
        let hold = try #require(sent(client.modify(callID: "C-1", action: "hold")).first)
        #expect(
            client.receive(
                #"{"jsonrpc":"2.0","id":\#(hold["id"]?.int ?? 0),"result":{"callID":"C-1","action":"hold","holdState":"held"}}"#
            ) == [.modified(callID: "C-1", action: "hold", holdState: "held")])
        let text = try #require(sent(client.text("hello", to: "1001", inCall: "C-1")).first)
        #expect(text["params"]?["msg"]?["inDialog"] == true && text["params"]?["msg"]?["body"]?.string == "hello")
        #expect(
            client.receive(
                #"{"jsonrpc":"2.0","id":901,"method":"verto.info","params":{"msg":{"from":"b","body":"x"}}}"#)
                == [.text(callID: nil, from: "b", body: "x")])
    }

    @Test func logsInAgainOnAnotherSocket() throws {
        var client = loggedIn()
        #expect(sent(client.connected()).count == 2)
        #expect(!client.isLoggedIn)
        #expect(sent(client.receive(Self.challenge(2))).count == 1)
    }

    @Test func reportsAWrongPassword() {
        var client = FakeVerto(account: .init(login: "1", password: "x"), sessionID: "S")
        _ = client.connected()
        _ = client.receive(Self.challenge(2))
        let refused = client.receive(
            #"{"jsonrpc":"2.0","id":3,"error":{"code":-32001,"message":"Authentication Failure"}}"#)
        #expect(refused == [.loginRefused(code: -32001, message: "Authentication Failure")])
    }

    @Test func callsAndIsAnswered() throws {
        var client = loggedIn()
        let invite = try #require(
            sent(client.invite(callID: "C-1", to: "3500", sdp: "v=0", name: "Ann", number: "1008")).first)
        #expect(invite["params"]?["dialogParams"]?["destination_number"]?.string == "3500")
        #expect(
            client.receive(#"{"jsonrpc":"2.0","id":4,"result":{"message":"CALL CREATED","callID":"C-1"}}"#) == [
                .callCreated("C-1")
            ])
        let answered = client.receive(
            #"{"jsonrpc":"2.0","id":900,"method":"verto.answer","params":{"callID":"C-1","sdp":"v=0 a","variables":{}}}"#
        )
        #expect(answered.first == .answered(callID: "C-1", sdp: "v=0 a"))
        #expect(sent(answered).map(\.text) == [#"{"jsonrpc":"2.0","id":900,"result":{"method":"verto.answer"}}"#])
        let bye = try #require(sent(client.hangUp(callID: "C-1")).first)
        #expect(bye["method"]?.string == "verto.bye" && bye["params"]?["causeCode"] == 16)
        #expect(client.hangUp(callID: "C-1").isEmpty)
    }

    @Test func echoesAByeBeforeItReplies() {
        var client = loggedIn()
        _ = client.invite(callID: "C-1", to: "3500", sdp: "v=0", name: "Ann", number: "1008")
        let outputs = client.receive(
            #"{"jsonrpc":"2.0","id":901,"method":"verto.bye","params":{"callID":"C-1","causeCode":17,"cause":"USER_BUSY"}}"#
        )
        #expect(outputs.contains(.ended(callID: "C-1", cause: "USER_BUSY", code: 17)))
        let messages = sent(outputs)
        #expect(messages.first?["method"]?.string == "verto.bye")
        #expect(messages.last?["result"]?["method"]?.string == "verto.bye")
        #expect(
            client.receive(#"{"jsonrpc":"2.0","id":5,"error":{"message":"CALL DOES NOT EXIST","code":-32002}}"#).isEmpty
        )
    }

    @Test func answersPings() {
        var client = loggedIn()
        let reply = sent(client.receive(#"{"jsonrpc":"2.0","id":7,"method":"verto.ping","params":{"serno":1}}"#))
        #expect(reply.first?["result"]?["method"]?.string == "verto.ping")
    }

    @Test func learnsTheRoomFromThePrivateEvent() throws {
        var client = loggedIn()
        let outputs = client.receive(
            """
            {"jsonrpc":"2.0","id":1005,"method":"verto.event","params":{"pvtData":{"callID":"C-1",
            "action":"conference-liveArray-join","laChannel":"conference-liveArray.3500@example.com","laName":"3500",
            "role":"participant","chatID":"conf+3500@example.com","conferenceMemberID":"12","canvasCount":0,
            "chatChannel":"conference-chat.3500@example.com"},"eventChannel":"SID","eventType":"channelPvtData"}}
            """)
        guard case .joined(let membership) = try #require(outputs.first) else {
            Issue.record("no join: \(outputs)")
            return
        }
        #expect(membership.channel == "conference-liveArray.3500@example.com" && membership.memberID == "12")
    }

    @Test func watchesAnArrayAndAsksTwiceAfterGaps() throws {
        var client = loggedIn()
        let channel = "conference-liveArray.3500@example.com"
        let requests = sent(client.watch(channel: channel, name: "3500"))
        #expect(requests.map { $0["method"]?.string } == ["verto.subscribe", "verto.broadcast"])
        #expect(
            client.receive(#"{"jsonrpc":"2.0","id":4,"result":{"subscribedChannels":["\#(channel)"]}}"#) == [
                .subscribed(channel)
            ])
        let boot = client.receive(
            Self.event(channel, #""action":"bootObj","wireSerno":-1,"data":[["C-0",\#(Self.row(talking: false))]]"#))
        #expect(boot == [.liveArray(channel: channel, .boot(count: 1))])
        let talk = client.receive(Self.event(channel, Self.modify(41, talking: true)))
        guard case .liveArray(_, .modified(let key, let row, let before)) = try #require(talk.first) else {
            Issue.record("no change: \(talk)")
            return
        }
        #expect(key == "C-0" && row.isTalking && before?.isTalking == false && row.energyScore == 912)
        var asked = 0
        for serial in [43, 44, 45, 42] {
            asked += sent(client.receive(Self.event(channel, Self.modify(serial, talking: false)))).count
        }
        #expect(asked == 2)
        #expect(client.arrays[channel]?.gaps == 3)
        #expect(client.arrays[channel]?.lastSerial == 42)
        _ = client.receive(Self.event(channel, #""action":"clear","wireSerno":-1,"data":{}"#))
        #expect(client.arrays[channel]?.lastSerial == 0)
        #expect(client.arrays[channel]?.rows.isEmpty == true)
    }

    @Test func readsPlainStatusRows() throws {
        let row = try #require(
            FakeLiveArrayRow(try JSON(parsing: #"["0012","1008","Ann","opus@48000","TALKING (FLOOR)",null]"#)))
        #expect(row.isTalking && row.hasFloor && !row.isMuted && row.memberID == "0012")
    }

    @Test(arguments: ["", "[]", "{}", "null", #"{"jsonrpc":"2.0"}"#, #"{"jsonrpc":"2.0","id":99,"result":{}}"#])
    func survivesNonsense(text: String) {
        var client = loggedIn()
        for output in client.receive(text) {
            guard case .malformed = output else {
                Issue.record("\(output)")
                return
            }
        }
    }

    private static func challenge(_ id: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-32000,"message":"Authentication Required"}}"#
    }

    private static func event(_ channel: String, _ data: String) -> String {
        #"{"jsonrpc":"2.0","id":1,"method":"verto.event","params":{"data":{"name":"3500",\#(data)},"eventChannel":"\#(channel)"}}"#
    }

    private static func modify(_ serial: Int, talking: Bool) -> String {
        #""action":"modify","hashKey":"C-0","wireSerno":\#(serial),"data":\#(row(talking: talking))"#
    }

    private static func row(talking: Bool) -> String {
        let status: JSON = [
            "audio": ["muted": false, "deaf": false, "talking": .bool(talking), "floor": false, "energyScore": 912],
            "video": false, "oldStatus": .string(talking ? "TALKING" : "ACTIVE"),
        ]
        let row: JSON = ["0011", "1007", "Bob", "opus@48000", .string(status.text), [:], .null]
        return row.text
    }

    private func loggedIn() -> FakeVerto {
        var client = FakeVerto(account: .init(login: "1008", password: "1234"), sessionID: "SID")
        _ = client.connected()
        _ = client.receive(Self.challenge(2))
        _ = client.receive(#"{"jsonrpc":"2.0","id":3,"result":{"message":"logged in"}}"#)
        return client
    }

    private func sent(_ outputs: [FakeVerto.Output]) -> [JSON] {
        outputs.compactMap { output in
            guard case .send(let text) = output else { return nil }
            return try? JSON(parsing: text)
        }
    }
}
