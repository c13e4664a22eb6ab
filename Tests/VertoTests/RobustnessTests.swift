import Calls
import Conference
import Testing
import Verto
import Wire

/// Bytes from anybody: nothing traps, and nothing reaches another connection.
struct RobustnessTests {
    /// One valid request of every kind, and some frames that are none.
    static let valid: [String] = [
        #"{"jsonrpc":"2.0","method":"login","params":{"login":"1001@example.com","passwd":"secret","loginParams":{},"userVariables":{"a":"b","c":true},"sessid":"M"},"id":1}"#,
        #"{"jsonrpc":"2.0","method":"verto.invite","params":{"sdp":"v=0\r\n","dialogParams":{"callID":"m-1","destination_number":"3500","caller_id_name":"x","audio":{"echoCancellation":true},"userVariables":{"email":"x"},"screenShare":false,"recoverCall":true,"outgoingBandwidth":"512","incomingBandwidth":1024.5},"sessid":"M"},"id":2}"#,
        #"{"jsonrpc":"2.0","method":"verto.bye","params":{"dialogParams":{"callID":"m-1"},"cause":"USER_BUSY","causeCode":17},"id":3}"#,
        #"{"jsonrpc":"2.0","method":"verto.modify","params":{"action":"hold","dialogParams":{"callID":"m-1"},"destination":"1"},"id":4}"#,
        #"{"jsonrpc":"2.0","method":"verto.modify","params":{"action":"updateMedia","sdp":"v=0\r\n","dialogParams":{"callID":"m-1"}},"id":18}"#,
        #"{"jsonrpc":"2.0","method":"verto.modify","params":{"action":"view","params":{"pictures":{"2":"m-0","3":null}},"dialogParams":{"callID":"m-1"}},"id":19}"#,
        #"{"jsonrpc":"2.0","method":"verto.modify","params":{"action":"transfer","destination":"3500","dialogParams":{"callID":"m-1"}},"id":20}"#,
        #"{"jsonrpc":"2.0","method":"verto.modify","params":{"action":"replace","replaceCallID":"m-0","dialogParams":{"callID":"m-1"}},"id":21}"#,
        #"{"jsonrpc":"2.0","method":"verto.info","params":{"msg":{"to":"verto+1009","body":"b","inDialog":true},"dialogParams":{"callID":"m-1","userVariables":{"email":"x"},"audio":{"noiseSuppression":true}}},"id":22}"#,
        #"{"jsonrpc":"2.0","method":"verto.subscribe","params":{"eventChannel":["presence","presence.1009@example.com","user"]},"id":23}"#,
        #"{"jsonrpc":"2.0","method":"verto.broadcast","params":{"eventChannel":"conference.3500@example.com","data":{"action":"bootstrap"}},"id":24}"#,
        #"{"jsonrpc":"2.0","method":"verto.broadcast","params":{"eventChannel":"conference-mod.3500@example.com","data":{"command":"recording","id":null,"value":["start","a.wav"]}},"id":25}"#,
        #"{"jsonrpc":"2.0","method":"verto.broadcast","params":{"eventChannel":"conference-mod.3500@example.com","data":{"command":"transfer","id":1,"value":"2000"}},"id":26}"#,
        #"{"jsonrpc":"2.0","method":"fsapi","params":{"cmd":"originate","arg":"{a='b c',d=e}user/1000 &playback(x y)"},"id":27}"#,
        #"{"jsonrpc":"2.0","method":"jsapi","params":{"command":"uuid_transfer","data":{"arg":"m-1 -bleg 3500"}},"id":28}"#,
        #"{"jsonrpc":"2.0","method":"verto.answer","params":{"sdp":"x","dialogParams":{"callID":"m-1"}},"id":5}"#,
        #"{"jsonrpc":"2.0","method":"verto.attach","params":{"sdp":"x","dialogParams":{"callID":"m-1"}},"id":6}"#,
        #"{"jsonrpc":"2.0","method":"verto.info","params":{"dtmf":"1*#@100+2","dialogParams":{"callID":"m-1"},"msg":{"to":"1001@example.com","body":"b"}},"id":7}"#,
        #"{"jsonrpc":"2.0","method":"verto.subscribe","params":{"eventChannel":["conference-liveArray.3500@example.com","demo"],"subParams":{}},"id":8}"#,
        #"{"jsonrpc":"2.0","method":"verto.unsubscribe","params":{"eventChannel":"demo"},"id":9}"#,
        #"{"jsonrpc":"2.0","method":"verto.broadcast","params":{"eventChannel":"conference-mod.3500@example.com","data":{"application":"conf-control","command":"tmute","id":1,"value":["a","b"]}},"id":10}"#,
        #"{"jsonrpc":"2.0","method":"verto.broadcast","params":{"eventChannel":"conference-liveArray.3500@example.com","data":{"liveArray":{"command":"bootstrap","context":"conference-liveArray.3500@example.com","name":"3500","obj":null}}},"id":11}"#,
        #"{"jsonrpc":"2.0","method":"verto.broadcast","params":{"eventChannel":"conference-chat.3500@example.com","data":{"action":"send","message":"hi","type":"message"}},"id":12}"#,
        #"{"jsonrpc":"2.0","method":"verto.broadcast","params":{"eventChannel":"demo","localBroadcast":true,"data":{"x":[1,2,{"y":null}]}},"id":13}"#,
        #"{"jsonrpc":"2.0","method":"verto.ping","params":{"echoParams":true},"id":14}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":{"a":1.5e3,"b":"\ud83d\ude00"},"id":"x"}"#,
        #"{"jsonrpc":"2.0","method":"fsapi","params":{"cmd":"conference","arg":"3500 volume_in 2 up"},"id":15}"#,
        #"{"jsonrpc":"2.0","method":"jsapi","params":{"command":"fsapi","data":{"cmd":"conference","arg":"3500 list"}},"id":16}"#,
        #"[{"jsonrpc":"2.0","method":"verto.ping","id":17},{"jsonrpc":"2.0","result":{},"id":1}]"#,
        "#SPU 2048", "#SPB ........", "#SPE",
    ]

