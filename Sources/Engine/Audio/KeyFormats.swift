import RTC
import Wire

/// How one side agreed to send and take telephone events: payload types and the clocks that their durations count in.
struct KeyFormats {
    struct Format: Equatable {
        let payloadType: UInt8
        let clockRate: Int
    }

    private var formats: [Format] = []

    init() {}

    init(_ audio: AudioParameters?) {
        formats = (audio?.telephoneEvents ?? []).map { type in
            Format(payloadType: type, clockRate: max(1, audio?.keyClockRates[type] ?? 8_000))
        }
    }

    var first: Format? { formats.first }

    func format(of payloadType: UInt8) -> Format? {
        for format in formats where format.payloadType == payloadType { return format }
        return nil
    }

    /// One with the same clock, or else any.
    func format(like other: Format) -> Format? {
        for format in formats where format.clockRate == other.clockRate { return format }
        return formats.first
    }

    /// A key's duration by another clock; `nil` when it stays what it is (RFC 4733 §2.3.5).
    static func duration(of payload: Span<UInt8>, from: Format, to: Format) -> UInt16? {
        guard from.clockRate != to.clockRate, payload.count >= 4 else { return nil }
        return UInt16(clamping: Int(payload.uint16(at: 2)) * to.clockRate / from.clockRate)
    }
}
