import ArgumentParser
import Server

struct Records: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show records of calls (CDR), or of conferences, oldest first.")

    @OptionGroup var data: DataFolderOption

    @Option(help: ArgumentHelp("Folder of the records. Default: records in the data folder.", valueName: "dir"))
    var records: String?

    @Flag(help: "Conferences instead of calls.")
    var conferences = false

    @Option(
        help: ArgumentHelp("Only what began since then: 30m, 12h, 7d, 2026-11-21, 2026-11-21T09:30.", valueName: "time")
    )
    var since: String?

    @Option(help: ArgumentHelp("Only what began until then.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("The newest ones only.", valueName: "count"))
    var limit = 1_000

    @Flag(help: "One JSON object a line, with everything.")
    var json = false

    func validate() throws {
        guard (1...10_000_000).contains(limit) else { throw ValidationError("--limit is not from 1 to 10000000") }
        for text in [since, until].compactMap({ $0 }) where RecordTime.unixSeconds(text) == nil {
            throw ValidationError("'\(text)' is not a time such as 12h, 2026-11-21 or 2026-11-21T09:30")
        }
    }

    func run() throws {
        var query = RecordReader.Query()
        query.table = conferences ? .conferences : .calls
        query.since = since.flatMap(RecordTime.unixSeconds)
        query.until = until.flatMap(RecordTime.unixSeconds)
        query.limit = limit
        do {
            let reader = try RecordReader(folder: records ?? data.folder + "/records")
            for record in try reader.records(query) { print(json ? record.line : record.summary) }
        } catch {
            print(message: "parley: \(error)")
            throw ExitCode(1)
        }
    }
}
