import Calls
import Testing

/// What the server would know of each leg, from the steps alone; complains about a step that cannot be.
private struct Outcome {
    var live: Set<LegID> = []
    var ended: [LegID: Int] = [:]
    var recorded: [LegID: Int] = [:]
    var originated: Set<OriginationID> = []
    var connected: [LegID: LegID] = [:]
    var playing: Set<LegID> = []
    var inRoom: Set<LegID> = []
    var answered: Set<LegID> = []
    var told: Set<LegID> = []
    private var lastRecord: String?

    mutating func follow(_ steps: [CallStep]) {
        for step in steps { follow(step) }
    }

    private mutating func follow(_ step: CallStep) {
        let record = lastRecord
        lastRecord = nil
        switch step {
        case .call(let outgoing): #expect(live.insert(outgoing.leg.id).inserted)
        case .answer(let id): #expect(live.contains(id) && answered.insert(id).inserted)
        case .play(let id, _), .echo(let id):
            #expect(live.contains(id) && !inRoom.contains(id) && connected[id] == nil)
            #expect(playing.insert(id).inserted)
        case .stopPlaying(let id): #expect(playing.remove(id) != nil)
        case .enterConference(let id, _, _):
            #expect(answered.contains(id) || live.contains(id))
            #expect(inRoom.insert(id).inserted && !playing.contains(id) && connected[id] == nil)
        case .leaveConference(let id): #expect(inRoom.remove(id) != nil)
        case .connect(let one, let other):
            #expect(live.contains(one) && live.contains(other) && one != other)
            #expect(connected[one] == nil && connected[other] == nil)
            #expect(playing.isDisjoint(with: [one, other]) && inRoom.isDisjoint(with: [one, other]))
            (connected[one], connected[other]) = (other, one)
        case .disconnect(let one, let other):
            #expect(connected[one] == other && connected[other] == one)
            (connected[one], connected[other]) = (nil, nil)
        case .record(let new):
            lastRecord = new.uuid
            recorded[LegID(new.uuid), default: 0] += 1
        case .hangUp(let id, _), .release(let id, _):
            #expect(record == id.rawValue && connected[id] == nil)
            #expect(live.remove(id) != nil)
            ended[id, default: 0] += 1
            playing.remove(id)
            inRoom.remove(id)
            answered.remove(id)
        case .originated(let id, _): #expect(originated.insert(id).inserted)
        case .ringing(let id): #expect(live.contains(id) && told.insert(id).inserted && !answered.contains(id))
        case .preAnswer(let id), .display(let id, _, _), .hold(let id, _), .digit(let id, _),
            .sendDigit(let id, _), .deflect(let id, _):
            #expect(live.contains(id))
        case .refuse, .presence, .log: break
        }
    }
}

