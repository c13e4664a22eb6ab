import Calls
import Conference
import Dispatch
import Foundation
import Server
import Testing
import Wire

struct CallRecordsTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/records" }

    init() throws { folder = try TemporaryFolder() }

    /// 2026-11-21 09:00:00 UTC.
    private static let zero: Int64 = 1_795_251_600

    private func records(_ change: (inout CallRecords.Settings) -> Void = { _ in }) -> CallRecords {
        var settings = CallRecords.Settings(folder: path)
        settings.clockZero = Self.zero * 1_000_000_000
        change(&settings)
        return CallRecords(settings)
    }

    private static func call(_ uuid: String, answered: Duration? = .seconds(2)) -> CallRecord {
        CallRecord(
            uuid: uuid, direction: .inbound, user: "1000@example.com", callerIDName: "Ada", callerIDNumber: "1000",
            destination: "3500", context: "default", networkAddress: "192.0.2.7", startedAt: .seconds(1),
            answeredAt: answered, endedAt: .milliseconds(63_500), cause: .normalClearing,
            lastApplication: "conference 3500@default", conference: "3500")
    }

    private var lines: [JSON] {
        get throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".jsonl") }
            return try names.sorted().flatMap { name in
                try folder.read("records/" + name).split(separator: "\n").map { try JSON(parsing: String($0)) }
            }
        }
    }

    private func inDatabase(_ table: RecordTable = .calls) throws -> [RecordEntry] {
        var query = RecordReader.Query()
        query.table = table
        return try RecordReader(folder: path).records(query)
    }

    @Test func writesACallToFileAndDatabase() async throws {
        let records = records()
        #expect(await records.write(Self.call("a")) == .written)
        await records.close()
        let line = try #require(try lines.first)
        let expected: [String: JSON] = [
            "record": "call", "uuid": "a", "direction": "inbound", "user": "1000@example.com",
            "caller_id_name": "Ada", "caller_id_number": "1000", "callee_id_name": "", "destination": "3500",
            "network_address": "192.0.2.7", "cause": "NORMAL_CLEARING", "cause_code": 16, "bridged_uuid": .null,
            "last_application": "conference 3500@default", "conference": "3500",
        ]
        for (name, value) in expected { #expect(line[name] == value, "\(name)") }
        let start = Double(Self.zero)
        #expect(line["start"]?.double == start + 1)
        #expect(line["answer"]?.double == start + 2)
        #expect(line["end"]?.double == start + 63.5)
        #expect(line["duration"]?.double == 62.5)
        #expect(line["billed"]?.double == 61.5)
        let row = try #require(try inDatabase().first)
        #expect(try JSON(parsing: row.line) == line)
        #expect(records.figures.written == 1)
    }

    @Test func billsNothingForACallThatWasNotAnswered() async throws {
        let records = records()
        await records.write(Self.call("a", answered: nil))
        await records.close()
        let line = try #require(try lines.first)
        #expect(line["answer"]?.isNull == true)
        #expect(line["billed"]?.double == 0)
    }

    /// What a room says of itself after one member and one caller with a wrong PIN.
    private static func conference(name: String = "Ada") throws -> ConferenceRecord {
        var room = Room(
            key: RoomKey(name: "3500", domain: "example.com"),
            profile: RoomProfile(name: "default", parameters: [("pin", "1234")]), startedAt: 100, uuid: "room")
        var ada = JoinRequest(
            id: MemberID(7), callID: "a", callerName: name, callerNumber: "1000", flags: .moderator,
            suppliedPIN: "1234")
        ada.networkAddress = "192.0.2.7"
        _ = try room.join(ada, at: .zero)
        let stranger = JoinRequest(
            id: MemberID(8), callID: "b", callerName: "Bob", callerNumber: "1001", suppliedPIN: "9")
        _ = room.rejected(stranger, .wrongPIN, at: .seconds(10))
        let effects = room.close(at: .seconds(60))
        return try #require(effects.compactMap { if case .record(let record) = $0 { record } else { nil } }.first)
    }

    @Test func writesAConference() async throws {
        let records = records()
        #expect(await records.write(try Self.conference()) == .written)
        await records.close()
        let row = try #require(try inDatabase(.conferences).first)
        #expect(try JSON(parsing: row.line) == lines[0])
        #expect(row.values["name"] == "3500")
        #expect(row.values["most_members"] == 1)
        #expect(row.values["start"]?.double == 100)
        #expect(row.values["duration"]?.double == 60)
        let member = try #require(row.values["members"]?.array?.first)
        #expect(member["id"] == 7)
        #expect(member["is_moderator"] == true)
        #expect(member["caller_profile"]?["network_addr"] == "192.0.2.7")
        #expect(row.values["rejected"]?.array?.first?["reason"] == "invalid_pin")
    }

    @Test func writesADocumentWhereAProfileWantsOne() async throws {
        let documents = folder.path + "/documents/here"
        let records = records { $0.documents = ["default": documents] }
        #expect(await records.write(try Self.conference(name: "Ada <&> \u{1}Bob")) == .written)
        await records.close()
        let text = try folder.read("documents/here/room.cdr.xml")
        let root = try #require(try XMLDocument.parse(Array(text.utf8), file: "room.cdr.xml").first)
        let conference = try #require(root.child(named: "conference"))
        #expect(conference.child(named: "name")?.text == "3500")
        #expect(conference.child(named: "end_time")?.text == "160")
        #expect(conference.child(named: "end_time")?["endconference_forced"] == "false")
        let member = try #require(conference.child(named: "members")?.child(named: "member"))
        #expect(member["type"] == "caller")
        #expect(member.child(named: "join_time")?.text == "100")
        #expect(member.child(named: "flags")?.child(named: "is_moderator")?.text == "true")
        #expect(member.child(named: "caller_profile")?.child(named: "caller_id_name")?.text == "Ada <&> Bob")
        let attempt = conference.child(named: "rejected")?.child(named: "attempt")
        #expect(attempt?.child(named: "reason")?.text == "invalid_pin")
    }

    @Test func writesManyThatWaitTogether() async throws {
        let records = records()
        await withTaskGroup(of: RecordOutcome.self) { group in
            for index in 0..<200 { group.addTask { await records.write(Self.call("\(index)")) } }
            for await outcome in group { #expect(outcome == .written) }
        }
        await records.close()
        #expect(try lines.count == 200)
        #expect(Set(try inDatabase().map(\.id)).count == 200)
        #expect(Set(try inDatabase().compactMap { $0.values["uuid"]?.string }).count == 200)
    }

    /// A client may use one call id twice: neither call's record may be lost.
    @Test func keepsTwoCallsOfOneName() async throws {
        let records = records()
        await records.write(Self.call("same"))
        await records.write(Self.call("same"))
        await records.close()
        #expect(try inDatabase().count == 2)
    }

    @Test func givesADatabaseWhatItLacks() async throws {
        let first = records()
        await first.write(Self.call("a"))
        await first.write(Self.call("b"))
        await first.close()
        for name in ["records.sqlite", "records.sqlite-wal", "records.sqlite-shm"] {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
        let second = records()
        await second.write(Self.call("c"))
        await second.close()
        #expect(try inDatabase().compactMap { $0.values["uuid"]?.string } == ["a", "b", "c"])
        #expect(try lines.count == 3)
    }

    /// A crash may leave half a line, and what follows begins behind it.
    @Test func outlivesHalfALine() async throws {
        let first = records()
        await first.write(Self.call("a"))
        await first.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        let name = try #require(names.first { $0.hasSuffix(".jsonl") })
        let line = try folder.read("records/" + name)
        for length in 0..<line.utf8.count - 1 {
            #expect(RecordEntry(line: Array(line.utf8.prefix(length))) == nil)
        }
        try folder.write(line + line.prefix(40), to: "records/" + name)
        let second = records()
        await second.write(Self.call("b"))
        await second.close()
        let lines = try folder.read("records/" + name).split(separator: "\n").map { Array($0.utf8) }
        #expect(lines.map { RecordEntry(line: $0)?.values["uuid"]?.string } == ["a", nil, "b"])
    }

    @Test func needsNoDatabase() async throws {
        try folder.write("", to: "records/records.sqlite/file")
        let records = records()
        #expect(await records.write(Self.call("a")) == .written)
        await records.close()
        #expect(try lines.count == 1)
    }

    @Test func saysWhenNothingTookARecord() async throws {
        try folder.write("", to: "records")
        let records = records()
        #expect(await records.write(Self.call("a")) == .lost)
        #expect(records.figures.lost == 1)
        await records.close()
        #expect(await records.write(Self.call("after the end")) == .lost)
    }

    @Test func keepsNoneWithoutAFolder() async {
        let records = records { $0.folder = nil }
        #expect(await records.write(Self.call("a")) == .written)
        await records.close()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func letsNobodyWaitLongerThanThePatience() async throws {
        let records = records { $0.patience = .milliseconds(500) }
        // By then there is a database.
        await records.write(Self.call("a"))
        let stuck = DispatchSemaphore(value: 0)
        records.submit(Self.call("b")) { if $0 == .written { stuck.wait() } }
        #expect(await records.write(Self.call("c")) == .overdue)
        stuck.signal()
        await records.close()
        #expect(try lines.count == 3)
        #expect(records.figures.written == 3)
        #expect(records.figures.overdue >= 1)
    }

    @Test func losesWhatFindsNoRoom() async throws {
        let records = records { $0.patience = .seconds(60) }
        let stuck = DispatchSemaphore(value: 0)
        await withCheckedContinuation { isStuck in
            records.submit(Self.call("a")) { _ in
                isStuck.resume()
                stuck.wait()
            }
        }
        for index in 0..<10_000 { records.submit(Self.call("\(index)")) { _ in } }
        let lost = records.figures.lost
        #expect(lost == 10_000 - 8_192)
        stuck.signal()
        await records.close()
        #expect(try lines.count == 1 + 8_192)
        #expect(try inDatabase().count == 1_000)
    }

    @Test func removesWhatIsOld() async throws {
        let old = #"{"record":"call","id":1000000,"uuid":"old"}"#
        try folder.write(old + "\n", to: "records/records-1970-01-01.jsonl")
        let keeping = records()
        await keeping.write(Self.call("a"))
        await keeping.close()
        #expect(try inDatabase().compactMap { $0.values["uuid"]?.string } == ["old", "a"])
        let removing = records { $0.keepDays = 30 }
        await removing.write(Self.call("b"))
        await removing.close()
        #expect(try inDatabase().compactMap { $0.values["uuid"]?.string } == ["a", "b"])
        #expect(!FileManager.default.fileExists(atPath: path + "/records-1970-01-01.jsonl"))
    }

    @Test func readsATimeSpanAndTheNewest() async throws {
        let records = records()
        for uuid in ["a", "b", "c"] { await records.write(Self.call(uuid)) }
        await records.close()
        let reader = try RecordReader(folder: path)
        var query = RecordReader.Query()
        query.limit = 2
        #expect(try reader.records(query).compactMap { $0.values["uuid"]?.string } == ["b", "c"])
        query.since = Double(Self.zero) + 2
        #expect(try reader.records(query).isEmpty)
        query.since = Double(Self.zero)
        query.until = Double(Self.zero) + 1
        #expect(try reader.records(query).count == 2)
        query.until = Double(Self.zero)
        #expect(try reader.records(query).isEmpty)
    }

    @Test func saysThatThereAreNone() {
        #expect(throws: StartFailure.self) { try RecordReader(folder: path) }
    }
}
