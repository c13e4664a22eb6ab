import Calls
import Testing

/// A new call in the place of another one.
struct TakingOverTests {
    let new = Leg(
        id: LegID("new"), kind: .sip(.caller(profile: "internal", id: "1002@example.com")), callerIDName: "Kim",
        callerIDNumber: "1002", destination: "x", user: "1002@example.com", domain: "example.com")

    @Test func standsAtTheOtherEndOfTheBridge() throws {
        var scene = CallScene(actions: ["bridge sofia/gateway/a/1", "log INFO over", "park"])
        let far = scene.talk()
        let steps = scene.board.takeOver(far, by: new, at: scene.now)
        #expect(
            steps.bare == [
                .disconnect(far, scene.caller), .hangUp(far, .attendedTransfer), .answer(new.id),
                .connect(scene.caller, new.id), .display(scene.caller, name: "Kim", number: "1002"),
                .display(new.id, name: "Ann", number: "1008"),
            ])
        // The caller's route goes on behind its bridge.
        #expect(scene.hear(.hungUp(new.id, .normalClearing)).bare.last == .log(scene.caller, .info, "over"))
    }

    @Test func standsInForTheCaller() throws {
        var scene = CallScene(actions: ["bridge sofia/gateway/a/1", "park"])
        let far = scene.talk()
        #expect(scene.board.takeOver(scene.caller, by: new, at: scene.now).ends == [scene.caller: .attendedTransfer])
        #expect(scene.board.leg(far)?.bridgedTo == new.id)
        #expect(scene.hear(.hungUp(new.id, .normalClearing)).ends == [far: .normalClearing, new.id: .normalClearing])
    }

    @Test func picksUpACallThatRings() throws {
        var scene = CallScene(actions: ["bridge sofia/gateway/a/1,sofia/gateway/a/2:_:user/1000"])
        let legs = scene.dial().placed.map(\.leg.id)
        _ = scene.hear(.progress(legs[0]))
        let steps = scene.board.takeOver(legs[0], by: new, at: scene.now)
        #expect(steps.ends == [legs[0]: .pickedOff, legs[1]: .loseRace, legs[2]: .loseRace])
        #expect(steps.bare.contains(.answer(new.id)) && steps.bare.contains(.connect(scene.caller, new.id)))
        #expect(scene.board.leg(scene.caller)?.bridgedTo == new.id && scene.board.count == 2)
    }

    @Test func picksUpACallOfTheAPI() throws {
        var scene = CallScene(actions: ["conference 3500@default"])
        let (id, placed) = scene.board.originate(
            "sofia/gateway/a/1", Origination(target: .destination("3500", context: "default")), at: .zero)
        let steps = scene.board.takeOver(placed.placed[0].leg.id, by: new, at: scene.now).bare
        #expect(steps.contains(.originated(id, .answered(new.id))))
        guard case .enterConference(new.id, _, _)? = steps.last else {
            Issue.record("\(steps)")
            return
        }
    }

    @Test func goesWhereTheOtherOneIs() throws {
        var scene = CallScene(actions: ["conference ${destination_number}@default"])
        _ = scene.dial("3500")
        let steps = scene.board.takeOver(scene.caller, by: new, at: scene.now)
        #expect(steps.ends == [scene.caller: .attendedTransfer])
        guard case .enterConference(new.id, "3500@default", _)? = steps.bare.last else {
            Issue.record("\(steps.bare)")
            return
        }
    }

    @Test func isRefusedWhenThereIsNothingToTake() throws {
        var scene = CallScene(actions: ["park"])
        #expect(
            scene.board.takeOver(scene.caller, by: new, at: scene.now) == [.refuse(new.id, .invalidCallReference)])
        _ = scene.dial()
        scene.board.limits.legs = 1
        #expect(
            scene.board.takeOver(scene.caller, by: new, at: scene.now) == [.refuse(new.id, .destinationOutOfOrder)])
        #expect(scene.board.count == 1)
    }
}
