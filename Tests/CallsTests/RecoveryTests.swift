import Calls
import Testing

/// Lost sockets and lost media: verto reference §3.8 and §3.9.
struct RecoveryTests {
    var scene = CallScene(actions: ["bridge user/1000"])

    @Test mutating func aCalledLegOutlivesItsSocketToo() {
        let far = scene.talk()
        #expect(scene.hear(.detached(far)) == [])
        #expect(scene.hear(.mediaFailed(far, .mediaTimeout), after: .seconds(100)) == [])
        let steps = scene.pass(.seconds(20))
        #expect(steps.ends == [far: .recoveryOnTimerExpire, scene.caller: .normalClearing])
    }

    @Test mutating func aLegTakenUpAgainNeedsItsNewMedia() {
        let far = scene.talk()
        _ = scene.hear(.detached(far))
        #expect(
            scene.hear(.reattached(far), after: .seconds(60)) == [.display(far, name: "Ann", number: "1008")])
        #expect(scene.board.deadline == .seconds(80))
        #expect(scene.board.leg(far)?.isMediaUp == false)
        #expect(scene.pass(.seconds(20)).ends[far] == .mediaTimeout)
    }

    @Test mutating func aTakeoverNeedsNewMediaThoughNobodyNoticedTheLoss() {
        let far = scene.talk()
        _ = scene.hear(.reattached(far), after: .seconds(5))
        _ = scene.hear(.answeredMedia(far), after: .seconds(1))
        #expect(scene.board.deadline == nil)
    }

    @Test mutating func mediaThatCloseJustBeforeTheSocketDoNotEndTheCall() {
        let far = scene.talk()
        #expect(scene.hear(.mediaLost(far)) == [])
        #expect(scene.board.deadline == .seconds(3))
        _ = scene.hear(.mediaLost(far), after: .seconds(1))
        _ = scene.hear(.detached(far), after: .seconds(1))
        #expect(scene.board.deadline == .seconds(122))
        #expect(scene.hear(.mediaLost(far)) == [])
    }

    @Test mutating func mediaThatCloseWithTheSocketStillThereEndTheCall() {
        let far = scene.talk()
        _ = scene.hear(.mediaLost(far))
        #expect(scene.pass(.seconds(3)).ends == [far: .normalClearing, scene.caller: .normalClearing])
    }

    @Test mutating func mediaThatCloseEarlyEndAnUnansweredCall() {
        scene = CallScene(actions: ["pre_answer", "sleep 9000"])
        _ = scene.dial()
        #expect(scene.hear(.mediaLost(scene.caller)).ends == [scene.caller: .normalClearing])
    }

    @Test mutating func anUnansweredParkedCallEnds() {
        scene = CallScene(actions: ["park"])
        _ = scene.dial()
        #expect(scene.pass(.seconds(240)).ends == [scene.caller: .noAnswer])
        scene = CallScene(actions: ["answer", "park"])
        _ = scene.dial()
        _ = scene.hear(.answeredMedia(scene.caller))
        #expect(scene.board.deadline == nil)
    }
}
