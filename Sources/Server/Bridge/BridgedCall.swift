import Calls
import Conference
import RTC
import Verto
import Wire

/// One call as the bridge knows it, from its invite or its placing until its media is freed.
struct BridgedCall {
    /// Who is at the other end, and how the call began.
    enum Origin {
        /// A client called.
        case invited(Invite)
        /// We called a client.
        case placed(Outgoing)
    }

    let origin: Origin
    var loop: Int
    /// Of the transport that is in use.
    var local: LocalTransport
    /// What the call's last offer came to, once it is open.
    var negotiation: Negotiation?
    /// An offer of ours that waits for the client's answer.
    var offer: (offer: Offer, local: LocalTransport)?
    /// It is to go on from another loop.
    var move: Move?
    /// The room that the dialplan will most likely lead to.
    var foreseenRoom: RoomKey?
    var member: MemberID?
    var room: RoomKey?
    /// The room it last asked to be let in.
    var wanted: RoomKey?
    /// How the call last wanted into a room.
    var entrance: (argument: String, variables: [String: String])?
    /// The room wants a PIN.
    var question: PINEntry?
    /// What it hears now is a word of ours on its way out of, or not into, a room: its end is the call's.
    var farewell: Farewell?
    /// The PIN was complete before its `#`, which may still come, and is no key for the room.
    var terminatorUntil: Duration?
    /// What it hears, or is to hear once it is loaded.
    var play: Int?
    /// When the next key would come at the steady rate; ahead of the clock after a burst.
    var nextKey = Instant(nanoseconds: 0)

    /// What follows once the caller has heard why.
    enum Farewell {
        /// The room let go of it.
        case ended
        /// The room did not take it.
        case refused(HangupCause)
    }

    init(_ origin: Origin, on loop: Int, _ local: LocalTransport, foreseenRoom: RoomKey? = nil) {
        (self.origin, self.loop, self.local, self.foreseenRoom) = (origin, loop, local, foreseenRoom)
    }

    var isOpen: Bool { negotiation != nil }

    var invite: Invite? {
        if case .invited(let invite) = origin { return invite }
        return nil
    }

    /// The session that owns the call: a secret of its user.
    var session: String {
        switch origin {
        case .invited(let invite): invite.session
        case .placed(let outgoing):
            switch outgoing.leg.kind {
            case .verto(let session): session
            }
        }
    }

    var isScreenShare: Bool { invite?.isScreenShare == true }

    /// The call has pictures, or its offer had.
    var hasVideo: Bool {
        if let negotiation { return !negotiation.videos.isEmpty }
        // By lines: a line feed behind a carriage return is no character of its own.
        let lines = invite?.offer.split(whereSeparator: \.isNewline)
        return lines?.contains { $0.hasPrefix("m=video ") } ?? offer?.offer.hasVideo ?? false
    }
}