    @Test func tenThousandMutatedRequestsTrapNothingAndReachNobodyElse() {
        var random = Seeded(20_260_821)
        let everything = Rig.user(
            "x",
            [
                "jsonrpc-allowed-methods": "__ANY__", "jsonrpc-allowed-event-channels": "__ANY__",
                "jsonrpc-allowed-fsapi": "__ANY__", "jsonrpc-allowed-jsapi": "__ANY__",
            ])
        let rig = Rig({ $0.connectionsPerAddress = 100_000 }, users: Rig.users + [everything])
        let bystander = rig.login("1009", session: "BYSTANDER")
        rig.enter(bystander, "bystander", "7000")
        _ = rig.take(bystander)
        var c = rig.login("x", session: "M")
        for round in 0..<10_000 {
            if round.isMultiple(of: 50) || rig.closed[c] != nil {
                rig.disconnect(c)
                c = rig.login("x", session: "M")
                if round.isMultiple(of: 100) { rig.enter(c, "m-0", flags: .moderator) }
                if round.isMultiple(of: 150) { rig.place(PlacedCall(leg: LegID("m-1"), session: "M", sdp: "x")) }
            }
            let text = Self.valid[Int.random(in: 0..<Self.valid.count, using: &random)]
            rig.send(c, bytes: Self.mutate(Array(text.utf8), &random))
            if round.isMultiple(of: 10) { rig.wait(.milliseconds(Int.random(in: 0..<3000, using: &random))) }
            _ = rig.take(c)
        }
        #expect(rig.closed[bystander] == nil)
        #expect(!rig.hangUps.contains { $0.leg.rawValue == "bystander" })
        #expect(rig.rooms[RoomKey(name: "7000", domain: Rig.domain)]?.count == 1)
        // It heard pings, and what was said to it by name; nothing about calls, rooms or sessions.
        #expect(rig.take(bystander).allSatisfy { ["verto.ping", "verto.info"].contains($0.method) })
        #expect(rig.ask(bystander, "verto.ping", [:])["result"]?.text == #"{"message":"PONG","sessid":"BYSTANDER"}"#)
    }

