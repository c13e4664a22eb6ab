import Wire

/// How one member's stream arrives, counted from the clear part of the packets.
struct Reception: Sendable {
    private(set) var packets = 0
    private(set) var duplicates = 0
    /// Packets with a number below one that came before.
    private(set) var reordered = 0
    /// More than ``lateness`` behind the fastest packet so far.
    private(set) var late = 0
    private(set) var largestGap: Int64 = 0
    private(set) var firstPacket: Instant?
    /// RFC 3550 A.8, in nanoseconds.
    private(set) var jitter = 0.0

    private let clockRate: Int64
    private var extender = SequenceExtender()
    private var first: Int64 = 0
    private var highest: Int64 = -1
    private var lastArrival: Instant?
    private var lastTimestamp: UInt32 = 0
    private var lastTransit: Int64 = 0
    private var fastest: Int64?
    private var elapsedMedia: Int64 = 0

    /// - Parameter clockRate: Ticks of the timestamp in a second.
    init(clockRate: Int = 48_000) { self.clockRate = Int64(clockRate) }

    mutating func note(sequence: UInt16, timestamp: UInt32, at now: Instant) {
        let number = extender.extend(sequence)
        if packets == 0 {
            (first, highest) = (number, number)
        } else if number > highest {
            highest = number
        } else {
            reordered += number == highest ? 0 : 1
            duplicates += number == highest ? 1 : 0
        }
        packets += 1
        if firstPacket == nil { firstPacket = now }
        noteTiming(timestamp, at: now)
    }

    private mutating func noteTiming(_ timestamp: UInt32, at now: Instant) {
        defer {
            lastArrival = now
            lastTimestamp = timestamp
        }
        guard let lastArrival else { return }
        largestGap = max(largestGap, now.nanoseconds(since: lastArrival))
        let step = Int64(Int32(bitPattern: timestamp &- lastTimestamp))
        elapsedMedia &+= step &* 1_000_000_000 / clockRate
        let transit = now.nanoseconds &- elapsedMedia
        defer { lastTransit = transit }
        guard let fastest, abs(transit &- lastTransit) < 2_000_000_000 else {
            self.fastest = transit  // the first, or the stream has a new time base
            return
        }
        jitter += (Double(abs(transit &- lastTransit)) - jitter) / 16
        self.fastest = min(fastest, transit)
        if transit &- fastest > Self.lateness { late += 1 }
    }

    /// Numbers that never came.
    var missing: Int { packets == 0 ? 0 : max(0, Int(highest - first) + 1 - (packets - duplicates)) }

    /// Starts counting anew; what was learned about the fastest packet stays.
    mutating func beginWindow() {
        (packets, duplicates, reordered, late, largestGap) = (0, 0, 0, 0, 0)
        firstPacket = nil
    }

    /// 40 ms: where a browser's jitter buffer begins to notice.
    private static let lateness: Int64 = 40_000_000
}
