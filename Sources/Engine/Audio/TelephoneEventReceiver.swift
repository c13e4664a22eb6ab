/// Reports each telephone event once, at its first packet (RFC 4733 §2.3, §2.5).
///
///     |     event     |E|R| volume    |          duration             |
///
/// All packets of one key share its timestamp; the repeated end packets and updates are the same digit.
struct TelephoneEventReceiver {
    private var last: UInt32?

    mutating func receive(_ payload: Span<UInt8>, timestamp: UInt32) -> Character? {
        guard payload.count >= 4, timestamp != last else { return nil }
        last = timestamp
        let event = Int(payload[0])
        return event < Self.digits.count ? Self.digits[event] : nil
    }

    static let digits = Array("0123456789*#ABCD")
}
