import Calls
import Testing

/// One leg calls others: who rings, who wins, who is told what.
struct BridgeTests {
    @Test func callsTheClientAndConnectsItWhenItAnswers() {
        var scene = CallScene(actions: ["bridge user/1000"])
        let steps = scene.dial()
        let far = steps.placed[0].leg
        #expect(steps.bare == [.call(Outgoing(leg: far, like: scene.caller))])
        #expect(far.kind == .verto(session: "s-1000") && far.direction == .outbound && far.state == .calling)
        #expect(far.user == "1000@example.com" && far.destination == "1000")
        #expect((far.callerIDName, far.callerIDNumber) == ("Ann", "1008"))
        #expect((far.calleeIDName, far.calleeIDNumber) == ("Zoe", "5000"))
        #expect(scene.hear(.ringing(far.id)).bare == [])
        #expect(
            scene.hear(.answered(far.id, name: "Bob", number: "777")).bare == [
                .answer(scene.caller), .connect(scene.caller, far.id),
                .display(scene.caller, name: "Bob", number: "777"), .display(far.id, name: "Ann", number: "1008"),
            ])
        #expect(scene.board.leg(far.id)?.bridgedTo == scene.caller)
        #expect(scene.board.leg(scene.caller)?.bridgedTo == far.id)
        #expect(scene.board.leg(scene.caller)?.calleeIDName == "Bob")
        #expect(scene.board.leg(scene.caller)?.variables["originate_disposition"] == "SUCCESS")
    }

    @Test func theFirstToAnswerWinsAndTheOthersLoseTheRace() {
        var scene = CallScene(actions: ["bridge user/1000,user/1001"])
        let legs = scene.dial().placed.map(\.leg)
        #expect(legs.map(\.kind) == ["s-1000", "s-1001a", "s-1001b"].map { .verto(session: $0) })
        #expect(Set(legs.map(\.id)).count == 3)
        let steps = scene.hear(.answered(legs[1].id, name: nil, number: nil))
        #expect(steps.ends == [legs[0].id: .loseRace, legs[2].id: .loseRace])
        #expect(steps.bare.last == .display(legs[1].id, name: "Ann", number: "1008"))
        #expect(scene.board.count == 2)
    }

    @Test func triesTheNextGroupWhenEverybodyOfTheFirstRefused() {
        var scene = CallScene(actions: ["bridge user/1001|user/1000"])
        let first = scene.dial().placed.map(\.leg.id)
        #expect(scene.hear(.hungUp(first[0], .callRejected)).placed.isEmpty)
        let next = scene.hear(.hungUp(first[1], .userBusy)).placed
        #expect(next.map(\.leg.kind) == [.verto(session: "s-1000")])
    }

    @Test func aCallerWhoGivesUpCancelsEverybody() {
        var scene = CallScene(actions: ["bridge user/1001"])
        let legs = scene.dial().placed.map(\.leg.id)
        let steps = scene.hear(.hungUp(scene.caller, .normalClearing))
        #expect(steps.ends == [legs[0]: .originatorCancel, legs[1]: .originatorCancel, scene.caller: .normalClearing])
        #expect(scene.board.count == 0)
        #expect(scene.board.deadline == nil)
    }

    typealias Failure = (dialString: String, cause: HangupCause)

    static let failures: [Failure] = [
        ("user/1002", .userNotRegistered), ("verto.rtc/1002@example.com", .userNotRegistered),
        ("user/9999", .subscriberAbsent), ("user/1000@other.net", .subscriberAbsent),
        ("verto.rtc/1000@other.net", .userNotRegistered), ("verto.rtc/u:nobody", .userNotRegistered),
        ("verto.rtc/u:s-1000", .userNotRegistered),
        ("error/user_busy", .userBusy), ("error/nonsense", .normalUnspecified),
        ("loopback/1", .chanNotImplemented),
        ("user/1002,error/USER_BUSY", .userBusy), ("error/USER_BUSY|user/9999", .userBusy),
        ("${verto_contact(1002@example.com)}", .userNotRegistered),
    ]

    @Test(arguments: failures)
    func saysWhyNobodyCanBeReached(row: Failure) {
        var scene = CallScene(actions: ["bridge \(row.dialString)"])
        #expect(scene.dial().bare.last == .hangUp(scene.caller, row.cause))
        #expect(scene.board.count == 0)
    }

    @Test(arguments: [
        ("CALL_REJECTED", "CALL_REJECTED"), ("NORMAL_CLEARING", "CALL_REJECTED"), ("USER_BUSY", "USER_BUSY"),
    ])
    func passesARefusalOnToTheCaller(row: (said: String, told: String)) throws {
        var scene = CallScene(actions: ["bridge user/1000"])
        let far = scene.dial().placed[0].leg.id
        let told = try #require(HangupCause(name: row.told))
        let said = try #require(HangupCause(name: row.said))
        #expect(scene.hear(.hungUp(far, said)).ends == [far: told, scene.caller: told])
    }

    @Test func aSocketThatVanishesWhileItRingsIsOutOfOrder() {
        var scene = CallScene(actions: ["bridge user/1000"])
        let far = scene.dial().placed[0].leg.id
        #expect(
            scene.hear(.detached(far)).ends == [far: .destinationOutOfOrder, scene.caller: .destinationOutOfOrder])
    }

    @Test func endsAnUnansweredCallWithTheCauseOfItsSilence() {
        var scene = CallScene(actions: ["bridge user/1001"])
        let legs = scene.dial().placed.map(\.leg.id)
        #expect(scene.board.deadline == .seconds(60))
        #expect(
            scene.pass(.seconds(60)).ends == [legs[0]: .noAnswer, legs[1]: .noAnswer, scene.caller: .noAnswer])
    }

    typealias Timeout = (dialString: String, time: Duration, cause: HangupCause)

    static let timeouts: [Timeout] = [
        ("{originate_timeout=5}user/1000", .seconds(5), .noAnswer),
        ("[leg_timeout=4]user/1000", .seconds(4), .allottedTimeout),
        ("{call_timeout=6}user/1000", .seconds(6), .noAnswer),
        ("{progress_timeout=3}user/1000", .seconds(3), .progressTimeout),
        ("[leg_progress_timeout=2]user/1000", .seconds(2), .progressTimeout),
        ("{originate_timeout=0}user/1000", .seconds(60), .noAnswer),
    ]

    @Test(arguments: timeouts)
    func ringsAsLongAsTheDialStringSays(row: Timeout) {
        var scene = CallScene(actions: ["set continue_on_fail=false", "bridge \(row.dialString)"])
        let far = scene.dial().placed[0].leg.id
        #expect(scene.board.deadline == row.time)
        #expect(scene.pass(row.time).ends[far] == row.cause)
    }

    @Test func progressStopsTheProgressTimer() {
        var scene = CallScene(actions: ["bridge {progress_timeout=3,originate_timeout=20}user/1000"])
        let far = scene.dial().placed[0].leg.id
        _ = scene.hear(.ringing(far))
        #expect(scene.board.deadline == .seconds(20))
    }

    @Test func goesOnAfterAFailureWhenTheDialplanSaysSo() {
        for (setting, cause, goesOn) in [
            ("continue_on_fail=true", "USER_BUSY", true), ("continue_on_fail=USER_BUSY", "USER_BUSY", true),
            ("continue_on_fail=busy,17", "USER_BUSY", true), ("continue_on_fail=NO_ANSWER", "USER_BUSY", false),
            ("x=y", "NO_ANSWER", true), ("continue_on_fail=USER_BUSY", "NO_ANSWER", false),
            ("failure_causes=USER_BUSY", "NO_ANSWER", false), ("continue_on_fail=true", "ATTENDED_TRANSFER", false),
            ("failure_causes=NO_ANSWER", "NO_ANSWER", false), ("x=y", "USER_BUSY", false),
        ] {
            var scene = CallScene(
                actions: ["set \(setting)", "bridge error/\(cause)", "log INFO ${originate_disposition} ${DIALSTATUS}"])
            let steps = scene.dial().bare
            #expect(steps.contains { if case .log = $0 { true } else { false } } == goesOn, "\(setting)")
            #expect(steps.last == .hangUp(scene.caller, HangupCause(name: cause)!), "\(setting)")
        }
    }

    @Test func whatIsHeardAfterAFailedBridgeIsTheCall() {
        var scene = CallScene(actions: ["set continue_on_fail=true", "bridge error/USER_BUSY", "answer"])
        #expect(scene.dial().ends[scene.caller] == .normalClearing)
    }

    @Test func oneRefusalEndsItAllWhenAsked() {
        var scene = CallScene(actions: ["bridge {fail_on_single_reject=USER_BUSY}user/1001|user/1000"])
        let legs = scene.dial().placed.map(\.leg.id)
        #expect(
            scene.hear(.hungUp(legs[0], .userBusy)).ends == [
                legs[0]: .userBusy, legs[1]: .originatorCancel, scene.caller: .userBusy,
            ])
    }

    // MARK: After the bridge

    @Test func eitherSideEndsTheOther() {
        for (hangUp, hasMore) in [(0, false), (1, false), (1, true)] {
            var scene = CallScene(actions: hasMore ? ["bridge user/1000", "echo"] : ["bridge user/1000"])
            let far = scene.talk()
            let legs = [scene.caller, far]
            let steps = scene.hear(.hungUp(legs[hangUp], .normalClearing)).bare
            #expect(steps.first == .disconnect(legs[hangUp], legs[1 - hangUp]))
            #expect(steps.contains(.release(legs[hangUp], .normalClearing)))
            #expect(steps.last == (hasMore ? .echo(scene.caller) : .hangUp(legs[1 - hangUp], .normalClearing)))
        }
    }

    @Test func hangsUpAfterTheBridgeWhenAsked() {
        var scene = CallScene(actions: ["set hangup_after_bridge=true", "bridge user/1000", "echo"])
        let far = scene.talk()
        #expect(scene.hear(.hungUp(far, .userBusy)).ends == [far: .userBusy, scene.caller: .userBusy])
    }

    @Test func parksOrTransfersAfterTheBridgeWhenAsked() throws {
        var scene = CallScene(actions: ["set park_after_bridge=true", "set park_timeout=30", "bridge user/1000"])
        let far = scene.talk()
        #expect(scene.hear(.hungUp(far, .normalClearing)).ends == [far: .normalClearing])
        #expect(scene.board.deadline == .seconds(30))
        scene = CallScene(
            ext("echo", condition(try dialled("^9$"), "echo")),
            ext("all", condition(.always, "set transfer_after_bridge=9 XML default", "bridge user/1000")))
        let other = scene.talk()
        #expect(scene.hear(.hungUp(other, .normalClearing)).bare.last == .echo(scene.caller))
    }

    @Test func sendsTheKeysOfOneSideToTheOther() {
        var scene = CallScene(actions: ["bridge user/1000"])
        let far = scene.talk()
        #expect(scene.hear(.digit(scene.caller, "5")) == [.sendDigit(far, "5")])
        #expect(scene.hear(.digit(far, "#")) == [.sendDigit(scene.caller, "#")])
    }

    // MARK: Ring-back and early media

    @Test func ringsBackWhileTheFarEndRings() throws {
        var scene = CallScene(actions: ["set ringback=%(2000,4000,440,480)", "bridge user/1000"])
        let far = scene.dial().placed[0].leg.id
        let tone = Playback.tones(try ToneScript(parsing: "%(2000,4000,440,480)").endless)
        #expect(scene.hear(.ringing(far)).bare == [.preAnswer(scene.caller), .play(scene.caller, tone)])
        #expect(scene.hear(.ringing(far)) == [])
        #expect(
            scene.hear(.answered(far, name: nil, number: nil)).bare.prefix(3) == [
                .stopPlaying(scene.caller), .answer(scene.caller), .connect(scene.caller, far),
            ])
    }

    @Test func ringsBackAtOnceWhenAsked() {
        var scene = CallScene(
            actions: ["set instant_ringback=true", "set ringback=ring.wav", "bridge user/1000"])
        #expect(scene.dial().bare.last == .play(scene.caller, .file("ring.wav")))
    }

    @Test func anAnsweredCallerHearsTheTransferRingback() {
        var scene = CallScene(
            actions: ["answer", "set ringback=no.wav", "set transfer_ringback=yes.wav", "bridge user/1000"])
        let far = scene.dial().placed[0].leg.id
        #expect(scene.hear(.ringing(far)).bare == [.play(scene.caller, .file("yes.wav"))])
    }

    @Test func playsAFileAgainButNotOneThatIsNotThere() {
        var scene = CallScene(actions: ["answer", "set transfer_ringback=a.wav", "bridge user/1000"])
        let far = scene.dial().placed[0].leg.id
        _ = scene.hear(.ringing(far))
        #expect(scene.hear(.applicationDone(scene.caller), after: .seconds(3)) == [.play(scene.caller, .file("a.wav"))])
        #expect(scene.hear(.applicationDone(scene.caller), after: .milliseconds(10)) == [])
        #expect(scene.hear(.answered(far, name: nil, number: nil)).bare.first == .connect(scene.caller, far))
    }

    @Test func letsTheCallerHearEarlyMedia() {
        var scene = CallScene(actions: ["set ringback=a.wav", "bridge user/1001"])
        let legs = scene.dial().placed.map(\.leg.id)
        _ = scene.hear(.ringing(legs[0]))
        #expect(
            scene.hear(.progress(legs[1])).bare == [.stopPlaying(scene.caller), .connect(scene.caller, legs[1])])
        #expect(scene.hear(.progress(legs[0])).bare == [])
        let steps = scene.hear(.answered(legs[0], name: nil, number: nil)).bare
        #expect(steps.first == .disconnect(legs[1], scene.caller))
        #expect(steps.contains(.connect(scene.caller, legs[0])))
    }

    @Test func earlyMediaOfTheOneWhoAnswersGoOn() {
        var scene = CallScene(actions: ["bridge user/1000"])
        let far = scene.dial().placed[0].leg.id
        #expect(scene.hear(.progress(far)).bare == [.preAnswer(scene.caller), .connect(scene.caller, far)])
        let steps = scene.hear(.answered(far, name: nil, number: nil)).bare
        #expect(steps.first == .answer(scene.caller))
        #expect(!steps.contains(.connect(scene.caller, far)))
    }

    @Test func ignoresEarlyMediaWhenAsked() {
        var scene = CallScene(actions: ["bridge {ignore_early_media=true}user/1000"])
        let far = scene.dial().placed[0].leg.id
        #expect(scene.hear(.progress(far)).bare == [])
    }

    // MARK: Variables, caller ids

    @Test func givesTheCalledLegItsVariables() {
        var scene = CallScene(
            actions: [
                "export verto_h_X-Call=7", "export nolocal:secret=1", "set private=2",
                "bridge {verto_svar_a=b,c=global}[c=local,verto_dvar_email=x@y]user/1000",
            ])
        let outgoing = scene.dial().placed[0]
        #expect(outgoing.headers == ["verto_h_X-Call": "7"])
        #expect(outgoing.serverVariables == ["verto_svar_a": "b"])
        let variables = outgoing.leg.variables
        #expect(variables["secret"] == "1" && variables["private"] == nil && variables["c"] == "global")
        #expect(variables["verto_dvar_email"] == "x@y" && variables["effective_caller_id_name"] == "Zoe")
        #expect(scene.board.leg(scene.caller)?.variables["secret"] == nil)
    }

    @Test func localVariablesWinWhenAsked() {
        var scene = CallScene(actions: ["bridge {local_var_clobber=true,c=global}[c=local]user/1000"])
        #expect(scene.dial().placed[0].leg.variables["c"] == "local")
    }

    typealias CallerID = (setting: String, dialString: String, name: String, number: String)

    static let callerIDs: [CallerID] = [
        ("x=y", "", "Ann", "1008"), ("effective_caller_id_name=Eve", "", "Eve", "1008"),
        ("effective_caller_id_number=9", "{origination_caller_id_name=Org}", "Org", "9"),
        ("x=y", "[origination_caller_id_number=44]", "Ann", "44"),
    ]

    @Test(arguments: callerIDs)
    func showsTheCallerAsTheDialplanWants(row: CallerID) {
        var scene = CallScene(actions: ["set \(row.setting)", "bridge \(row.dialString)user/1000"])
        let far = scene.dial().placed[0].leg
        #expect((far.callerIDName, far.callerIDNumber) == (row.name, row.number))
        let steps = scene.hear(.answered(far.id, name: nil, number: nil))
        #expect(steps.contains(.display(far.id, name: row.name, number: row.number)))
    }

    @Test func aCalleeWithoutANameIsAnOutboundCall() {
        var scene = CallScene(actions: ["bridge user/1002"])
        _ = scene.hear(.registered(session: "s-1002", user: "1002@example.com"))
        let far = scene.dial().placed[0].leg
        #expect((far.calleeIDName, far.calleeIDNumber) == ("Outbound Call", "1002"))
    }

    @Test func cleansTheNameTheFarEndGives() {
        var scene = CallScene(actions: ["bridge user/1000"])
        let far = scene.dial().placed[0].leg.id
        let name = "B\u{0}ob\r\n" + String(repeating: "x", count: 1_000)
        _ = scene.hear(.answered(far, name: name, number: " \t"))
        #expect(scene.board.leg(far)?.calleeIDName == "Bob" + String(repeating: "x", count: 253))
        #expect(scene.board.leg(far)?.calleeIDNumber == "5000")
    }

    // MARK: Ways to name somebody

    @Test(arguments: [
        "user/1000", "user/1000@example.com", "user/1000@EXAMPLE.COM", "verto.rtc/1000", "verto.rtc/1000@example.com",
        "${verto_contact(1000@example.com)}", "${verto_contact 1000@example.com}",
        "error/USER_BUSY,user/1000", "error/USER_BUSY|user/1000",
    ])
    func findsTheClient(dialString: String) {
        var scene = CallScene(actions: ["bridge \(dialString)"])
        let legs = scene.dial().placed.map(\.leg)
        #expect(legs.map(\.kind) == [.verto(session: "s-1000")])
        #expect(legs.first?.destination == "1000" && legs.first?.calleeIDNumber == "5000")
    }

    @Test func followsTheDialStringOfTheDirectory() {
        let stock =
            "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}"
            + "${sofia_contact(*/${dialed_user}@${dialed_domain})},${verto_contact ${dialed_user}@${dialed_domain}}"
        let users = [
            User(id: "1000", domain: "example.com", parameters: ["dial-string": stock]),
            User(id: "2000", domain: "example.com", parameters: ["dial-string": "[x=2]user/1000|error/USER_BUSY"]),
            User(id: "3000", domain: "example.com", parameters: ["dial-string": "user/3000"]),
            User(id: "4000", domain: "example.com", parameters: ["dial-string": "${sofia_contact(x)}"]),
        ]
        let all = condition(.always, "bridge {x=1}user/${destination_number}")
        for (dialled, cause) in [
            ("1000", nil), ("2000", nil), ("3000", HangupCause.exchangeRoutingError),
            ("4000", .userNotRegistered),
        ] {
            var scene = CallScene(ext("all", all), users: users)
            let steps = scene.dial(dialled)
            #expect(steps.ends[scene.caller] == cause)
            guard cause == nil else { continue }
            #expect(steps.placed.map(\.leg.kind) == [.verto(session: "s-1000")])
            #expect(steps.placed[0].leg.variables["x"] == "1")
            #expect(steps.placed[0].leg.variables["sip_invite_domain"] == "example.com")
        }
    }

    @Test func neverShowsASession() {
        var scene = CallScene(actions: ["bridge ${verto_contact(1001@example.com)},user/1000"])
        var steps = scene.dial()
        for leg in steps.placed.map(\.leg) {
            #expect(!leg.variables.values.contains { $0.contains("s-1") })
            steps += scene.hear(.ringing(leg.id))
        }
        steps += scene.hear(.answered(steps.placed[2].leg.id, name: nil, number: nil))
        steps += scene.hear(.hungUp(scene.caller, .normalClearing))
        for step in steps {
            if case .call = step { continue }
            #expect(!"\(step)".contains("s-1"))
        }
    }

    @Test func aCallerCannotNameWhomElseToCall() throws {
        let one = condition(try dialled("^(.*)$"), "bridge {x=${caller_id_name}}user/$1")
        let other = condition(.always, "bridge {x=${caller_id_name}}user/${destination_number}")
        for rule in [one, other] {
            var scene = CallScene(ext("all", rule))
            #expect(scene.dial("1000,user/1001").ends == [scene.caller: .subscriberAbsent])
            #expect(scene.dial("9|user/1001").placed.isEmpty)
            #expect(scene.dial("[x=1]1000").placed.isEmpty)
            let leg = Leg(
                id: scene.caller, kind: .verto(session: "s"), callerIDName: "A}user/1001,{",
                destination: "1000")
            let placed = scene.hear(.invited(leg)).placed
            #expect(placed.map(\.leg.destination) == ["1000"])
            #expect(placed.first?.leg.variables["x"] == "Auser/1001")
        }
    }

    // MARK: Limits

    @Test func countsTheLegsToAUserToo() {
        var scene = CallScene(actions: ["bridge user/1000"])
        scene.board.limits.legsPerUser = 1
        _ = scene.dial(as: LegID("a"), user: "a@example.com")
        #expect(scene.dial(as: LegID("b"), user: "b@example.com").ends == [LegID("b"): .userBusy])
        #expect(scene.dial(as: LegID("c"), user: "1000@example.com") == [.refuse(LegID("c"), .destinationOutOfOrder)])
    }

    @Test func callsNobodyBeyondTheLimitOfLegs() {
        var scene = CallScene(actions: ["bridge user/1001"])
        scene.board.limits.legs = 2
        #expect(scene.dial().placed.count == 1)
    }

    @Test func callsNobodyWhileItRunsEmpty() throws {
        var scene = CallScene(
            ext("late", condition(try dialled("^1$"), "sleep 1000", "bridge user/1000")))
        _ = scene.dial()
        scene.board.acceptsCalls = false
        #expect(scene.pass(.seconds(1)).ends == [scene.caller: .systemShutdown])
    }
}
