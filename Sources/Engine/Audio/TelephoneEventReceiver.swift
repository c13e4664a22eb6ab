/// Reports each key once, at the first of its packets that comes (RFC 4733 §2.3, §2.5).
///
///     |     event     |E|R| volume    |          duration             |
///
/// All packets of one key share its timestamp, whichever are lost: updates, the end and its repetitions are the same
/// key. One held down for longer than the duration can say is cut into segments, each of which begins where the last
/// one was full (§2.5.1.3); and what the network mixed up may bring back the key before.
struct TelephoneEventReceiver {
    private var last: (event: UInt8, timestamp: UInt32)?

    mutating func receive(_ payload: Span<UInt8>, timestamp: UInt32, isFirst: Bool = false) -> Character? {
        guard payload.count >= 4 else { return nil }
        let event = payload[0]
        if let last {
            let step = timestamp &- last.timestamp
            guard step != 0, 0 &- step > Self.longestDisorder else { return nil }
            if event == last.event, !isFirst, step == Self.segment {
                self.last?.timestamp = timestamp
                return nil
            }
        }
        last = (event, timestamp)
        return Int(event) < Self.digits.count ? Self.digits[Int(event)] : nil
    }

    static let digits = Array("0123456789*#ABCD")
    /// Clock ticks; half a second at least.
    private static let longestDisorder: UInt32 = 24_000
    private static let segment: UInt32 = 0xFFFF
}
