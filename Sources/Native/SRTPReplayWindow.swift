/// Which of the newest packet indices were used (RFC 3711 §3.3.2): a ring of `64 * words` bits below the highest.
package struct SRTPReplayWindow<let words: Int>: Sendable {
    /// The highest index so far; `nil` before the first.
    package var highest: UInt64? { top < 0 ? nil : UInt64(top) }

    private var top: Int64 = -1
    /// Bit `index % size` stands for `index`; those of indices the window has left are clear.
    private var seen = InlineArray<words, UInt64>(repeating: 0)

    package init() {}

    /// Whether `index`, of at most 48 bits, is above the window, or in it and not used.
    package func isFresh(_ index: UInt64) -> Bool {
        let distance = top - Int64(index)
        if distance < 0 { return true }
        return distance < Self.size && seen[Self.word(index)] & Self.bit(index) == 0
    }

    /// Whether `index` is in the window and was used.
    package func isUsed(_ index: UInt64) -> Bool {
        let distance = top - Int64(index)
        return distance >= 0 && distance < Self.size && seen[Self.word(index)] & Self.bit(index) != 0
    }

    /// Marks a fresh index as used and moves the window up to it.
    package mutating func record(_ index: UInt64) {
        let index = Int64(index)
        if index - top >= Self.size {
            seen = InlineArray(repeating: 0)
        } else {
            var skipped = top + 1
            while skipped < index {
                seen[Self.word(UInt64(skipped))] &= ~Self.bit(UInt64(skipped))
                skipped += 1
            }
        }
        seen[Self.word(UInt64(index))] |= Self.bit(UInt64(index))
        top = max(top, index)
    }

    private static var size: Int64 { Int64(words) * 64 }
    private static func word(_ index: UInt64) -> Int { Int(index / 64 % UInt64(words)) }
    private static func bit(_ index: UInt64) -> UInt64 { 1 << (index % 64) }
}
