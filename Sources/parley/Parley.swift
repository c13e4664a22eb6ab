import ArgumentParser
import Server

/// The bridge as a program.
@main
struct Parley: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parley",
        abstract: "A conference bridge: browsers join rooms over Verto.",
        version: Server.version,
        subcommands: [Serve.self, Check.self, Ctl.self, Audit.self, Records.self, Version.self],
        defaultSubcommand: Serve.self)
}

struct ConfigurationFolder: ParsableArguments {
    @Option(
        name: .customLong("conf"),
        help: ArgumentHelp("FreeSWITCH-style configuration folder. Default: the shipped one.", valueName: "dir"))
    var folder: String?
}

struct DataFolderOption: ParsableArguments {
    @Option(name: .customLong("data"), help: ArgumentHelp("The data folder of the server.", valueName: "dir"))
    var folder = "var"
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start the bridge and serve until it is told to stop.")

    @OptionGroup var configuration: ConfigurationFolder

    @Option(help: ArgumentHelp("Folder for certificate, start-up passwords and audit log.", valueName: "dir"))
    var data = "var"

    @Option(help: ArgumentHelp("Folder of the pages. Default: the shipped demo.", valueName: "dir"))
    var pages: String?

    @Option(
        help: ArgumentHelp(
            "Where pages and Verto are served over TLS, instead of the configuration's. Port 0: any free one.",
            valueName: "address:port"))
    var https: String?

    @Flag(help: "Serve Verto on the https port alone: no plain port, none of the Verto profile's ports.")
    var onlyHttps = false

    @Flag(help: "Leave SIP out, whatever the configuration says.")
    var noSip = false

    @Option(
        name: .customLong("media-ip"),
        help: ArgumentHelp("Local address for media; may be given more than once.", valueName: "address"))
    var mediaAddresses: [String] = []

    @Option(help: ArgumentHelp("First UDP port for media. 0: any free one.", valueName: "port"))
    var mediaPort: UInt16?

    @Option(help: ArgumentHelp("text or json. Default: the configuration's.", valueName: "format"))
    var logFormat: String?

    @Option(help: ArgumentHelp("debug, info, notice, warning or error.", valueName: "level"))
    var logLevel: String?

    func run() async throws {
        var options = ServerOptions()
        options.configuration = configuration.folder
        options.data = data
        options.pages = pages
        options.https = https
        options.isOnlyHTTPS = onlyHttps
        options.isWithoutSIP = noSip
        options.mediaAddresses = mediaAddresses
        options.mediaPort = mediaPort
        options.logFormat = logFormat
        options.logLevel = logLevel
        do {
            try await Server(options).run()
        } catch {
            print(message: "parley: \(error)")
            throw ExitCode(1)
        }
    }
}

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load the configuration and print every mistake with file and line.")

    @OptionGroup var configuration: ConfigurationFolder

    func run() throws {
        var options = ServerOptions()
        options.configuration = configuration.folder
        let (isUsable, report) = Server.check(options)
        print(report)
        if !isUsable { throw ExitCode(1) }
    }
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() { print("parley \(Server.version)") }
}

/// Standard error, for what is wrong.
func print(message: String) { StandardError.write(Array((message + "\n").utf8)) }
