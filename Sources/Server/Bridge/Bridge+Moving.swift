import Calls
import Conference
import Engine
import Logging
import RTC
import Verto

/// A call on its way to another media loop.
struct Move {
    enum Destination {
        /// Into the room it wanted.
        case room(argument: String, variables: [String: String], pin: String?)
        /// To the call it is to speak with.
        case call(LegID)
        /// It is to hear this by now.
        case program(SoloCall.Program, number: Int)
        /// What it was wanted for is over.
        case nowhere
    }

    let loop: Int
    /// When the client has had its time to answer.
    let deadline: Duration
    var destination: Destination
}

/// Calls that have to be on one loop and are not: a transfer into a room, or of two calls to each other. One of them is
/// offered anew from the other loop, as a client that comes back is; until it answers, both wait.
extension Bridge {
    /// Ends the call when it cannot be moved.
    func move(_ id: LegID, to loop: Int, for destination: Move.Destination) {
        if let call = calls[id], let phone = call.phone { return move(id, phone, to: loop, for: destination) }
        guard let call = calls[id], call.move == nil, let browser = call.browser,
            let negotiation = browser.negotiation, let leg = switchboard.leg(id), leg.isAnswered, leg.isRecoverable,
            !leg.isDetached
        else {
            log.warning("a call cannot change its media loop", metadata: ["leg": "\(id)"])
            return follow(step(.hangUpRequested(id, .switchCongestion)))
        }
        let local = renewed(browser.local, on: loop)
        let offer = Offer(renewing: negotiation, from: local)
        calls[id]?.browser?.offer = (offer, local)
        calls[id]?.move = Move(loop: loop, deadline: time + Self.patience, destination: destination)
        moving.insert(id)
        // The client lets go of its old media before it has new ones.
        follow(step(.detached(id)))
        endpoint.offered(id, sdp: offer.text, at: now, into: &queue)
    }

    /// The client has answered from the new loop.
    func arrive(_ id: LegID, _ move: Move, _ opening: LegOpening) {
        guard let old = calls[id]?.loop else { return }
        moving.remove(id)
        calls[id]?.move = nil
        loops[old].send(.close(id))
        calls[id]?.loop = move.loop
        loops[move.loop].send(.open(opening))
        let isHeld = switchboard.leg(id)?.isOnHold == true
        if isHeld { loops[move.loop].send(.hold(id, true)) }
        follow(step(.reattached(id)))
        arrived(id, for: move.destination)
    }

    /// The call is on the loop it was wanted on.
    func arrived(_ id: LegID, for destination: Move.Destination) {
        let isHeld = switchboard.leg(id)?.isOnHold == true
        switch destination {
        case .room(let argument, let variables, let pin): enter(id, argument, variables, pin: pin)
        case .call(let other):
            // One of them may have gone elsewhere meanwhile, or be on hold: then another connect follows.
            guard switchboard.leg(id)?.bridgedTo == other, !isHeld, switchboard.leg(other)?.isOnHold == false else {
                return
            }
            connect(other, id)
        case .program(let program, let number): order(.play(id, program, number: number), for: id)
        case .nowhere: break
        }
    }

    /// Two calls that are to speak with each other and are not on one loop.
    func bring(_ one: LegID, together two: LegID) {
        guard let first = calls[one], let second = calls[two] else { return }
        switch (first.move?.loop, second.move?.loop) {
        // A phone's call moves at once.
        case (nil, nil) where first.phone != nil: move(one, to: second.loop, for: .call(two))
        case (nil, nil): move(two, to: first.loop, for: .call(one))
        // One is on its way to the other already, and finds it there.
        case (nil, first.loop?): calls[two]?.move?.destination = .call(one)
        case (second.loop?, nil): calls[one]?.move?.destination = .call(two)
        // A phone's call goes wherever the other one is going; who arrives last connects them.
        case (_, let loop) where first.phone != nil: move(one, to: loop ?? second.loop, for: .call(two))
        case (let loop, _) where second.phone != nil: move(two, to: loop ?? first.loop, for: .call(one))
        default:
            log.warning(
                "two calls are on their way to other media loops", metadata: ["leg": "\(one)", "other": "\(two)"])
            follow(step(.hangUpRequested(one, .switchCongestion)))
        }
    }

    func advanceMove(of id: LegID) {
        guard let move = calls[id]?.move else {
            moving.remove(id)
            return
        }
        guard time >= move.deadline else { return }
        moving.remove(id)
        log.notice("a client did not follow to another media loop", metadata: ["leg": "\(id)"])
        follow(step(.hangUpRequested(id, .switchCongestion)))
    }

    func renewed(_ local: LocalTransport, on loop: Int) -> LocalTransport {
        local.renewed(
            ufrag: Token.make(bytes: 6), pwd: Token.make(bytes: 18), fingerprint: fingerprint,
            candidates: candidates[loop])
    }

    /// Stock clients gather for a second before they answer.
    private static let patience: Duration = .seconds(10)
}
