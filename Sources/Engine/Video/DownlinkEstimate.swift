package import Wire

/// What one receiver can take, from the REMB and the loss that it reports.
///
/// A browser's REMB follows the stream it gets: it starts near 200 kb/s, rises by 8 % a second and never passes one and
/// a half times what arrives. So a low value that rises, or that is well above what we send, says nothing about the
/// line. It is a limit when it falls, when it stays below what we send, or when packets get lost.
package struct DownlinkEstimate {
    /// Bits per second that the line did not exceed; `nil` while nothing points to a limit.
    package private(set) var limit: UInt64?
    /// How much of the limit is tried, in percent: more and more while the line shows no strain.
    private var headroom: UInt64 = 100
    /// What the receiver said in SDP or by configuration.
    package var ceiling: UInt64 = .max

    /// The last REMB and an older one, to see where it goes.
    private var last: UInt64?
    private var reference: (value: UInt64, at: Instant)?
    private var freeSince: Instant?
    private var lossyReports = 0

    package init() {}

    /// What to count on.
    package var capacity: UInt64 { min(limit.map { Self.percent(headroom, of: $0) } ?? .max, ceiling) }

    /// Takes the receiver's estimate for this stream.
    ///
    /// - Parameter sending: Bits per second that we send it.
    package mutating func receive(bitrate: UInt64, sending: UInt64, at now: Instant) {
        defer { last = bitrate }
        guard let last, let reference else {
            self.reference = (bitrate, now)
            return
        }
        if bitrate < last / 20 * 19, bitrate < Self.percent(130, of: sending) {
            return restrict(to: bitrate, at: now)
        }
        if limit != nil { limit = max(bitrate, Self.least) }
        if now.nanoseconds(since: reference.at) >= Self.observation {
            let isRising = bitrate > Self.percent(107, of: reference.value)
            self.reference = (bitrate, now)
            if !isRising, bitrate < Self.percent(90, of: sending) { return restrict(to: bitrate, at: now) }
        }
        lookForRoom(bitrate, sending: sending, at: now)
    }

    /// Takes a report block of the receiver.
    ///
    /// - Parameter fractionLost: In 1/256, before repair.
    package mutating func receive(fractionLost: UInt8, sending: UInt64, at now: Instant) {
        guard fractionLost > Self.muchLoss else {
            lossyReports = max(0, lossyReports - 1)
            // Without estimates nothing else would ever lift it.
            if last == nil, let limit { self.limit = limit < Self.plenty ? limit + limit / 12 : nil }
            return
        }
        lossyReports = min(lossyReports + 1, Self.mostLossyReports)
        guard lossyReports >= Self.reportsForLimit, sending > 0 else { return }
        let kept = UInt64(512 - Int(fractionLost))
        restrict(to: min(limit ?? .max, sending / 512 &* kept), at: now)
    }

    private mutating func restrict(to bitrate: UInt64, at now: Instant) {
        limit = max(bitrate, Self.least)
        headroom = 100
        reference = (bitrate, now)
        freeSince = nil
    }

    /// An estimate that is well above what we send for a while is one that we hold down ourselves.
    private mutating func lookForRoom(_ bitrate: UInt64, sending: UInt64, at now: Instant) {
        guard limit != nil, lossyReports == 0, bitrate >= Self.percent(130, of: sending) else {
            freeSince = nil
            return
        }
        let since = freeSince ?? now
        freeSince = since
        guard now.nanoseconds(since: since) >= Self.freedom else { return }
        freeSince = now
        headroom = headroom / 2 * 3
        if headroom > Self.mostHeadroom { (limit, headroom) = (nil, 100) }
    }

    private static func percent(_ percent: UInt64, of bitrate: UInt64) -> UInt64 {
        bitrate > .max / 10_000 ? .max : bitrate * percent / 100
    }

    private static let observation: Int64 = 2_000_000_000
    private static let freedom: Int64 = 3_000_000_000
    private static let mostHeadroom: UInt64 = 1_000
    /// Nothing is shown below that anyway.
    private static let least: UInt64 = 30_000
    /// 10 %.
    private static let muchLoss: UInt8 = 26
    private static let reportsForLimit = 3
    private static let mostLossyReports = 5
    private static let plenty: UInt64 = 10_000_000
}
