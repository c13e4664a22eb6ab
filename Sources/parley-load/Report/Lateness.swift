/// A distribution of short times in steps of 20 µs up to 200 ms, in fixed memory.
struct Lateness: Sendable {
    private var buckets = [UInt32](repeating: 0, count: Lateness.size)
    private(set) var count = 0
    private(set) var worst: Int64 = 0

    mutating func note(_ nanoseconds: Int64) {
        buckets[max(0, min(Int(nanoseconds / Self.step), Self.size - 1))] += 1
        count += 1
        worst = max(worst, nanoseconds)
    }

    mutating func removeAll() { self = Lateness() }

    /// In milliseconds; `share` from 0 to 1.
    func percentile(_ share: Double) -> Double {
        let rank = Int((Double(count) * share).rounded(.up))
        var seen = 0
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            seen += Int(bucket)
            if seen >= rank { return Double(index) * Double(Self.step) / 1e6 }
        }
        return 0
    }

    private static let step: Int64 = 20_000
    private static let size = 10_000
}
