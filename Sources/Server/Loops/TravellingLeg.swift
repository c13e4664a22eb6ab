import Engine

/// The call of a phone between two media loops: with its sockets, its keys and its numbers, of which none may be used
/// twice (RFC 3711 §9.1).
///
/// The loop it comes from has forgotten it, and only the one it goes to looks inside; in between nobody does.
@safe package final class TravellingLeg: @unchecked Sendable {
    let leg: MediaLeg
    let ports: RTPPortPair

    init(_ leg: MediaLeg, _ ports: RTPPortPair) { (self.leg, self.ports) = (leg, ports) }
}
