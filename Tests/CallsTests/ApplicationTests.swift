import Calls
import Testing

struct ApplicationTests {
    typealias Row = (name: String, data: String, application: Application)

    static let rows: [Row] = [
        ("answer", "", .answer),
        ("pre_answer", "", .preAnswer),
        ("conference", " 3500@default ", .conference("3500@default")),
        ("echo", "", .echo),
        ("sleep", "2000", .sleep(.seconds(2))),
        ("set", "a=b=c", .assign([Assignment(name: "a", value: "b=c")])),
        ("set", "a=", .assign([Assignment(name: "a", value: nil)])),
        ("set", "a=_undef_", .assign([Assignment(name: "a", value: nil)])),
        ("export", "a=b", .assign([Assignment(name: "a", value: "b", exports: true)])),
        ("export", "nolocal:a=b", .assign([Assignment(name: "nolocal:a", value: "b", exports: true)])),
        ("unset", "a", .assign([Assignment(name: "a", value: nil)])),
        ("multiset", "a=1 b=2", .assign([Assignment(name: "a", value: "1"), Assignment(name: "b", value: "2")])),
        (
            "multiset", "^^;a=1 1;b=2",
            .assign([Assignment(name: "a", value: "1 1"), Assignment(name: "b", value: "2")])
        ),
        ("push", "a=1", .assign([Assignment(name: "a", value: "1", appends: true)])),
        ("log", "CRIT hello world", .log(.crit, "hello world")),
        ("log", "hello world", .log(.debug, "hello world")),
        ("hangup", "", .hangup(.normalClearing)),
        ("hangup", "user_busy", .hangup(.userBusy)),
        ("hash", "insert/a/b/c/d", .hash(HashCommand(verb: .insert, realm: "a", key: "b", value: "c/d"))),
        ("hash", "delete/a/b", .hash(HashCommand(verb: .delete, realm: "a", key: "b"))),
        ("limit", "hash realm id 3", .limit(LimitClaim(name: "realm_id", maximum: 3))),
        (
            "limit", "hash realm id 3/60 !USER_BUSY",
            .limit(LimitClaim(name: "realm_id", maximum: 3, interval: .seconds(60), overflow: "!USER_BUSY"))
        ),
        ("limit", "hash realm id -1", .limit(LimitClaim(name: "realm_id", maximum: nil))),
        ("transfer", "3500", .transfer("3500", context: nil)),
        ("transfer", "-both 3500 XML public", .transfer("3500", context: "public")),
        ("transfer", "-bleg 3500", .skip(name: "transfer")),
        ("park", "", .park),
        ("ring_ready", "", .ringReady),
        ("info", "", .skip(name: "info")),
        ("playback", "music.wav", .playback(.file("music.wav"))),
    ]

    @Test(arguments: rows)
    func readsItsData(row: Row) throws {
        #expect(try Application(call(row.name, row.data)) == row.application)
    }

    @Test(arguments: ["voicemail", "intercept", "lua", "no_such_application", ""])
    func refusesWhatIsNotSupported(name: String) {
        #expect(throws: ApplicationError.notSupported(name: name)) { try Application(call(name, "x")) }
        #expect(Application.support(of: name) == .none)
    }

    @Test(arguments: [
        ("conference", ""), ("sleep", "soon"), ("sleep", "-1"), ("sleep", "86400001"), ("hangup", "NOT_A_CAUSE"),
        ("playback", ""), ("playback", "tone_stream://%(1"), ("bridge", ""), ("bridge", "nobody"), ("transfer", ""),
        ("transfer", "answer inline"), ("hash", "insert/a/b"), ("hash", "steal/a/b/c"), ("limit", "hash a"),
        ("limit", "hash a b many"), ("limit", "redis a b 1"),
    ])
    func refusesBadData(name: String, data: String) {
        #expect {
            try Application(call(name, data))
        } throws: { error in
            if case .badData(name, _)? = error as? ApplicationError { true } else { false }
        }
    }

    /// Every name that promises support is read, and every other is refused.
    @Test func supportsWhatItSaysItSupports() {
        let data = [
            "sleep": "1", "playback": "silence_stream://1", "gentones": "%(1,0,400)", "hangup": "",
            "bridge": "user/1000", "hash": "insert/a/b/c", "limit": "hash a b 1",
        ]
        for name in [
            "answer", "pre_answer", "conference", "echo", "playback", "gentones", "sleep", "set", "export", "multiset",
            "unset", "multiunset", "log", "hangup", "bridge", "park", "deflect", "transfer", "ring_ready", "hash",
            "limit",
        ] {
            #expect(Application.support(of: name) == .full)
            #expect(throws: Never.self) { try Application(call(name, data[name] ?? "x=1")) }
        }
        #expect(Application.support(of: "info") == .skipped)
    }

    private func call(_ name: String, _ data: String) -> ApplicationCall {
        ApplicationCall(name: name, data: data, origin: Origin(file: "test.xml", line: 1))
    }

    @Test func exportsForTheLegsItCalls() {
        var variables: [String: String] = [:]
        for assignment in [
            Assignment(name: "a", value: "1", exports: true), Assignment(name: "nolocal:b", value: "2", exports: true),
            Assignment(name: "c", value: "3"), Assignment(name: "a", value: "4", exports: true),
        ] {
            assignment.apply(to: &variables)
        }
        #expect(variables["export_vars"] == "a,nolocal:b")
        #expect(Assignment.exported(from: variables) == ["a": "4", "b": "2"])
    }

    @Test func pushesBehindWhatTheVariableHolds() {
        var variables = ["a": "1"]
        for value in ["2", "3"] { Assignment(name: "a", value: value, appends: true).apply(to: &variables) }
        Assignment(name: "b", value: "x", appends: true).apply(to: &variables)
        #expect(variables == ["a": "ARRAY::1|:2|:3", "b": "x"])
    }
}
