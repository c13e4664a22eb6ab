import Foundation

/// `parley audit verify`: reads logs from their oldest line to the newest, and says where they stop making sense.
package enum AuditReport {
    /// - Parameters:
    ///   - files: What to read, in any order; `nil` is the log of the data folder with the rotated files beside it.
    ///   - data: The server's data folder.
    /// - Returns: Whether every line is as it was written, and what to tell the operator.
    package static func verify(_ files: [String]?, data: String) -> (isUnbroken: Bool, report: String) {
        let log = data + "/audit.jsonl"
        let paths = files ?? found(beside: log)
        guard !paths.isEmpty else { return (false, "There is no audit log in \(data).") }
        var verifier = AuditVerifier()
        var lines: [String] = []
        let inOrder = ordered(paths)
        for path in inOrder {
            let before = verifier.last
            if let problem = read(path, into: &verifier) { return (false, (lines + [problem]).joined(separator: "\n")) }
            lines.append("\(path): \(count(from: before, to: verifier.last))")
        }
        if let problem = compare(verifier.last, withHeadOf: files == nil ? log : inOrder.last ?? log) {
            return (false, (lines + [problem]).joined(separator: "\n"))
        }
        if let first = verifier.first, first.sequence > 1 {
            lines.append("Lines before \(first.sequence) are in older files, which were not given.")
        }
        if let last = verifier.last { lines.append("Unbroken to line \(last.sequence), hash \(last.hash)") }
        return (true, lines.joined(separator: "\n"))
    }

    /// The log itself, and what logrotate makes of it: `audit.jsonl.1`, `audit.jsonl-20261121`. Compressed ones are left
    /// out.
    private static func found(beside log: String) -> [String] {
        let url = URL(fileURLWithPath: log)
        let folder = url.deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            guard name.hasPrefix(url.lastPathComponent) else { return false }
            let rest = name.dropFirst(url.lastPathComponent.count)
            return rest.isEmpty || (".-".contains(rest.prefix(1)) && rest.dropFirst().allSatisfy(\.isNumber))
        }.map { folder + "/" + $0 }
    }

    /// By the numbers of their first lines; unreadable ones last, where their fault is told.
    private static func ordered(_ paths: [String]) -> [String] {
        paths.map { path -> (Int, String) in
            let line = LineReader(path)?.next()
            return (line.flatMap { try? AuditChain.read($0).link.sequence } ?? .max, path)
        }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// - Returns: What is wrong, or `nil`.
    private static func read(_ path: String, into verifier: inout AuditVerifier) -> String? {
        guard let reader = LineReader(path) else { return "\(path): cannot be read" }
        var number = 0
        while let line = reader.next() {
            number += 1
            do throws(AuditFault) {
                try verifier.take(line)
            } catch {
                return "\(path):\(number): \(words(for: error))"
            }
        }
        return reader.isTorn ? "\(path):\(number + 1): the line is cut off" : nil
    }

    private static func compare(_ last: AuditLink?, withHeadOf log: String) -> String? {
        guard let bytes = FileManager.default.contents(atPath: AuditFile(path: log).headPath),
            let head = AuditFile.head(Array(bytes)), head.sequence >= last?.sequence ?? 0, head != last
        else { return nil }
        if head.sequence == last?.sequence { return "\(log).head: another hash than that of the last line" }
        return "\(log): the lines \((last?.sequence ?? 0) + 1) to \(head.sequence) are missing at the end"
    }

    private static func count(from before: AuditLink?, to last: AuditLink?) -> String {
        guard let last, last != before else { return "no lines" }
        return "lines up to \(last.sequence)"
    }

    private static func words(for fault: AuditFault) -> String {
        switch fault {
        case .unreadable: "not a line of an audit log"
        case .altered: "the line is not the one that was written"
        case .outOfOrder(let expected, let found): "line \(expected) should stand here, not \(found)"
        case .unlinked: "the line was not written after the one in front of it"
        }
    }
}

/// The lines of a file of any length, one at a time.
private final class LineReader {
    private let handle: FileHandle
    private var rest: [UInt8] = []
    private var position = 0
    /// The file does not end in a line feed.
    private(set) var isTorn = false

    init?(_ path: String) {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        self.handle = handle
    }

    deinit { try? handle.close() }

    /// The next whole line, without its line feed.
    func next() -> [UInt8]? {
        while true {
            if let end = rest[position...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                return Array(rest[position..<end])
            }
            rest.removeFirst(position)
            position = 0
            guard rest.count <= Self.longestLine, let more = try? handle.read(upToCount: Self.chunk), !more.isEmpty
            else {
                isTorn = !rest.isEmpty
                return nil
            }
            rest += more
        }
    }

    private static let chunk = 1 << 20
    private static let longestLine = 1 << 22
}
