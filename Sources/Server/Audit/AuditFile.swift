import Wire

/// The audit log on disk: the file with the lines, and beside it `….head` with the number and the hash of the last one,
/// so that the chain goes on in a new file after a rotation and lines missing at the end are noticed.
///
/// Several servers may write to one log: each batch holds a lock, and continues whatever it finds.
struct AuditFile {
    /// What was found before a batch was written, beside the place to continue from.
    enum Finding: Hashable, Sendable {
        /// The last line was cut off in the middle, by a crash or a full disk: these bytes are gone.
        case tornLine(bytes: Int)
        /// The log ends earlier than it once did. The chain goes on with the numbers missing.
        case missingLines(Int)
    }

    let path: String
    var headPath: String { path + ".head" }

    /// Writes a line for each of `contents`, all or none, and returns once the disk has them.
    func write(_ contents: [JSONObject]) throws(FileError) -> [Finding] {
        let headFile = try AppendFile(headPath)
        try headFile.lock()
        let file = try AppendFile(path)
        var findings: [Finding] = []
        var link = try place(in: file, head: head(in: headFile), &findings)
        var bytes: [UInt8] = []
        for content in contents {
            let (text, next) = AuditChain.line(content, after: link)
            bytes += text.utf8
            bytes.append(UInt8(ascii: "\n"))
            link = next
        }
        let isNew = try file.size() == 0
        try file.append(bytes)
        try file.sync()
        if isNew { try file.syncName() }
        // Only now: after a crash the head may be behind the log, never in front of it.
        try headFile.truncate(to: 0)
        try headFile.append(Array("\(link.sequence) \(link.hash)\n".utf8))
        return findings
    }

    /// What the head says; `nil` when there is none or it was cut off by a crash.
    static func head(_ bytes: [UInt8]) -> AuditLink? {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let sequence = Int(words[0]), sequence > 0, words[1].utf8.count == 64 else {
            return nil
        }
        return AuditLink(sequence: sequence, hash: String(words[1]))
    }

    private func head(in file: borrowing AppendFile) throws(FileError) -> AuditLink? { Self.head(try file.tail(128)) }

    /// The line to continue after.
    private func place(
        in file: borrowing AppendFile, head: AuditLink?, _ findings: inout [Finding]
    ) throws(FileError) -> AuditLink {
        let tail = try file.tail(Self.longestLine)
        let newline = UInt8(ascii: "\n")
        let whole = tail.lastIndex(of: newline).map { tail[...$0] } ?? []
        if whole.count < tail.count {
            findings.append(.tornLine(bytes: tail.count - whole.count))
            try file.truncate(to: try file.size() - (tail.count - whole.count))
        }
        let line = whole.dropLast().split(separator: newline).last.map(Array.init)
        let last = line.flatMap { try? AuditChain.read($0).link }
        guard let head, head.sequence > (last?.sequence ?? 0) else { return last ?? .origin }
        // An empty file is the first one after a rotation.
        if line != nil { findings.append(.missingLines(head.sequence - (last?.sequence ?? 0))) }
        return head
    }

    /// A line holds at most five texts of ``AuditLine/longestText`` Unicode scalars, each of at most 6 bytes in JSON.
    private static let longestLine = 256 * 1024
}