/// Random events over many calls in virtual time: whatever happens, no leg is left without an end, no bridge with one
/// side, and each leg has exactly one record.
struct RandomCallsTests {
    @Test(arguments: [UInt64](1...8))
    func leavesNothingBehind(seed: UInt64) throws {
        var seed = seed
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        var scene = CallScene(
            ext("user", condition(try dialled(#"^(100\d)$"#), "set ringback=a.wav", "bridge user/$1")),
            ext("fork", condition(try dialled("^2$"), "bridge user/1000,user/1001|[leg_timeout=9]user/1001")),
            ext(
                "more",
                condition(
                    try dialled("^3$"), "set continue_on_fail=true", "set transfer_ringback=b.wav", "answer",
                    "bridge {originate_timeout=20}user/1001", "bridge user/1000", "transfer 3500 XML default")),
            ext("room", condition(try dialled("^3500$"), "conference 3500@default")),
            ext("park", condition(try dialled("^4$"), "park")),
            ext("play", condition(try dialled("^5$"), "playback x.wav", "echo")),
            ext("loop", condition(try dialled("^6$"), "transfer 6")),
            ext(
                "sip",
                condition(
                    try dialled("^8$"), "ring_ready", "set ringback=c.wav",
                    "bridge <leg_timeout=30>sofia/gateway/a/1,[leg_delay_start=4]user/1001:_:"
                        + "{originate_retries=2}sofia/internal/1002|sofia/gateway/b/2")),
            ext(
                "trunk",
                condition(try dialled("^9$"), "bridge {ignore_early_media=ring_ready}sofia/gateway/a/1|user/1002")),
            ext("limit", condition(try dialled("^7$"), "limit hash a b 2", "sleep 5000", "transfer 1001")),
            globals: ["hold_music": "moh.wav"])
        let destinations = ["1000", "1001", "1002", "2", "3", "3500", "4", "5", "6", "7", "8", "8", "9", "0"]
        var outcome = Outcome()
        var originations = 0
        var names = 0
        func leg() -> LegID {
            let legs = scene.board.legs.map(\.id).sorted { $0.rawValue < $1.rawValue }
            return legs.isEmpty ? LegID("nobody") : legs[random(legs.count)]
        }
        for _ in 0..<2_500 {
            scene.now += .milliseconds(random(2_000))
            let id = leg()
            let destination = destinations[random(destinations.count)]
            var steps: [CallStep] = []
            switch random(28) {
            case 0, 1, 2:
                names += 1
                let new = LegID("in-\(names)")
                outcome.live.insert(new)
                steps = scene.dial(destination, as: new, user: "u\(random(4))@example.com")
                if case .refuse? = steps.first { outcome.live.remove(new) }
            case 3, 4: steps = scene.hear(.ringing(id))
            case 5, 6: steps = scene.hear(.answered(id, name: "N\(random(9))", number: nil))
            case 7: steps = scene.hear(.answeredMedia(id))
            case 8: steps = scene.hear(.progress(id))
            case 9:
                guard outcome.playing.contains(id) || outcome.inRoom.contains(id) else { continue }
                outcome.playing.remove(id)
                outcome.inRoom.remove(id)
                steps = scene.hear(.applicationDone(id))
            case 10:
                guard outcome.inRoom.remove(id) != nil else { continue }
                steps = scene.hear(.conferenceEnded(id))
            case 11: steps = scene.hear(.hungUp(id, [.normalClearing, .userBusy, .callRejected][random(3)]))
            case 12: steps = scene.hear(.detached(id))
            case 13: steps = scene.hear(.reattached(id))
            case 14: steps = scene.hear(.mediaLost(id))
            case 15: steps = scene.hear(.mediaFailed(id, .mediaTimeout))
            case 16: steps = (try? scene.board.transfer(id, to: destination, at: scene.now)) ?? []
            case 17: steps = (try? scene.board.replace(id, with: leg(), at: scene.now)) ?? []
            case 18: steps = scene.board.redirect(id, to: destination, at: scene.now)
            case 19: steps = scene.board.hold(id, .toggle, at: scene.now).steps
            case 20:
                originations += 1
                steps =
                    scene.board.originate(
                        "user/\(destination)",
                        Origination(target: .destination(destinations[random(destinations.count)], context: "default")),
                        at: scene.now
                    ).steps
            case 21, 22:
                names += 1
                let new = LegID("in-\(names)")
                outcome.live.insert(new)
                steps = scene.dialBySIP(destination, as: new, user: random(2) == 0 ? nil : "1002@example.com")
                if case .refuse? = steps.first { outcome.live.remove(new) }
            case 23:
                steps =
                    random(2) == 0
                    ? scene.hear(.sipUnregistered(handle: "p\(random(3))"))
                    : scene.hear(
                        .sipRegistered(
                            handle: "p\(random(3))", user: "100\(random(3))@example.com", profile: "internal"))
            case 24:
                steps = scene.hear(.redirected(id, to: ["sip:\(destination)@example.net"]))
                outcome.follow(steps)
                steps = scene.hear(.hungUp(id, .redirectionToNewDestination))
            case 25: steps = scene.hear(.heldByFarEnd(id, random(2) == 0))
            case 26:
                names += 1
                let new = LegID("in-\(names)")
                outcome.live.insert(new)
                let leg = Leg(id: new, kind: .sip(.caller(profile: "internal", id: "x")), destination: "1")
                steps = scene.board.takeOver(id, by: leg, at: scene.now)
                if case .refuse? = steps.first { outcome.live.remove(new) }
            default: steps = scene.pass(.zero)
            }
            outcome.follow(steps)
            #expect(Set(scene.board.legs.map(\.id)) == outcome.live)
            for leg in scene.board.legs {
                guard let far = leg.bridgedTo else { continue }
                let other = try #require(scene.board.leg(far))
                #expect(other.bridgedTo == leg.id && leg.isAnswered && other.isAnswered)
                #expect((outcome.connected[leg.id] == far) == !(leg.isOnHold || other.isOnHold))
            }
        }
        // Everybody's sockets are lost for good: time alone ends every call.
        for leg in scene.board.legs { outcome.follow(scene.hear(.detached(leg.id))) }
        while let deadline = scene.board.deadline { outcome.follow(scene.pass(deadline - scene.now)) }
        #expect(scene.board.count == 0)
        #expect(outcome.live.isEmpty && outcome.connected.isEmpty && outcome.playing.isEmpty)
        #expect(outcome.recorded == outcome.ended)
        #expect(outcome.ended.values.allSatisfy { $0 == 1 })
        #expect(outcome.originated.count == originations)
    }
}
