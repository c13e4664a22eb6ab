import Testing
import Wire

struct FrameTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let what: String
        let bytes: [UInt8]
        let code: Int
        var testDescription: String { what }

        init(_ what: String, _ bytes: [UInt8], _ code: Int) { (self.what, self.bytes, self.code) = (what, bytes, code) }
    }

    private static let hello = Array(#"{"jsonrpc":"2.0","method":"login","params":{},"id":1}"#.utf8)
    private static let big = [UInt8](repeating: 0x20, count: 300_000)

    static let rows = [
        Row("a frame of 300 kB", WebSocketClient.frame(1, big), 1009),
        Row("the header of a frame of a terabyte", [0x81, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4], 1009),
        Row("a length with its highest bit set", [0x81, 0xFF] + [UInt8](repeating: 0xFF, count: 12), 1009),
        Row(
            "fragments that grow beyond the limit",
            (0..<6).flatMap { WebSocketClient.frame($0 == 0 ? 1 : 0, Array(big[..<60_000]), isFinal: false) }, 1009),
        Row("a message before the login of 17 kB", WebSocketClient.frame(1, Array(big[..<17_000])), 1009),
        Row("an unmasked frame", WebSocketClient.frame(1, hello, isMasked: false), 1002),
        Row("an unmasked fragment", WebSocketClient.frame(1, hello, isFinal: false, isMasked: false), 1002),
        Row("RSV1 without an extension", WebSocketClient.frame(1, hello, reserved: 4), 1002),
        Row("a reserved opcode", WebSocketClient.frame(3, hello), 1002),
        Row("a reserved control opcode", WebSocketClient.frame(11, []), 1002),
        Row("a continuation of nothing", WebSocketClient.frame(0, hello), 1002),
        Row(
            "a new message inside another",
            WebSocketClient.frame(1, hello, isFinal: false) + WebSocketClient.frame(1, hello), 1002),
        Row("a fragmented Ping", WebSocketClient.frame(9, [1], isFinal: false), 1002),
        Row("a Ping of 126 bytes", WebSocketClient.frame(9, Array(big[..<126])), 1002),
        Row("text that is no UTF-8", WebSocketClient.frame(1, [0x7B, 0xC3, 0x28, 0x7D]), 1007),
        Row("text that ends inside a character", WebSocketClient.frame(1, [0x22, 0xE2, 0x82]), 1007),
        Row("a Close", WebSocketClient.frame(8, [0x03, 0xE8]), 1000),
    ]

    /// One server for all: what one socket does must not harm the next.
    @Test
    func closesWhoBreaksTheRulesWithTheRightCodeAndNobodyElse() async throws {
        try await RunningServer.run { server in
            let witness = try await VertoUser.logIn(server, as: "dashboard", session: "witness")
            for row in Self.rows {
                let socket = try await WebSocketClient.connect(to: server.port)
                socket.line.send(row.bytes)
                #expect(try await socket.closeCode() == row.code, "\(row.what)")
                #expect(try await witness.echo(row.what) == row.what)
            }
            try await server.wait(for: "connections") { $0 == 1 }
        }
    }

    @Test
    func putsFragmentsTogetherWithAPingInBetween() async throws {
        try await RunningServer.run { server in
            let socket = try await WebSocketClient.connect(to: server.port)
            for (index, part) in [Self.hello[..<5], Self.hello[5..<6], Self.hello[6...]].enumerated() {
                socket.send(opcode: index == 0 ? 1 : 0, Array(part), isFinal: index == 2)
                if index == 1 { socket.send(opcode: 9, Array("here?".utf8)) }
            }
            #expect(try await socket.nextFrame() == .init(opcode: 10, payload: Array("here?".utf8)))
            #expect(try await socket.nextText().contains("-32000"))
        }
    }

    @Test
    func readsAFrameThatComesAByteAtATime() async throws {
        try await RunningServer.run { server in
            let socket = try await WebSocketClient.connect(to: server.port)
            for byte in WebSocketClient.frame(1, Self.hello) { await socket.line.sendAll([byte]) }
            #expect(try await socket.nextText().contains("-32000"))
        }
    }

    @Test
    func answersPingsWithWhatTheyHold() async throws {
        try await RunningServer.run { server in
            let socket = try await WebSocketClient.connect(to: server.port)
            for payload in [[], [1, 2, 3], Self.big[..<125]] {
                socket.send(opcode: 9, Array(payload))
                #expect(try await socket.nextFrame() == .init(opcode: 10, payload: Array(payload)))
            }
        }
    }
}
