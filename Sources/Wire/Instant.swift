/// A point on the monotonic clock, in nanoseconds. A value that is passed in: nothing in a pure target reads a clock.
package struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since an origin that is the same for the whole process.
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// This instant moved by `duration`, which may be negative; finer than a nanosecond is cut off.
    package func advanced(by duration: Duration) -> Instant {
        advanced(byNanoseconds: duration.wholeNanoseconds)
    }

    /// This instant moved by `distance` nanoseconds.
    package func advanced(byNanoseconds distance: Int64) -> Instant {
        Instant(nanoseconds: nanoseconds &+ distance)
    }

    /// Nanoseconds from `earlier` to this instant; negative when `earlier` is the later one.
    package func nanoseconds(since earlier: Instant) -> Int64 {
        nanoseconds &- earlier.nanoseconds
    }

    /// Time from `earlier` to this instant.
    package func duration(since earlier: Instant) -> Duration {
        .nanoseconds(nanoseconds(since: earlier))
    }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
    /// The duration in nanoseconds, cut off at a whole one.
    package var wholeNanoseconds: Int64 {
        components.seconds &* 1_000_000_000 &+ components.attoseconds / 1_000_000_000
    }
}
