import Server
import TestKit
import Testing
import Verto
import Wire

struct CommandOrderTests {
    /// What clients rely on (verto.md §1.4): the reply first, then what the command changed, then its response.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func answersThenCarriesOutThenReports(seed: UInt64) async throws {
        let generous: @Sendable (inout BridgeSettings) -> Void = { $0.verto.requestBurst = 10_000 }
        try await RunningServer.run(adjust: generous) { server in
            let caller = try await Caller(server, as: "moderator", session: "s1", to: "3500")
            let membership = try await caller.join()
            let moderatorChannel = try #require(membership.moderatorChannel)
            for channel in [membership.channel, moderatorChannel] {
                caller.user.perform { $0.subscribe(to: channel) }
                try await caller.user.wait("the subscription") { $0 == .subscribed(channel) }
            }
            let member = try #require(Int(membership.memberID))
            var random = SeededGenerator(seed: seed)
            var record = Record(liveArray: membership.channel, moderator: moderatorChannel)
            var sent = 0
            while sent < 200 {
                for _ in 0..<Int.random(in: 1...12, using: &random) where sent < 200 {
                    let command = ["tmute", "tmute", "mute", "unmute", "deaf", "undeaf", "energy", "lock", "unlock"]
                        .randomElement(using: &random)
                    sent += 1
                    caller.user.socket.send(
                        Self.request(1_000 + sent, command ?? "tmute", member, on: moderatorChannel))
                    record.sent.append(command ?? "tmute")
                }
                // Some wait for their responses, some pile up.
                while record.responses < sent - 12 {
                    record.take(try JSON(parsing: try await caller.user.socket.nextText()))
                }
            }
            while record.responses < sent { record.take(try JSON(parsing: try await caller.user.socket.nextText())) }
            #expect(record.replies == 200)
            #expect(record.flips > 0)
        }
    }

    private static func request(_ id: Int, _ command: String, _ member: Int, on channel: String) -> String {
        let data: JSON = [
            "application": "conf-control", "command": .string(command), "id": .integer(Int64(member)), "value": .null,
        ]
        let message: JSON = [
            "jsonrpc": "2.0", "method": "verto.broadcast", "id": .integer(Int64(id)),
            "params": ["eventChannel": .string(channel), "data": data],
        ]
        return message.text
    }

    /// What came on the socket, checked against what was sent.
    private struct Record {
        let liveArray: String
        let moderator: String
        var sent: [String] = []
        private(set) var replies = 0
        private(set) var responses = 0
        /// Rows that said another mute state than the one before.
        private(set) var flips = 0
        private var isMuted = false
        /// The state after the commands that were responded to.
        private var shouldBeMuted = false

        init(liveArray: String, moderator: String) { (self.liveArray, self.moderator) = (liveArray, moderator) }

        mutating func take(_ message: JSON) {
            if let id = message["id"]?.int, message["method"] == nil {
                replies += 1
                #expect(id == 1_000 + replies, "replies come in order")
                return
            }
            let params = message["params"]
            switch params?["eventChannel"]?.string {
            case liveArray?: takeRow(params?["data"])
            case moderator?: takeResponse(params?["data"])
            default: break
            }
        }

        private mutating func takeRow(_ data: JSON?) {
            guard data?["action"]?.string == "modify", let row = data?["data"].flatMap(FakeLiveArrayRow.init) else {
                return
            }
            guard row.isMuted != isMuted else { return }
            isMuted = row.isMuted
            flips += 1
            #expect(replies > responses, "the reply to the command that caused this row is out")
        }

        private mutating func takeResponse(_ data: JSON?) {
            let command = sent[responses]
            responses += 1
            #expect(data?["conf-command"]?.string?.contains(" \(command)") == true, "responses come in order")
            #expect(replies >= responses, "the reply comes before the response")
            switch command {
            case "tmute": shouldBeMuted.toggle()
            case "mute": shouldBeMuted = true
            case "unmute": shouldBeMuted = false
            default: break
            }
            #expect(isMuted == shouldBeMuted, "the row is out when the response comes")
        }
    }
}
