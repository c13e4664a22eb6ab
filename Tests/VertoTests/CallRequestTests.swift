import Calls
import Testing
import Verto
import Wire

/// verto.invite, bye, modify, answer, attach and info (verto.md §4.5-§4.10).
struct CallRequestTests {
    @Test func anInviteIsAnsweredAtOnceAndHandedOnWhole() throws {
        let user = Rig.user(
            "u",
            ["caller-id-number": "42", "verto-context": "office"],
            variables: ["conference_member_flags": "moderator", "accountcode": "7"]
        )
        let rig = Rig(users: [user])
        let c = rig.connect(from: "198.51.100.7")
        rig.request(
            c, "login",
            [
                "login": "u", "passwd": "secret", "sessid": "S",
                "userVariables": ["email": "login@x", "conference_pin": "1"],
            ])
        let answer = rig.invite(
            c, "uuid-1",
            [
                "destination_number": "3500", "caller_id_name": "Ada\u{7}\n", "remote_caller_id_name": "Outbound Call",
                "userVariables": [
                    "email": "a@x", "ok": true, "n": 5, "conference_member_flags": "endconf", "bad name": "x",
                ],
                "screenShare": true, "recoverCall": false, "audio": ["echoCancellation": true], "callID ": "no",
            ])
        #expect(answer["result"]?.text == #"{"message":"CALL CREATED","callID":"uuid-1","sessid":"S"}"#)
        let invite = try #require(rig.invites.first)
        #expect(invite.leg == LegID("uuid-1"))
        #expect(invite.session == "S")
        #expect(invite.user == "u@example.com")
        #expect(invite.domain == "example.com")
        #expect(invite.callerIDName == "Ada")
        #expect(invite.callerIDNumber == "42")
        #expect(invite.destination == "3500")
        #expect(invite.context == "office")
        #expect(invite.dialplan == "XML")
        #expect(invite.offer == "v=0")
        #expect(invite.isScreenShare)
        #expect(!invite.isRecoverable)
        #expect(invite.remoteAddress == "198.51.100.7")
        #expect(
            invite.variables == [
                "conference_member_flags": "moderator", "accountcode": "7", "verto_dvar_email": "a@x",
                "verto_dvar_ok": "true", "verto_dvar_conference_member_flags": "endconf",
                "verto_login_email": "login@x",
                "verto_login_conference_pin": "1", "video_screen_share": "true", "verto_echoCancellation": "true",
                "verto_noiseSuppression": "false", "verto_autoGainControl": "false",
                "verto_remote_caller_id_name": "Outbound Call",
            ])
    }

    @Test func missingDialogFieldsHaveDefaults() {
        let rig = Rig()
        let c = rig.login()
        rig.invite(c, "call")
        #expect(rig.invites.first?.destination == "service")
        #expect(rig.invites.first?.context == "default")
        #expect(rig.invites.first?.callerIDName == "")
        #expect(rig.invites.first?.callerIDNumber == "0000000000")
        rig.invite(c, "second", ["caller_id_name": "Ada"])
        rig.invite(c, "third")
        #expect(rig.invites.last?.callerIDName == "Ada")  // the name of an earlier call sticks
    }

    typealias Row = (what: String, method: String, params: JSONObject?, error: String)

    static let errors: [Row] = [
        (
            "no params", "verto.invite", nil,
            #"{"message":"CALL ERROR","reason":"Params data missing","causeCode":95,"cause":"INVALID_MSG_UNSPECIFIED","code":-32002}"#
        ),
        (
            "no dialog", "verto.invite", ["sdp": "x"],
            #"{"message":"CALL ERROR","reason":"Dialog data missing","causeCode":95,"cause":"INVALID_MSG_UNSPECIFIED","code":-32002}"#
        ),
        (
            "no id", "verto.invite", ["sdp": "x", "dialogParams": [:]],
            #"{"message":"CALL ERROR","reason":"CallID missing","causeCode":95,"cause":"INVALID_MSG_UNSPECIFIED","code":-32002}"#
        ),
        (
            "id no text", "verto.invite", ["sdp": "x", "dialogParams": ["callID": 7]],
            #"{"message":"CALL ERROR","reason":"CallID missing","causeCode":95,"cause":"INVALID_MSG_UNSPECIFIED","code":-32002}"#
        ),
        (
            "no offer", "verto.invite", ["dialogParams": ["callID": "x"]],
            #"{"message":"CALL ERROR","reason":"SDP missing","causeCode":95,"cause":"INVALID_MSG_UNSPECIFIED","code":-32002}"#
        ),
        (
            "id in use", "verto.invite", ["sdp": "x", "dialogParams": ["callID": "own"]],
            #"{"message":"CALL ERROR","reason":"Cannot create channel","causeCode":27,"cause":"DESTINATION_OUT_OF_ORDER","code":-32002}"#
        ),
        ("no params", "verto.bye", nil, #"{"message":"Params data missing","code":-32002}"#),
        ("no dialog", "verto.bye", ["x": 1], #"{"message":"Dialog data missing","code":-32002}"#),
        ("dialog no object", "verto.bye", ["dialogParams": "own"], #"{"message":"Dialog data missing","code":-32002}"#),
        ("no id", "verto.bye", ["dialogParams": ["callID": ""]], #"{"message":"CallID missing","code":-32002}"#),
        (
            "unknown", "verto.bye", ["dialogParams": ["callID": "no"]],
            #"{"callID":"no","message":"CALL DOES NOT EXIST","code":-32002}"#
        ),
        (
            "foreign", "verto.bye", ["dialogParams": ["callID": "foreign"]],
            #"{"callID":"foreign","message":"CALL DOES NOT EXIST","code":-32002}"#
        ),
        ("no params", "verto.modify", nil, #"{"message":"Params data missing","code":-32002}"#),
        (
            "no action", "verto.modify", ["dialogParams": ["callID": "own"]],
            #"{"message":"action missing","code":-32002}"#
        ),
        (
            "unknown", "verto.modify", ["action": "hold", "dialogParams": ["callID": "no"]],
            #"{"callID":"no","action":"hold","message":"CALL DOES NOT EXIST","code":-32002}"#
        ),
        (
            "foreign", "verto.modify", ["action": "hold", "dialogParams": ["callID": "foreign"]],
            #"{"callID":"foreign","action":"hold","message":"CALL DOES NOT EXIST","code":-32002}"#
        ),
        (
            "foreign", "verto.answer", ["sdp": "x", "dialogParams": ["callID": "foreign"]],
            #"{"callID":"foreign","message":"CALL DOES NOT EXIST","code":-32002}"#
        ),
        ("no answer", "verto.answer", ["dialogParams": ["callID": "own"]], #"{"message":"SDP missing","code":-32002}"#),
        (
            "not offered", "verto.answer", ["sdp": "x", "dialogParams": ["callID": "own"]],
            #"{"message":"CALL WAS NOT OFFERED","code":-32002}"#
        ),
        ("SDP before id", "verto.attach", ["dialogParams": [:]], #"{"message":"SDP missing","code":-32002}"#),
        (
            "foreign", "verto.attach", ["sdp": "x", "dialogParams": ["callID": "foreign"]],
            #"{"callID":"foreign","message":"CALL DOES NOT EXIST","code":-32002}"#
        ),
        ("no params", "verto.info", nil, #"{"message":"Params data missing","code":-32002}"#),
        ("no text", "verto.info", ["msg": ["to": "x"]], #"{"message":"INVALID MESSAGE to and body params required"}"#),
        ("no params", "echo", nil, #"{"message":"Params data missing","code":-32002}"#),
    ]

    @Test(arguments: errors)
    func refusesWithTheDocumentedError(row: Row) {
        let rig = Rig()
        let (c, other) = (rig.login("1001"), rig.login("1002"))
        rig.invite(c, "own")
        rig.invite(other, "foreign")
        _ = rig.take(c)
        var request: JSONObject = ["jsonrpc": "2.0", "method": .string(row.method), "id": 1]
        if let params = row.params { request["params"] = .object(params) }
        rig.send(c, bytes: JSON.object(request).bytes)
        #expect(rig.take(c).first?["error"]?.text == row.error, "\(row.method): \(row.what)")
        #expect(rig.hangUps.isEmpty)
        #expect(rig.endpoint.callCount == 2)
    }

    static let causes: [(params: JSONObject, cause: HangupCause)] = [
        ([:], .normalClearing), (["cause": "call_rejected"], .callRejected),
        (["cause": "Device or Permission Error"], .normalClearing), (["cause": "17"], .userBusy),
        (["causeCode": 17], .userBusy), (["causeCode": "21"], .callRejected), (["causeCode": 9999], .normalClearing),
        (["causeCode": true], .normalClearing), (["cause": "USER_BUSY", "causeCode": 21], .userBusy),
    ]

    @Test(arguments: causes)
    func endsACallWithTheCauseGiven(params: JSONObject, cause: HangupCause) {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        rig.invite(c, "call")
        var params = params
        params["dialogParams"] = ["callID": "call"]
        let answer = rig.ask(c, "verto.bye", params)
        #expect(
            answer["result"]?.text == """
                {"callID":"call","message":"CALL ENDED","causeCode":\(cause.code),"cause":"\(cause.name)","sessid":"S"}
                """)
        #expect(rig.hangUps.first?.cause == cause)
        // The client is not told again, and its second bye is as harmless as an echoed one.
        #expect(rig.take(c).isEmpty)
        #expect(rig.ask(c, "verto.bye", params).errorCode == -32002)
        #expect(rig.invite(c, "call").isResult)
    }

    @Test func newsOfACallBecomeItsRequests() {
        let rig = Rig()
        let c = rig.login()
        rig.invite(c, "call", ["caller_id_name": "Ada", "caller_id_number": "1"])
        _ = rig.take(c)
        rig.news("call", .media(sdp: "answer"))
        rig.news("call", .media(sdp: nil))
        rig.news("call", .answered(sdp: "again"))
        rig.news("call", .answered(sdp: nil))
        rig.news("call", .display(name: "Room", number: "3500"))
        rig.news("call", .ended(.noRouteDestination))
        rig.news("call", .ended(.noRouteDestination))
        let messages = rig.take(c).map { "\($0.method ?? "") \($0["params"]?.text ?? "")" }
        #expect(
            messages == [
                #"verto.media {"callID":"call","sdp":"answer","variables":{}}"#,
                #"verto.media {"callID":"call","variables":{}}"#,
                #"verto.answer {"callID":"call","variables":{}}"#,
                """
                verto.display {"callID":"call","display_name":"Room","display_number":"3500","caller_id_name":"Ada",\
                "caller_id_number":"1","callee_id_name":"Room","callee_id_number":"3500","display_direction":"inbound"}
                """,
                #"verto.bye {"callID":"call","causeCode":3,"cause":"NO_ROUTE_DESTINATION"}"#,
            ])
    }

    @Test func anAnswerWithoutEarlyMediaBringsTheSDP() {
        let rig = Rig()
        let c = rig.login()
        rig.invite(c, "call")
        rig.news("call", .answered(sdp: "answer"))
        #expect(rig.take(c).last?["params"]?["sdp"]?.string == "answer")
    }

    @Test func theIDOfAnEndedCallIsTakenUntilItsEndIsReported() {
        let rig = Rig()
        let c = rig.login()
        var out: [VertoOutput] = []
        rig.invite(c, "call")
        let bye = #"{"jsonrpc":"2.0","method":"verto.bye","params":{"dialogParams":{"callID":"call"}},"id":1}"#
        rig.endpoint.received(Array(bye.utf8), on: c, at: rig.now, into: &out)
        #expect(rig.invite(c, "call").errorCode == -32002)
        rig.news("call", .ended(.normalClearing))
        #expect(rig.invite(c, "call").isResult)
        rig.endpoint.received(Array(bye.utf8), on: c, at: rig.now, into: &out)
        rig.wait(.seconds(61))  // whoever forgot to report it
        #expect(rig.invite(c, "call").isResult)
    }

    @Test func aSessionHasAFewCallsAndNoMore() {
        let rig = Rig()
        let c = rig.login()
        for n in 1...8 { #expect(rig.invite(c, "call-\(n)").isResult) }
        #expect(rig.invite(c, "call-9")["error"]?["causeCode"]?.int == 27)
        #expect(rig.counts[.callRefused] == 1)
        _ = rig.ask(c, "verto.bye", ["dialogParams": ["callID": "call-3"]])
        #expect(rig.invite(c, "call-9").isResult)
    }

    @Test(arguments: [
        ("0", "0"), ("*0", "*0"), ("12#@200", "12#"), ("1@100+2@50+d", "12D"), ("", ""), ("xyz", ""), ("1w2 ", "12"),
        ("@1", ""), ("+", ""), (String(repeating: "5", count: 300), String(repeating: "5", count: 64)),
    ])
    func keysAreHandedOnAndNothingElse(text: String, digits: String) {
        let rig = Rig()
        let c = rig.login()
        rig.invite(c, "call")
        let answer = rig.ask(c, "verto.info", ["dtmf": .string(text), "dialogParams": ["callID": "call"]])
        #expect(answer.isResult)
        #expect(rig.digits.map(\.digits) == (digits.isEmpty ? [] : [digits]))
        #expect(answer["result"]?["message"]?.string == (text.isEmpty ? nil : "SENT"))
    }

    @Test func unknownActionsAndVideoRefreshSucceed() {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        rig.invite(c, "call")
        for action in ["videoRefresh", "somethingNew"] {
            let answer = rig.ask(c, "verto.modify", ["action": .string(action), "dialogParams": ["callID": "call"]])
            #expect(
                answer["result"]?.text == """
                    {"callID":"call","action":"\(action)","holdState":"active","sessid":"S"}
                    """)
        }
    }
}
