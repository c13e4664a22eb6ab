import Native
package import Wire

/// The number and the hash of a line of the audit log: what the next line builds on.
package struct AuditLink: Hashable, Sendable {
    /// From 1 on.
    package let sequence: Int
    /// SHA-256 in 64 lower-case hex digits.
    package let hash: String

    package init(sequence: Int, hash: String) { (self.sequence, self.hash) = (sequence, hash) }

    /// What the first line of all builds on.
    package static let origin = AuditLink(sequence: 0, hash: String(repeating: "0", count: 64))
}

/// Why a line of an audit log is not the one that was written there.
package enum AuditFault: Error, Hashable, Sendable {
    /// Not a line of an audit log at all.
    case unreadable
    /// The line does not have the hash it states.
    case altered
    /// Lines before this one are gone, or it stands at another place.
    case outOfOrder(expected: Int, found: Int)
    /// The line is whole and has the right number, but the one before it is not the one it was written after.
    case unlinked
}

/// A log in which every line seals all lines before it.
///
/// A line is a JSON object that begins with its number, `seq`, and ends in `prev`, the hash of the line before, and
/// `hash`: SHA-256 of the line's own bytes up to the comma in front of `"hash"`. Those include `prev`, so a hash stands
/// for the whole log up to its line.
package enum AuditChain {
    /// The line that says `content` after the line `link`, without its line feed.
    package static func line(_ content: JSONObject, after link: AuditLink) -> (text: String, link: AuditLink) {
        let sequence = link.sequence + 1
        var object: JSONObject = ["seq": .integer(Int64(sequence))]
        for (name, value) in content.members { object[name] = value }
        object["prev"] = .string(link.hash)
        let sealed = JSON.object(object).bytes.dropLast()
        let hash = hash(sealed)
        let text = String(decoding: sealed, as: UTF8.self) + mark + hash + end
        return (text, AuditLink(sequence: sequence, hash: hash))
    }

    /// Reads a line, which proves nothing yet about the lines before it.
    ///
    /// - Returns: The line, and the hash of the one it was written after.
    package static func read(_ line: [UInt8]) throws(AuditFault) -> (link: AuditLink, previous: String) {
        let length = mark.utf8.count + AuditLink.origin.hash.utf8.count + end.utf8.count
        guard line.count > length else { throw .unreadable }
        let seal = String(decoding: line.suffix(length), as: UTF8.self)
        guard seal.hasPrefix(mark), seal.hasSuffix(end), let object = try? JSON(parsing: line),
            let sequence = object["seq"]?.int, sequence > 0,
            let previous = object["prev"]?.string, isHash(previous),
            let stated = object["hash"]?.string, isHash(stated)
        else { throw .unreadable }
        guard hash(line.dropLast(length)) == stated else { throw .altered }
        return (AuditLink(sequence: sequence, hash: stated), previous)
    }

    private static func hash(_ bytes: ArraySlice<UInt8>) -> String { Digest.sha256Hex(Array(bytes).span) }

    private static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static let mark = #","hash":""#
    private static let end = #""}"#
}
