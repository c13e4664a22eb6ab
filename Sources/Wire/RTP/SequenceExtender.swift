/// Unwraps 16-bit sequence numbers into a count that does not start again (RFC 3550 A.1).
///
/// Each number is taken as the one nearest to the highest seen, so up to 32 767 packets may be missing or late.
package struct SequenceExtender: Sendable {
    /// The highest extended number so far; `nil` before the first.
    package private(set) var highest: Int64?

    package init() {}

    /// The extended number of `sequence`. The first is itself; one from before the first may come out negative.
    package mutating func extend(_ sequence: UInt16) -> Int64 {
        guard let highest else {
            self.highest = Int64(sequence)
            return Int64(sequence)
        }
        let step = Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: highest))
        let extended = highest &+ Int64(step)
        self.highest = max(highest, extended)
        return extended
    }
}
