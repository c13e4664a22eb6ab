import Testing
import Verto
import Wire

/// Chat, relayed events and text messages (verto.md §4.10, §4.11, conference.md §4.3).
struct BroadcastTests {
    static let chat = "conference-chat.3500@example.com"

    private func say(_ rig: Rig, _ c: ConnectionID, _ data: JSONObject, _ extra: JSONObject = [:]) -> JSON {
        var params: JSONObject = ["eventChannel": .string(Self.chat), "data": .object(data)]
        for (key, value) in extra.members { params[key] = value }
        return rig.ask(c, "verto.broadcast", params)
    }

    private func room(_ rig: Rig) -> (ConnectionID, ConnectionID) {
        let (a, b) = (rig.login("1001", session: "A"), rig.login("1002", session: "B"))
        rig.invite(a, "a", ["caller_id_name": "Ada"])
        rig.join("a")
        rig.enter(b, "b")
        for c in [a, b] { _ = rig.ask(c, "verto.subscribe", ["eventChannel": .string(Self.chat)]) }
        _ = (rig.take(a), rig.take(b))
        return (a, b)
    }

    @Test func chatReachesEverybodyUnderTheSendersRealName() {
        let rig = Rig()
        let (a, b) = room(rig)
        let answer = say(
            rig, a,
            ["action": "send", "message": "hi", "type": "message", "from": "evil", "fromDisplay": "evil"],
            ["userid": "boss@example.com", "fromDisplay": "The Boss", "sessid": "B", "FromDisplay": "x"]
        )
        #expect(answer["result"]?.text == #"{"sessid":"A"}"#)
        let expected = """
            {"data":{"direction":"outbound","message":"hi","fromDisplay":"Ada","from":"1001@example.com",\
            "type":"message"},"eventChannel":"\(Self.chat)","eventSerno":0,"subscribedChannel":"\(Self.chat)"}
            """
        #expect(rig.take(a).first?["params"]?.text == expected)
        #expect(rig.take(b).first?["params"]?.text == expected)
    }

    @Test func otherActionsAndMissingMessagesAreHarmless() {
        let rig = Rig()
        let (a, b) = room(rig)
        #expect(say(rig, a, ["action": "delete", "message": "x"]).isResult)
        #expect(rig.take(b).isEmpty)
        #expect(say(rig, a, ["action": "send", "message": 5, "type": 7]).isResult)
        #expect(
            rig.takeEvents(b, on: Self.chat).first?.text
                == """
                {"direction":"outbound","from":"1002@example.com","type":"message"}
                """.replacing("1002", with: "1001").replacing(#""from""#, with: #""fromDisplay":"Ada","from""#))
    }

    @Test func chatHasALengthAndAPace() {
        let rig = Rig {
            $0.chatBurst = 3
            $0.chatsPerSecond = 1
        }
        let (a, b) = room(rig)
        let long = JSON.string(String(repeating: "x", count: 4097))
        #expect(say(rig, a, ["action": "send", "message": long])["result"]?["code"]?.int == -32002)
        for _ in 0..<3 { #expect(say(rig, a, ["action": "send", "message": "x"])["result"]?["code"] == nil) }
        #expect(say(rig, a, ["action": "send", "message": "x"])["result"]?["message"]?.string == "Too many messages.")
        #expect(rig.takeEvents(b, on: Self.chat).count == 3)
        rig.wait(.seconds(1))
        #expect(say(rig, a, ["action": "send", "message": "x"])["result"]?["code"] == nil)
    }

    @Test func outsidersAreNotHeard() {
        let rig = Rig()
        let (_, b) = room(rig)
        let outsider = rig.login("1003")
        let answer = say(rig, outsider, ["action": "send", "message": "x"])
        #expect(answer["result"]?["message"]?.string == "Permission Denied.")
        #expect(answer["result"]?["code"]?.int == -32002)
        #expect(rig.take(b).isEmpty)
        #expect(
            rig.ask(b, "verto.broadcast", ["data": 1])["result"]?["message"]?.string == "eventChannel not specified.")
        #expect(rig.counts[.forbidden] == 1)
    }

    @Test(arguments: [
        "conference-chat.3500@example.com", "conference-liveArray.3500@example.com", "conference-info.3500@example.com",
        "conference-liveArray", "conference-mod.3500@example.com", "conference.3500@example.com", "Conference-Mod.x",
        "conference", "conference-rooms.example.com",
    ])
    func nobodySpeaksForTheServerOnItsChannels(channel: String) {
        let rig = Rig()
        let (a, b) = (rig.login("any"), rig.login("any"))
        _ = rig.ask(b, "verto.subscribe", ["eventChannel": .string(channel)])
        _ = rig.take(b)
        let answer = rig.ask(
            a, "verto.broadcast",
            [
                "eventChannel": .string(channel), "localBroadcast": true, "data": ["action": "clear"],
            ])
        #expect(answer["result"]?["message"]?.string == "Permission Denied.")
        #expect(rig.take(b).isEmpty)
    }

    @Test func relayedEventsCarryTheirTrueSenderAndNoSessid() {
        let rig = Rig()
        let (a, b) = (rig.login("board", session: "A"), rig.login("board", session: "B"))
        for c in [a, b] { _ = rig.ask(c, "verto.subscribe", ["eventChannel": ["demo", "demo.x"]]) }
        rig.request(
            a, "verto.broadcast",
            [
                "eventChannel": "demo", "localBroadcast": true, "data": ["k": 1], "userid": "x", "USERID": "y",
                "sessid": "A", "SessID": "A", "fromDisplay": "z", "callID": "c", "extra": true, "passwd": "p",
            ])
        let event = rig.take(b).last?["params"]?.text
        #expect(
            event == """
                {"data":{"k":1},"extra":true,"userid":"board@example.com","eventChannel":"demo","eventSerno":0,\
                "subscribedChannel":"demo"}
                """)
        #expect(rig.take(a).last?["params"]?["extra"] == true)  // the sender too
        // Exact channels only, and only when asked for.
        rig.request(a, "verto.broadcast", ["eventChannel": "demo.y", "localBroadcast": true, "data": 1])
        rig.request(a, "verto.broadcast", ["eventChannel": "demo", "data": 1])
        #expect(rig.take(b).isEmpty)
    }

