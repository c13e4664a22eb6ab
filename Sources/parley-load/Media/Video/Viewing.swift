import Wire

/// What one member sees: frames, whose they are, and how smoothly they come.
///
/// A frame counts as shown when a decoder can show what was meant: it is whole, and it is a key frame or the one before
/// it of the same camera was shown.
struct Viewing: Sendable {
    private(set) var frames = 0
    private(set) var keyFrames = 0
    /// Whole frames that cannot be shown as they were meant.
    private(set) var undecodable = 0
    /// Frames between two of the same camera that never became whole.
    private(set) var lost = 0
    /// How often another member's picture came.
    private(set) var switches = 0
    /// Nanoseconds in gaps of more than three frames …
    private(set) var frozen: Int64 = 0
    /// … and of more than half a second.
    private(set) var longFrozen: Int64 = 0
    private(set) var longestGap: Int64 = 0
    private(set) var firstPicture: Instant?
    /// Whose picture it is; `nil` before the first, and when nobody's mark is in it.
    private(set) var member: Int?

    private var last: FrameMark?
    private var isIntact = false
    private var lastShown: Instant?
    private var since: Instant?

    /// Takes a whole frame.
    ///
    /// - Parameter isRight: A decoder had no complaint, or none looked at it.
    /// - Returns: Whether it was shown.
    mutating func take(_ frame: FrameAssembler.Frame, isRight: Bool, at now: Instant) -> Bool {
        let isDecodable = frame.isKeyFrame || (isIntact && follows(frame.mark))
        if let last, let mark = frame.mark, last.member == mark.member, mark.number > last.number {
            lost += Int(mark.number - last.number) - 1
        }
        last = frame.mark
        isIntact = isDecodable && isRight
        guard isIntact else {
            undecodable += 1
            return false
        }
        show(frame, at: now)
        return true
    }

    private func follows(_ mark: FrameMark?) -> Bool {
        guard let last, let mark else { return last == nil && mark == nil }
        return last.member == mark.member && mark.number == last.number &+ 1
    }

    private mutating func show(_ frame: FrameAssembler.Frame, at now: Instant) {
        if let lastShown { note(gap: now.nanoseconds(since: lastShown)) }
        frames += 1
        if frame.isKeyFrame { keyFrames += 1 }
        if frame.mark?.member != member, member != nil { switches += 1 }
        member = frame.mark?.member
        if firstPicture == nil { firstPicture = now }
        if since == nil { since = now }
        lastShown = now
    }

    private mutating func note(gap: Int64) {
        longestGap = max(longestGap, gap)
        if gap > Self.freeze { frozen += gap }
        if gap > Self.longFreeze { longFrozen += gap }
    }

    /// Counts anew. Who has seen something is owed pictures from here on.
    mutating func beginWindow(at now: Instant) {
        (frames, keyFrames, undecodable, lost, switches) = (0, 0, 0, 0, 0)
        (frozen, longFrozen, longestGap) = (0, 0, 0)
        if lastShown != nil { lastShown = now }
        since = lastShown
    }

    /// What was frozen at the end was frozen, too.
    mutating func endWindow(at now: Instant) {
        guard let lastShown else { return }
        note(gap: now.nanoseconds(since: lastShown))
        self.lastShown = now
    }

    /// Nanoseconds of the window in which it was owed pictures: all of it, or from its first picture on.
    func length(until end: Instant) -> Int64 { since.map { end.nanoseconds(since: $0) } ?? 0 }

    private static let freeze: Int64 = 3 * 1_000_000_000 / Int64(VideoSize.framesPerSecond)
    private static let longFreeze: Int64 = 500_000_000
}
