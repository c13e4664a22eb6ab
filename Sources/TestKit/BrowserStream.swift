import Wire

/// What a browser sends on its audio source: numbers, time stamps and header extensions of its packets.
struct BrowserStream {
    /// The extensions of one packet; those without an id or a value are left out.
    struct Extensions {
        let levelID: UInt8?
        let level: UInt8?
        let midID: UInt8?
        /// The m-line's name, one character.
        let mid: UInt8
    }

    let ssrc: SSRC
    /// Of the next packet.
    private(set) var sequence: UInt16
    /// Of the current moment, in 1/48 000 s.
    private(set) var timestamp: UInt32
    private(set) var packets: UInt32 = 0
    /// The next packet begins a talk spurt.
    private(set) var isResuming = true
    private var octets: UInt32 = 0

    /// Starts below 0x8000, as browsers do (RFC 3711 §3.3.1).
    init(using random: inout some RandomNumberGenerator) {
        ssrc = SSRC(UInt32.random(in: 1 ... .max, using: &random))
        sequence = UInt16.random(in: 0..<0x8000, using: &random)
        timestamp = UInt32.random(in: .min ... .max, using: &random)
    }

    mutating func pass(_ ticks: UInt32) { timestamp &+= ticks }

    mutating func pause(_ ticks: UInt32) {
        timestamp &+= ticks
        isResuming = true
    }

    /// Counts a packet; one that could not be sent still takes its number, as one lost on the way does.
    mutating func sent(_ count: Int, wasSent: Bool) {
        sequence &+= 1
        guard wasSent else { return }
        isResuming = false
        packets &+= 1
        octets &+= UInt32(truncatingIfNeeded: count)
    }

    /// Writes the fixed header and the extensions in the one-byte form (RFC 8285 §4.2); returns where the payload begins.
    func writeHeader(
        payloadType: UInt8, marker: Bool, timestamp: UInt32, _ extensions: Extensions,
        to slot: inout MutableSpan<UInt8>
    ) -> Int {
        RTPHeader.write(
            marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc, to: &slot)
        let elements = RTPHeader.fixedSize + 4
        var end = elements
        if let id = extensions.levelID, let level = extensions.level {
            slot[end] = id << 4
            slot[end + 1] = 0x80 | level & 0x7F  // V is always 1
            end += 2
        }
        if let id = extensions.midID {
            slot[end] = id << 4
            slot[end + 1] = extensions.mid
            end += 2
        }
        guard end > elements else { return RTPHeader.fixedSize }
        while !end.isMultiple(of: 4) {
            slot[end] = 0
            end += 1
        }
        slot[0] |= 0x10
        slot.set(UInt16(0xBEDE), at: RTPHeader.fixedSize)
        slot.set(UInt16((end - elements) / 4), at: RTPHeader.fixedSize + 2)
        return end
    }

    func report(at now: Instant, blocks: [ReportBlock]) -> SenderReport {
        SenderReport(
            ssrc: ssrc, ntp: Self.ntp(now), rtpTimestamp: timestamp, packets: packets, octets: octets, reports: blocks)
    }

    /// The monotonic clock as if it had started in 2026; nobody compares it with another machine's.
    static func ntp(_ now: Instant) -> UInt64 {
        let nanoseconds = UInt64(bitPattern: now.nanoseconds)
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return (seconds &+ 3_976_214_400) << 32 | (rest << 32) / 1_000_000_000
    }
}
