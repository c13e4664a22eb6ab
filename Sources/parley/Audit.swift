import ArgumentParser
import Server

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The audit log: who gave rooms which commands.", subcommands: [Verify.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no line was changed, removed or moved; print the first that was.",
            discussion: "Without files it checks the log of the data folder and the rotated ones beside it.")

        @OptionGroup var data: DataFolderOption

        @Argument(help: "Files of one log, in any order.")
        var files: [String] = []

        func run() throws {
            let (isUnbroken, report) = AuditReport.verify(files.isEmpty ? nil : files, data: data.folder)
            print(report)
            if !isUnbroken { throw ExitCode(1) }
        }
    }
}
