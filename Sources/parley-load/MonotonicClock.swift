import CLinux
import Glibc
import Wire

/// CLOCK_MONOTONIC, the one clock of all times in the report.
enum MonotonicClock {
    static var now: Instant {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}

extension Instant {
    /// Milliseconds from `earlier` to this instant.
    func milliseconds(since earlier: Instant) -> Double { Double(nanoseconds(since: earlier)) / 1e6 }
}
