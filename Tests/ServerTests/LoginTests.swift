import Server
import TestKit
import Testing
import Verto
import Wire

struct LoginTests {
    @Test
    func challengesTwiceThenTakesTheCredentialsThenIsReady() async throws {
        try await RunningServer.run { server in
            let socket = try await WebSocketClient.connect(to: server.port)
            for id in [2, 1] {
                socket.send(#"{"jsonrpc":"2.0","method":"login","params":{"sessid":"s1"},"id":\#(id)}"#)
            }
            for id in [2, 1] {
                let reply = try JSON(parsing: try await socket.nextText())
                #expect(reply["id"]?.int == id)
                #expect(reply["error"]?["code"]?.int == -32000)
            }
            let password = server.passwords["guest"] ?? ""
            socket.send(
                #"{"jsonrpc":"2.0","method":"login","params":{"login":"guest","passwd":"\#(password)","sessid":"s1"},"id":3}"#
            )
            let reply = try JSON(parsing: try await socket.nextText())
            #expect(reply["id"]?.int == 3)
            #expect(reply["result"]?["sessid"]?.string == "s1")
            let ready = try JSON(parsing: try await socket.nextText())
            #expect(ready["method"]?.string == "verto.clientReady")
        }
    }

    @Test
    func refusesAWrongPasswordAndLetsTheSameConnectionTryAgain() async throws {
        try await RunningServer.run { server in
            let user = try await VertoUser(server, as: "guest", password: "wrong", session: "s1")
            user.perform { $0.connected() }
            try await user.wait("the refusal") { output in
                if case .loginRefused(-32001, _) = output { true } else { false }
            }
            let password = server.passwords["guest"] ?? ""
            user.socket.send(
                #"{"jsonrpc":"2.0","method":"login","params":{"login":"guest","passwd":"\#(password)","sessid":"s1"},"id":77}"#
            )
            let reply = try JSON(parsing: try await user.socket.nextText())
            #expect(reply["id"]?.int == 77)
            #expect(reply["result"] != nil)
        }
    }

    @Test
    func givesTwoClientsEachTheirOwnAnswers() async throws {
        try await RunningServer.run { server in
            let first = try await VertoUser.logIn(server, as: "dashboard", session: "s1")
            let second = try await VertoUser.logIn(server, as: "dashboard", session: "s2")
            for round in 0..<20 {
                #expect(try await first.echo("one \(round)") == "one \(round)")
                #expect(try await second.echo("two \(round)") == "two \(round)")
            }
            #expect(try await server.figure("connections") == 2)
            first.socket.line.close()
            try await server.wait(for: "connections") { $0 == 1 }
            #expect(try await second.echo("still here") == "still here")
        }
    }

    @Test
    func sendsAwayWhoDoesNotLogIn() async throws {
        let settings: @Sendable (inout BridgeSettings) -> Void = { $0.verto.preAuthTimeout = .milliseconds(200) }
        try await RunningServer.run(adjust: settings) { server in
            let idle = try await WebSocketClient.connect(to: server.port)
            #expect(try await idle.closeCode() == 1008)
            #expect(try await server.figure("verto_total{what=\"preAuthTimeout\"}") == 1)
        }
    }

    @Test
    func turnsAwayPagesOfOtherOriginsAndGoesOnServing() async throws {
        let settings: @Sendable (inout BridgeSettings) -> Void = { $0.verto.allowedOrigins = ["https://ours.example"] }
        try await RunningServer.run(adjust: settings) { server in
            let theirs = try await WebSocketClient.connect(to: server.port, headers: ["Origin: https://theirs.example"])
            #expect(try await theirs.closeCode() == 1008)
            let ours = try await WebSocketClient.connect(to: server.port, headers: ["Origin: https://ours.example"])
            ours.send(#"{"jsonrpc":"2.0","method":"login","params":{},"id":1}"#)
            #expect(try await ours.nextText().contains("-32000"))
        }
    }
}
