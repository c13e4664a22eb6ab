/// How one incoming source is received: what our report blocks about it say (RFC 3550 A.1, A.3, A.8).
///
/// Feed it packets that passed SRTP, so there is no probation; retransmissions on another SSRC are not its business.
package struct ReceptionStatistics: Sendable {
    /// Packets that arrived, duplicates counted.
    package private(set) var packets = 0

    private var base: Int64 = 0
    private var highest: Int64 = 0
    /// The number that would confirm a jump: the sender has restarted when two numbers in a row are far away.
    private var afterJump: UInt16?
    private var jitterTimes16: Int64 = 0
    private var last: (timestamp: UInt32, arrival: Instant)?
    private var atLastReport: (expected: Int64, packets: Int) = (0, 0)
    private var lastSenderReport: (middle: UInt32, arrival: Instant)?

    package init() {}

    /// Counts one packet.
    ///
    /// - Parameter clockRate: Ticks of `timestamp` per second.
    package mutating func received(sequence: UInt16, timestamp: UInt32, at now: Instant, clockRate: Int) {
        guard packets > 0 else { return start(at: sequence, timestamp, now) }
        let step = sequence &- UInt16(truncatingIfNeeded: highest)
        if step < Self.maximumDropout {
            highest += Int64(step)
            packets += 1
            afterJump = nil
            if step > 0 { updateJitter(timestamp, now, clockRate) }
        } else if step > UInt16.max - Self.maximumMisorder {
            packets += 1  // late or twice; its delay says nothing about the network's jitter
        } else if sequence == afterJump {
            start(at: sequence, timestamp, now)
        } else {
            afterJump = sequence &+ 1
        }
    }

    /// Notes the source's own report, so that it can tell the round trip from ours.
    package mutating func senderReport(ntp: UInt64, at now: Instant) {
        lastSenderReport = (UInt32(truncatingIfNeeded: ntp >> 16), now)
    }

    /// The report block about `ssrc`; its fraction covers the time since the last call.
    package mutating func report(for ssrc: SSRC, at now: Instant) -> ReportBlock {
        let fraction = fractionLost
        atLastReport = (expected, packets)
        return ReportBlock(
            ssrc: ssrc,
            fractionLost: fraction,
            cumulativeLost: Int32(min(max(lost, -0x80_0000), 0x7F_FFFF)),
            highestSequence: UInt32(truncatingIfNeeded: highest),
            jitter: jitter,
            lastSR: lastSenderReport?.middle ?? 0,
            delaySinceLastSR: lastSenderReport.map { Self.shortFormat(now.nanoseconds(since: $0.arrival)) } ?? 0
        )
    }

    /// Packets that should have arrived and did not; negative after duplicates.
    package var lost: Int { Int(expected) - packets }

    /// Interarrival jitter in ticks of the media clock.
    package var jitter: UInt32 { UInt32(clamping: jitterTimes16 >> 4) }

    private var expected: Int64 { packets == 0 ? 0 : highest - base + 1 }

    private var fractionLost: UInt8 {
        let expectedSince = Int(expected - atLastReport.expected)
        let lostSince = expectedSince - (packets - atLastReport.packets)
        guard expectedSince > 0, lostSince > 0 else { return 0 }
        return UInt8(clamping: lostSince * 256 / expectedSince)
    }

    private mutating func start(at sequence: UInt16, _ timestamp: UInt32, _ now: Instant) {
        (base, highest) = (Int64(sequence), Int64(sequence))
        packets = 1
        afterJump = nil
        last = (timestamp, now)
        atLastReport = (0, 0)
    }

    /// A.8: the mean deviation of the spacing at arrival from the spacing of the timestamps, smoothed by 1/16.
    private mutating func updateJitter(_ timestamp: UInt32, _ now: Instant, _ clockRate: Int) {
        defer { last = (timestamp, now) }
        guard let last else { return }
        let spacing = Self.ticks(now.nanoseconds(since: last.arrival), clockRate)
        let sentSpacing = Int64(Int32(bitPattern: timestamp &- last.timestamp))
        let deviation = min((spacing &- sentSpacing).magnitude, UInt64(Int32.max))
        jitterTimes16 += Int64(deviation) - (jitterTimes16 + 8) >> 4
    }

    private static func ticks(_ nanoseconds: Int64, _ clockRate: Int) -> Int64 {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds &* Int64(clockRate) &+ rest &* Int64(clockRate) / 1_000_000_000
    }

    /// Nanoseconds as 16 bits of seconds and 16 of fraction.
    private static func shortFormat(_ nanoseconds: Int64) -> UInt32 {
        UInt32(clamping: ticks(max(0, nanoseconds), 65_536))
    }

    /// A.1's MAX_DROPOUT and MAX_MISORDER.
    private static let maximumDropout: UInt16 = 3000
    private static let maximumMisorder: UInt16 = 100
}
