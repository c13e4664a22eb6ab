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
    }

    enum Timer: Sendable, Equatable {
        /// When a `sleep` is over.
        case sleep
        /// When an SDP answer was sent and the media path is not up.
        case media
        /// When the client of an answered call has not come back.
        case detach
    }

    var leg: Leg
    /// What is still to run, the next one last.
    var pending: [RoutedApplication] = []
    var activity = Activity.idle
    /// When the SDP answer was sent.
    var mediaStarted: Duration?

    init(leg: Leg) { self.leg = leg }

    /// The timer that is due first.
    func nextTimer(_ limits: Switchboard.Limits) -> (kind: Timer, at: Duration)? {
        var next: (kind: Timer, at: Duration)?
        func consider(_ kind: Timer, _ at: Duration) {
            if next.map({ at < $0.at }) ?? true { next = (kind, at) }
        }
        if case .sleeping(let until) = activity { consider(.sleep, until) }
        if let mediaStarted, !leg.isMediaUp { consider(.media, mediaStarted + limits.mediaPatience) }
        if let since = leg.detachedSince { consider(.detach, since + limits.detachTimeout) }
        return next
    }
}
