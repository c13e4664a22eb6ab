import Native
import RTC
import Wire

/// One stream of a browser's camera: all of it, or one layer of a simulcast. It keeps what it sent for a while.
struct BrowserLayer {
    let ssrcs: StreamSSRCs
    let rid: String?
    /// The server's report named the source: MID and RID are left out from then on (`media.md` §0.1).
    var isKnown = false
    private(set) var sequence: UInt16
    private(set) var rtxSequence: UInt16
    private(set) var timestamp: UInt32 = 0
    private(set) var packets: UInt32 = 0
    private var octets: UInt32 = 0
    /// Packets sent again.
    private(set) var repeats = 0

    /// Payloads for RTX; without it whole datagrams, encrypted, as an SRTP number serves once only.
    let history = PacketSlots(slots: Self.capacity, slotSize: PacketBatch.slotSize)
    private var details: [Detail] = Array(repeating: Detail(), count: Self.capacity)

    struct Detail {
        var sequence: UInt16 = 0
        var timestamp: UInt32 = 0
        var marker = false
    }

    /// Starts below 0x8000, as browsers do (RFC 3711 §3.3.1).
    init(ssrcs: StreamSSRCs, rid: String?, using random: inout some RandomNumberGenerator) {
        self.ssrcs = ssrcs
        self.rid = rid
        sequence = UInt16.random(in: 0..<0x8000, using: &random)
        rtxSequence = UInt16.random(in: 0..<0x8000, using: &random)
    }

    /// Of the next packet.
    var place: Int { Int(sequence) % Self.capacity }

    /// Counts a packet; one that could not be sent still takes its number.
    mutating func book(_ count: Int, timestamp: UInt32, marker: Bool, wasSent: Bool) {
        details[place] = Detail(sequence: sequence, timestamp: timestamp, marker: marker)
        if !wasSent { history.clear(place) }
        sequence &+= 1
        self.timestamp = timestamp
        guard wasSent else { return }
        packets &+= 1
        octets &+= UInt32(truncatingIfNeeded: count)
    }

    mutating func sentAgain() {
        rtxSequence &+= 1
        repeats += 1
    }

    /// What was sent under that number, and where it lies; `nil` when it is too long ago.
    func kept(_ number: UInt16) -> (slot: Int, detail: Detail)? {
        let slot = Int(number) % Self.capacity
        guard history.count(of: slot) > 0, details[slot].sequence == number else { return nil }
        return (slot, details[slot])
    }

    func report(at now: Instant, blocks: [ReportBlock]) -> SenderReport {
        SenderReport(
            ssrc: ssrcs.media, ntp: BrowserStream.ntp(now), rtpTimestamp: timestamp, packets: packets, octets: octets,
            reports: blocks)
    }

    private static let capacity = 256
}
