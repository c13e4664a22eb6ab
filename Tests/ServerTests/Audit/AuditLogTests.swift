import Foundation
import Server
import Testing
import Wire

struct AuditLogTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/audit.jsonl" }

    init() throws { folder = try TemporaryFolder() }

    /// Writes lines as one run of a server does.
    private func write(_ words: [String]) async {
        let log = AuditLog(path: path)
        for word in words { log.append(["word": .string(word)]) }
        await log.close()
        #expect(log.lost == 0)
    }

    private func lines(_ name: String = "audit.jsonl") throws -> [JSON] {
        try folder.read(name).split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    private func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: folder.path + "/" + name, toPath: folder.path + "/" + other)
    }

    private var report: (isUnbroken: Bool, report: String) { AuditReport.verify(nil, data: folder.path) }

    @Test func continuesOverARestart() async throws {
        await write(["a", "b"])
        await write(["c"])
        #expect(try lines().map { $0["word"]?.string } == ["a", "b", "c"])
        #expect(try lines().map { $0["seq"]?.int } == [1, 2, 3])
        #expect(report.isUnbroken, "\(report.report)")
        #expect(report.report.contains("Unbroken to line 3"))
    }

    @Test func isReadableByItsOwnerAlone() async throws {
        await write(["a"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func continuesOverARotation() async throws {
        await write(["a", "b"])
        try move("audit.jsonl", to: "audit.jsonl.1")
        await write(["c"])
        // The way of logrotate's copytruncate.
        try folder.write(try folder.read("audit.jsonl"), to: "audit.jsonl-20261121")
        try folder.write("", to: "audit.jsonl")
        await write(["d"])
        #expect(report.isUnbroken, "\(report.report)")
        #expect(report.report.contains("Unbroken to line 4"))
        #expect(try lines().map { $0["seq"]?.int } == [4])
    }

    @Test func noticesARotatedFileThatIsGone() async throws {
        await write(["a"])
        try move("audit.jsonl", to: "audit.jsonl.2")
        await write(["b"])
        try move("audit.jsonl", to: "audit.jsonl.1")
        await write(["c"])
        try FileManager.default.removeItem(atPath: folder.path + "/audit.jsonl.1")
        #expect(!report.isUnbroken)
        #expect(report.report.hasSuffix("audit.jsonl:1: line 2 should stand here, not 3"))
    }

    @Test func saysWhichLineWasChanged() async throws {
        await write(["a", "b", "c"])
        try folder.write(try folder.read("audit.jsonl").replacing(#""b""#, with: #""x""#), to: "audit.jsonl")
        #expect(!report.isUnbroken)
        #expect(report.report == "\(path):2: the line is not the one that was written")
    }

    @Test func noticesLinesMissingAtTheEnd() async throws {
        await write(["a", "b", "c"])
        let first = try folder.read("audit.jsonl").prefix { $0 != "\n" }
        try folder.write(first + "\n", to: "audit.jsonl")
        #expect(report.report.hasSuffix("the lines 2 to 3 are missing at the end"))
        // And for ever after.
        await write(["d"])
        #expect(report.report == "\(path):2: line 2 should stand here, not 4")
    }

    @Test func cutsOffHalfALineAfterACrash() async throws {
        await write(["a"])
        try folder.write(try folder.read("audit.jsonl") + #"{"seq":2,"wor"#, to: "audit.jsonl")
        await write(["b"])
        #expect(try lines().map { $0["word"]?.string } == ["a", "b"])
        #expect(report.isUnbroken, "\(report.report)")
    }

    @Test func twoWritersShareOneChain() async throws {
        async let one: Void = write((0..<50).map { "one \($0)" })
        async let other: Void = write((0..<50).map { "other \($0)" })
        _ = await (one, other)
        #expect(try lines().count == 100)
        #expect(report.isUnbroken, "\(report.report)")
    }

    @Test func countsWhatTheDiskDoesNotTake() async throws {
        let log = AuditLog(path: folder.path + "/missing/audit.jsonl")
        log.append(["word": "a"])
        await log.close()
        #expect(log.lost == 1)
        log.append(["word": "after the end"])
        #expect(log.lost == 2)
    }

    @Test func keepsNoLogWithoutAName() async {
        let log = AuditLog(path: nil)
        log.append(["word": "a"])
        await log.close()
        #expect(log.lost == 0)
    }

    @Test func readsNamedFilesInTheOrderOfTheirLines() async throws {
        await write(["a"])
        try move("audit.jsonl", to: "old")
        await write(["b"])
        let (isUnbroken, report) = AuditReport.verify([path, folder.path + "/old"], data: "nowhere")
        #expect(isUnbroken, "\(report)")
        let alone = AuditReport.verify([path], data: "nowhere")
        #expect(alone.isUnbroken)
        #expect(alone.report.contains("Lines before 2 are in older files"))
    }

    @Test func saysWhenThereIsNothing() {
        #expect(report.report == "There is no audit log in \(folder.path).")
        #expect(!report.isUnbroken)
        #expect(AuditReport.verify(["/nowhere/x"], data: "").report == "/nowhere/x: cannot be read")
    }
}
