import Calls
import Native
import RTC
import Server
import TestKit
import Testing
import Wire

struct MediaPortTests {
    /// No clock decides that there was no reply: the first datagram that comes at all is the answer to a proper check,
    /// sent behind all the noise.
    @Test
    func doesNotAnswerStrangersAndCountsThem() async throws {
        let patient: @Sendable (inout BridgeSettings) -> Void = { $0.limits.mediaPatience = .seconds(300) }
        try await RunningServer.run(adjust: patient) { server in
            let caller = try await Caller(server, as: "guest", session: "s1", to: "9196")
            let answer = try BrowserAnswer(parsing: try await caller.answer(), to: caller.browser.offer, isIPv6: false)
            let before = try await server.figure("datagrams_total")
            var random = SeededGenerator(seed: 1)
            for round in 0..<50 {
                for _ in 0..<100 { try await caller.line.send(Self.noise(&random), to: answer.address) }
                // As fast as the server reads, or the kernel would drop some.
                try await server.wait(for: "datagrams_total") { $0 == before + Double(100 * (round + 1)) }
            }
            #expect(try await server.figure("strangers_total") == 5_000)

            for username in ["nobody:me", "", ":", "\(answer.remote.ufrag)"] {
                try await caller.line.send(Self.check(username, password: answer.remote.pwd), to: answer.address)
            }
            for password in ["", "wrong"] {
                let check = Self.check("\(answer.remote.ufrag):me", password: password)
                try await caller.line.send(check, to: answer.address)
            }
            try await caller.line.send(Self.check("\(answer.remote.ufrag):me", password: nil), to: answer.address)
            try await server.wait(for: "datagrams_total") { $0 == before + 5_007 }
            #expect(try await server.figure("strangers_total") == 5_004)

            let proper = Self.check("\(answer.remote.ufrag):me", password: answer.remote.pwd, id: 99)
            try await caller.line.send(proper, to: answer.address)
            let first = try await Self.firstDatagram(on: caller.line)
            let message = try STUNMessage(parsing: first.span)
            #expect(message.kind == .bindingSuccess)
            #expect(message.transactionID == STUNTransactionID(high: 0, low: 99))
            #expect(message.mappedAddress == caller.line.address)

            caller.hangUp()
            try await server.waitForNoCalls()
            #expect(try await server.figure("peer_refused_total{why=\"bad_check\"}") == 3)
        }
    }

    /// Bytes that pretend to be each of the protocols on the port (RFC 7983).
    private static func noise(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = random.bytes(Int.random(in: 1...200, using: &random))
        bytes[0] = [0, 1, 20, 22, 64, 128, 144, 200, 255].randomElement(using: &random) ?? 0
        return bytes
    }

    private static func check(_ username: String, password: String?, id: UInt64 = 1) -> [UInt8] {
        var builder = STUNMessage.Builder(.bindingRequest, transactionID: STUNTransactionID(high: 0, low: id))
        builder.add(username: username)
        builder.add(priority: 1)
        let key = password.map { Array($0.utf8) }
        return builder.finish(
            integrity: key.map { key in { Digest.hmacSHA1(key: key, message: $0) } }, fingerprint: true)
    }

    private static func firstDatagram(on line: UDPLine) async throws -> [UInt8] {
        // Ticks have piled up meanwhile, so they say nothing about the time.
        let start = UDPLine.now
        while UDPLine.now.duration(since: start) < .seconds(10) {
            if case .datagram(let bytes) = await line.next() { return bytes }
        }
        throw DeadlineMissed(what: "any datagram")
    }
}
