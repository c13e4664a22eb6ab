import Server
import TestKit
import Testing
import Verto
import Wire

struct HostileClientTests {
    @Test
    func getAnErrorForBadJSONAndMayGoOn() async throws {
        try await RunningServer.run { server in
            let user = try await VertoUser.logIn(server, as: "dashboard", session: "s1")
            let deep = String(repeating: "[", count: 100_000)
            let rows = [
                deep, deep + String(repeating: "]", count: 100_000), String(repeating: #"{"a":"#, count: 20_000),
                "{", "nonsense", #"{"jsonrpc":"2.0","id":1,}"#, "\u{0}", #""\ud800""#,
            ]
            for row in rows {
                user.socket.send(row)
                let reply = try JSON(parsing: try await user.socket.nextText())
                #expect(reply["error"]?["code"]?.int == -32600, "\(row.prefix(20))")
                #expect(try await user.echo("fine") == "fine")
            }
        }
    }

    @Test
    func doNotSlowDownAnothersAnswersByNoise() async throws {
        try await RunningServer.run { server in
            let user = try await VertoUser.logIn(server, as: "dashboard", session: "s1")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seed in 1...3 {
                    group.addTask {
                        let flooder = try await VertoUser.logIn(server, as: "moderator", session: "flood \(seed)")
                        var random = SeededGenerator(seed: UInt64(seed))
                        for _ in 0..<800 {
                            let noise = random.bytes(Int.random(in: 0...2_000, using: &random))
                            await flooder.socket.line.sendAll(WebSocketClient.frame(2, noise))
                        }
                    }
                }
                for round in 0..<100 { #expect(try await user.echo("\(round)") == "\(round)") }
                try await group.waitForAll()
            }
            #expect(try await user.echo("after") == "after")
            try await server.wait(for: "connections") { $0 == 1 }
        }
    }

    @Test
    func areClosedWhenTheyDoNotReadAndNobodyElseNotices() async throws {
        let small: @Sendable (inout BridgeSettings) -> Void = { settings in
            settings.verto.outboxBytes = 512 * 1024
            settings.verto.sheddingBytes = 128 * 1024
            settings.verto.requestBurst = 1_000
        }
        try await RunningServer.run(adjust: small) { server in
            let slow = try await VertoUser.logIn(server, as: "dashboard", session: "slow")
            let user = try await VertoUser.logIn(server, as: "dashboard", session: "s1")
            try await slow.socket.line.stopReading()
            let word = String(repeating: "x", count: 200_000)
            let request = #"{"jsonrpc":"2.0","method":"echo","params":{"word":"\#(word)"},"id":5}"#
            for round in 0..<100 {
                slow.socket.send(request)
                #expect(try await user.echo("\(round)") == "\(round)")
            }
            try await server.wait(for: "connections") { $0 == 1 }
        }
    }

    /// Each Pong would wait in our memory; only a few may.
    @Test
    func getFewPongsWhenTheyDoNotRead() async throws {
        let patient: @Sendable (inout BridgeSettings) -> Void = { $0.verto.preAuthTimeout = .seconds(300) }
        try await RunningServer.run(adjust: patient) { server in
            let slow = try await WebSocketClient.connect(to: server.port)
            let user = try await VertoUser.logIn(server, as: "dashboard", session: "s1")
            try await slow.line.stopReading()
            let ping = WebSocketClient.frame(9, [UInt8](repeating: 7, count: 125))
            let pings = (0..<1_000).flatMap { _ in ping }
            for round in 0..<100 {
                await slow.line.sendAll(pings)
                #expect(try await user.echo("\(round)") == "\(round)")
            }
            try await slow.line.resumeReading()
            slow.send(#"{"jsonrpc":"2.0","method":"login","params":{},"id":1}"#)
            var pongs = 0
            while let frame = try await slow.nextFrame(), frame.opcode == 10 { pongs += 1 }
            #expect((1..<100_000).contains(pongs))
        }
    }

    @Test
    func leaveNothingWhenTheyVanish() async throws {
        try await RunningServer.run { server in
            for round in 0..<30 {
                let socket = try await WebSocketClient.connect(to: server.port)
                if round % 2 == 0 { socket.send(#"{"jsonrpc":"2.0","method":"login","params":{},"id":1}"#) }
                if round % 3 == 0 { socket.line.send([0x81]) }
                socket.line.close()
            }
            try await server.wait(for: "connections") { $0 == 0 }
        }
    }
}
