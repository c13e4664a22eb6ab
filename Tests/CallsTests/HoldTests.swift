import Calls
import Testing

struct HoldTests {
    let music = Playback.file("moh.wav")

    @Test func theOtherSideHearsMusicAndIsPutBack() {
        var scene = CallScene(actions: ["bridge user/1000"], globals: ["hold_music": "moh.wav"])
        let far = scene.talk()
        let held = scene.board.hold(scene.caller, .toggle, at: .zero)
        #expect(held.isHeld)
        #expect(held.steps.bare == [.hold(scene.caller, true), .disconnect(scene.caller, far), .play(far, music)])
        #expect(scene.board.leg(scene.caller)?.isOnHold == true)
        let back = scene.board.hold(scene.caller, .toggle, at: .zero)
        #expect(!back.isHeld)
        #expect(
            back.steps.bare == [.hold(scene.caller, false), .stopPlaying(far), .connect(scene.caller, far)])
    }

    @Test func isIdempotent() {
        var scene = CallScene(actions: ["bridge user/1000"])
        _ = scene.talk()
        _ = scene.board.hold(scene.caller, .on, at: .zero)
        #expect(scene.board.hold(scene.caller, .on, at: .zero).isHeld)
        #expect(scene.board.hold(scene.caller, .on, at: .zero).steps == [])
        #expect(!scene.board.hold(scene.caller, .off, at: .zero).isHeld)
        #expect(scene.board.hold(scene.caller, .off, at: .zero).steps == [])
    }

    @Test func onlyAnAnsweredCallCanBeHeld() {
        var scene = CallScene(actions: ["bridge user/1000"])
        let far = scene.dial().placed[0].leg.id
        for leg in [scene.caller, far, LegID("nobody")] {
            let held = scene.board.hold(leg, .on, at: .zero)
            #expect(!held.isHeld && held.steps.isEmpty)
        }
    }

    @Test func bothSidesMayHold() {
        var scene = CallScene(actions: ["bridge user/1000"], globals: ["hold_music": "moh.wav"])
        let far = scene.talk()
        let caller = scene.caller
        _ = scene.board.hold(caller, .on, at: .zero)
        #expect(scene.board.hold(far, .on, at: .zero).steps.bare == [.hold(far, true), .stopPlaying(far)])
        #expect(scene.board.hold(caller, .off, at: .zero).steps.bare == [.hold(caller, false), .play(caller, music)])
        #expect(
            scene.board.hold(far, .off, at: .zero).steps.bare == [
                .hold(far, false), .stopPlaying(caller), .connect(far, caller),
            ])
    }

    @Test(arguments: ["silence", "indicate_hold", ""])
    func theOtherSideMayHearNothing(setting: String) {
        var scene = CallScene(
            actions: ["set hold_music=\(setting)", "bridge user/1000"],
            globals: setting.isEmpty ? [:] : ["hold_music": "moh.wav"])
        let far = scene.talk()
        let steps = scene.board.hold(scene.caller, .on, at: .zero).steps.bare
        #expect(steps == [.hold(scene.caller, true), .disconnect(scene.caller, far)])
    }

    @Test func playsTheMusicOverAndOver() {
        var scene = CallScene(actions: ["bridge user/1000"], globals: ["hold_music": "moh.wav"])
        let far = scene.talk()
        _ = scene.board.hold(scene.caller, .on, at: .zero)
        #expect(scene.hear(.applicationDone(far), after: .seconds(9)) == [.play(far, music)])
    }

    @Test func noKeyPassesAHold() {
        var scene = CallScene(actions: ["bridge user/1000"])
        let far = scene.talk()
        _ = scene.board.hold(scene.caller, .on, at: .zero)
        #expect(scene.hear(.digit(scene.caller, "1")) == [])
        #expect(scene.hear(.digit(far, "1")) == [])
    }

    @Test func aLegInARoomCanHoldToo() {
        var scene = CallScene(actions: ["conference 3500"])
        _ = scene.dial()
        #expect(scene.board.hold(scene.caller, .on, at: .zero).steps.bare == [.hold(scene.caller, true)])
    }

    @Test func aHeldSideThatHangsUpLeavesNoMusic() {
        var scene = CallScene(actions: ["bridge user/1000", "echo"], globals: ["hold_music": "moh.wav"])
        let far = scene.talk()
        _ = scene.board.hold(far, .on, at: .zero)
        #expect(
            scene.hear(.hungUp(far, .normalClearing)).bare == [
                .stopPlaying(scene.caller), .release(far, .normalClearing), .echo(scene.caller),
            ])
    }
}
