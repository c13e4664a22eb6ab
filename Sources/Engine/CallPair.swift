import RTC
package import Wire

/// Two calls that speak with each other, in no room: what one's peer sends, the other's gets.
///
/// Sound goes on packet by packet as it comes, pictures as in a room; each side has reports, repairs and key frame
/// requests of its own. When one side sends nothing, the other gets nothing. Both belong to one media loop; ``end(at:)``
/// takes the calls apart, and must be called: they hold each other meanwhile.
package final class CallPair {
    package let one: MediaLeg
    package let two: MediaLeg

    private var isOneHeld = false
    private var isTwoHeld = false

    package init(one: MediaLeg, two: MediaLeg, at now: Instant) {
        (self.one, self.two) = (one, two)
        one.beginRelay(to: two, at: now)
        two.beginRelay(to: one, at: now)
    }

    /// Nothing is sent to `leg`, and nothing of it taken, while it is held by itself or by the other side.
    package func hold(_ leg: MediaLeg, _ isHeld: Bool, at now: Instant) {
        if leg === one { isOneHeld = isHeld } else if leg === two { isTwoHeld = isHeld }
        one.relay?.setHeld(isQuiet)
        two.relay?.setHeld(isQuiet)
        show(at: now)
    }

    package func isHeld(_ leg: MediaLeg) -> Bool { leg === one ? isOneHeld : leg === two && isTwoHeld }

    /// Once per tick of 20 ms: a camera may have come, gone, or be another one.
    package func advance(to now: Instant) { show(at: now) }

    /// The calls are each for themselves again.
    package func end(at now: Instant) {
        one.endRelay(at: now)
        two.endRelay(at: now)
        one.video?.leave(at: now)
        two.video?.leave(at: now)
    }

    private var isQuiet: Bool { isOneHeld || isTwoHeld }

    private func show(at now: Instant) {
        one.video?.show(isQuiet ? nil : two.video?.source, in: 0, at: now)
        two.video?.show(isQuiet ? nil : one.video?.source, in: 0, at: now)
    }
}

extension MediaLeg {
    fileprivate func beginRelay(to other: MediaLeg, at now: Instant) {
        input.restart()
        relay = AudioRelay(to: other)
        setClock(output.timestamp, at: now)
    }

    fileprivate func endRelay(at now: Instant) {
        relay = nil
        stopClock(at: now)
        output.pause()
        input.restart()
    }
}
