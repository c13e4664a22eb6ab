import Conference
import Testing

struct RoomCommandTests {
    typealias Row = (name: String, words: [String], answer: Result<Reply, Refusal>)

    static let rows: [Row] = [
        ("pin", ["1234"], .success(.pin("1234", for: .participant))),
        ("pin", ["mod", "99"], .success(.pin("99", for: .moderator))),
        ("nopin", [], .success(.pin(nil, for: .participant))),
        ("pin", [], .failure(.badArgument(command: "pin"))),
        ("pin", ["12a"], .failure(.badArgument(command: "pin"))),
        ("pin", ["mod"], .failure(.badArgument(command: "pin"))),
        ("pin", [String(repeating: "1", count: 33)], .failure(.badArgument(command: "pin"))),
        ("setvar", ["a", "b", "c"], .success(.variableSet("a", "b c"))),
        ("setvar", ["a"], .success(.variableSet("a", nil))),
        ("setvar", ["a:b", "c"], .failure(.badArgument(command: "setvar"))),
        ("getvar", ["room"], .success(.variable("room", nil))),
        ("say", ["hello", "all"], .failure(.noSpeech(command: "say"))),
        ("say", [], .failure(.badArgument(command: "say"))),
        ("saymember", ["1", "hi"], .failure(.noSpeech(command: "saymember"))),
        ("bgdial", ["user/1000", "77", "Me"], .success(.dialing(JobID("3500@example.com-1"), inBackground: true))),
        ("dial", ["user/1000"], .success(.dialing(JobID("3500@example.com-1"), inBackground: false))),
        ("dial", [], .failure(.badArgument(command: "dial"))),
        (
            "transfer", ["3600", "1", "9"],
            .success(
                .transferred([.done(.transfer, one), .refused(MemberID(9), .unknownMember(MemberID(9)))], room: "3600"))
        ),
        ("transfer", ["3500", "1"], .success(.transferred([.refused(one, .alreadyMember(one))], room: "3500"))),
        ("transfer", ["3600"], .failure(.badArgument(command: "transfer"))),
        ("transfer", ["@p", "1"], .failure(.badArgument(command: "transfer"))),
        ("transfer", ["3600", "all"], .failure(.badArgument(command: "transfer"))),
        ("stop", ["last"], .failure(.badArgument(command: "stop"))),
        ("file_seek", ["x"], .failure(.badArgument(command: "file_seek"))),
        ("file-vol", ["51"], .failure(.badArgument(command: "file-vol"))),
        ("file-vol", ["5"], .failure(.notPlaying)),
        ("play_status", [], .success(.playback(nil))),
        ("max-energy", ["1", "5"], .failure(.unknownCommand("max-energy"))),
    ]

    @Test(arguments: rows.indices)
    func answers(index: Int) throws {
        let row = Self.rows[index]
        var room = try threeMembers()
        let answer = Result { () throws(Refusal) in
            try room.perform(try Command(name: row.name, words: row.words), by: api, at: .zero).reply
        }
        #expect(answer == row.answer)
    }

    @Test func pinsHoldForCallersToCome() throws {
        var room = try threeMembers()
        _ = try room.tell(.pin("12", for: .participant))
        _ = try room.tell(.pin("345", for: .moderator))
        #expect(throws: Refusal.pinRequired(digits: 3)) { try room.join(caller(4), at: .zero) }
        _ = try room.join(caller(4, pin: "345"), at: .zero)
        #expect(room.role(of: MemberID(4)) == .moderator)
        _ = try room.tell(.noPIN)
        #expect(throws: Refusal.pinRequired(digits: 3)) { try room.join(caller(5), at: .zero) }
        #expect(Command.pin("1", for: .moderator).isSecret && !Command.lock.isSecret)
    }

