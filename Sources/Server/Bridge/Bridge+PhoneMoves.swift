import Calls
import Logging
import RTC

/// Phones' calls that go on from another media loop. The far end notices nothing, and is asked nothing: sockets, keys
/// and numbers go with the call.
extension Bridge {
    func move(_ id: LegID, _ phone: PhoneMedia, to loop: Int, for destination: Move.Destination) {
        guard let call = calls[id], phone.isOpen else {
            log.warning("a call cannot change its media loop", metadata: ["leg": "\(id)"])
            return follow(step(.hangUpRequested(id, .switchCongestion)))
        }
        // One that is on its way already hears there where it goes on to.
        calls[id]?.move = Move(loop: loop, deadline: time + Self.patienceWithLoops, destination: destination)
        guard call.move == nil else { return }
        moving.insert(id)
        loops[call.loop].send(.release(id))
    }

    /// The old loop has let go of it.
    func released(_ id: LegID, _ travelling: TravellingLeg?) {
        // It may be over by now; then its sockets close here.
        guard let call = calls[id], let move = call.move, call.phone != nil else { return }
        moving.remove(id)
        calls[id]?.move = nil
        guard let travelling else { return follow(step(.hangUpRequested(id, .switchCongestion))) }
        calls[id]?.loop = move.loop
        loops[move.loop].send(.adopt(id, travelling))
        // What the old loop was told too late.
        if call.phone?.isProven == true { loops[move.loop].send(.proven(id)) }
        if call.phone?.isChanged == true { change(id) }
        if switchboard.leg(id)?.isOnHold == true { loops[move.loop].send(.hold(id, true)) }
        arrived(id, for: move.destination)
    }

    /// Its media are as its negotiation says, at once or as soon as it is on its loop.
    func change(_ id: LegID) {
        guard let call = calls[id], let negotiation = call.phone?.negotiation else { return }
        calls[id]?.phone?.isChanged = call.move != nil
        guard call.move == nil else { return }
        loops[call.loop].send(.changePlain(id, audio: negotiation.audio, remote: negotiation.remote))
    }

    /// It is on its way between loops, and on none.
    func isTravelling(_ call: BridgedCall) -> Bool { call.move != nil && call.phone != nil }

    private static let patienceWithLoops: Duration = .seconds(10)
}
