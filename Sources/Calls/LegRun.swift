/// A live leg and where it is in its route.
struct LegRun: Sendable {
    /// What the leg waits for.
    enum Activity: Sendable, Equatable {
        /// Between two applications; never seen from outside.
        case idle
        /// Until the timer.
        case sleeping(until: Duration)
        /// For the media path, so that nothing of the sound is lost.
        case waitingForMedia(Playback)
        /// For ``CallEvent/applicationDone(_:)``.
        case playing
        case echoing
        case inConference
        /// An outbound leg: for its far end, under the rules of its ``attempt``.
        case offered
        /// For somebody to answer the attempt.
        case dialling(AttemptID)
        /// For the end of either side.
        case bridged
        /// For somebody to take it further, at most until then.
        case parked(until: Duration?)
        /// For its far end to reach somebody else.
        case deflecting(until: Duration)
    }

    enum Timer: Sendable, Equatable {
        /// When a `sleep` is over.
        case sleep
        /// When an SDP answer was sent and the media path is not up.
        case media
        /// When the client of an answered call has not come back.
        case detach
        /// When the media path was closed and the client's socket is still there.
        case lostMedia
        /// When this target of a dial string has rung long enough.
        case leg
        /// When this target neither rings nor sends media.
        case progress
        /// When nobody took a parked leg further.
        case park
        /// When a far end that was sent elsewhere says nothing.
        case deflection
    }

    /// Played to a leg beside its route: hold music, ring-back.
    struct Background: Sendable, Equatable {
        let playback: Playback
        let startedAt: Duration
        /// It came to its end too soon to be worth another start.
        var hasEnded = false
    }

    var leg: Leg
    let startedAt: Duration
    var answeredAt: Duration?
    /// What is still to run, the next one last.
    var pending: [RoutedApplication] = []
    var activity = Activity.idle
    /// When the SDP answer was sent, or the client was taken up again.
    var mediaStarted: Duration?
    var mediaPatience: Duration?
    /// When the far end closed its media path.
    var mediaLostAt: Duration?

    /// The attempt this outbound leg is part of, until it is answered.
    var attempt: AttemptID?
    /// Which of the attempt's.
    var course = 0
    var ringsUntil: Duration?
    var progressUntil: Duration?
    /// The far end rings; or, of a caller, was told so.
    var isRinging = false
    /// How often a far end it called sent it elsewhere.
    var redirects = 0
    /// Where the far end wants the call instead.
    var redirectedTo: [String] = []

    var background: Background?
    /// The relay to ``Leg/bridgedTo``, or to the early media of a far end, is on.
    var connectedTo: LegID?
    /// This leg's route asked for the bridge, and goes on when it is over.
    var ownsBridge = false

    /// How often the dialplan sent it to another extension.
    var transfers = 0
    /// What a route that ends here ends with, after a failed `bridge`.
    var causeAtEnd: HangupCause?
    var lastBridge: LegID?
    var lastApplication: String?
    var conference: String?

    init(leg: Leg, at now: Duration) {
        self.leg = leg
        startedAt = now
    }

    /// The timer that is due first.
    func nextTimer(_ limits: Switchboard.Limits) -> (kind: Timer, at: Duration)? {
        var next: (kind: Timer, at: Duration)?
        func consider(_ kind: Timer, _ at: Duration?) {
            guard let at, next.map({ at < $0.at }) ?? true else { return }
            next = (kind, at)
        }
        switch activity {
        case .sleeping(let until): consider(.sleep, until)
        case .parked(let until): consider(.park, until)
        case .deflecting(let until): consider(.deflection, until)
        case .offered:
            consider(.leg, ringsUntil)
            if !isRinging { consider(.progress, progressUntil) }
        default: break
        }
        if let since = leg.detachedSince {
            consider(.detach, since + limits.detachTimeout)
            return next
        }
        // A phone that answers on hold has no media before it is taken up.
        let waitsForMedia = !leg.isMediaUp && !(leg.kind.isSIP && leg.isOnHold)
        if let mediaStarted, waitsForMedia { consider(.media, mediaStarted + (mediaPatience ?? limits.mediaPatience)) }
        consider(.lostMedia, mediaLostAt.map { $0 + limits.lostMediaPatience })
        return next
    }
}
