package import Wire

/// The lite half of ICE for one peer: answers connectivity checks and sends none (RFC 8445 §2.5).
///
/// We are always the controlled side, so the path the browser nominates is the one we send on. Before the first
/// nomination the first path that passed a check serves: Chromium starts its DTLS handshake before it nominates.
/// Integrity is checked by the owner, who knows the password; feed only checks that passed.
package struct ICELite {
    package struct Outcome: Equatable {
        /// A path that passed its first check: from now on media may arrive on it.
        package var validated: Path?
        /// A path we no longer accept anything on, because a peer may hold no more than ``mostPaths``.
        package var retired: Path?
    }

    /// Where to send; `nil` until a check has passed.
    package private(set) var selected: Path?
    /// Every path that passed a check, oldest first.
    package private(set) var paths: [Path] = []

    private var hasNomination = false
    private var lastCheck: Instant?
    private var lastOnSelected: Instant?

    package init() {}

    /// Takes one check whose integrity was proved.
    package mutating func receive(nominates: Bool, over path: Path, at now: Instant) -> Outcome {
        lastCheck = now
        var outcome = Outcome()
        if !paths.contains(path) {
            if paths.count >= Self.mostPaths, let index = paths.firstIndex(where: { $0 != selected }) {
                outcome.retired = paths.remove(at: index)
            }
            paths.append(path)
            outcome.validated = path
        }
        choose(path, nominates: nominates, at: now)
        return outcome
    }

    /// Counts authenticated media as life. It never moves ``selected``: a captured packet can be sent from anywhere.
    package mutating func heardMedia(at now: Instant) {
        lastOnSelected = now
    }

    /// How long nothing authentic arrived, from `start` when nothing ever did.
    package func silence(since start: Instant, at now: Instant) -> Duration {
        var last = start
        if let lastCheck, lastCheck > last { last = lastCheck }
        if let lastOnSelected, lastOnSelected > last { last = lastOnSelected }
        return now.duration(since: last)
    }

    private mutating func choose(_ path: Path, nominates: Bool, at now: Instant) {
        if selected == nil || (nominates && selected != path) {
            selected = path
            hasNomination = hasNomination || nominates
        } else if selected != path, let lastOnSelected,
            now.duration(since: lastOnSelected) > Self.rebindingSilence
        {
            // Plain checks from elsewhere while the selected path is silent: a NAT gave Firefox a new address.
            selected = path
        }
        if selected == path { lastOnSelected = now }
    }

    /// Enough for every address of a laptop; bounds what one call may put into the loop's table.
    package static let mostPaths = 8
    private static let rebindingSilence: Duration = .seconds(3)
}
