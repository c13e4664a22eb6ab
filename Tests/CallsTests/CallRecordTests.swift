import Calls
import Testing

struct CallRecordTests {
    @Test func tellsTheLifeOfBothLegs() {
        var scene = CallScene(actions: ["bridge user/1000"])
        scene.now = .seconds(10)
        let far = scene.dial().placed[0].leg.id
        _ = scene.hear(.answered(far, name: "Bob", number: "7"), after: .seconds(5))
        let steps = scene.hear(.hungUp(far, .normalClearing), after: .seconds(60))
        #expect(
            steps.records == [
                CallRecord(
                    uuid: far.rawValue, direction: .outbound, user: "1000@example.com", callerIDName: "Ann",
                    callerIDNumber: "1008", calleeIDName: "Bob", calleeIDNumber: "7", destination: "1000",
                    context: "default", startedAt: .seconds(10), answeredAt: .seconds(15), endedAt: .seconds(75),
                    cause: .normalClearing, bridgedTo: "caller"),
                CallRecord(
                    uuid: "caller", direction: .inbound, user: "ann@example.com", callerIDName: "Ann",
                    callerIDNumber: "1008", calleeIDName: "Bob", calleeIDNumber: "7", destination: "1",
                    context: "default", startedAt: .seconds(10), answeredAt: .seconds(15), endedAt: .seconds(75),
                    cause: .normalClearing, bridgedTo: far.rawValue, lastApplication: "bridge user/1000"),
            ])
    }

    @Test func comesRightBeforeTheEnd() {
        var scene = CallScene(actions: ["conference 3500@default+1234+flags{moderator}"])
        _ = scene.dial()
        let steps = scene.hear(.hangUpRequested(scene.caller, .managerRequest))
        #expect(steps.count == 3)
        #expect(steps.last == .hangUp(scene.caller, .managerRequest))
        guard case .record(let record) = steps[1] else {
            Issue.record("\(steps)")
            return
        }
        #expect(record.conference == "3500")
        #expect(record.lastApplication == "conference 3500@default")
    }

    @Test func aRefusedCallHasNone() {
        var scene = CallScene(actions: ["echo"])
        scene.board.acceptsCalls = false
        #expect(scene.dial() == [.refuse(scene.caller, .destinationOutOfOrder)])
    }
}

struct PresenceTests {
    @Test func followsBothLegs() {
        var scene = CallScene(actions: ["set ringback=a.wav", "bridge user/1000"])
        var steps = scene.dial()
        let far = steps.placed[0].leg.id
        steps += scene.hear(.ringing(far)) + scene.hear(.answered(far, name: nil, number: nil))
        steps += scene.board.hold(far, .on, at: .zero).steps + scene.board.hold(far, .off, at: .zero).steps
        steps += scene.hear(.hungUp(far, .normalClearing))
        let states = { (id: LegID) in steps.presences.filter { $0.uuid == id.rawValue }.map(\.state) }
        #expect(states(far) == [.dialing, .ringing, .active, .held, .unheld, .hangup])
        #expect(states(scene.caller) == [.ringing, .early, .active, .hangup])
        #expect(steps.presences.first?.user == "ann@example.com")
        #expect(steps.presences.last?.direction == .inbound)
        #expect(steps.presences.last?.calleeIDName == "Zoe")
    }

    @Test func saysNothingOfALegWithoutAUser() {
        var board = Switchboard(dialplan: plan(ext("a", condition(.always, "echo"))))
        let leg = Leg(id: LegID("x"), kind: .verto(session: "s"), destination: "1")
        #expect(board.receive(.invited(leg), at: .zero).presences.isEmpty)
    }
}
