package import Wire

/// What lately went out to one receiver, so that it can be sent again exactly as it was.
package struct SendHistory {
    /// Which packet of which layer it was, and the numbers it got.
    package struct Entry {
        /// In the log of the layer.
        package var source: Int64
        package var timestamp: UInt32
        package var pictureID: UInt16
        package var tl0PictureIndex: UInt8
        package var keyIndex: UInt8
        /// The owner's number for the layer.
        package var layer: UInt8
        /// The header carried the MID: a repetition under the same sequence must not differ in a single bit, or it
        /// uses SRTP's key stream twice (RFC 3711 §9.1, RFC 5116 §5.1.1).
        package var hasMID: Bool
        /// When it was last sent again, in milliseconds; 0 for never.
        package internal(set) var repeated: UInt32 = 0

        package init(source: Int64, layer: UInt8, numbers: VP8Rewriter.Numbers, hasMID: Bool) {
            (self.source, self.layer, self.hasMID) = (source, layer, hasMID)
            (timestamp, pictureID) = (numbers.timestamp, numbers.pictureID)
            (tl0PictureIndex, keyIndex) = (numbers.tl0PictureIndex, numbers.keyIndex)
        }
    }

    package enum Answer {
        case found(Entry)
        /// Sent again moments ago.
        case tooSoon
        /// Sent once and no longer known.
        case forgotten
        /// Never sent.
        case unknown
    }

    private var entries: [Entry] = []
    /// Packets sent so far; the newest has this number less one.
    package private(set) var count: Int64 = 0
    /// The 16-bit sequence of the newest.
    private var newest: UInt16 = 0

    package init() { entries.reserveCapacity(Int(Self.capacity)) }

    /// Notes the next packet.
    package mutating func append(_ entry: Entry, sequence: UInt16) {
        if entries.count < Int(Self.capacity) {
            entries.append(entry)
        } else {
            entries[Self.index(count)] = entry
        }
        count &+= 1
        newest = sequence
    }

    /// How many packets before the newest `sequence` was sent; `nil` when it was not, or too long ago to tell.
    package func age(of sequence: UInt16) -> Int64? {
        let age = Int64(newest &- sequence)
        return age < min(count, 0x8000) ? age : nil
    }

    /// Looks up a packet that is asked for and, when it may be sent again, notes that it is.
    package mutating func take(_ sequence: UInt16, at now: Instant) -> Answer {
        guard let age = age(of: sequence) else { return .unknown }
        guard age < Self.capacity else { return .forgotten }
        let index = Self.index(count &- 1 &- age)
        let milliseconds = max(1, UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000))
        let last = entries[index].repeated
        guard last == 0 || milliseconds &- last >= Self.shortestPause else { return .tooSoon }
        entries[index].repeated = milliseconds
        return .found(entries[index])
    }

    private static func index(_ number: Int64) -> Int { Int(truncatingIfNeeded: number & (capacity - 1)) }

    private static let capacity: Int64 = 512
    /// Browsers ask again every 110 ms; several requests for one loss come closer together than a round trip.
    private static let shortestPause: UInt32 = 50
}

/// How much may be sent again: a fifth of what is sent, saved up to a burst.
package struct RepairBudget {
    /// Bytes.
    private var credit = RepairBudget.initial

    package init() {}

    package mutating func sent(_ bytes: Int) { credit = min(credit &+ bytes / 5, Self.most) }

    /// Takes `bytes` for a repetition; `false` when there is no budget for it.
    package mutating func spend(_ bytes: Int) -> Bool {
        guard credit >= bytes else { return false }
        credit -= bytes
        return true
    }

    private static let initial = 16_000
    /// A key frame may be lost whole.
    private static let most = 64_000
}
