import Wire

/// What a browser behind a good line says it can take (REMB): it starts at 300 kb/s and rises by 8 % a second, up to one
/// and a half times what arrives; after five seconds it knows that what arrives passes (`media.md` §1.8).
struct BandwidthEstimate: Sendable {
    private var bitsPerSecond = 300_000.0
    /// Of the last second, in steps of ``interval``.
    private var steps = [Int](repeating: 0, count: 5)
    private var step = 0
    private var taken = 0
    private var next: Instant?

    mutating func received(_ bytes: Int) { steps[step] += bytes * 8 }

    /// The REMB to send now; `nil` while none is due.
    ///
    /// - Parameter hasBegun: Packets have arrived.
    mutating func take(hasBegun: Bool, at now: Instant) -> UInt64? {
        guard hasBegun else { return nil }
        guard let next else {
            self.next = now.advanced(by: Self.interval)
            return nil
        }
        guard now >= next else { return nil }
        self.next = next.advanced(by: Self.interval)
        taken += 1
        let arriving = Double(steps.reduce(0, +))
        if taken == 25 { bitsPerSecond = max(bitsPerSecond, arriving) }
        bitsPerSecond = max(bitsPerSecond, min(bitsPerSecond * 1.0155, arriving * 1.5 + 10_000))
        step = (step + 1) % steps.count
        steps[step] = 0
        return UInt64(bitsPerSecond)
    }

    private static let interval: Duration = .milliseconds(200)
}
