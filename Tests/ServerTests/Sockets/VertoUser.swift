import TestKit
import Wire

/// A stock client on a real socket. Used by one task.
final class VertoUser {
    private(set) var socket: WebSocketClient
    private(set) var verto: FakeVerto
    /// Everything that happened and that nobody has waited for yet.
    private var happened: [FakeVerto.Output] = []
    private var lastRequest = 900_000

    /// Connects, without logging in.
    init(_ server: RunningServer, as user: String, password: String? = nil, session: String) async throws {
        socket = try await WebSocketClient.connect(to: server.port)
        verto = FakeVerto(
            account: .init(login: user, password: password ?? server.password(of: user)), sessionID: session)
    }

    /// A client that is logged in.
    static func logIn(_ server: RunningServer, as user: String, session: String) async throws -> VertoUser {
        let user = try await VertoUser(server, as: user, session: session)
        user.perform { $0.connected() }
        _ = try await user.wait("clientReady") { $0 == .ready([]) }
        return user
    }

    /// The client's socket is gone, without a word.
    func loseSocket() { socket.line.close() }

    /// Connects again and logs in as the same client; what was on the record before is taken off.
    func comeBack(to server: RunningServer) async throws {
        socket = try await WebSocketClient.connect(to: server.port)
        happened = []
        perform { $0.connected() }
        try await take("the login") { $0 == .loggedIn ? true : nil }
    }

    /// Makes the client do something, and sends what it says.
    func perform(_ action: (inout FakeVerto) -> [FakeVerto.Output]) { note(action(&verto)) }

    /// Reads until something happens, and takes it and what came before it off the record.
    @discardableResult
    func wait(
        _ what: String, _ isIt: (FakeVerto.Output) -> Bool
    ) async throws -> FakeVerto.Output {
        while true {
            if let index = happened.firstIndex(where: isIt) {
                defer { happened.removeFirst(index + 1) }
                return happened[index]
            }
            do {
                let text = try await socket.nextText()
                note(verto.receive(text))
            } catch let error as DeadlineMissed {
                throw DeadlineMissed(what: "\(what) (after \(happened.suffix(3))): \(error)")
            }
        }
    }

    /// What `pick` finds first.
    func wait<Value>(for what: String, _ pick: (FakeVerto.Output) -> Value?) async throws -> Value {
        var found: Value?
        try await wait(what) { output in
            found = pick(output)
            return found != nil
        }
        guard let found else { throw DeadlineMissed(what: what) }
        return found
    }

    /// What `pick` finds first, taken off the record; all else stays on it.
    @discardableResult
    func take<Value>(_ what: String, _ pick: (FakeVerto.Output) -> Value?) async throws -> Value {
        while true {
            for (index, output) in happened.enumerated() {
                guard let found = pick(output) else { continue }
                happened.remove(at: index)
                return found
            }
            do {
                note(verto.receive(try await socket.nextText()))
            } catch let error as DeadlineMissed {
                throw DeadlineMissed(what: "\(what) (after \(happened.suffix(5))): \(error)")
            }
        }
    }

    /// What `pick` finds among all that has come so far, taken off the record; `echo` says how far that is.
    func glance<Value>(_ pick: (FakeVerto.Output) -> Value?) async throws -> Value? {
        _ = try await echo("so far")
        for (index, output) in happened.enumerated() {
            guard let found = pick(output) else { continue }
            happened.remove(at: index)
            return found
        }
        return nil
    }

    /// Whether something is on the record.
    func hasSeen(_ isIt: (FakeVerto.Output) -> Bool) -> Bool { happened.contains(where: isIt) }

    /// Sends `echo` and returns its result.
    func echo(_ word: String) async throws -> String? {
        lastRequest += 1
        let id = lastRequest
        let request: JSON = [
            "jsonrpc": "2.0", "method": "echo", "params": ["word": .string(word)], "id": .integer(Int64(id)),
        ]
        socket.send(request.text)
        while true {
            let text = try await socket.nextText()
            guard let json = try? JSON(parsing: text), json["id"]?.int == id, json["method"] == nil else {
                note(verto.receive(text))
                continue
            }
            return json["result"]?["word"]?.string
        }
    }

    private func note(_ outputs: [FakeVerto.Output]) {
        for output in outputs {
            if case .send(let text) = output { socket.send(text) } else { happened.append(output) }
        }
    }
}
