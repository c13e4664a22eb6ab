/// One frame as it came out of its packets.
package struct VP8Frame: Equatable, Sendable {
    /// What a decoder takes.
    package var bytes: [UInt8]
    package var timestamp: UInt32
    /// The first packet's descriptor.
    package var descriptor: VP8Descriptor
    /// The first packet's extended sequence.
    package var firstSequence: Int64
    package var packetCount: Int

    /// Whether a decoder can begin here; false too for a key frame without a proper header.
    package var isKeyFrame: Bool { (try? VP8FrameHeader(parsing: bytes.span))?.isKeyFrame ?? false }
}

/// Puts frames together from packets that come late, twice or not at all (RFC 7741 §4).
///
/// The bridge never does this; it is for receivers of our own, in tests and in `parley-load`. Frames come out in the
/// order of their packets. When one is missing everything behind it waits: ask for ``missing``, or ``skip()`` it.
package struct VP8Depacketizer: Sendable {
    /// Packets that could not be read, or were too far ahead to be kept.
    package private(set) var refused = 0
    /// Packets that came twice, or after they were given up.
    package private(set) var late = 0
    /// Frames that began and whose end never came although no packet was missing, or the other way round: a sender's
    /// mistake, never the network's.
    package private(set) var broken = 0

    private struct Packet {
        var payload: [UInt8]
        /// `nil` for padding, which only takes up a number.
        var descriptor: VP8Descriptor?
        var timestamp: UInt32
        var marker: Bool
    }

    private var extender = SequenceExtender()
    private var waiting: [Int64: Packet] = [:]
    /// The first packet that has not been used; `nil` before any came.
    private var cursor: Int64?
    /// The first packet that is neither used nor known to be there.
    private var frontier: Int64 = 0
    private let capacity: Int

    /// - Parameter capacity: How many packets may wait.
    package init(capacity: Int = 512) { self.capacity = max(1, capacity) }

    /// Takes a packet of this source; for one from RTX give ``RTPHeader/original(in:payloadType:ssrc:)``.
    package mutating func insert(_ header: RTPHeader, _ packet: Span<UInt8>) {
        guard header.payloadOffset <= header.payloadEnd, header.payloadEnd <= packet.count else {
            refused += 1
            return
        }
        insert(
            packet.extracting(header.payload), sequence: header.sequence, timestamp: header.timestamp,
            marker: header.marker)
    }

    package mutating func insert(_ payload: Span<UInt8>, sequence: UInt16, timestamp: UInt32, marker: Bool) {
        let sequence = extender.extend(sequence)
        let cursor = self.cursor ?? sequence
        if self.cursor == nil { (self.cursor, frontier) = (sequence, sequence) }
        guard sequence >= cursor, waiting[sequence] == nil else {
            late += 1
            return
        }
        guard sequence - cursor < Int64(capacity) else {
            refused += 1
            return
        }
        var entry = Packet(payload: [], descriptor: nil, timestamp: timestamp, marker: marker)
        if payload.count > 0 {
            guard let descriptor = try? VP8Descriptor(parsing: payload) else {
                refused += 1
                return
            }
            entry.descriptor = descriptor
            entry.payload = (descriptor.size..<payload.count).map { payload[$0] }
        }
        waiting[sequence] = entry
        while waiting[frontier] != nil { frontier += 1 }
    }

    /// The next frame when all its packets are there.
    package mutating func nextFrame() -> VP8Frame? {
        while let start = cursor, let first = waiting[start] {
            guard let descriptor = first.descriptor, descriptor.startsFrame else {
                if first.descriptor != nil { broken += 1 }
                use(through: start)
                continue
            }
            guard let end = endOfFrame(from: start) else { return nil }
            guard end.isWhole else {
                broken += 1
                use(through: end.last)
                continue
            }
            let frame = VP8Frame(
                bytes: (start...end.last).flatMap { waiting[$0]?.payload ?? [] },
                timestamp: first.timestamp,
                descriptor: descriptor,
                firstSequence: start,
                packetCount: Int(end.last - start) + 1
            )
            use(through: end.last)
            return frame
        }
        return nil
    }

    /// Sequences that were overtaken, oldest first; at most as many as packets may wait.
    package var missing: [UInt16] {
        guard let highest = waiting.keys.max(), highest > frontier else { return [] }
        return (frontier..<highest).filter { waiting[$0] == nil }.map { UInt16(truncatingIfNeeded: $0) }
    }

    /// How many packets have come that cannot be used yet.
    package var waitingPackets: Int { waiting.count }

    /// Gives up what waits, and what is missing, in front of the next key frame: what a decoder must do after a loss.
    ///
    /// - Parameter toKeyFrame: `false` goes on at the next frame of any kind.
    /// - Returns: `false`, changing nothing, when no such frame has begun yet.
    @discardableResult
    package mutating func skip(toKeyFrame: Bool = true) -> Bool {
        guard let cursor else { return false }
        let starts = waiting.keys.filter { sequence in
            guard sequence > cursor, let packet = waiting[sequence], packet.descriptor?.startsFrame == true else {
                return false
            }
            return !toKeyFrame || (try? VP8FrameHeader(parsing: packet.payload.span))?.isKeyFrame == true
        }
        guard let next = starts.min() else { return false }
        use(through: next - 1)
        return true
    }

    /// The frame's last packet, or where it turns out to be broken; `nil` while packets are missing.
    private func endOfFrame(from start: Int64) -> (last: Int64, isWhole: Bool)? {
        var index = start
        while let packet = waiting[index] {
            let belongs = index == start || continues(packet, frameOf: start)
            if !belongs { return (index - 1, false) }
            if packet.marker { return (index, true) }
            index += 1
        }
        return nil
    }

    /// Padding in mid-frame is odd but harmless.
    private func continues(_ packet: Packet, frameOf start: Int64) -> Bool {
        guard packet.timestamp == waiting[start]?.timestamp else { return false }
        return packet.descriptor?.startsFrame != true
    }

    private mutating func use(through last: Int64) {
        guard let cursor, last >= cursor else { return }
        for sequence in cursor...last { waiting[sequence] = nil }
        self.cursor = last + 1
        if frontier <= last {
            frontier = last + 1
            while waiting[frontier] != nil { frontier += 1 }
        }
    }
}
