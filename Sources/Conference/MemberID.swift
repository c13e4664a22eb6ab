/// A member's number: unique in the process, given from outside, and small enough to dial.
package struct MemberID: Hashable, Comparable, Sendable {
    package let rawValue: Int

    package init(_ rawValue: Int) { self.rawValue = rawValue }

    /// `"7"`: what commands and notices say.
    package var text: String { String(rawValue) }

    /// `"0007"`: column 0 of a row. Longer numbers stay whole.
    package var paddedText: String { String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text }

    package static func < (left: MemberID, right: MemberID) -> Bool { left.rawValue < right.rawValue }
}
