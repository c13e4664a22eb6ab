import Calls
import Testing

struct SwitchboardTests {
    var board: Switchboard
    let id = LegID("call-1")

    init() throws {
        board = Switchboard(
            dialplan: plan(
                ext("room", condition(try dialled(#"^(3\d{3})$"#), "conference $1@default")),
                ext("echo", condition(try dialled("^9196$"), "answer", "echo")),
                ext("early echo", condition(try dialled("^9199$"), "echo")),
                ext(
                    "tone",
                    condition(try dialled("^9197$"), "playback silence_stream://1000", "set a=1", "hangup USER_BUSY")),
                ext("sleep", condition(try dialled("^1$"), "pre_answer", "sleep 2000", "answer", "sleep 500")),
                ext("file", condition(try dialled("^2$"), "answer", "playback x.wav", "log INFO ${seen}")),
                ext(
                    "vars",
                    condition(try dialled("^4$"), "set room=blue", "export deep=${room}-sea", "conference ${deep}")
                ),
                ext("bridge", condition(try dialled("^5$"), "bridge user/1000")),
                ext("bad", condition(try dialled("^6$"), "sleep ${nothing}")),
                ext("strange", condition(try dialled("^8$"), "voicemail x")),
                ext("silent", condition(try dialled("^7$"), "log INFO bye"))
            )
        )
    }

    // MARK: Routes

    @Test mutating func answersAndEntersTheRoom() {
        let steps = dial("3500", variables: ["verto_dvar_email": "a@b"])
        #expect(
            steps == [
                .answer(id),
                .enterConference(id, argument: "3500@default", variables: ["verto_dvar_email": "a@b"]),
            ]
        )
        #expect(board.leg(id)?.isAnswered == true)
    }

    @Test mutating func echoIsEarlyMediaUnlessAnswered() {
        #expect(dial("9196") == [.answer(id), .echo(id)])
        let other = LegID("call-2")
        #expect(dial("9199", as: other) == [.preAnswer(other), .echo(other)])
        #expect(board.leg(other)?.state == .early)
    }

    @Test mutating func playsOnceTheMediaIsUpAndGoesOnWhenItIsDone() {
        #expect(dial("9197") == [.preAnswer(id)])
        #expect(board.hear(.answeredMedia(id), at: .seconds(1)) == [.play(id, .silence(.seconds(1), noise: 0))])
        #expect(board.hear(.answeredMedia(id), at: .seconds(1)) == [])
        #expect(board.hear(.applicationDone(id), at: .seconds(2)) == [.hangUp(id, .userBusy)])
        #expect(board.leg(id) == nil)
    }

    @Test mutating func sleepsByTheClockItIsGiven() {
        #expect(dial("1") == [.preAnswer(id)])
        #expect(board.deadline == .seconds(2))
        #expect(board.run(to: .milliseconds(1_999)) == [])
        #expect(board.run(to: .seconds(2)) == [.answer(id)])
        #expect(board.deadline == .milliseconds(2_500))
        #expect(board.run(to: .seconds(3)) == [.hangUp(id, .normalClearing)])
        #expect(board.deadline == nil)
    }

    @Test mutating func anApplicationDoneDoesNotCutASleepShort() {
        _ = dial("1")
        #expect(board.hear(.applicationDone(id), at: .zero) == [])
    }

    @Test mutating func setsVariablesBetweenApplications() {
        let steps = dial("4")
        let variables = ["room": "blue", "deep": "blue-sea", "export_vars": "deep"]
        #expect(steps == [.answer(id), .enterConference(id, argument: "blue-sea", variables: variables)])
    }

    @Test mutating func hangsUpAfterTheLastApplication() {
        #expect(dial("7") == [.log(id, .info, "bye"), .hangUp(id, .normalClearing)])
        #expect(board.count == 0)
    }

    @Test mutating func playsAFile() {
        #expect(dial("2") == [.answer(id)])
        #expect(board.hear(.answeredMedia(id), at: .zero) == [.play(id, .file("x.wav"))])
        #expect(
            board.hear(.applicationDone(id), at: .zero) == [.log(id, .info, ""), .hangUp(id, .normalClearing)])
    }

    typealias Failure = (destination: String, cause: HangupCause)

    static let failures: [Failure] = [
        ("0000", .noRouteDestination), ("", .noRouteDestination), ("5", .subscriberAbsent),
        ("6", .normalTemporaryFailure), ("8", .facilityNotImplemented),
    ]

    @Test(arguments: failures)
    mutating func endsACallItCannotRoute(row: Failure) {
        #expect(dial(row.destination).last == .hangUp(id, row.cause))
        #expect(board.count == 0)
    }

    // MARK: Refusals

    @Test mutating func refusesTheIdOfALiveCallAndLeavesThatAlone() {
        _ = dial("3500")
        #expect(dial("9196") == [.refuse(id, .destinationOutOfOrder)])
        #expect(board.leg(id)?.destination == "3500")
    }

    @Test mutating func refusesMoreLegsThanAllowed() {
        board.limits.legs = 2
        _ = dial("3500", as: LegID("a"), user: "a@d")
        _ = dial("3500", as: LegID("b"), user: "b@d")
        #expect(dial("3500", user: "c@d") == [.refuse(id, .destinationOutOfOrder)])
    }

    @Test mutating func refusesMoreLegsOfOneUserThanAllowed() {
        board.limits.legsPerUser = 1
        _ = dial("3500", as: LegID("a"), user: "a@d")
        #expect(dial("3500", user: "a@d") == [.refuse(id, .destinationOutOfOrder)])
        #expect(dial("3500", user: "b@d").first == .answer(id))
    }

    @Test mutating func countsBySessionWhereThereAreNoUsers() {
        board.limits.legsPerUser = 1
        _ = dial("3500", as: LegID("a"), user: nil, session: "s1")
        #expect(dial("3500", user: nil, session: "s1") == [.refuse(id, .destinationOutOfOrder)])
        #expect(dial("3500", user: nil, session: "s2").first == .answer(id))
    }

    @Test mutating func refusesWhileItRunsEmpty() {
        board.acceptsCalls = false
        #expect(dial("3500") == [.refuse(id, .destinationOutOfOrder)])
    }

    @Test(arguments: [String(repeating: "3", count: 257), "35\u{0}00", "3500\r\n"])
    mutating func refusesADestinationThatCannotBeOne(destination: String) {
        #expect(dial(destination) == [.refuse(id, .invalidNumberFormat)])
    }

    // MARK: Ends

    @Test mutating func endsALegWhoseMediaDoesNotComeUp() {
        _ = dial("3500")
        #expect(board.deadline == .seconds(20))
        #expect(board.run(to: .seconds(20)) == [.hangUp(id, .mediaTimeout)])
    }

    @Test mutating func leavesALegAloneOnceItsMediaIsUp() {
        _ = dial("3500")
        _ = board.hear(.answeredMedia(id), at: .seconds(19))
        #expect(board.deadline == nil)
        #expect(board.run(to: .seconds(1_000)) == [])
    }

    @Test mutating func theWatchdogCountsFromTheFirstAnswerSDP() {
        board.limits.mediaPatience = .milliseconds(2_200)
        _ = dial("1", at: .zero)
        _ = board.run(to: .seconds(2))
        #expect(board.run(to: .milliseconds(2_200)) == [.hangUp(id, .mediaTimeout)])
    }

    @Test mutating func firesTheEarliestTimerFirst() {
        for (name, start) in [("late", 3), ("early", 1), ("middle", 2)] {
            _ = dial("3500", as: LegID(name), user: name, at: .seconds(start))
        }
        let ends = board.run(to: .seconds(60))
        #expect(ends == ["early", "middle", "late"].map { .hangUp(LegID($0), .mediaTimeout) })
    }

    @Test mutating func runsTimersOfOneLegThatAreDueTogether() {
        _ = dial("1")
        #expect(board.run(to: .seconds(60)).last == .hangUp(id, .mediaTimeout))
        #expect(board.count == 0)
    }

    typealias End = (event: (LegID) -> CallEvent, step: (LegID) -> CallStep)

    @Test mutating func endsOnEveryKindOfGoodbye() {
        let ends: [End] = [
            ({ .hungUp($0, .normalClearing) }, { .release($0, .normalClearing) }),
            ({ .hangUpRequested($0, .managerRequest) }, { .hangUp($0, .managerRequest) }),
            ({ .mediaFailed($0, .incompatibleDestination) }, { .hangUp($0, .incompatibleDestination) }),
            ({ .conferenceRefused($0, .callRejected) }, { .hangUp($0, .callRejected) }),
            ({ .conferenceEnded($0) }, { .hangUp($0, .normalClearing) }),
            ({ .applicationDone($0) }, { .hangUp($0, .normalClearing) }),
        ]
        for end in ends {
            _ = dial("3500")
            #expect(board.hear(end.event(id), at: .zero) == [end.step(id)])
            #expect(board.hear(end.event(id), at: .zero) == [])
            #expect(board.count == 0)
        }
    }

    @Test mutating func goesOnBehindAClosedRoomWhenTheDialplanSaysSo() throws {
        board.dialplan = plan(ext("a", condition(.always, "set hangup_after_conference=false", "conference x", "echo")))
        _ = dial("1")
        #expect(board.hear(.conferenceEnded(id), at: .zero) == [.echo(id)])
    }

    @Test mutating func ignoresEventsOfLegsItDoesNotKnow() {
        let events: [CallEvent] = [
            .answeredMedia(id), .mediaFailed(id, .noCause), .applicationDone(id), .conferenceEnded(id), .digit(id, "1"),
            .conferenceRefused(id, .noCause), .hungUp(id, .noCause), .hangUpRequested(id, .noCause), .detached(id),
            .reattached(id),
        ]
        for event in events { #expect(board.hear(event, at: .zero) == []) }
        #expect(board.count == 0)
    }

    @Test mutating func passesDigitsOnAndNothingElse() {
        _ = dial("3500")
        #expect(board.hear(.digit(id, "*"), at: .zero) == [.digit(id, "*")])
        #expect(board.hear(.digit(id, "x"), at: .zero) == [])
    }

    // MARK: Lost sockets

    @Test mutating func keepsAnAnsweredCallWithoutASocketForTwoMinutes() {
        _ = dial("3500")
        _ = board.hear(.answeredMedia(id), at: .zero)
        #expect(board.hear(.detached(id), at: .seconds(10)) == [])
        #expect(board.leg(id)?.detachedSince == .seconds(10))
        #expect(board.hear(.detached(id), at: .seconds(20)) == [])
        #expect(board.deadline == .seconds(130))
        #expect(board.run(to: .seconds(130)) == [.hangUp(id, .recoveryOnTimerExpire)])
    }

    @Test mutating func takesACallUpAgain() {
        _ = dial("3500", session: "s1")
        _ = board.hear(.answeredMedia(id), at: .zero)
        _ = board.hear(.detached(id), at: .seconds(10))
        #expect(board.legs(ofSession: "s1").map(\.isDetached) == [true])
        #expect(board.hear(.reattached(id), at: .seconds(60)) == [])
        #expect(board.leg(id)?.isDetached == false)
        #expect(board.deadline == .seconds(80))
        #expect(board.hear(.answeredMedia(id), at: .seconds(61)) == [])
        #expect(board.deadline == nil)
    }

    @Test mutating func endsAnUnansweredCallWithItsSocket() {
        _ = dial("9197")
        #expect(board.hear(.detached(id), at: .zero) == [.hangUp(id, .destinationOutOfOrder)])
    }

    @Test mutating func endsACallThatAskedNotToBeRecovered() {
        _ = dial("3500", isRecoverable: false)
        #expect(board.hear(.detached(id), at: .zero) == [.hangUp(id, .normalClearing)])
    }

    // MARK: Reading

    @Test mutating func findsTheLegsOfASession() {
        _ = dial("3500", as: LegID("a"), session: "s1")
        _ = dial("3500", as: LegID("b"), session: "s2")
        #expect(board.legs(ofSession: "s2").map(\.id) == [LegID("b")])
        #expect(board.legs.count == 2)
    }

    @Test mutating func addsVariablesToALiveLeg() {
        _ = dial("3500", variables: ["a": "1"])
        board.setVariables(["b": "2"], of: id)
        board.setVariables(["b": "2"], of: LegID("other"))
        #expect(board.leg(id)?.variables == ["a": "1", "b": "2"])
        #expect(board.count == 1)
    }

    /// Many calls, random events, virtual time: nothing traps, and every leg is gone in the end.
    @Test mutating func endsEveryLegWhateverHappens() {
        var seed: UInt64 = 42
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let destinations = ["3500", "9196", "9197", "9199", "1", "2", "4", "5", "6", "7", "?"]
        var now = Duration.zero
        var started: [LegID: Int] = [:]
        var ended: [LegID: Int] = [:]
        func count(_ steps: [CallStep]) {
            for step in steps {
                switch step {
                case .hangUp(let id, _), .release(let id, _): ended[id, default: 0] += 1
                default: break
                }
            }
        }
        for _ in 0..<5_000 {
            now += .milliseconds(random(3_000))
            let leg = LegID("leg-\(random(20))")
            switch random(10) {
            case 0, 1, 2:
                let wasLive = board.leg(leg) != nil
                let steps = dial(destinations[random(destinations.count)], as: leg, user: "u\(random(5))", at: now)
                if case .refuse? = steps.first {
                    #expect(steps.count == 1)
                } else if !wasLive {
                    started[leg, default: 0] += 1
                }
                count(steps)
            case 3: count(board.hear(.answeredMedia(leg), at: now))
            case 4: count(board.hear(.applicationDone(leg), at: now))
            case 5: count(board.hear(.detached(leg), at: now))
            case 6: count(board.hear(.reattached(leg), at: now))
            case 7: count(board.hear(.hungUp(leg, .normalClearing), at: now))
            case 8: count(board.hear(.conferenceEnded(leg), at: now))
            default: count(board.run(to: now))
            }
        }
        for leg in board.legs { count(board.hear(.hangUpRequested(leg.id, .systemShutdown), at: now)) }
        #expect(started == ended)
        #expect(board.deadline == nil)
    }

    // MARK: Helpers

    private mutating func dial(
        _ destination: String,
        as id: LegID = LegID("call-1"),
        user: String? = "1000@example.com",
        session: String = "session",
        isRecoverable: Bool = true,
        variables: [String: String] = [:],
        at now: Duration = .zero
    ) -> [CallStep] {
        let leg = Leg(
            id: id, kind: .verto(session: session), callerIDName: "Ada", callerIDNumber: "1000",
            destination: destination, user: user, domain: "example.com", networkAddress: "192.0.2.1",
            isRecoverable: isRecoverable, variables: variables
        )
        return board.hear(.invited(leg), at: now)
    }
}
