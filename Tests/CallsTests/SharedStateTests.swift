import Calls
import Testing

/// What calls leave for each other: `hash`, `limit`, and the functions of templates.
struct SharedStateTests {
    @Test func oneCallReadsWhatAnotherLeft() throws {
        var scene = CallScene(
            ext("put", condition(try dialled("^put$"), "hash insert/last/${domain_name}/${caller_id_number}")),
            ext("drop", condition(try dialled("^drop$"), "hash delete/last/${domain_name}")),
            ext(
                "get", condition(.matches(try field("${hash(select/last/example.com)}", "^1008$")), "hangup USER_BUSY")),
            ext("none", condition(.always, "hangup CALL_REJECTED")))
        let get = { (scene: inout CallScene) in scene.dial("get").ends[scene.caller] }
        #expect(get(&scene) == .callRejected)
        _ = scene.dial("put")
        #expect(get(&scene) == .userBusy)
        _ = scene.dial("drop")
        #expect(get(&scene) == .callRejected)
    }

    @Test func changesOnlyWhatMatches() {
        var scene = CallScene(
            actions: [
                "hash insert/r/k/1", "hash insert_ifempty/r/k/2", "log INFO ${hash(select/r/k)}",
                "hash delete_ifmatch/r/k/2", "log INFO ${hash(select/r/k)}", "hash delete_ifmatch/r/k/1",
                "log INFO ${hash(select/r/k)}.",
            ])
        let id = scene.caller
        #expect(scene.dial().bare.dropLast() == [.log(id, .info, "1"), .log(id, .info, "1"), .log(id, .info, ".")])
    }

    typealias Row = (text: String, result: String)

    static let userData: [Row] = [
        ("1000@example.com var effective_caller_id_name", "Zoe"), ("1001 param caller-id-name", "Bob"),
        ("1001 param password", ""), ("1001 param A1-hash", ""), ("1001 param jsonrpc-password", ""),
        ("1001 var nothing", ""), ("9 var x", ""), ("1001", ""), ("1001 attr id", ""),
    ]

    @Test(arguments: userData)
    func readsTheDirectoryButNoSecret(row: Row) {
        var scene = CallScene(actions: ["log INFO ${user_data(\(row.text))}"])
        scene.board.directory = Directory(
            defaultDomain: "example.com",
            users: CallScene.users.map {
                let secrets = ["password": "p", "a1-hash": "h", "A1-hash": "h", "jsonrpc-password": "j"]
                return User(
                    id: $0.id, domain: $0.domain, parameters: $0.parameters.merging(secrets) { $1 },
                    variables: $0.variables)
            })
        #expect(scene.dial().bare.first == .log(scene.caller, .info, row.result))
    }

    @Test func limitsLegsUntilOneIsGone() throws {
        var scene = CallScene(actions: ["limit hash room ${destination_number} 1 !USER_BUSY", "conference x"])
        _ = scene.dial(as: LegID("a"))
        #expect(scene.dial(as: LegID("b")).ends == [LegID("b"): .userBusy])
        #expect(scene.dial("2", as: LegID("c")).ends == [:])
        _ = scene.hear(.hungUp(LegID("a"), .normalClearing))
        #expect(scene.dial(as: LegID("b")).ends == [:])
    }

    @Test func limitsCallsInAnInterval() {
        var scene = CallScene(actions: ["limit hash calls all 2/60"])
        #expect(scene.dial().ends[scene.caller] == .normalClearing)
        #expect(scene.dial().ends[scene.caller] == .normalClearing)
        #expect(scene.dial().ends[scene.caller] == .normalCircuitCongestion)
        scene.now += .seconds(60)
        #expect(scene.dial().ends[scene.caller] == .normalClearing)
    }

    @Test func sendsWhoeverFindsNoPlaceElsewhere() throws {
        var scene = CallScene(
            ext("full", condition(try dialled("^full$"), "echo")),
            ext("all", condition(.always, "limit hash a b 0 full XML default", "conference x")))
        #expect(scene.dial().bare.last == .echo(scene.caller))
    }
}
