package import Wire

/// Two calls that speak with each other, in no room: what one's peer sends, the other's gets.
///
/// Sound goes on packet by packet as it comes, or is decoded and encoded anew where the sides speak different codecs
/// (``AudioPassage``); pictures go as in a room. Each side has reports, repairs and key frame requests of its own. Both belong to one media loop; ``end(at:)``
/// takes the calls apart, and must be called: they hold each other meanwhile.
package final class CallPair {
    package let one: MediaLeg
    package let two: MediaLeg

    private let toOne: AudioPassage
    private let toTwo: AudioPassage
    private var isOneHeld = false
    private var isTwoHeld = false

    package init(one: MediaLeg, two: MediaLeg, at now: Instant) {
        (self.one, self.two) = (one, two)
        toTwo = AudioPassage(from: one, to: two, at: now)
        toOne = AudioPassage(from: two, to: one, at: now)
    }

    /// What one side says is decoded and encoded anew for the other.
    package var isTranscoding: Bool { toOne.isTranscoding || toTwo.isTranscoding }

    /// Nothing is sent to `leg`, and nothing of it taken, while it is held by itself or by the other side.
    package func hold(_ leg: MediaLeg, _ isHeld: Bool, at now: Instant) {
        if leg === one { isOneHeld = isHeld } else if leg === two { isTwoHeld = isHeld }
        toOne.setHeld(isQuiet)
        toTwo.setHeld(isQuiet)
        show(at: now)
    }

    package func isHeld(_ leg: MediaLeg) -> Bool { leg === one ? isOneHeld : leg === two && isTwoHeld }

    /// Once per tick of 20 ms: sound that is not just passed on; and a camera may have come, gone, or be another one.
    package func advance(to now: Instant) {
        toOne.advance(to: now)
        toTwo.advance(to: now)
        show(at: now)
    }

    /// The calls are each for themselves again.
    package func end(at now: Instant) {
        toOne.end(at: now)
        toTwo.end(at: now)
        one.video?.leave(at: now)
        two.video?.leave(at: now)
    }

    private var isQuiet: Bool { isOneHeld || isTwoHeld }

    private func show(at now: Instant) {
        one.video?.show(isQuiet ? nil : two.video?.source, in: 0, at: now)
        two.video?.show(isQuiet ? nil : one.video?.source, in: 0, at: now)
    }
}
