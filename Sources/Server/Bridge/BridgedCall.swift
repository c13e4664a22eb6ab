import Calls
import Conference
import RTC
import SIP
import Verto
import Wire

/// One call as the bridge knows it, from its invite or its placing until its media is freed.
struct BridgedCall {
    /// Who is at the other end, and how the call began.
    enum Origin {
        /// A Verto client called.
        case invited(Invite)
        /// A phone or a gateway called.
        case phoned(SIPInvite)
        /// We called somebody.
        case placed(Outgoing)
    }

    let origin: Origin
    var loop: Int
    /// How its sound and pictures travel; whichever door its messages come through.
    var media: CallMedia
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
    /// A key came in its media.
    var pressesInSound = false
    /// When the next key would come at the steady rate; ahead of the clock after a burst.
    var nextKey = Instant(nanoseconds: 0)

    /// What follows once the caller has heard why.
    enum Farewell {
        /// The room let go of it.
        case ended
        /// The room did not take it.
        case refused(HangupCause)
    }

    init(_ origin: Origin, on loop: Int, _ media: CallMedia, foreseenRoom: RoomKey? = nil) {
        (self.origin, self.loop, self.media, self.foreseenRoom) = (origin, loop, media, foreseenRoom)
    }

    /// The loop has its media.
    var isOpen: Bool {
        switch media {
        case .browser(let browser): browser.negotiation != nil
        case .phone(let phone): phone.isOpen
        }
    }

    var invite: Invite? {
        if case .invited(let invite) = origin { return invite }
        return nil
    }

    /// The Verto session that owns the call, a secret of its user; `nil` for a phone's.
    var session: String? {
        switch origin {
        case .invited(let invite): invite.session
        case .placed(let outgoing):
            if case .verto(let session) = outgoing.leg.kind { session } else { nil }
        case .phoned: nil
        }
    }

    var isScreenShare: Bool { invite?.isScreenShare == true }

    /// The call has pictures, or its offer had.
    var hasVideo: Bool {
        guard case .browser(let browser) = media else { return false }
        if let negotiation = browser.negotiation { return !negotiation.videos.isEmpty }
        // By lines: a line feed behind a carriage return is no character of its own.
        let lines = invite?.offer.split(whereSeparator: \.isNewline)
        return lines?.contains { $0.hasPrefix("m=video ") } ?? browser.offer?.offer.hasVideo ?? false
    }

    /// As rows of rooms show it.
    var codec: String {
        guard case .phone(let phone) = media, let codec = phone.negotiation?.audio.codec else { return "opus@48000" }
        return codec.shown
    }
}

/// How a call's media travel, as far as signalling has to know.
enum CallMedia {
    case browser(BrowserMedia)
    case phone(PhoneMedia)
}

/// ICE and DTLS.
struct BrowserMedia {
    /// Of the transport that is in use.
    var local: LocalTransport
    /// What the call's last offer came to, once it is open.
    var negotiation: Negotiation?
    /// An offer of ours that waits for the client's answer.
    var offer: (offer: Offer, local: LocalTransport)?

    init(_ local: LocalTransport) { self.local = local }
}

extension BridgedCall {
    /// Changing it does nothing to a phone's call.
    var browser: BrowserMedia? {
        get { if case .browser(let browser) = media { browser } else { nil } }
        set { if let newValue, case .browser = media { media = .browser(newValue) } }
    }

    /// Changing it does nothing to a browser's call.
    var phone: PhoneMedia? {
        get { if case .phone(let phone) = media { phone } else { nil } }
        set { if let newValue, case .phone = media { media = .phone(newValue) } }
    }
}

extension AudioCodec {
    /// Name and sample rate.
    var shown: String { "\(self == .opus ? "opus" : name.uppercased())@\(sampleRate)" }
}
