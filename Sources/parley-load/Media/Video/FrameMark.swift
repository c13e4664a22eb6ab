import Wire

/// What every frame of ours ends in: whose it is, which one, and when it left.
///
/// A VP8 decoder needs nothing of what lies behind the end of the last partition, which takes all that is left of the
/// frame (RFC 6386 §9.5). So the picture stays what it was, and receivers know whose it is without decoding it. It lies
/// in one packet, the last. A server that forwards keeps it; one that encodes pictures of its own loses it.
///
///     | magic, 32 | member, 32 | number, 32 | loop, 16 | place, 16 | sent, 64: nanoseconds of the monotonic clock |
struct FrameMark: Equatable, Sendable {
    let member: Int
    /// Rises by one with each frame of the member's camera.
    let number: UInt32
    /// Index of the ``FrameLoop``.
    let loop: Int
    /// Index of the frame in it.
    let place: Int
    let sent: Instant

    init(member: Int, number: UInt32, loop: Int, place: Int, sent: Instant) {
        (self.member, self.number, self.loop, self.place, self.sent) = (member, number, loop, place, sent)
    }

    /// Reads the end of a frame's last payload; `nil` when it is no frame of ours.
    init?(atEndOf payload: Span<UInt8>) {
        let start = payload.count - Self.size
        guard start >= 0, payload.uint32(at: start) == Self.magic else { return nil }
        member = Int(payload.uint32(at: start + 4))
        number = payload.uint32(at: start + 8)
        loop = Int(payload.uint16(at: start + 12))
        place = Int(payload.uint16(at: start + 14))
        sent = Instant(nanoseconds: Int64(bitPattern: payload.uint64(at: start + 16)))
    }

    /// Overwrites the end of a frame's last payload.
    ///
    /// - Precondition: `count` is the payload's length, and at least ``size``.
    func write(atEndOf payload: inout MutableSpan<UInt8>, count: Int) {
        let start = count - Self.size
        let time = UInt64(bitPattern: sent.nanoseconds)
        payload.set(Self.magic, at: start)
        payload.set(UInt32(truncatingIfNeeded: member), at: start + 4)
        payload.set(number, at: start + 8)
        payload.set(UInt16(truncatingIfNeeded: loop), at: start + 12)
        payload.set(UInt16(truncatingIfNeeded: place), at: start + 14)
        payload.set(UInt32(truncatingIfNeeded: time >> 32), at: start + 16)
        payload.set(UInt32(truncatingIfNeeded: time), at: start + 20)
    }

    static let size = 24
    /// "pvid".
    private static let magic: UInt32 = 0x7076_6964
}
