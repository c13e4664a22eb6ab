import Calls
import Testing

/// Verto reference §4.9 and §10.8.
struct TransferTests {
    let a1 = LegID("a1")
    let a2 = LegID("a2")

    /// 1000, 1001 and 1002 by number, 3500 a room, 9 a music without end, 8 a loop.
    var scene: CallScene

    init() throws {
        scene = CallScene(
            ext("users", condition(try dialled(#"^(100\d)$"#), "bridge user/$1")),
            ext("room", condition(try dialled("^3500$"), "conference 3500@default")),
            ext("loop", condition(try dialled("^8$"), "answer", "transfer 8 XML default")),
            ext("other", condition(try dialled("^7$"), "transfer 1 XML elsewhere")),
            ext("play", condition(try dialled("^9$"), "answer", "playback a.wav")),
            globals: ["hold_music": "moh.wav"])
    }

    // MARK: Blind

    @Test mutating func sendsTheFarLegAndEndsTheTransferor() throws {
        let far = scene.talk("1000")
        let steps = try scene.board.transfer(far, to: "3500", at: .zero).bare
        #expect(
            steps.prefix(2) == [.disconnect(far, scene.caller), .hangUp(far, .normalClearing)])
        guard case .enterConference(scene.caller, "3500@default", _)? = steps.last else {
            Issue.record("\(steps)")
            return
        }
        #expect(steps.count == 3)
        #expect(scene.board.leg(scene.caller)?.destination == "3500")
    }

    @Test mutating func theCalledSideGoesToItsOwnContext() throws {
        let far = scene.talk("1001")
        let steps = try scene.board.transfer(scene.caller, to: "1000", at: .zero)
        #expect(steps.ends == [scene.caller: .normalClearing])
        let third = steps.placed[0].leg
        #expect((third.callerIDName, third.callerIDNumber) == ("Bob", "1001"))
        let answered = scene.hear(.answered(third.id, name: "Cleo", number: nil)).bare
        #expect(
            answered == [
                .connect(far, third.id), .display(far, name: "Cleo", number: "5000"),
                .display(third.id, name: "Bob", number: "1001"),
            ])
        #expect(scene.board.leg(far)?.callerIDName == "Cleo")
    }

    @Test mutating func aTransferToNowhereEndsBoth() throws {
        let far = scene.talk("1000")
        let steps = try scene.board.transfer(far, to: "0000", at: .zero)
        #expect(steps.ends == [far: .normalClearing, scene.caller: .noRouteDestination])
    }

    @Test mutating func aHeldFarLegIsTakenFromItsMusic() throws {
        let far = scene.talk("1000")
        _ = scene.board.hold(far, .on, at: .zero)
        let steps = try scene.board.transfer(far, to: "9", at: .zero).bare
        #expect(
            steps == [
                .stopPlaying(scene.caller), .hangUp(far, .normalClearing), .play(scene.caller, .file("a.wav")),
            ])
    }

    @Test mutating func refusesWhatItCannotTransfer() {
        _ = scene.dial("3500")
        #expect(throws: TransferRefusal.notBridged) { try scene.board.transfer(scene.caller, to: "9", at: .zero) }
        #expect(throws: TransferRefusal.noSuchCall) { try scene.board.transfer(LegID("x"), to: "9", at: .zero) }
        _ = scene.talk("1000", as: a1)
        for bad in ["", "3\n5", String(repeating: "3", count: 300)] {
            #expect(throws: TransferRefusal.badDestination) { try scene.board.transfer(a1, to: bad, at: .zero) }
        }
        #expect(scene.board.leg(a1)?.bridgedTo != nil)
    }

    // MARK: Attended

