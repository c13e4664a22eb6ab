/// Follows the lines of one audit log, file after file, until one does not fit.
package struct AuditVerifier: Sendable {
    /// The line read last; `nil` before the first one.
    package private(set) var last: AuditLink?
    /// The first line read, whose number is 1 unless older files are missing.
    package private(set) var first: AuditLink?

    package init() {}

    /// Takes the next line, without its line feed.
    ///
    /// The first line may have any number, because logs are rotated away; but the line 1 builds on nothing.
    package mutating func take(_ line: [UInt8]) throws(AuditFault) {
        let (link, previous) = try AuditChain.read(line)
        if let last {
            guard link.sequence == last.sequence + 1 else {
                throw .outOfOrder(expected: last.sequence + 1, found: link.sequence)
            }
            guard previous == last.hash else { throw .unlinked }
        } else {
            if link.sequence == 1, previous != AuditLink.origin.hash { throw .unlinked }
            first = link
        }
        last = link
    }
}
