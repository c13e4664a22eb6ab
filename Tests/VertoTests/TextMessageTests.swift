import Calls
import Testing
import Verto
import Wire

/// Text messages between users: verto.md §4.10, §5.9.
struct TextMessageTests {
    private static func send(
        _ rig: Rig, _ c: ConnectionID, _ message: JSONObject, in call: String? = nil
    ) -> JSON {
        var params: JSONObject = ["msg": .object(message)]
        if let call { params["dialogParams"] = ["callID": .string(call)] }
        return rig.ask(c, "verto.info", params)
    }

    @Test(
        arguments: [
            ("1002@example.com", true), ("1002", true), ("verto+1002@example.com", true), ("VERTO+1002", true),
            ("1002@EXAMPLE.com", true), ("1003@example.com", false), ("1002@example.org", false),
            ("sms+1002@example.com", false), ("+1002", false), ("@", false),
        ])
    func reachesEveryClientOfTheUser(to: String, isDelivered: Bool) {
        let rig = Rig()
        let (a, b1, b2) = (rig.login("1001", session: "A"), rig.login("1002"), rig.login("1002"))
        let answer = Self.send(rig, a, ["to": .string(to), "body": "hi", "from_display": "Boss", "from": "boss@x"])
        #expect(answer["result"]?.text == #"{"message":"SENT","sessid":"A"}"#)
        #expect(rig.take(a).isEmpty)
        for c in [b1, b2] {
            let messages = rig.take(c)
            #expect(messages.count == (isDelivered ? 1 : 0))
            #expect(messages.first.map { $0.method == "verto.info" } ?? true)
            let expected = #"{"msg":{"from":"1001@example.com","to":"\#(to)","body":"hi"}}"#
            #expect(messages.first.map { $0["params"]?.text == expected } ?? true)
        }
    }

    @Test func insideACallItGoesToTheFarEnd() {
        let rig = Rig()
        let (a, b) = (rig.login("1001"), rig.login("1002", session: "B"))
        rig.invite(a, "call", ["caller_id_name": "Ann"])
        rig.place(PlacedCall(leg: LegID("leg"), session: "B", sdp: "x"))
        _ = rig.take(b)
        _ = Self.send(rig, a, ["to": "1002@example.com", "body": "psst", "inDialog": true], in: "call")
        #expect(rig.texts.map(\.leg) == [LegID("call")])
        guard let text = rig.texts.first?.text else { return }
        rig.text(text, to: "leg")
        #expect(
            rig.take(b).map { $0["params"]?.text } == [
                """
                {"callID":"leg","msg":{"from":"1001@example.com","to":"1002@example.com","body":"psst",\
                "from_msg_name":"Ann"}}
                """
            ])
        rig.text(text, to: "never")
        // A call of somebody else's is no way in.
        _ = Self.send(rig, b, ["to": "1001", "body": "x", "inDialog": true], in: "call")
        #expect(rig.texts.count == 1 && rig.counts[.foreignCall] == 1)
    }

    @Test func variablesOfACallMayChangeWhatTheClientMaySet() {
        let rig = Rig()
        let c = rig.login()
        rig.invite(c, "call", ["userVariables": ["email": "a@x"]])
        let dialog: JSONObject = [
            "callID": "call", "userVariables": ["email": "b@x", "conference_member_flags": "moderator"],
            "audio": ["echoCancellation": true], "screenShare": true,
        ]
        for _ in 0..<2 {
            _ = rig.ask(c, "verto.info", ["type": "mediaSettings", "dialogParams": .object(dialog)])
        }
        #expect(
            rig.variables.map(\.values) == [
                [
                    "verto_dvar_email": "b@x", "verto_dvar_conference_member_flags": "moderator",
                    "verto_echoCancellation": "true", "verto_noiseSuppression": "false",
                    "verto_autoGainControl": "false",
                ]
            ])
    }

    @Test func comesFromOtherDoors() {
        let rig = Rig()
        let (a, b) = (rig.login("1001"), rig.login("1002"))
        rig.enter(a, "a")
        for c in [a, b] { _ = rig.take(c) }
        let text = TextMessage(from: "sip:far@itsp.example", fromName: "Far", to: "1002", body: "hi")
        #expect(rig.text(text, toUser: "1002@example.com") && !rig.text(text, toUser: "1003@example.com"))
        let expected = #"{"msg":{"from":"sip:far@itsp.example","to":"1002","body":"hi","from_msg_name":"Far"}}"#
        #expect(rig.take(b).map { $0["params"]?.text } == [expected])
        #expect(rig.take(a).isEmpty)
        rig.text(text, toRoom: "3500")
        rig.text(text, toRoom: "3600")
        #expect(rig.take(a).count == 1 && rig.take(b).isEmpty)
    }

    @Test func insideARoomItGoesToTheRoom() {
        let rig = Rig()
        let (a, b) = (rig.login("1001"), rig.login("1002"))
        rig.enter(a, "a")
        rig.enter(b, "b")
        _ = rig.take(b)
        _ = Self.send(rig, a, ["to": "conf+3500@example.com", "body": "all", "inDialog": true], in: "a")
        _ = Self.send(rig, a, ["to": "x", "body": "again", "inDialog": true], in: "a")
        #expect(rig.take(b).map { $0["params"]?["msg"]?["body"]?.string } == ["all", "again"])
        #expect(rig.texts.isEmpty)
    }
}
