import Calls
import Testing

/// Calls with a phone or a trunk at one end.
struct SIPCallTests {
    /// The seed's own extension, word for word.
    @Test func theSeedsExtensionWorks() throws {
        let number = condition(
            try dialled(#"^(\d+)$"#), "answer", "playback silence_stream://2000", "set effective_caller_id_name=Me",
            "set effective_caller_id_number=0301234", "bridge {absolute_codec_string=pcmu}sofia/gateway/itsp/$1")
        var scene = CallScene(ext("outbound", number), globals: ["transfer_ringback": "ring.wav"])
        #expect(scene.dial("0305678").bare == [.answer(scene.caller)])
        // The browser's media path first, then two seconds of packets, then the trunk.
        let silence = Playback.silence(.seconds(2), noise: 0)
        #expect(
            scene.hear(.answeredMedia(scene.caller), after: .milliseconds(700)).bare == [.play(scene.caller, silence)])
        let placed = scene.hear(.applicationDone(scene.caller), after: .seconds(2)).placed
        let far = try #require(placed.first)
        #expect(far.leg.kind == .sip(.gateway(name: "itsp", destination: "0305678")) && far.like == scene.caller)
        #expect(far.leg.variables["absolute_codec_string"] == "pcmu")
        #expect((far.leg.callerIDName, far.leg.callerIDNumber) == ("Me", "0301234"))
        #expect(scene.hear(.ringing(far.leg.id)).bare == [.play(scene.caller, .file("ring.wav"))])
        #expect(
            scene.hear(.progress(far.leg.id)).bare == [.stopPlaying(scene.caller), .connect(scene.caller, far.leg.id)])
        #expect(
            scene.hear(.answered(far.leg.id, name: nil, number: nil)).bare == [
                .display(scene.caller, name: "Outbound Call", number: "0305678"),
                .display(far.leg.id, name: "Me", number: "0301234"),
            ])
        #expect(
            scene.hear(.hungUp(far.leg.id, .normalClearing)).ends == [
                far.leg.id: .normalClearing, scene.caller: .normalClearing,
            ])
    }

    @Test func aTrunkThatRefusesEndsTheSeedsCallWithItsCause() {
        var scene = CallScene(actions: ["answer", "bridge sofia/gateway/itsp/1"])
        let far = scene.dial().placed[0].leg.id
        scene.board.setVariables(["proto_specific_hangup_cause": "sip:486", "sip_term_status": "486"], of: far)
        let steps = scene.hear(.hungUp(far, .userBusy))
        #expect(steps.ends == [far: .userBusy, scene.caller: .userBusy])
        #expect(steps.records.map(\.protocolCause) == ["sip:486", nil])
        #expect(steps.records.map(\.farProtocolCause) == [nil, "sip:486"])
    }

    @Test func theDialplanMayIgnoreTheFarEndsWords() {
        var scene = CallScene(actions: ["set sip_ignore_remote_cause=true", "answer", "bridge sofia/gateway/itsp/1"])
        let far = scene.dial().placed[0].leg.id
        _ = scene.hear(.answered(far, name: nil, number: nil))
        scene.board.setVariables(["proto_specific_hangup_cause": "sip:200"], of: far)
        let steps = scene.hear(.hungUp(far, .normalClearing))
        #expect(steps.records.map(\.farProtocolCause) == [nil, nil])
    }

    /// By SIP the cause is what the far end said; only a client's own hang-up is a refusal.
    @Test func aPhoneThatClearsIsNotMadeARefusal() {
        var scene = CallScene(actions: ["bridge sofia/gateway/itsp/1"])
        let far = scene.dial().placed[0].leg.id
        #expect(scene.hear(.hungUp(far, .normalClearing)).ends[scene.caller] == .normalClearing)
    }

    // MARK: Ringing

    @Test func aCallerBySIPIsToldOnceThatItRings() {
        var scene = CallScene(actions: ["bridge sofia/gateway/itsp/1,sofia/gateway/itsp/2"])
        let legs = scene.dialBySIP().placed.map(\.leg.id)
        #expect(scene.hear(.ringing(legs[0])).bare == [.ringing(scene.caller)])
        #expect(scene.hear(.ringing(legs[1])).bare == [])
    }

    @Test(arguments: [
        ("set ringback=a.wav", [CallStep.preAnswer(LegID("caller")), .play(LegID("caller"), .file("a.wav"))]),
        ("set ignore_ring_ready=true", []), ("answer", []), ("pre_answer", []), ("ring_ready", []),
    ])
    func aCallerWithSoundIsNotTold(row: (action: String, steps: [CallStep])) {
        var scene = CallScene(actions: [row.action, "bridge sofia/gateway/itsp/1"])
        let far = scene.dialBySIP().placed[0].leg.id
        #expect(scene.hear(.ringing(far)).bare == row.steps)
    }

    @Test func ringReadyIsForCallersBySIP() {
        var scene = CallScene(actions: ["ring_ready", "ring_ready", "park"])
        #expect(scene.dialBySIP().bare == [.ringing(scene.caller)])
        #expect(scene.dial(as: LegID("b")).bare == [])
    }

    // MARK: Early media

    @Test(arguments: [
        ("", [CallStep.preAnswer(LegID("caller"))]), ("ignore_early_media=true", []),
        ("ignore_early_media=consume", []), ("ignore_early_media=ring_ready", [.ringing(LegID("caller"))]),
        ("ignore_early_media=true,bridge_early_media=true", [.preAnswer(LegID("caller"))]),
        ("ignore_early_media=false", [.preAnswer(LegID("caller"))]),
    ])
    func earlyMediaGoWhereTheDialStringSays(row: (variables: String, first: [CallStep])) {
        var scene = CallScene(actions: ["bridge {\(row.variables)}sofia/gateway/itsp/1"])
        let far = scene.dialBySIP().placed[0].leg.id
        let steps = scene.hear(.progress(far)).bare
        let isHeard = row.first == [.preAnswer(scene.caller)]
        #expect(steps == row.first + (isHeard ? [.connect(scene.caller, far)] : []))
        #expect(scene.hear(.progress(far)).bare == [])
        #expect(scene.board.leg(far)?.state == .early)
    }

    @Test func whenTheOneHeardIsGoneTheNextIsHeard() {
        var scene = CallScene(actions: ["set ringback=a.wav", "bridge sofia/gateway/a/1,sofia/gateway/b/1,user/1000"])
        let legs = scene.dialBySIP().placed.map(\.leg.id)
        _ = scene.hear(.progress(legs[0]))
        #expect(scene.hear(.progress(legs[1])).bare == [])
        _ = scene.hear(.ringing(legs[2]))
        let gone = scene.hear(.hungUp(legs[0], .userBusy)).bare
        #expect(gone.first == .disconnect(legs[0], scene.caller) && gone.last == .connect(scene.caller, legs[1]))
        #expect(scene.hear(.hungUp(legs[1], .userBusy)).bare.last == .play(scene.caller, .file("a.wav")))
    }

    @Test func progressHasToComeInTime() {
        for (event, cause, time) in [
            (nil, HangupCause.progressTimeout, 5), (CallEvent.ringing, .noAnswer, 15),
            (CallEvent.progress, .noAnswer, 15),
        ] as [(((LegID) -> CallEvent)?, HangupCause, Int)] {
            var scene = CallScene(
                actions: ["bridge {progress_timeout=5,originate_timeout=15}sofia/gateway/itsp/1", "hangup"])
            let far = scene.dial().placed[0].leg.id
            if let event { _ = scene.hear(event(far)) }
            #expect(scene.board.deadline == .seconds(time))
            #expect(scene.pass(.seconds(time)).ends[far] == cause)
        }
    }

    // MARK: Hold, media

    @Test func aHoldByTheFarEndIsAHold() throws {
        var scene = CallScene(actions: ["bridge sofia/gateway/itsp/1"], globals: ["hold_music": "moh.wav"])
        let far = scene.talk()
        #expect(
            scene.hear(.heldByFarEnd(far, true)).bare == [
                .hold(far, true), .disconnect(far, scene.caller), .play(scene.caller, .file("moh.wav")),
            ])
        #expect(scene.hear(.heldByFarEnd(far, true)) == [])
        #expect(
            scene.hear(.heldByFarEnd(far, false)).bare == [
                .hold(far, false), .stopPlaying(scene.caller), .connect(far, scene.caller),
            ])
    }

    @Test func aPhoneThatAnswersOnHoldMayStayThere() {
        var scene = CallScene(actions: ["bridge sofia/gateway/itsp/1"])
        let far = scene.dial().placed[0].leg.id
        _ = scene.hear(.answered(far, name: nil, number: nil))
        _ = scene.hear(.answeredMedia(scene.caller))
        _ = scene.hear(.heldByFarEnd(far, true))
        #expect(scene.board.deadline == nil)
        _ = scene.hear(.heldByFarEnd(far, false), after: .seconds(60))
        #expect(scene.board.deadline != nil)
        #expect(scene.hear(.mediaFailed(far, .mediaTimeout)).ends[far] == .mediaTimeout)
    }

    // MARK: Side by side, later, again

    @Test func dialStringsSideBySideHaveTimesOfTheirOwn() {
        var scene = CallScene(
            actions: ["bridge <x=1>{originate_timeout=5}sofia/gateway/a/1|sofia/gateway/a/2:_:{x=2}user/1000"])
        let first = scene.dial().placed.map(\.leg)
        #expect(first.map(\.destination) == ["1", "1000"] && first.map { $0.variables["x"] } == ["1", "2"])
        let second = scene.pass(.seconds(5))
        #expect(second.ends == [first[0].id: .noAnswer] && second.placed.map(\.leg.destination) == ["2"])
        #expect(scene.hear(.hungUp(first[1].id, .userBusy)).ends == [first[1].id: .userBusy])
        let third = second.placed[0].leg.id
        #expect(
            scene.hear(.hungUp(third, .noRouteDestination)).ends == [
                third: .noRouteDestination, scene.caller: .userBusy,
            ])
        #expect(scene.board.count == 0 && scene.board.deadline == nil)
    }

    @Test func theFirstAnswerOfAnyDialStringWins() {
        var scene = CallScene(actions: ["bridge sofia/gateway/a/1:_:sofia/gateway/a/2:_:error/USER_BUSY"])
        let legs = scene.dial().placed.map(\.leg.id)
        #expect(scene.hear(.answered(legs[1], name: nil, number: nil)).ends == [legs[0]: .loseRace])
        #expect(scene.board.leg(scene.caller)?.bridgedTo == legs[1])
    }

    @Test func aLegMayRingLater() {
        var scene = CallScene(
            actions: [
                "bridge [leg_delay_start=10,leg_timeout=5]sofia/gateway/a/1,[leg_delay_start=3]sofia/gateway/a/2,"
                    + "sofia/gateway/a/3"
            ])
        let first = scene.dial().placed.map(\.leg)
        #expect(first.map(\.destination) == ["3"] && scene.board.deadline == .seconds(3))
        // Nobody rings, but somebody will.
        #expect(scene.hear(.hungUp(first[0].id, .userBusy)).ends[scene.caller] == nil)
        #expect(scene.pass(.seconds(3)).placed.map(\.leg.destination) == ["2"])
        let last = scene.pass(.seconds(7)).placed.map(\.leg)
        #expect(last.map(\.destination) == ["1"])
        #expect(scene.pass(.seconds(5)).ends == [last[0].id: .allottedTimeout])
    }

    @Test func whoeverIsToRingTooLateDoesNot() {
        var scene = CallScene(actions: ["bridge {originate_timeout=5}[leg_delay_start=5]sofia/gateway/a/1", "hangup"])
        #expect(scene.dial().placed.isEmpty)
        let steps = scene.pass(.seconds(5))
        #expect(steps.placed.isEmpty && steps.ends == [scene.caller: .normalClearing])
    }

    @Test func allOfItIsTriedAgain() {
        var scene = CallScene(
            actions: ["bridge {originate_retries=3,originate_retry_sleep_ms=2000}user/1002|sofia/gateway/a/1"])
        var legs = scene.dial().placed.map(\.leg)
        #expect(legs.map(\.destination) == ["1"])
        #expect(scene.hear(.hungUp(legs[0].id, .userBusy)).ends == [legs[0].id: .userBusy])
        #expect(scene.board.deadline == .seconds(2))
        // The second time the user is there.
        scene.register("p1", as: "1002")
        legs = scene.pass(.seconds(2)).placed.map(\.leg)
        #expect(legs.map(\.destination) == ["1002"])
        legs = scene.hear(.hungUp(legs[0].id, .noUserResponse)).placed.map(\.leg)
        _ = scene.hear(.hungUp(legs[0].id, .networkOutOfOrder))
        legs = scene.pass(.seconds(2)).placed.map(\.leg)
        legs = scene.hear(.hungUp(legs[0].id, .noUserResponse)).placed.map(\.leg)
        #expect(scene.hear(.hungUp(legs[0].id, .networkOutOfOrder)).ends[scene.caller] == .userBusy)
    }

    @Test(arguments: [
        ("originate_retries=0", 1), ("originate_retries=101", 1), ("originate_retries=2", 2),
        ("originate_retries=9,originate_retry_timeout=3", 4), ("originate_retries=9,fail_on_single_reject=true", 1),
    ])
    func triesNoOftenerThanAsked(row: (variables: String, tries: Int)) {
        var scene = CallScene(actions: ["bridge {\(row.variables)}sofia/gateway/a/1"])
        var placed = scene.dial().placed
        var tries = 0
        while let leg = placed.first?.leg.id {
            tries += 1
            _ = scene.hear(.hungUp(leg, .userBusy))
            placed = scene.board.deadline.map { scene.pass($0 - scene.now).placed } ?? []
        }
        #expect(tries == row.tries && scene.board.count == 0)
    }

    @Test func aCallerMayGiveUpBetweenTwoTries() {
        var scene = CallScene(actions: ["bridge {originate_retries=9}sofia/gateway/a/1"])
        _ = scene.hear(.hungUp(scene.dial().placed[0].leg.id, .userBusy))
        #expect(scene.hear(.hungUp(scene.caller, .originatorCancel)).ends == [scene.caller: .originatorCancel])
        #expect(scene.board.deadline == nil)
    }

    // MARK: What a failure does

    @Test(arguments: [
        ("USER_BUSY", "BUSY"), ("NO_ANSWER", "NOANSWER"), ("CALL_REJECTED", "DONTCALL"), ("CRASH", "CRASH"),
        ("DESTINATION_OUT_OF_ORDER", "INVALIDARGS"), ("INVALID_PROFILE", "INVALIDARGS"),
        ("ORIGINATOR_CANCEL", "CANCEL"),
        ("GATEWAY_DOWN", "GATEWAY_DOWN"),
    ])
    func theDialplanMayAskHowItWent(row: (cause: String, status: String)) {
        var scene = CallScene(
            actions: ["set continue_on_fail=true", "bridge error/\(row.cause)", "log INFO ${DIALSTATUS}"])
        #expect(scene.dial().bare.first == .log(scene.caller, .info, row.status))
    }

    @Test(arguments: [
        ("USER_BUSY 1002 XML default", "1002"), ("true 1002", "1002"), ("NO_ANSWER 1002", nil), ("USER_BUSY", nil),
    ])
    func aFailureMayLeadElsewhere(row: (variable: String, destination: String?)) throws {
        var scene = CallScene(
            ext(
                "first",
                condition(try dialled("^1$"), "set transfer_on_fail=\(row.variable)", "bridge sofia/gateway/a/1")),
            ext("second", condition(try dialled("^1002$"), "park")))
        let far = scene.dial().placed[0].leg.id
        _ = scene.hear(.hungUp(far, .userBusy))
        #expect(scene.board.leg(scene.caller)?.destination == row.destination)
    }

    @Test func oneRefusalMayHangUpTheCallerToo() {
        var scene = CallScene(
            actions: [
                "set continue_on_fail=true", "bridge {hangup_on_single_reject=true}user/1000,sofia/gateway/a/1", "park",
            ])
        let far = scene.dial().placed.map(\.leg.id)
        #expect(
            scene.hear(.hungUp(far[1], .callRejected)).ends == [
                far[0]: .originatorCancel, far[1]: .callRejected, scene.caller: .callRejected,
            ])
    }
}