    @Test func relayedEventsHaveALimitToo() {
        let rig = Rig()
        let (a, b) = (rig.login("board"), rig.login("board"))
        _ = rig.ask(b, "verto.subscribe", ["eventChannel": "demo"])
        let long = JSON.string(String(repeating: "x", count: 16 * 1024))
        let answer = rig.ask(a, "verto.broadcast", ["eventChannel": "demo", "localBroadcast": true, "data": long])
        #expect(answer["result"]?["message"]?.string == "Message too long.")
        #expect(rig.take(b).isEmpty)
    }

    @Test func textMessagesReachAllConnectionsOfAUser() {
        let rig = Rig()
        let (a, b1, b2) = (rig.login("1001", session: "A"), rig.login("1002"), rig.login("1002"))
        let answer = rig.ask(
            a, "verto.info",
            [
                "msg": [
                    "to": "1002@example.com", "body": "hello", "from": "boss", "from_msg_name": "Boss", "to_x": "y",
                ]
            ])
        #expect(answer["result"]?.text == #"{"message":"SENT","sessid":"A"}"#)
        for c in [b1, b2] {
            let message = rig.take(c).last
            #expect(message?.method == "verto.info")
            #expect(
                message?["params"]?.text == """
                    {"msg":{"from":"1001@example.com","to":"1002@example.com","body":"hello"}}
                    """)
        }
        #expect(
            rig.ask(a, "verto.info", ["msg": ["to": "nobody@x", "body": "b"]])["result"]?["message"]?.string == "SENT")
        rig.disconnect(b1)
        rig.request(a, "verto.info", ["msg": ["to": "verto+1002@example.com", "body": "again"]])
        #expect(rig.take(b1).isEmpty)
        #expect(rig.take(b2).last?["params"]?["msg"]?["body"]?.string == "again")
    }

    @Test func oldStyleChatReachesTheRoomFromItsMembersOnly() {
        let rig = Rig()
        let (a, b) = room(rig)
        let outsider = rig.login("1003")
        let text: JSONObject = ["msg": ["to": "conf+3500@example.com", "body": "hi"]]
        rig.request(outsider, "verto.info", text)
        #expect(rig.take(b).isEmpty)
        rig.request(a, "verto.info", text)
        #expect(rig.take(b).last?["params"]?["msg"]?["body"]?.string == "hi")
        #expect(rig.take(a).count == 2)
        rig.request(
            b, "verto.info", ["msg": ["to": "x", "body": "in", "inDialog": true], "dialogParams": ["callID": "b"]])
        #expect(rig.take(a).last?["params"]?["msg"]?["body"]?.string == "in")
        // Somebody else's call gives no way in.
        rig.request(
            outsider, "verto.info",
            ["msg": ["to": "x", "body": "no", "inDialog": true], "dialogParams": ["callID": "b"]])
        #expect(rig.take(a).isEmpty)
    }

    @Test func textMessagesArePacedToo() {
        let rig = Rig {
            $0.chatBurst = 2
            $0.chatsPerSecond = 1
        }
        let a = rig.login("1001")
        let text: JSONObject = ["msg": ["to": "1002@example.com", "body": "x"]]
        #expect(rig.ask(a, "verto.info", text).isResult)
        #expect(rig.ask(a, "verto.info", text).isResult)
        #expect(rig.ask(a, "verto.info", text).errorCode == -32002)
    }
}