    private static func mutate(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0..<4, using: &random) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(Array("\"{}[],:0-1e.\\ntu".utf8).randomElement(using: &random) ?? 0, at: at)
            case 3: bytes.removeLast(bytes.count - at)
            case 4: bytes += bytes[at...]
            default: bytes.replaceSubrange(at..<min(bytes.count, at + 8), with: "9223372036854775807".utf8)
            }
        }
        return bytes
    }

    /// Values of every type and of awkward sizes.
    static let awkward: [JSON] = [
        .null, true, false, 0, -1, .integer(.max), .integer(.min), 1.5, .number(1e308), "", "x", "\u{0}\u{1F600}",
        .string(String(repeating: "é", count: 5000)), [], [[], [1]], [:], ["a": ["b": "c"]],
        .array(Array(repeating: "x", count: 500)),
    ]

    @Test(arguments: valid.filter { $0.hasPrefix("{") })
    func everyFieldMayBeOfAnyType(text: String) throws {
        let base = try #require(try JSON(parsing: text).object)
        for path in Self.paths(.object(base)) {
            for value in Self.awkward + [nil as JSON?] {
                let rig = Rig()
                let c = rig.login("any", session: "M")
                rig.enter(c, "m-1", flags: .moderator)
                _ = rig.take(c)
                let message = Self.replacing(.object(base), path[...], with: value)
                rig.send(c, bytes: message.bytes)
                let answers = rig.take(c).filter { $0.method == nil }
                #expect(answers.count <= 1, "\(path) \(value?.text.prefix(40) ?? "absent")")
                #expect(answers.first.map { $0.isResult != ($0["error"] != nil) } != false)
                #expect(rig.ask(c, "echo", ["alive": true])["result"]?["alive"] == true || rig.closed[c] != nil)
            }
        }
    }

    private static func paths(_ json: JSON) -> [[String]] {
        (json.object?.members ?? []).flatMap { key, value in [[key]] + paths(value).map { [key] + $0 } }
    }

    private static func replacing(_ json: JSON, _ path: ArraySlice<String>, with value: JSON?) -> JSON {
        guard var object = json.object, let key = path.first else { return json }
        object[key] = path.count == 1 ? value : replacing(object[key] ?? .null, path.dropFirst(), with: value)
        return .object(object)
    }

    @Test func everyPrefixOfARequestIsAnsweredOrRefused() {
        let rig = Rig()
        let c = rig.login("any", session: "M")
        for text in Self.valid.dropFirst() {
            for length in 0..<text.utf8.count {
                rig.send(c, bytes: Array(text.utf8.prefix(length)))
            }
        }
        _ = rig.take(c)
        #expect(rig.ask(c, "verto.ping", [:]).isResult)
        #expect(rig.closed.isEmpty)
    }

    @Test func randomBytesAreRefused() {
        var random = Seeded(7)
        let rig = Rig()
        let c = rig.login()
        for _ in 0..<2000 {
            rig.send(
                c, bytes: (0..<Int.random(in: 0..<80, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            )
        }
        _ = rig.take(c)
        #expect(rig.ask(c, "verto.ping", [:]).isResult)
    }

    @Test func anyLineAtTheControlSocketIsAnsweredOnce() {
        var random = Seeded(11)
        let rig = Rig()
        rig.enter(rig.login("1001"), "call", flags: .moderator)
        let lines = [
            "conference 3500 mute 'last' quiet", "conference 3500 relate 1,2 1 nohear", "conference list delim '|'",
            "originate {a=b}[c=d]user/1000,user/1001|user/1002 &echo", "uuid_transfer x -bleg 3500", "show calls count",
            "conference 3500 play {loops=3,vol=-5}a.wav 1 nomux", "conference 3500 recording start a.wav tracks",
        ]
        for _ in 0..<5000 {
            let line = lines[Int.random(in: 0..<lines.count, using: &random)]
            let bytes = Self.mutate(Array(line.utf8), &random)
            #expect(rig.control(String(decoding: bytes, as: UTF8.self)) != nil)
        }
        #expect(rig.controlled.count == 5000)
    }

    @Test func newsOfWhatIsNotThereAreIgnored() {
        let rig = Rig()
        let c = rig.login()
        let stranger = ConnectionID(999)
        rig.send(stranger, text: "{}")
        rig.disconnect(stranger)
        rig.congest(stranger)
        rig.drain(stranger)
        rig.disconnect(c)
        rig.disconnect(c)
        rig.send(c, text: #"{"jsonrpc":"2.0","method":"verto.ping","id":1}"#)
        rig.news("nobody", .answered(sdp: "x"))
        rig.news("nobody", .ended(.normalClearing))
        let room = RoomKey(name: "1", domain: "x")
        rig.news(.closed(room))
        rig.news(.summaryRemoved(room))
        rig.news(.delta(room, Delta(serial: Delta.unnumbered, change: .clear)))
        var out: [VertoOutput] = []
        rig.endpoint.completed(RequestToken(77), .noSuchRoom, at: rig.now, into: &out)
        rig.endpoint.settled(RequestToken(79), AnswerOutcome.accepted, at: rig.now, into: &out)
        rig.endpoint.settled(RequestToken(80), ModifyOutcome.done(isHeld: true), at: rig.now, into: &out)
        rig.endpoint.told(RequestToken(81), .done, at: rig.now, into: &out)
        rig.endpoint.offered(LegID("nobody"), sdp: "x", at: rig.now, into: &out)
        rig.endpoint.reoffer(session: "nobody", offers: [], at: rig.now, into: &out)
        rig.endpoint.renegotiated(RequestToken(78), .answered(sdp: "x"), at: rig.now, into: &out)
        #expect(out.isEmpty)
        #expect(rig.take(c).isEmpty && rig.take(stranger).isEmpty)
    }
}
