import Calls
import Testing

/// Far ends that are sent elsewhere (REFER of ours).
struct DeflectTests {
    private func phone(_ actions: [String]) -> CallScene { CallScene(actions: actions) }

    /// A trunk in a call, whose leg the dialplan of its own goes on with.
    private func bridged() -> (CallScene, LegID) {
        var scene = CallScene(actions: ["answer", "bridge sofia/gateway/itsp/1"])
        let far = scene.dial().placed[0].leg.id
        _ = scene.hear(.answered(far, name: nil, number: nil))
        _ = scene.hear(.answeredMedia(far))
        return (scene, far)
    }

    @Test func aFarEndThatHasGoneIsHungUp() {
        var (scene, far) = bridged()
        let (steps, can) = scene.board.deflect(far, to: "sip:9@example.com", at: scene.now)
        #expect(can && steps.contains(.deflect(far, to: "sip:9@example.com")))
        #expect(scene.hear(.deflected(far, hasLeft: true)).ends == [far: .blindTransfer])
    }

    @Test func oneThatStaysEndsWithItsRoute() {
        var (scene, far) = bridged()
        _ = scene.board.deflect(far, to: "9", at: scene.now)
        #expect(scene.hear(.deflected(far, hasLeft: false)).ends == [far: .normalClearing])
    }

    @Test func oneThatSaysNothingIsWaitedForAMinute() {
        var (scene, far) = bridged()
        _ = scene.board.deflect(far, to: "9", at: scene.now)
        #expect(scene.board.advance(to: scene.now + .seconds(59)) == [])
        #expect(scene.board.advance(to: scene.now + .seconds(60)).ends == [far: .normalClearing])
    }

    @Test func aClientCannotBeSentAway() {
        var scene = CallScene(actions: ["answer", "deflect sip:9@example.com", "echo"])
        #expect(scene.dial().contains(.echo(scene.caller)))
        #expect(!scene.board.deflect(scene.caller, to: "9", at: scene.now).can)
    }
}
