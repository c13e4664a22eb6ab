import Calls
import Testing

struct OriginateTests {
    var scene = CallScene(actions: ["conference 3500@default"])

    @Test mutating func callsAndRunsAnExtension() {
        let (id, steps) = scene.board.originate(
            "user/1000",
            Origination(target: .destination("3500", context: "default"), callerIDName: "Room", callerIDNumber: "3500"),
            at: .zero)
        let outgoing = steps.placed[0]
        #expect(outgoing.like == nil && outgoing.leg.callerIDName == "Room")
        _ = scene.hear(.ringing(outgoing.leg.id))
        let answered = scene.hear(.answered(outgoing.leg.id, name: nil, number: nil)).bare
        #expect(answered.first == .originated(id, .answered(outgoing.leg.id)))
        guard case .enterConference(outgoing.leg.id, "3500@default", _)? = answered.last else {
            Issue.record("\(answered)")
            return
        }
        #expect(answered.count == 2)
    }

    @Test mutating func runsAnApplication() throws {
        let target = try #require(Origination.Target(parsing: "&conference(3500@default+flags{moderator})"))
        let (_, steps) = scene.board.originate("user/1001", Origination(target: target), at: .zero)
        let legs = steps.placed.map(\.leg.id)
        let answered = scene.hear(.answered(legs[0], name: nil, number: nil)).bare
        #expect(answered.ends == [legs[1]: .loseRace])
        guard case .enterConference(_, let argument, _)? = answered.last else {
            Issue.record("\(answered)")
            return
        }
        #expect(argument == "3500@default+flags{moderator}")
    }

    typealias Row = (text: String, target: Origination.Target?)

    static let targets: [Row] = [
        ("3500", .destination("3500", context: "default")), ("&park()", .application(name: "park", data: "")),
        ("&park", .application(name: "park", data: "")), ("&echo(x(y))", .application(name: "echo", data: "x(y)")),
        ("", nil), ("&(x)", nil), ("&echo(x", nil),
    ]

    @Test(arguments: targets)
    func readsItsTarget(row: Row) {
        #expect(Origination.Target(parsing: row.text) == row.target)
    }

    @Test mutating func reportsAFailureOnce() {
        let origination = Origination(target: .application(name: "park", data: ""), timeout: .seconds(9))
        for (dialString, cause) in [
            ("user/1002", HangupCause.userNotRegistered), ("user/7", .subscriberAbsent), ("nonsense", .invalidURL),
            ("", .invalidURL),
        ] {
            let (id, steps) = scene.board.originate(dialString, origination, at: .zero)
            #expect(steps == [.originated(id, .failed(cause))])
        }
        let (id, steps) = scene.board.originate("user/1000", origination, at: .zero)
        #expect(scene.board.deadline == .seconds(9))
        #expect(
            scene.pass(.seconds(9)).bare == [
                .hangUp(steps.placed[0].leg.id, .noAnswer), .originated(id, .failed(.noAnswer)),
            ])
        #expect(scene.board.cancel(id, at: .zero) == [])
    }

    @Test mutating func canBeCancelled() {
        let (id, steps) = scene.board.originate(
            "user/1000", Origination(target: .application(name: "park", data: "")), at: .zero)
        let leg = steps.placed[0].leg.id
        #expect(
            scene.board.cancel(id, at: .zero).bare == [
                .hangUp(leg, .originatorCancel), .originated(id, .failed(.originatorCancel)),
            ])
        #expect(scene.board.deadline == nil)
    }

    @Test mutating func theDialStringMayCallFunctionsAndSetVariables() {
        let origination = Origination(
            target: .application(name: "park", data: ""), domain: "example.com", variables: ["a": "1", "b": "1"])
        let steps = scene.board.originate("{b=2}${verto_contact(1000)}", origination, at: .zero).steps
        #expect(steps.placed[0].leg.variables["a"] == "1" && steps.placed[0].leg.variables["b"] == "2")
    }

    /// The text is that of whoever may place calls, who may not know what others log in with.
    @Test mutating func theDialStringReadsNoPasswords() {
        scene.board.dialplan = Dialplan(contexts: [], globals: ["moderator_password": "sesame", "colour": "red"])
        let steps = scene.board.originate(
            "{a=-${colour}-,b=-${moderator_password}-}user/1000@example.com",
            Origination(target: .application(name: "park", data: "")), at: .zero
        ).steps
        #expect(steps.placed[0].leg.variables["a"] == "-red-" && steps.placed[0].leg.variables["b"] == "--")
    }

    @Test mutating func anAnsweredLegMayBridgeAnother() {
        scene.board.dialplan = plan(ext("all", condition(.always, "bridge user/1001")))
        let (_, steps) = scene.board.originate(
            "user/1000", Origination(target: .destination("1", context: "default")), at: .zero)
        let first = steps.placed[0].leg.id
        let second = scene.hear(.answered(first, name: nil, number: nil)).placed[0].leg
        #expect((second.callerIDName, second.callerIDNumber) == ("Zoe", "5000"))
        #expect(scene.hear(.answered(second.id, name: nil, number: nil)).bare.contains(.connect(first, second.id)))
    }
}
