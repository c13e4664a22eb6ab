/// The base values of RFC 3261 §17; the other timers are multiples of them.
package struct SIPTimers: Sendable, Equatable {
    /// Estimate of a round trip (`timer-T1`).
    package var t1: Duration = .milliseconds(500)
    /// The longest pause between repeats of anything but an INVITE (`timer-T2`).
    package var t2: Duration = .seconds(4)
    /// How long a message may live in the network (`timer-T4`).
    package var t4: Duration = .seconds(5)
    /// How long a transaction waits for an answer or an ACK: timers B, F, H, L and M (`timer-T1X64`).
    package var t1x64: Duration = .seconds(32)
    /// Timer D: how long an INVITE that was refused over UDP absorbs repeats of the refusal; at least 32 s.
    package var d: Duration = .seconds(32)

    package init() {}
}
