import Foundation
import NIOPosix
import Server
import Testing

struct ControlSocketTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/control.sock" }

    init() throws { folder = try TemporaryFolder() }

    /// Serves while `body` runs.
    private func serve(
        _ limits: ControlSocket.Limits = ControlSocket.Limits(),
        _ handler: @escaping ControlSocket.Handler = { line, caller in "+OK \(line) by \(caller)\n" },
        _ body: (String) async throws -> Void
    ) async throws {
        let socket = ControlSocket(path: path, limits: limits, handler: handler)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await socket.run() }
            let path = path
            try await soon("the socket") {
                while !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(2)) }
            }
            try await body(folder.path)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Asks on a thread that may wait.
    private func ask(_ lines: [String]) async throws -> [String] {
        let data = folder.path
        return try await NIOThreadPool.singleton.runIfActive {
            let client = try ControlClient(data: data, patience: 10)
            return try lines.map { try client.ask($0) }
        }
    }

    @Test func answersOneLineAfterTheOther() async throws {
        try await serve { _ in
            let me = NSUserName()
            let answers = try await ask(["conference 3500 list", "a 'b c'"])
            #expect(answers == ["+OK conference 3500 list by \(me)\n", "+OK a 'b c' by \(me)\n"])
        }
    }

    @Test func belongsToItsOwnerAndGoesWithTheServer() async throws {
        try await serve { _ in
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func takesThePlaceOfASocketThatACrashLeft() async throws {
        try folder.write("", to: "control.sock")
        let socket = ControlSocket(path: path) { _, _ in "new" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await socket.run() }
            try await soon("an answer") {
                while (try? await ask(["x"])) != ["new"] { try await Task.sleep(for: .milliseconds(2)) }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func leavesTheSocketOfARunningServerAlone() async throws {
        try await serve { _ in
            let second = ControlSocket(path: path) { _, _ in "second" }
            let task = Task { try await second.run() }
            #expect(try await ask(["x"]).first?.hasPrefix("+OK x by ") == true)
            task.cancel()
            try await task.value
            #expect(FileManager.default.fileExists(atPath: path))
            #expect(try await ask(["y"]).first?.hasPrefix("+OK y by ") == true)
        }
    }

    @Test func saysWhenTimeIsUp() async throws {
        var limits = ControlSocket.Limits()
        limits.deadline = .milliseconds(20)
        let never: ControlSocket.Handler = { _, _ in
            try? await Task.sleep(for: .seconds(3_600))
            return "late"
        }
        try await serve(limits, never) { _ in
            let answers = try await ask(["x"])
            #expect(answers == ["-ERR no answer within 0 s\n"])
        }
    }

    @Test func doesNotWaitForAnAnswerAtTheEnd() async throws {
        let (begun, begins) = AsyncStream<Void>.makeStream()
        let never: ControlSocket.Handler = { _, _ in
            begins.yield()
            try? await Task.sleep(for: .seconds(3_600))
            return "late"
        }
        try await serve(ControlSocket.Limits(), never) { _ in
            let data = folder.path
            _ = NIOThreadPool.singleton.runIfActive(eventLoop: MultiThreadedEventLoopGroup.singleton.any()) {
                try ControlClient(data: data, patience: 10).ask("x")
            }
            for await _ in begun { break }
        }
    }

    @Test func refusesOneConnectionTooMany() async throws {
        var limits = ControlSocket.Limits()
        limits.connections = 1
        try await serve(limits) { data in
            try await NIOThreadPool.singleton.runIfActive {
                let first = try ControlClient(data: data, patience: 10)
                #expect(try first.ask("a").hasPrefix("+OK"))
                let second = try ControlClient(data: data, patience: 10)
                #expect(try second.ask("b") == "-ERR too many connections\n")
                #expect(throws: ControlClient.Failure.connectionLost) { () throws in try second.ask("c") }
                #expect(try first.ask("d").hasPrefix("+OK"))
            }
        }
    }

    typealias Row = (what: String, bytes: String, answer: String?)

    static let rows: [Row] = [
        ("no JSON", "list\n", #"{"text":"-ERR not a JSON object\n"}"#),
        ("no command", "{\"text\":\"list\"}\n", #"{"text":"-ERR no command\n"}"#),
        ("nothing but blanks", "{\"command\":\"  \"}\n", #"{"text":"-ERR no command\n"}"#),
        ("two lines in one", "{\"command\":\"a\\nb\"}\n", #"{"text":"-ERR a command is one line\n"}"#),
        ("a line without an end", String(repeating: "x", count: 70_000), #"{"text":"-ERR the line is too long\n"}"#),
        ("nothing", "", nil),
    ]

    @Test(arguments: rows) func outlivesBadClients(row: Row) async throws {
        try await serve { data in
            let answer = try await RawSocket.exchange(row.bytes, at: data + "/control.sock")
            #expect(answer == row.answer, "\(row.what)")
            let others = try await ask(["x"])
            #expect(others.count == 1)
        }
    }

    @Test func saysThatNoServerRuns() throws {
        #expect(throws: ControlClient.Failure.noServer(path)) { () throws in try ControlClient(data: folder.path) }
        let long = "/" + String(repeating: "x", count: 200)
        #expect(throws: ControlClient.Failure.pathTooLong(long + "/control.sock")) { () throws in
            try ControlClient(data: long)
        }
    }

    /// Calls need no control socket.
    @Test func goesOnWithoutASocket() async throws {
        let socket = ControlSocket(path: folder.path + "/missing/control.sock") { _, _ in "" }
        let task = Task { try await socket.run() }
        task.cancel()
        try await task.value
    }

    typealias Caller = (user: UInt32, server: UInt32, isAllowed: Bool)

    @Test(arguments: [(1_000, 1_000, true), (0, 1_000, true), (1_001, 1_000, false), (1_000, 0, false)] as [Caller])
    func asksTheKernelWhoIsThere(row: Caller) {
        let peer = PeerCredentials(process: 1, user: row.user, group: 0)
        #expect((peer.caller(serverUser: row.server) != nil) == row.isAllowed)
    }

    @Test(arguments: [
        (["conference", "3500", "list"], "conference 3500 list"), (["conference 3500 list"], "conference 3500 list"),
        (["say", "it's so"], #"say 'it\'s so'"#), (["set", ""], "set ''"), ([], ""),
        (["a", #"b\c"#], #"a 'b\\c'"#),
    ])
    func quotesWhatTheShellTookApart(words: [String], line: String) { #expect(ControlClient.line(of: words) == line) }
}
