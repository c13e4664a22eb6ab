import Calls
import Conference
import Foundation
import Native
import Server
import TestKit
import Testing
import Verto
import Wire

/// What is on the disk after a call: recordings, records, the audit log.
@Suite(.serialized)
struct BooksTests {
    /// 500 Hz and 1100 Hz in the mix, each alone in its track.
    @Test(arguments: ["opus", "wav"])
    func aRoomIsRecordedWithATrackForEach(ending: String) async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let call = try await ann.enter("3500")
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100).enter("3500")
            try await call.line.hears(1100)
            let name = "talk.\(ending)"
            #expect(try await ann.command("conference", "3500 record \(name) tracks") == "+OK Record file \(name)\n")
            for _ in 0..<5 { try await bob.line.hears(500) }
            let stopped = try await ann.command("conference", "3500 norecord all")
            #expect(stopped == "Stopped recording file \(name)\n+OK Stopped recording 1 file(s)\n")
            call.hangUp()
            bob.hangUp()
            try await server.waitForNoCalls()
        } afterwards: { data in
            let folder = data + "/recordings/talk"
            let mix = try Self.tones(in: "\(folder).\(ending)")
            #expect(mix.count >= 48_000 / 2 && mix.tones == [500, 1100])
            let list = try JSON(
                parsing: String(contentsOfFile: folder + ".tracks/index.json", encoding: .utf8))
            let tracks = try #require(list["tracks"]?.array)
            #expect(tracks.count == 2)
            for track in tracks {
                let found = try Self.tones(in: folder + ".tracks/" + (track["file"]?.string ?? ""))
                let isAnn = track["user"]?.string?.hasPrefix("1000") == true
                #expect(found.tones == (isAnn ? [500] : [1100]), "\(track.text)")
                #expect(abs(found.count - mix.count) < 24_000)
            }
        }
    }

    @Test func recordingsThatAreUnderWayAtTheEndAreWhole() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let call = try await ann.enter("3500")
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100).enter("3500")
            try await call.line.hears(1100)
            for name in ["a.opus", "b.wav"] { _ = try await ann.command("conference", "3500 record \(name)") }
            for _ in 0..<3 { try await bob.line.hears(500) }
            server.stop()
            #expect(try await call.end() == .init(cause: "SYSTEM_SHUTDOWN", code: 701))
            #expect(try await ann.user.socket.closeCode() == 1001)
        } afterwards: { data in
            for name in ["a.opus", "b.wav"] {
                let found = try Self.tones(in: data + "/recordings/" + name)
                #expect(found.count >= 9_600 && found.tones == [500, 1100], "\(name): \(found)")
            }
            let calls = try Self.records(.calls, in: data)
            #expect(calls.count == 2 && calls.allSatisfy { $0["cause"]?.string == "SYSTEM_SHUTDOWN" })
            let rooms = try Self.records(.conferences, in: data)
            #expect(rooms.count == 1 && rooms.first?["recordings"]?.array?.count == 2)
        }
    }

    @Test func aRecordingThatBeginsByItselfEndsWithTheRoom() async throws {
        try await CallingServer.run {
            $0.profiles["default"]?.autoRecord = "${conference_name}/all.opus"
        } _: { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500).enter("3500")
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100).enter("3500")
            for _ in 0..<3 {
                try await ann.line.hears(1100)
                try await bob.line.hears(500)
            }
            ann.hangUp()
            bob.hangUp()
            try await server.waitForNoCalls()
        } afterwards: { data in
            #expect(try Self.tones(in: data + "/recordings/3500/all.opus").tones == [500, 1100])
            let room = try #require(try Self.records(.conferences, in: data).first)
            #expect(room["recordings"]?.array?.count == 1)
        }
    }

    @Test func theRecordIsThereWhenTheCallerHearsOfTheEnd() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000", saying: 500)
            let bob = try await Phone.logIn(server, as: "1001", saying: 1100)
            let outgoing = try await ann.call("1001", name: "Ann")
            let incoming = try await bob.answer(as: "Bob")
            try await outgoing.answered()
            try await incoming.line.connected()
            incoming.hangUp()
            #expect(try await outgoing.end().code == 16)
            for records in [try Self.records(.calls, in: server.data), try Self.lines(in: server.data)] {
                let record = try #require(records.first { $0["uuid"]?.string == outgoing.id })
                #expect(record["direction"]?.string == "inbound" && record["destination"]?.string == "1001")
                #expect(record["user"]?.string?.hasPrefix("1000@") == true)
                #expect(record["caller_id_name"]?.string == "Ann" && record["cause"]?.string == "NORMAL_CLEARING")
                #expect(record["bridged_uuid"]?.string == incoming.id)
                #expect(record["callee_id_name"]?.string == "Bob")
                #expect((record["billed"]?.double ?? 0) > 0 && record["network_address"]?.string == "127.0.0.1")
            }
            try await server.waitForNoCalls()
        } afterwards: { data in
            let far = try #require(try Self.records(.calls, in: data).first { $0["direction"]?.string == "outbound" })
            #expect(far["user"]?.string?.hasPrefix("1001@") == true && far["cause"]?.string == "NORMAL_CLEARING")
        }
    }

    @Test func failedCallsAndRoomsHaveRecordsToo() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            #expect(try await ann.call("1001").end().code == 806)
            let call = try await ann.enter("3500")
            call.hangUp()
            try await server.waitForNoCalls()
        } afterwards: { data in
            let calls = try Self.records(.calls, in: data)
            #expect(calls.map { $0["cause"]?.string } == ["USER_NOT_REGISTERED", "NORMAL_CLEARING"])
            #expect(calls.last?["conference"]?.string?.hasPrefix("3500") == true)
            let room = try #require(try Self.records(.conferences, in: data).first)
            #expect(room["name"]?.string == "3500" && room["members"]?.array?.count == 1)
        }
    }

    @Test func theAuditLogHoldsEveryCommandAndVerifies() async throws {
        try await CallingServer.run { server in
            let ann = try await Phone.logIn(server, as: "1000")
            let call = try await ann.enter("3500")
            _ = try await ann.command("conference", "3500 lock")
            _ = try await ann.command("conference", "3500 pin 4711")
            _ = try await server.ctl("conference 3500 unlock")
            let channel = try #require(call.membership?.moderatorChannel)
            ann.user.perform { $0.moderate("tmute", id: .integer(1), channel: channel) }
            call.hangUp()
            try await server.waitForNoCalls()
        } afterwards: { data in
            let (isUnbroken, report) = AuditReport.verify(nil, data: data)
            #expect(isUnbroken, "\(report)")
            let text = try String(contentsOfFile: data + "/audit.jsonl", encoding: .utf8)
            for word in ["lock", "unlock", "pin", "tmute"] { #expect(text.contains(word), "\(text)") }
            #expect(!text.contains("4711"))
        }
    }

    // MARK: Reading

    private static func tones(in path: String) throws -> (tones: [Double], count: Int) {
        let samples = try SoundFileReader.decode([UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
        // A busy machine leaves gaps; a tone is there when a third of the pieces have it.
        let pieces = stride(from: 0, to: samples.count - 2_399, by: 2_400).map { samples[$0..<$0 + 2_400] }
        let tones = PhoneLine.tones.filter { tone in
            pieces.count { amplitude(of: tone, in: $0) > 1_500 } * 3 > pieces.count
        }
        return (tones, samples.count)
    }

    private static func records(_ table: RecordTable, in data: String) throws -> [JSON] {
        var query = RecordReader.Query()
        query.table = table
        return try RecordReader(folder: data + "/records").records(query).map { try JSON(parsing: $0.line) }
    }

    private static func lines(in data: String) throws -> [JSON] {
        let names = try FileManager.default.contentsOfDirectory(atPath: data + "/records")
        return try names.filter { $0.hasSuffix(".jsonl") }.flatMap { name in
            try String(contentsOfFile: data + "/records/" + name, encoding: .utf8).split(separator: "\n")
                .map { try JSON(parsing: String($0)) }
        }
    }
}