    @Test mutating func connectsTheFarEndsOfTwoCalls() throws {
        let (x, y) = (scene.talk("1000", as: a1), scene.talk("1001", as: a2))
        _ = scene.board.hold(a1, .on, at: .zero)
        let steps = try scene.board.replace(a1, with: a2, at: .zero).bare
        #expect(
            steps == [
                .stopPlaying(x), .disconnect(a2, y), .hangUp(a1, .normalClearing), .connect(x, y),
                .display(x, name: "Bob", number: "1001"), .display(y, name: "Zoe", number: "5000"),
                .hangUp(a2, .attendedTransfer),
            ])
        #expect(scene.hear(.hungUp(x, .normalClearing)).ends == [x: .normalClearing, y: .normalClearing])
    }

    @Test mutating func aRoutedFarEndDoesNotGoOnAfterwards() throws {
        scene.board.dialplan = plan(ext("all", condition(.always, "bridge user/1000", "echo")))
        // Two callers are in calls with the same client, which connects them.
        let (x, y) = (scene.talk("1", as: a1), scene.talk("1", as: a2))
        _ = try scene.board.replace(x, with: y, at: .zero)
        #expect(scene.board.leg(a1)?.bridgedTo == a2)
        #expect(scene.hear(.hungUp(a1, .normalClearing)).ends == [a1: .normalClearing, a2: .normalClearing])
    }

    @Test mutating func theFarEndWaitsForATargetThatStillRings() throws {
        let x = scene.talk("1000", as: a1)
        let target = scene.dial("1001", as: a2).placed.map(\.leg.id)
        let steps = try scene.board.replace(a1, with: a2, at: .zero).bare
        #expect(
            steps == [
                .disconnect(a1, x), .hangUp(a1, .normalClearing), .play(x, .file("moh.wav")),
                .hangUp(a2, .normalClearing),
            ])
        let answered = scene.hear(.answered(target[1], name: nil, number: nil)).bare
        #expect(answered.contains(.connect(x, target[1])) && answered.contains(.stopPlaying(x)))
        #expect(answered.ends == [target[0]: .loseRace])
        #expect(answered.contains(.display(x, name: "Bob", number: "1001")))
        #expect(answered.contains(.display(target[1], name: "Zoe", number: "5000")))
    }

    @Test mutating func theFarEndEndsWhenTheRingingTargetDoesNotAnswer() throws {
        let x = scene.talk("1000", as: a1)
        let target = scene.dial("1002", as: a2)
        #expect(target.ends == [a2: .userNotRegistered])
        let ringing = scene.dial("1001", as: a2).placed.map(\.leg.id)
        _ = try scene.board.replace(a1, with: a2, at: .zero)
        let steps = scene.pass(.seconds(60))
        #expect(steps.ends == [ringing[0]: .noAnswer, ringing[1]: .noAnswer, x: .noAnswer])
        #expect(scene.board.count == 0)
    }

    @Test mutating func whoeverHasNobodySendsTheOtherToItsDestination() throws {
        let x = scene.talk("1000", as: a1)
        _ = scene.dial("3500", as: a2)
        var steps = try scene.board.replace(a1, with: a2, at: .zero)
        #expect(steps.ends == [a1: .normalClearing, a2: .attendedTransfer])
        #expect(scene.board.leg(x)?.conference(in: steps) == "3500@default")
        _ = scene.dial("3500", as: a1)
        let y = scene.talk("1001", as: a2)
        steps = try scene.board.replace(a1, with: a2, at: .zero)
        #expect(steps.ends == [a1: .attendedTransfer, a2: .attendedTransfer])
        #expect(scene.board.leg(y)?.conference(in: steps) == "3500@default")
    }

    @Test mutating func refusesAnAttendedTransferOfNobody() {
        _ = scene.dial("3500", as: a1)
        _ = scene.dial("3500", as: a2)
        #expect(throws: TransferRefusal.failed) { try scene.board.replace(a1, with: a2, at: .zero) }
        #expect(throws: TransferRefusal.invalidLeg) { try scene.board.replace(a1, with: a1, at: .zero) }
        #expect(throws: TransferRefusal.invalidLeg) { try scene.board.replace(a1, with: LegID("x"), at: .zero) }
        #expect(throws: TransferRefusal.noSuchCall) { try scene.board.replace(LegID("x"), with: a1, at: .zero) }
        let far = scene.talk("1000", as: LegID("a3"))
        #expect(throws: TransferRefusal.failed) { try scene.board.replace(LegID("a3"), with: far, at: .zero) }
        let ringing = scene.dial("1001", as: LegID("a4")).placed[0].leg.id
        #expect(throws: TransferRefusal.failed) { try scene.board.replace(far, with: ringing, at: .zero) }
        #expect(scene.board.leg(far)?.bridgedTo == LegID("a3"))
    }

    // MARK: Redirect

    @Test mutating func takesALegOutOfWhateverItIsIn() {
        _ = scene.dial("3500")
        #expect(
            scene.board.redirect(scene.caller, to: "9", at: .zero).bare == [.leaveConference(scene.caller)])
        #expect(scene.hear(.answeredMedia(scene.caller)) == [.play(scene.caller, .file("a.wav"))])
        #expect(
            scene.board.redirect(scene.caller, to: "3500", at: .zero).bare.first == .stopPlaying(scene.caller))
        let far = scene.talk("1000", as: a1)
        let steps = scene.board.redirect(a1, to: "9", at: .zero).bare
        #expect(steps == [.disconnect(a1, far), .hangUp(far, .normalClearing), .play(a1, .file("a.wav"))])
        let ringing = scene.dial("1000", as: a2).placed[0].leg.id
        #expect(scene.board.redirect(a2, to: "3500", at: .zero).ends == [ringing: .originatorCancel])
    }

    @Test mutating func leavesAlegAloneThatCannotBeRedirected() {
        let ringing = scene.dial("1000").placed[0].leg.id
        #expect(scene.board.redirect(ringing, to: "9", at: .zero) == [])
        #expect(scene.board.redirect(LegID("x"), to: "9", at: .zero) == [])
        #expect(scene.board.redirect(scene.caller, to: "", at: .zero) == [])
        #expect(scene.board.count == 2)
    }

    // MARK: The dialplan's transfer

    @Test mutating func aLoopOfTheDialplanEnds() {
        #expect(scene.dial("8").ends == [scene.caller: .exchangeRoutingError])
    }

    @Test mutating func goesToAnotherContext() {
        #expect(scene.dial("7").ends == [scene.caller: .noRouteDestination])
        let elsewhere = DialplanContext(name: "elsewhere", extensions: [ext("echo", condition(.always, "echo"))])
        scene.board.dialplan = Dialplan(contexts: [
            DialplanContext(
                name: "default", extensions: [ext("a", condition(.always, "transfer 1 XML elsewhere"))]), elsewhere,
        ])
        #expect(scene.dial("7").bare.last == .echo(scene.caller))
        #expect(scene.board.leg(scene.caller)?.context == "elsewhere")
    }
}

extension Leg {
    fileprivate func conference(in steps: [CallStep]) -> String? {
        for case .enterConference(id, let argument, _) in steps { return argument }
        return nil
    }
}