    @Test func variablesGoIntoEvents() throws {
        var room = try threeMembers()
        _ = try room.tell(.setVariable("topic", "a b"))
        #expect(try room.ask(.getVariable("topic")) == .variable("topic", "a b"))
        #expect(try room.perform(.lock, by: api, at: .zero).effects.events.first?.variables == ["topic": "a b"])
        for index in 1..<256 { _ = try room.tell(.setVariable("v\(index)", "x")) }
        #expect(throws: Refusal.tooMany(limit: 256)) { try room.tell(.setVariable("more", "x")) }
        _ = try room.tell(.setVariable("topic", nil))
        _ = try room.tell(.setVariable("more", "x"))
    }

    @Test func aCallIsAskedForAndItsEndIsTold() throws {
        var room = try threeMembers(("caller-id-name", "Room"), ("caller-id-number", "35"))
        let effects = try room.tell(.dial(DialRequest("user/1000", callerNumber: "77"), inBackground: true))
        let job = JobID("3500@example.com-1")
        #expect(
            effects == [
                .dial(
                    DialOrder(
                        job: job, dialString: "user/1000", callerName: "Room", callerNumber: "77", isInBackground: true)
                )
            ])
        let told = room.dialEnded(job, cause: "USER_BUSY", peer: nil, at: .zero)
        #expect(
            told.actions == [.bgdialResult] && told.events[0].headers == ["Result": "USER_BUSY", "Job-UUID": job.text])
        #expect(room.dialEnded(job, cause: "USER_BUSY", peer: nil, at: .zero) == [])
        for _ in 0..<64 { _ = try room.tell(.dial(DialRequest("user/1"), inBackground: false)) }
        #expect(throws: Refusal.tooMany(limit: 64)) { try room.tell(.dial(DialRequest("user/1"), inBackground: true)) }
    }

    @Test func whoGoesElsewhereHasLeftBefore() throws {
        var room = try threeMembers()
        let effects = try room.tell(.transfer([one], room: "3600", profile: "default"))
        guard case .publish(let delta) = effects[0], case .remove("call-1", _) = delta.change,
            case .parted(one, _) = effects[1]
        else {
            Issue.record("\(effects)")
            return
        }
        #expect(effects[2] == .transferToRoom(one, room: "3600", profile: "default"))
        #expect(room.leave(one, at: .zero) == [])
        let redirected = try room.perform(.redirect(.member(two), extension: "9000"), by: moderator, at: .zero)
        #expect(redirected.reply == .redirected([.done(.transfer, two)], extension: "9000"))
        #expect(redirected.effects.contains(.transferCall(two, extension: "9000")))
        for destination in ["", "a b", "a\n", String(repeating: "1", count: 129)] {
            #expect(throws: Refusal.badArgument(command: "transfer")) {
                try room.tell(.redirect(.member(three), extension: destination))
            }
        }
        // The last one who goes ends the room.
        #expect(try room.tell(.transfer([three], room: "3600", profile: "p")).last == .closed)
    }

    @Test func theListSaysHowTheRoomIs() throws {
        var room = try threeMembers()
        _ = try room.tell(.lock)
        _ = try room.tell(.record(RecordingName("a"), tracks: false))
        _ = try room.tell(.setVariable("a", "b"))
        guard case .roster(let roster) = try room.ask(.jsonList) else { return }
        #expect(
            roster.flags == [
                "locked", "running", "answered", "enforce_min", "dynamic", "exit_sound", "enter_sound", "recording",
                "livearray_sync", "json_status",
            ])
        #expect(roster.variables == ["a": "b"] && roster.recordings.map(\.name.text) == ["a.opus"])
    }

    @Test func whoIsBackIsToldAgainWhereItIs() throws {
        var room = try threeMembers()
        guard case .joined(three, let notice)? = room.rejoined(three, at: .zero).first else {
            Issue.record("no notice")
            return
        }
        #expect(notice.role == .moderator && notice.callID == "call-3")
        #expect(room.rejoined(MemberID(9), at: .zero) == [])
    }
}
