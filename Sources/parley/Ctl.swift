import ArgumentParser
import Glibc
import Server

/// Command lines for a running server.
struct Ctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a running server commands: parley ctl conference 3500 list.",
        discussion: """
            Without words it reads lines, from a terminal with a prompt. It ends with 0 when everything was carried out,
            1 when the server refused something, 2 when no server answers.
            """)

    @OptionGroup var data: DataFolderOption

    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("A command and its arguments.", valueName: "words"))
    var words: [String] = []

    func run() throws {
        do {
            let client = try ControlClient(data: data.folder)
            guard words.isEmpty else { return try ask(ControlClient.line(of: words), client) }
            try isatty(STDIN_FILENO) == 1 ? converse(client) : readLines(client)
        } catch let failure as ControlClient.Failure {
            print(message: "parley: \(failure)")
            throw ExitCode(2)
        }
    }

    private func ask(_ line: String, _ client: ControlClient) throws {
        let text = try client.ask(line)
        show(text)
        if ControlClient.isRefusal(text) { throw ExitCode(1) }
    }

    private func converse(_ client: ControlClient) throws {
        print("Commands, one a line; Ctrl-D ends.")
        while let line = prompt() {
            let line = line.drop { $0.isWhitespace }
            if line == "exit" || line == "quit" { return }
            if !line.isEmpty { show(try client.ask(String(line))) }
        }
        print("")
    }

    private func prompt() -> String? {
        print("parley> ", terminator: "")
        fflush(nil)
        return readLine()
    }

    private func readLines(_ client: ControlClient) throws {
        var isRefused = false
        while let line = readLine() {
            guard line.contains(where: { !$0.isWhitespace }), !line.hasPrefix("#") else { continue }
            let text = try client.ask(line)
            show(text)
            isRefused = isRefused || ControlClient.isRefusal(text)
        }
        if isRefused { throw ExitCode(1) }
    }

    private func show(_ text: String) {
        if !text.isEmpty { print(text, terminator: text.hasSuffix("\n") ? "" : "\n") }
    }
}
