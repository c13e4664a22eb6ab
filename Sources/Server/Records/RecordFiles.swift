import Foundation
import Glibc
import Wire

/// The folder of records: a file of JSON lines for each day (UTC), and the database.
struct RecordFiles: Sendable {
    let folder: String

    static let databaseName = "records.sqlite"

    var databasePath: String { folder + "/" + Self.databaseName }

    /// Makes the folder, readable by its owner alone.
    func make() throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Appends a line for each entry to the file of the day, all or none, and returns once the disk has them.
    func append(_ entries: [RecordEntry], day: String) throws(FileError) {
        let file = try AppendFile(folder + "/" + Self.name(of: day))
        var bytes: [UInt8] = []
        let last = try file.tail(1).first
        // A crash may have left half a line.
        if let last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        for entry in entries {
            bytes += entry.line.utf8
            bytes.append(UInt8(ascii: "\n"))
        }
        try file.append(bytes)
        try file.sync()
        if last == nil { try file.syncName() }
    }

    /// Writes a document, whole or not at all, and makes its folder when there is none.
    func write(_ document: ConferenceDocument, to folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let path = folder + "/" + document.fileName
        try Data(document.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// The days there are files of, oldest first.
    var days: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
            let day = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
            return day.utf8.count == 10 ? String(day) : nil
        }.sorted()
    }

    /// The records in the file of a day; lines that are none are left out.
    func entries(of day: String) -> [RecordEntry] {
        let bytes = FileManager.default.contents(atPath: folder + "/" + Self.name(of: day)).map(Array.init) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { RecordEntry(line: Array($0)) }
    }

    func remove(day: String) { _ = unsafe unlink(folder + "/" + Self.name(of: day)) }

    /// `2026-11-21`, in UTC.
    static func day(ofUnixSeconds seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe gmtime_r(&time, &parts) != nil else { return "1970-01-01" }
        func padded(_ number: CInt, _ width: Int) -> String {
            let digits = "\(number)"
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return unsafe "\(padded(parts.tm_year + 1_900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
    }

    private static func name(of day: String) -> String { prefix + day + suffix }

    private static let prefix = "records-"
    private static let suffix = ".jsonl"
}
