import Foundation
import Server
import Wire

/// A whole server in this process, on free ports and a folder of its own.
struct RunningServer: Sendable {
    let port: Int
    /// The data folder.
    let data: String
    let passwords: [String: String]
    /// Makes ``Server`` end as a SIGTERM does.
    let stop: @Sendable () -> Void

    struct DidNotStart: Error {}

    /// Starts a server, runs `body`, and waits for a clean end.
    ///
    /// - Parameter afterwards: Looks at what the server left in its data folder.
    static func run(
        adjust: (@Sendable (inout BridgeSettings) -> Void)? = nil, pages: String? = nil, mediaLoops: Int? = nil,
        _ body: @escaping @Sendable (RunningServer) async throws -> Void,
        afterwards: ((_ data: String) throws -> Void)? = nil
    ) async throws {
        let folder = try TemporaryFolder()
        var options = options(data: folder.path)
        options.pages = pages
        options.adjust = adjust
        options.mediaLoops = mediaLoops
        let server = try Server(options)
        let (stops, stopped) = AsyncStream<Void>.makeStream()
        let (ports, opened) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { opened.finish() }
                try await server.run(until: { for await _ in stops { break } }, whenReady: { opened.yield($0) })
            }
            guard let port = try await soon("a listening server", { await ports.first { _ in true } }) else {
                return try await group.waitForAll()
            }
            let running = RunningServer(
                port: port, data: folder.path, passwords: try Self.passwords(in: folder.path),
                stop: { stopped.finish() })
            do {
                try await body(running)
            } catch {
                stopped.finish()
                throw error
            }
            stopped.finish()
            try await soon("the end of the server") { for await _ in ports {} }
            try await group.waitForAll()
        }
        try afterwards?(folder.path)
    }

    /// Of a user whose password the first start made up, or the one of all others.
    func password(of user: String) -> String { passwords[user] ?? passwords["default"] ?? "" }

    static func options(data: String) -> ServerOptions {
        var options = ServerOptions()
        options.configuration = TemporaryFolder.repository + "/conf"
        options.data = data
        options.https = "127.0.0.1:0"
        options.isOnlyHTTPS = true
        options.isWithoutSIP = true
        options.mediaAddresses = ["127.0.0.1"]
        options.mediaPort = 0
        options.logLevel = "critical"
        return options
    }

    private static func passwords(in folder: String) throws -> [String: String] {
        let lines = try String(contentsOfFile: folder + "/passwords", encoding: .utf8).split(separator: "\n")
        let words = lines.map { $0.split(separator: " ").map(String.init) }
        return Dictionary(uniqueKeysWithValues: words.filter { $0.count == 2 }.map { ($0[0], $0[1]) })
    }

    // MARK: Asking over HTTP

    struct Response: Sendable {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: String
    }

    /// One request on a connection of its own; `target` goes out as it is.
    func request(_ method: String = "GET", _ target: String) async throws -> Response {
        let line = try await TLSLine.connect(to: port)
        line.send(Array("\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        let text = String(decoding: try await line.receiveAll(), as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = (parts.first ?? "").split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: ":", maxSplits: 1)
            guard words.count == 2 else { continue }
            headers[words[0].lowercased()] = words[1].trimmingCharacters(in: .whitespaces)
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return Response(status: status, headers: headers, body: parts.count > 1 ? String(parts[1]) : "")
    }

    /// The domain of users and rooms.
    func domain() async throws -> String {
        try JSON(parsing: try await request("GET", "/parley.json").body)["domain"]?.string ?? ""
    }

    /// A figure of `/metrics`, summed over the media loops.
    func figure(_ name: String) async throws -> Double {
        let lines = try await request("GET", "/metrics").body.split(separator: "\n")
        return lines.filter { $0.hasPrefix("parley_\(name)") }.compactMap { $0.split(separator: " ").last }
            .compactMap { Double($0) }.reduce(0, +)
    }

    /// Waits until a figure is as it should be.
    func wait(for name: String, _ isRight: @escaping @Sendable (Double) -> Bool) async throws {
        try await soon("the right \(name)") {
            while !isRight(try await figure(name)) { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    /// Nothing is left of any call: not in the bridge, not on any loop.
    func waitForNoCalls() async throws {
        for name in ["calls", "rooms", "legs", "routes"] { try await wait(for: name) { $0 == 0 } }
    }
}

/// A folder that goes with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "parley-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        let file = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
}
