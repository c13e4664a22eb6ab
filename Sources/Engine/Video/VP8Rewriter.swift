package import Wire

/// Makes one continuous VP8 stream for one receiver out of pieces of many: what a browser sees never jumps.
///
/// Feed it the packets of one layer in order; tell it with ``begin(newest:at:)`` when another piece follows, which is
/// sent from its first key frame on. Sequence: one more per packet sent. Picture id: one more per frame. TL0PICIDX: one
/// more per frame of temporal layer 0. KEYIDX: one more per key frame. Timestamps: the sender's distances, moved so that
/// they go on from what was sent, and never back.
package struct VP8Rewriter {
    /// What to write into a packet.
    package struct Numbers: Equatable {
        package var sequence: UInt16
        package var timestamp: UInt32
        package var pictureID: UInt16
        package var tl0PictureIndex: UInt8
        package var keyIndex: UInt8

        package init(sequence: UInt16, timestamp: UInt32, pictureID: UInt16, tl0PictureIndex: UInt8, keyIndex: UInt8) {
            (self.sequence, self.timestamp, self.pictureID) = (sequence, timestamp, pictureID)
            (self.tl0PictureIndex, self.keyIndex) = (tl0PictureIndex, keyIndex)
        }
    }

    package enum Outcome: Equatable {
        case send(Numbers)
        /// Padding, a frame of a temporal layer that is not wanted, a piece before its first key frame.
        case drop
        /// A frame of which the beginning is missing: only a key frame helps.
        case broken
    }

    private enum Frame: Equatable {
        case none
        case sent(UInt32)
        case dropped(UInt32)
    }

    /// Temporal layers above are left out; going up waits for a frame that permits it (RFC 7741 §4.2, Y).
    package var temporalLimit = VP8Rewriter.allLayers

    private var next: Numbers
    private var frame = Frame.none
    private var awaitsKeyFrame = true
    /// Temporal layers that are sent now.
    private var temporalLayer: UInt8 = 0
    /// Ours less the sender's.
    private var offset: UInt32 = 0
    /// The sender's timestamp of its newest packet when the piece began: that one belongs to now.
    private var live: UInt32?
    /// When the last frame began.
    private var frameSent: Instant

    /// - Parameter seed: Random: numbers must not start at a guessable value (RFC 3550 §5.1).
    package init(seed: UInt64, at now: Instant) {
        next = Numbers(
            sequence: UInt16(truncatingIfNeeded: seed) & 0x7FFF,  // see `OutboundStream`
            timestamp: UInt32(truncatingIfNeeded: seed >> 16),
            pictureID: UInt16(truncatingIfNeeded: seed >> 48) & 0x7FFF,
            tl0PictureIndex: UInt8(truncatingIfNeeded: seed >> 40),
            keyIndex: UInt8(truncatingIfNeeded: seed >> 35) & 0x1F)
        frameSent = now
    }

    /// The next packets belong to another piece: of another sender, another layer, or behind a loss.
    ///
    /// - Parameter newest: The timestamp of the newest packet there is of it. What is older is caught up with, and gets
    ///   timestamps as close together as they come.
    package mutating func begin(newest: UInt32, at now: Instant) {
        awaitsKeyFrame = true
        frame = .none
        live = newest
    }

    /// Numbers for the next packet in order.
    package mutating func rewrite(_ record: PacketRecord, at now: Instant) -> Outcome {
        guard record.content == .picture else { return record.content == .padding ? .drop : .broken }
        if record.startsFrame {
            start(record, at: now)
        } else if frame != .sent(record.timestamp), frame != .dropped(record.timestamp) {
            return awaitsKeyFrame ? .drop : .broken
        }
        guard case .sent = frame else { return .drop }
        defer { next.sequence &+= 1 }
        return .send(next)
    }

    /// Our timestamp of this moment, for a sender report.
    package func timestamp(at now: Instant) -> UInt32 { next.timestamp &+ elapsed(to: now) }

    private mutating func start(_ record: PacketRecord, at now: Instant) {
        guard isWanted(record) else {
            frame = .dropped(record.timestamp)
            return
        }
        frame = .sent(record.timestamp)
        next.timestamp = timestamp(of: record, at: now)
        frameSent = now
        next.pictureID = (next.pictureID &+ 1) & 0x7FFF
        if record.descriptor.temporalID ?? 0 == 0, record.descriptor.tl0PictureIndex != nil {
            next.tl0PictureIndex &+= 1
        }
        if record.isKeyFrame { next.keyIndex = (next.keyIndex &+ 1) & 0x1F }
    }

    private mutating func isWanted(_ record: PacketRecord) -> Bool {
        if record.isKeyFrame {
            awaitsKeyFrame = false
            temporalLayer = temporalLimit
            return true
        }
        guard !awaitsKeyFrame else { return false }
        temporalLayer = min(temporalLayer, temporalLimit)
        let layer = record.descriptor.temporalID ?? 0
        if layer == temporalLayer + 1, layer <= temporalLimit, record.descriptor.isLayerSync { temporalLayer = layer }
        return layer <= temporalLayer
    }

    private mutating func timestamp(of record: PacketRecord, at now: Instant) -> UInt32 {
        let elapsed = elapsed(to: now)
        if let live {
            let behind = Int32(bitPattern: live &- record.timestamp)
            let newest = (0...Self.mostToCatchUp).contains(behind) ? live : record.timestamp
            offset = next.timestamp &+ max(1, elapsed) &- newest
            self.live = nil
        }
        let moved = record.timestamp &+ offset
        let step = Int32(bitPattern: moved &- next.timestamp)
        if step > 0, Int64(step) <= Int64(elapsed) + Self.tolerance { return moved }
        if step <= 0, Int64(step) > -Self.tolerance { return next.timestamp &+ 1 }
        // The sender has another clock all of a sudden.
        let resumed = next.timestamp &+ max(1, elapsed)
        offset = resumed &- record.timestamp
        return resumed
    }

    /// Ticks of 90 kHz since the last frame began, at most an hour's.
    private func elapsed(to now: Instant) -> UInt32 {
        let nanoseconds = min(max(0, now.nanoseconds(since: frameSent)), Self.mostElapsed)
        return UInt32(nanoseconds / 100_000 * 9)
    }

    package static let allLayers: UInt8 = 3
    /// 2 s: by as much frames may be late or early before their clock is taken for another one.
    private static let tolerance: Int64 = 180_000
    private static let mostToCatchUp: Int32 = 135_000
    private static let mostElapsed: Int64 = 3_600_000_000_000
}
