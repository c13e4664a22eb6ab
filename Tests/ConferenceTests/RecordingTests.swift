import Conference
import Testing

struct RecordingTests {
    private let a = RecordingName("a.wav")!
    private let b = RecordingName("b")!

    @Test func runsPausesAndStops() throws {
        var room = try threeMembers()
        #expect(try room.tell(.record(a, tracks: true)) == [.startRecording(RecordingID(1), a, tracks: true)])
        #expect(throws: Refusal.recordingInUse(a)) { try room.tell(.record(a, tracks: false)) }
        #expect(try room.tell(.record(b, tracks: false), at: .seconds(5)).count == 1)
        #expect(try room.tell(.pauseRecording(a)) == [.pauseRecording(RecordingID(1), true)])
        #expect(try room.perform(.pauseRecording(a), by: api, at: .zero).effects == [])
        guard case .recordings(let list) = try room.ask(.checkRecording) else {
            Issue.record("no list")
            return
        }
        #expect(list.map(\.name) == [a, b] && list.map(\.isPaused) == [true, false] && list[0].hasTracks)
        #expect(list[1].startedAtUnix == 1_755_770_005)
        #expect(try room.tell(.resumeRecording(a)) == [.pauseRecording(RecordingID(1), false)])
        #expect(try room.tell(.stopRecording(b)) == [.stopRecording(RecordingID(2))])
        #expect(throws: Refusal.noSuchRecording(b)) { try room.tell(.stopRecording(b)) }
        #expect(throws: Refusal.noSuchRecording(b)) { try room.tell(.pauseRecording(b)) }
        #expect(try room.tell(.stopRecording(nil)) == [.stopRecording(RecordingID(1))])
        #expect(try room.ask(.stopRecording(nil)) == .recordingsStopped([]))
    }

    @Test func aNameIsFoundWhenNoneIsGivenAndNoneIsTakenTwice() throws {
        var room = try threeMembers()
        func start(_ name: RecordingName?, at now: Duration) throws -> String? {
            guard case .recording(let recording) = try room.ask(.record(name, tracks: false), at: now) else {
                return nil
            }
            return recording.name.text
        }
        #expect(try start(nil, at: .seconds(1)) == "3500-1755770001.opus")
        #expect(try start(nil, at: .seconds(1)) == "3500-1755770001-2.opus")
        #expect(try start(a, at: .seconds(1)) == "a.wav")
        _ = try room.tell(.stopRecording(a))
        #expect(try start(a, at: .seconds(1)) == "a-2.wav")
    }

    @Test func oneThatCannotBeWrittenEndsAlone() throws {
        var room = try threeMembers()
        for name in [a, b] { _ = try room.tell(.record(name, tracks: false)) }
        let effects = room.recordingEnded(RecordingID(1), failure: "disk full", at: .seconds(9))
        #expect(effects.plain == [])
        #expect(effects.events.first?.headers["Error"] == "disk full")
        #expect(try room.tell(.stopRecording(nil)) == [.stopRecording(RecordingID(2))])
        #expect(room.recordingEnded(RecordingID(2), failure: "late", at: .seconds(9)) == [])
        let record = try #require(room.close(at: .seconds(20)).records.first)
        #expect(record.recordings.map(\.failure) == ["disk full", nil])
        #expect(record.recordings.map(\.stopped) == [1_755_770_009, 1_755_770_000])
    }

    @Test func theEndOfTheRoomEndsThem() throws {
        var room = try threeMembers()
        _ = try room.tell(.record(a, tracks: false))
        let effects = room.close(at: .seconds(3))
        #expect(effects.contains(.stopRecording(RecordingID(1))))
        #expect(effects.records.first?.recordings.map(\.name) == [a])
    }

    @Test func theProfilesBeginsByItself() throws {
        var room = room(
            ("auto-record", "/rec/${conference_name}-${start}"), ("min-required-recording-participants", "2"),
            ("conference-flags", "wait-mod"))
        _ = try room.join(caller(1), at: .zero)
        #expect(try !room.join(caller(2), at: .zero).contains { if case .startRecording = $0 { true } else { false } })
        let name = RecordingName(configured: "/rec/3500-1755770007.opus")!
        let effects = try room.join(caller(3, flags: .moderator), at: .seconds(7))
        #expect(effects.contains(.startRecording(RecordingID(1), name, tracks: false)))
        guard case .recordingsStopped(let stopped) = try room.ask(.stopRecording(nil)) else { return }
        #expect(stopped.map(\.isAutomatic) == [true])
        _ = try room.join(caller(4), at: .zero)
        #expect(try room.ask(.checkRecording) == .recordings([]))
    }

    @Test func withItsFlagItBeginsAgain() throws {
        var room = room(("auto-record", "a"), ("conference-flags", "restart-auto-record"))
        _ = try room.join(caller(1), at: .zero)
        _ = try room.tell(.stopRecording(nil))
        let effects = try room.join(caller(2), at: .zero)
        #expect(effects.contains(.startRecording(RecordingID(2), RecordingName("a-2")!, tracks: false)))
    }

    typealias Row = (name: String, words: [String], command: Command?)

    static let rows: [Row] = [
        ("record", ["a.wav"], .record(RecordingName("a.wav")!, tracks: false)),
        ("record", ["a.wav", "tracks"], .record(RecordingName("a.wav")!, tracks: true)),
        ("record", ["a.wav", "1"], .record(RecordingName("a.wav")!, tracks: false)),
        ("recording", ["start", "a.wav", "all"], .record(RecordingName("a.wav")!, tracks: false)),
        ("recording", ["START", "all"], .record(nil, tracks: false)),
        ("recording", ["start"], .record(nil, tracks: false)),
        ("recording", ["start", "tracks"], .record(nil, tracks: true)),
        ("recording", ["stop", "all"], .stopRecording(nil)),
        ("recording", ["stop"], .stopRecording(nil)),
        ("recording", ["stop", "a.wav"], .stopRecording(RecordingName("a.wav")!)),
        ("recording", ["check"], .checkRecording),
        ("recording", ["pause", "a"], .pauseRecording(RecordingName("a")!)),
        ("recording", ["resume", "a"], .resumeRecording(RecordingName("a")!)),
        ("recording", ["a.ogg"], .record(RecordingName("a.ogg")!, tracks: false)),
        ("recording", [], nil), ("recording", ["pause"], nil), ("norecord", [], nil), ("pause", [], nil),
        ("norecord", ["all"], .stopRecording(nil)), ("chkrecord", [], .checkRecording),
        ("check_record", [], .checkRecording), ("resume", ["a"], .resumeRecording(RecordingName("a")!)),
    ]

    @Test(arguments: rows.indices)
    func isSpelled(index: Int) throws {
        let row = Self.rows[index]
        let read = Result { () throws(Refusal) in try Command(name: row.name, words: row.words) }
        #expect(read == row.command.map { .success($0) } ?? .failure(.badArgument(command: row.name)))
    }
}
