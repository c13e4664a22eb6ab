import Calls
import Conference
import Testing
import Verto
import Wire

/// The holes of the original (verto.md §11.1, conference.md §11.3) and a test for each that could come back here.
///
/// Elsewhere: S4 and S14's moderators in `ModeratorVerbTests` and `DoorTests`, S6 in `SessionTests`, S8's commands in
/// `CallCommandTests`, S10 in `BroadcastTests` and `TextMessageTests`, S14 in `EnvelopeTests` and `LoginThrottleTests`,
/// S15 in `SpeedTestTests`, S17 in `PresenceTests`. Not ours: S12 and S18 (listeners), S16 (no multicast).
struct SecurityTests {
    @Test(
        arguments: [
            ("verto.bye", ["cause": "USER_BUSY"]), ("verto.modify", ["action": "hold"]),
            ("verto.modify", ["action": "transfer", "destination": "1"]), ("verto.answer", ["sdp": "x"]),
            ("verto.modify", ["action": "toggleHold"]), ("verto.modify", ["action": "unhold"]),
            ("verto.modify", ["action": "replace", "replaceCallID": "their-leg"]),
            ("verto.info", ["msg": ["to": "nobody", "body": "x", "inDialog": true]]),
            ("verto.info", ["type": "mediaSettings"]),
            ("verto.modify", ["action": "updateMedia", "sdp": "x"]), ("verto.modify", ["action": "videoRefresh"]),
            ("verto.modify", ["action": "view", "params": ["pictures": ["2": .null]]]),
            ("verto.attach", ["sdp": "x"]), ("verto.info", ["dtmf": "0"]),
        ] as [(String, JSONObject)])
    func s1AndS2OnlyTheOwnerActsOnACall(method: String, extra: JSONObject) {
        let rig = Rig()
        let (owner, other) = (rig.login("1001", session: "A"), rig.login("1002", session: "B"))
        let second = rig.login("1001", session: "C")
        rig.enter(owner, "their-leg")
        _ = (rig.take(owner), rig.take(other), rig.take(second))
        var texts: [String] = []
        for c in [other, second] {
            // A call of somebody else's, one of another door's, and one that never was: all the same.
            for id in ["their-leg", "sip-leg", "never"] {
                var params = extra
                params["dialogParams"] = ["callID": .string(id)]
                let answer = rig.ask(c, method, params)
                let text = (answer["error"] ?? answer["result"])?.text ?? ""
                texts.append(text.replacing(id, with: "ID").replacing(#""sessid":"B""#, with: #""sessid":"C""#))
            }
        }
        #expect(Set(texts).count == 1, "\(texts)")
        #expect(rig.hangUps.isEmpty && rig.digits.isEmpty && rig.answers.isEmpty && rig.attachments.isEmpty)
        #expect(rig.changes.isEmpty && rig.texts.isEmpty && rig.variables.isEmpty)
        #expect(rig.offers.isEmpty && rig.refreshes.isEmpty && rig.views.isEmpty)
        #expect(rig.take(owner).isEmpty)
        #expect(rig.counts[.foreignCall] == 2)
    }

    @Test func s1ACallThatRingsOneClientIsNotAnothersOfTheSameUser() {
        let rig = Rig()
        let (rung, other) = (rig.login("1001", session: "A"), rig.login("1001", session: "B"))
        rig.place(PlacedCall(leg: LegID("leg"), session: "A", sdp: "x"))
        for method in ["verto.answer", "verto.attach", "verto.bye", "verto.modify"] {
            let params: JSONObject = ["sdp": "x", "action": "hold", "dialogParams": ["callID": "leg"]]
            #expect(rig.ask(other, method, params).errorMessage == "CALL DOES NOT EXIST")
        }
        #expect(rig.answers.isEmpty && rig.hangUps.isEmpty && rig.changes.isEmpty)
        #expect(rig.take(rung).map(\.method) == ["verto.invite"])
    }

    @Test func s3VariablesOfAClientNeverStandWithoutAPrefix() {
        let rig = Rig()
        let c = rig.connect()
        let evil: JSON = [
            "conference_member_flags": "moderator", "api_hangup_hook": "system rm", "verto_dvar_x": "y",
        ]
        rig.request(c, "login", ["login": "1001", "passwd": "secret", "userVariables": evil, "loginParams": evil])
        rig.invite(c, "call", ["userVariables": evil, "variables": evil, "conference_member_flags": "moderator"])
        let names = rig.invites.first?.variables.keys.sorted() ?? []
        #expect(
            names == [
                "verto_dvar_api_hangup_hook", "verto_dvar_conference_member_flags", "verto_dvar_verto_dvar_x",
                "verto_login_api_hangup_hook", "verto_login_conference_member_flags", "verto_login_verto_dvar_x",
            ])
    }

    @Test func s3UserVariablesAreFewAndShort() {
        let rig = Rig { $0.userVariables = 3 }
        let c = rig.login()
        rig.invite(
            c, "call",
            [
                "userVariables": [
                    "long": .string(String(repeating: "x", count: 1025)), "a": "1", "": "x", "b": "2", "c": "3",
                    "d": "4",
                ]
            ])
        #expect(rig.invites.first?.variables == ["verto_dvar_a": "1", "verto_dvar_b": "2", "verto_dvar_c": "3"])
    }

    @Test func s5ArgumentsAreNeverPastedTogetherAndSplitAgain() {
        let rig = Rig()
        let (boss, op) = (rig.login("1001"), rig.login("op"))
        rig.enter(boss, "a", flags: .moderator)
        rig.enter(rig.login("1002"), "b")
        let mod = "conference-mod.3500@example.com"
        rig.request(
            boss, "verto.broadcast",
            [
                "eventChannel": .string(mod), "data": ["command": "mute", "id": "2 kick 2", "value": "x\n3500 kick 2"],
            ])
        rig.request(
            boss, "verto.broadcast", ["eventChannel": .string(mod), "data": ["command": "mute 2\nkick", "id": 2]])
        rig.request(op, "fsapi", ["cmd": "conference", "arg": "3500 mute 'last kick all'"])
        rig.request(op, "fsapi", ["cmd": "conference 3500 kick all"])
        rig.request(op, "fsapi", ["cmd": "bgapi", "arg": "conference 3500 kick all"])
        #expect(rig.rooms.values.first?.count == 2)
        #expect(rig.rooms.values.first?.snapshot.contains { $0.row.status.muted } == false)
        #expect(rig.audit.allSatisfy { !$0.command.contains("\n") })
    }

    /// Names of files that lie elsewhere, at the doors that moderators and operators have.
    @Test(
        arguments: [
            "/etc/passwd", "../secret.wav", "a/../../b.wav", "http://x/y.wav", "file:///etc/passwd",
            "shout://x", "a\\b.wav", ".hidden.wav", "C:x.wav", "say:hello",
        ])
    func s5FilesAreNamedRelativeToTheirFolderAndNotOtherwise(name: String) {
        let rig = Rig()
        let (boss, op) = (rig.login("1001"), rig.login("op"))
        rig.enter(boss, "a", flags: .moderator)
        let mod = "conference-mod.3500@example.com"
        _ = rig.ask(boss, "verto.subscribe", ["eventChannel": .string(mod)])
        for (verb, values) in [("play", [name]), ("recording", ["start", name]), ("record", [name]), ("moh", [name])] {
            let data: JSONObject = ["command": .string(verb), "value": .array(values.map { .string($0) })]
            rig.request(boss, "verto.broadcast", ["eventChannel": .string(mod), "data": .object(data)])
            let answer = rig.takeEvents(boss, on: mod).last?["response"]?.string ?? ""
            #expect(answer.hasPrefix("-ERR"), "\(verb): \(answer)")
            let line = "3500 \(verb) \(values.map { "'\($0.replacing("\\", with: "\\\\"))'" }.joined(separator: " "))"
            let text = rig.ask(op, "fsapi", ["cmd": "conference", "arg": .string(line)])["result"]?["message"]?.string
            #expect(text?.hasPrefix("-ERR") == true, "\(verb): \(text ?? "")")
        }
        #expect(rig.control("conference 3500 chkrecord") == "-ERR Conference is not being recorded.\n")
        #expect(rig.control("conference 3500 stop all") == "+OK Stopped 0 files.\n")
    }

    @Test func s5NobodyChoosesADialplanOrAContext() {
        let rig = Rig()
        let boss = rig.login("1001")
        rig.enter(boss, "a", flags: .moderator)
        rig.enter(rig.login("1002"), "b")
        let mod = "conference-mod.3500@example.com"
        _ = rig.ask(boss, "verto.subscribe", ["eventChannel": .string(mod)])
        for value in [["echo", "inline"], ["2000", "XML", "public"], ["2000", "", "public"]] as [[String]] {
            let data: JSONObject = [
                "command": "transfer", "id": 2, "value": .array(value.map { .string($0) }),
            ]
            rig.request(boss, "verto.broadcast", ["eventChannel": .string(mod), "data": .object(data)])
            #expect(rig.takeEvents(boss, on: mod).last?["error"]?.string == "Invalid Command")
        }
        let modify: JSONObject = [
            "action": "transfer", "destination": "2000", "dialplan": "inline", "context": "public",
            "dialogParams": ["callID": "a"],
        ]
        _ = rig.ask(boss, "verto.modify", modify)
        #expect(rig.changes.map(\.change) == [.transfer("2000")])
        #expect(rig.rooms.values.first?.count == 2)
    }

    @Test func s7NobodySeesTheSessidOfAnother() {
        let rig = Rig()
        let secret = "7d3f0c1e-secret-session"
        let (a, b) = (rig.login("1001", session: secret), rig.login("any", session: "B"))
        let channels = [
            "conference-liveArray", "conference-mod", "conference-chat", "conference-info", "demo", "presence",
        ]
        for channel in channels { _ = rig.ask(b, "verto.subscribe", ["eventChannel": .string(channel)]) }
        rig.enter(a, "call-a", flags: .moderator)
        rig.enter(b, "call-b")
        for (channel, data) in [
            ("conference-liveArray.3500@example.com", ["liveArray": ["command": "bootstrap"]]),
            ("conference-chat.3500@example.com", ["action": "send", "message": "hi"]),
            ("conference-mod.3500@example.com", ["command": "mute", "id": 2]), ("demo", ["x": 1]),
        ] as [(String, JSON)] {
            rig.request(
                a, "verto.broadcast", ["eventChannel": .string(channel), "data": data, "sessid": .string(secret)])
        }
        rig.request(a, "verto.info", ["msg": ["to": "any@example.com", "body": "x", "sessid": .string(secret)]])
        rig.disconnect(a)
        let seen = rig.takeBytes(b).map { String(decoding: $0, as: UTF8.self) }
        #expect(seen.count > 5)
        #expect(!seen.contains { $0.contains(secret) })
        #expect(rig.audit.allSatisfy { !"\($0)".contains(secret) })
    }

    @Test func s8AndS9AListThatIsAbsentAllowsNothingAndOneThatAllowsAllIsAList() {
        let bare = User(id: "n", domain: Rig.domain, parameters: ["password": "secret"])
        let rig = Rig(users: Rig.users + [bare])
        let c = rig.login("n")
        for method in ["echo", "fsapi", "jsapi", "verto.ping", "verto.invite", "verto.subscribe", "verto.broadcast"] {
            #expect(rig.ask(c, method, ["cmd": "status", "command": "status", "data": [:]]).errorCode == -32601)
        }
        let any = rig.login("any")
        #expect(rig.ask(any, "verto.ping", [:]).isResult)
        #expect(rig.ask(any, "fsapi", ["cmd": "status"]).errorCode == -32602)
    }

    @Test func s11VariablesOfOurMessagesAreEmpty() {
        let rig = Rig()
        let c = rig.login("boss")
        rig.invite(c, "call")
        rig.news("call", .media(sdp: "x"))
        rig.news("call", .answered(sdp: nil))
        let variables = rig.take(c).compactMap { $0["params"]?["variables"] }
        #expect(variables == [[:], [:]])
    }

    @Test func s13CredentialsCountInALoginOnlyAndAreNeverGivenBack() {
        let rig = Rig()
        let c = rig.connect()
        let credentials: JSONObject = ["login": "1001", "passwd": "secret", "echoParams": true, "PASSWD": "secret"]
        #expect(rig.ask(c, "echo", credentials).errorCode == -32000)
        for method in ["login", "echo", "verto.ping"] {
            let answer = rig.ask(c, method, credentials)
            #expect(answer.isResult)
            #expect(!answer.text.contains("secret"))
        }
    }

    @Test func s14LostSessionsOfOneUserAreFew() {
        let rig = Rig()
        for n in 0..<200 {
            rig.disconnect(rig.login("1001", session: "S\(n)"))
            rig.wait(.milliseconds(1))
        }
        let other = rig.login("1002", session: "S0")  // long forgotten
        #expect(rig.closed[other] == nil)
        let late = rig.connect()
        #expect(rig.ask(late, "login", ["login": "1002", "passwd": "secret", "sessid": "S199"]).errorCode == -32001)
    }

    @Test func s19NothingOfAFailedLoginStays() {
        let rig = Rig()
        let c = rig.connect()
        _ = rig.ask(
            c, "login",
            [
                "login": "boss", "passwd": "wrong", "sessid": "EVIL", "userVariables": ["a": "b"],
            ])
        let answer = rig.ask(c, "login", ["login": "1001", "passwd": "secret", "sessid": "GOOD"])
        #expect(answer["result"]?["sessid"]?.string == "GOOD")
        rig.invite(c, "call")
        #expect(rig.invites.first?.user == "1001@example.com")
        #expect(rig.invites.first?.variables == [:])
    }

    @Test func anExMemberHearsNothingMore() {
        // conference.md §11.3 #8: in the original only the grant went, and the subscription stayed.
        let rig = Rig()
        let (a, b) = (rig.login("1001"), rig.login("1002"))
        rig.enter(a, "a", flags: .moderator)
        rig.enter(b, "b")
        let channels = ["liveArray", "chat", "info", "mod"].map { "conference-\($0).3500@example.com" }
        for channel in channels { _ = rig.ask(a, "verto.subscribe", ["eventChannel": .string(channel)]) }
        rig.leave("a")
        _ = rig.take(a)
        rig.talk("b", true)
        rig.request(
            b, "verto.broadcast",
            [
                "eventChannel": .string(channels[1]), "data": ["action": "send", "message": "behind your back"],
            ])
        #expect(rig.take(a).isEmpty)
        for channel in channels {
            let answer = rig.ask(a, "verto.broadcast", ["eventChannel": .string(channel), "data": ["action": "send"]])
            #expect(answer["result"]?["message"]?.string == "Permission Denied.")
        }
    }

    @Test func roomsOfOneNameInTwoDomainsAreTwoRooms() {
        // conference.md §11.3 #10: in the original the moderator channel forgot the domain.
        let rig = Rig()
        let boss = rig.login("1001")
        rig.enter(boss, "a", flags: .moderator)
        let answer = rig.ask(
            boss, "verto.broadcast",
            [
                "eventChannel": "conference-mod.3500@example.org", "data": ["command": "kick", "id": "all"],
            ])
        #expect(answer["result"]?["message"]?.string == "Permission Denied.")
    }
}
