import Server
import TestKit
import Testing
import Wire

struct StartAndStopTests {
    @Test
    func endsCallsWithACauseAndConnectionsWithACode() async throws {
        try await RunningServer.run { server in
            let caller = try await Caller(server, as: "guest", session: "s1", to: "3500")
            try await caller.connect()
            let idle = try await VertoUser.logIn(server, as: "moderator", session: "s2")
            let deaf = try await VertoUser.logIn(server, as: "moderator", session: "s3")
            try await deaf.socket.line.stopReading()
            // A browser's idle connection for pages, and somebody who only connects.
            let pages = try await TLSLine.connect(to: server.port)
            pages.send(Array("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            #expect(!(try await pages.receive()).isEmpty)
            let silent = try await TLSLine.connect(to: server.port)

            server.stop()
            let end = try await caller.end()
            #expect(end.cause == "SYSTEM_SHUTDOWN")
            #expect(end.code == 701)
            #expect(try await caller.user.socket.closeCode() == 1001)
            #expect(try await idle.socket.closeCode() == 1001)
            _ = try await pages.receiveAll()
            _ = try await silent.receiveAll()
            try await caller.run("close_notify") { $0.browser.hasEnded }
            #expect(caller.events.contains(.failed(.closedByPeer)))
        }
    }

    @Test
    func freesItsPortsAtTheEnd() async throws {
        let folder = try TemporaryFolder()
        var options = RunningServer.options(data: folder.path)
        for round in 0..<3 {
            let (stops, stopped) = AsyncStream<Void>.makeStream()
            let (ports, opened) = AsyncStream<Int>.makeStream()
            let server = try Server(options)
            async let running: Void = server.run(
                until: { for await _ in stops { break } }, whenReady: { opened.yield($0) })
            let port = try await soon("the port") { await ports.first { _ in true } }
            options.https = "127.0.0.1:\(port ?? 0)"
            stopped.finish()
            try await running
            #expect(port != nil, "round \(round)")
        }
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let what: String
        let change: @Sendable (inout ServerOptions, Int) -> Void
        let words: [String]
        var testDescription: String { what }
    }

    static let failures = [
        Row(
            what: "the port is taken", change: { options, port in options.https = "127.0.0.1:\(port)" },
            words: ["cannot listen on 127.0.0.1:", "in use"]),
        Row(
            what: "not an address", change: { options, _ in options.https = "8443" }, words: ["--https", "'8443'"]),
        Row(
            what: "an address of another machine", change: { options, _ in options.https = "192.0.2.1:0" },
            words: ["cannot listen on 192.0.2.1:0"]),
        Row(
            what: "media on another machine", change: { options, _ in options.mediaAddresses = ["192.0.2.1"] },
            words: ["cannot bind UDP 192.0.2.1"]),
        Row(
            what: "media on no address", change: { options, _ in options.mediaAddresses = ["localhost"] },
            words: ["cannot bind UDP localhost"]),
        Row(
            what: "media on every address", change: { options, _ in options.mediaAddresses = ["0.0.0.0"] },
            words: ["0.0.0.0", "--media-ip"]),
        Row(
            what: "one media port for two sockets",
            change: { options, _ in
                options.mediaAddresses = ["127.0.0.1", "127.0.0.1"]
                options.mediaPort = 40_001
            }, words: ["cannot bind UDP 127.0.0.1:40001", "in use"]),
        Row(
            what: "a data folder that is a file",
            change: { options, _ in options.data = TemporaryFolder.repository + "/Package.swift" },
            words: ["data folder"]),
    ]

    @Test(arguments: failures)
    func saysWhatIsWrongAndDoesNotDisturbAnotherServer(row: Row) async throws {
        try await RunningServer.run { server in
            let folder = try TemporaryFolder()
            var options = RunningServer.options(data: folder.path)
            row.change(&options, server.port)
            let failing = options
            do {
                try await soon("the failure") { try await Server(failing).run() }
                Issue.record("it started")
            } catch {
                for word in row.words { #expect("\(error)".contains(word), "\(error)") }
            }
            #expect(try await server.request("GET", "/health").status == 200)
        }
    }

    @Test
    func agreesWithOthersOnTheSameDataFolder() async throws {
        let folder = try TemporaryFolder()
        let options = RunningServer.options(data: folder.path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { _ = try Server(options) } }
            try await group.waitForAll()
        }
        let first = try folder.read("passwords")
        let certificate = try folder.read("tls.pem")
        _ = try Server(options)
        #expect(try folder.read("passwords") == first)
        #expect(try folder.read("tls.pem") == certificate)
        #expect(first.split(separator: "\n").count == 4)
    }
}
