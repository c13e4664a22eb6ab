import Testing
import Verto
import Wire

/// JSON-RPC as Verto uses it (verto.md §2).
struct EnvelopeTests {
    typealias Row = (what: String, sent: String, answer: String?)

    static let rows: [Row] = [
        ("no JSON", "{", #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}"#),
        ("empty", "", #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}"#),
        (
            "too deep", String(repeating: "[", count: 100),
            #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}"#
        ),
        (
            "no version", #"{"method":"verto.ping","id":5}"#,
            #"{"jsonrpc":"2.0","id":5,"error":{"code":-32600,"message":"Invalid message"}}"#
        ),
        (
            "version no text", #"{"jsonrpc":2.0,"method":"verto.ping","id":5}"#,
            #"{"jsonrpc":"2.0","id":5,"error":{"code":-32600,"message":"Invalid message"}}"#
        ),
        ("no object", "5", #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid message"}}"#),
        (
            "no method", #"{"jsonrpc":"2.0","id":"a"}"#,
            #"{"jsonrpc":"2.0","id":"a","error":{"code":-32601,"message":"Invalid Method, Missing Method or Permission Denied"}}"#
        ),
        (
            "method no text", #"{"jsonrpc":"2.0","method":7,"id":1.5}"#,
            #"{"jsonrpc":"2.0","id":1.5,"error":{"code":-32601,"message":"Invalid Method, Missing Method or Permission Denied"}}"#
        ),
        (
            "unknown method", #"{"jsonrpc":"2.0","method":"verto.hold","id":1}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Invalid Method, Missing Method or Permission Denied"}}"#
        ),
        (
            "no id", #"{"jsonrpc":"2.0","method":"verto.ping"}"#,
            #"{"jsonrpc":"2.0","id":null,"result":{"message":"PONG","sessid":"S"}}"#
        ),
        (
            "null id", #"{"jsonrpc":"2.0","method":"verto.ping","id":null}"#,
            #"{"jsonrpc":"2.0","id":null,"result":{"message":"PONG","sessid":"S"}}"#
        ),
        (
            "text id", #"{"jsonrpc":"2.0","method":"verto.ping","id":"7"}"#,
            #"{"jsonrpc":"2.0","id":"7","result":{"message":"PONG","sessid":"S"}}"#
        ),
        (
            "array id", #"{"jsonrpc":"2.0","method":"verto.ping","id":[1]}"#,
            #"{"jsonrpc":"2.0","id":null,"result":{"message":"PONG","sessid":"S"}}"#
        ),
        (
            "other case", #"{"JSONRPC":"2.0","Method":"verto.ping","ID":4}"#,
            #"{"jsonrpc":"2.0","id":4,"result":{"message":"PONG","sessid":"S"}}"#
        ),
        (
            "params no object", #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"message":"Params data missing","code":-32002}}"#
        ),
        ("a client's answer", #"{"jsonrpc":"2.0","id":1000000001,"result":{"method":"verto.bye"}}"#, nil),
        ("a client's error", #"{"jsonrpc":"2.0","id":1000000001,"error":{"code":1}}"#, nil),
        (
            "echo", #"{"jsonrpc":"2.0","method":"echo","params":{"a":[1,{"b":null}],"sessid":"X"},"id":1}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{"a":[1,{"b":null}],"sessid":"S"}}"#
        ),
        (
            "echoed params",
            #"{"jsonrpc":"2.0","method":"verto.ping","params":{"echoParams":true,"x":1,"Passwd":"p"},"id":1}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{"message":"PONG","requestParams":{"echoParams":true,"x":1},"sessid":"S"}}"#
        ),
        (
            "echoed value", #"{"jsonrpc":"2.0","method":"verto.ping","params":{"echoParams":{"k":2}},"id":1}"#,
            #"{"jsonrpc":"2.0","id":1,"result":{"message":"PONG","requestParams":{"k":2},"sessid":"S"}}"#
        ),
    ]

    @Test(arguments: rows)
    func answers(row: Row) {
        let rig = Rig()
        let c = rig.login("1001", session: "S")
        rig.send(c, text: row.sent)
        let texts = rig.takeBytes(c).map { String(decoding: $0, as: UTF8.self) }
        #expect(texts == (row.answer.map { [$0] } ?? []), "\(row.what)")
        #expect(rig.closed.isEmpty)
    }

    @Test func tooBigMessagesCloseTheConnection() {
        let rig = Rig()
        let c = rig.login()
        rig.send(c, bytes: JSON.string(String(repeating: "x", count: 256 * 1024 - 2)).bytes)
        #expect(rig.closed[c] == nil)
        rig.send(c, bytes: JSON.string(String(repeating: "x", count: 256 * 1024 - 1)).bytes)
        #expect(rig.closed[c]?.code == 1009)
        // Before the login there is no reason to send much.
        let fresh = rig.connect()
        rig.send(fresh, bytes: JSON.string(String(repeating: "x", count: 17_000)).bytes)
        #expect(rig.closed[fresh]?.code == 1009)
    }

    @Test func requestsThatComeTooFastAreRefusedAndInTheEndCutOff() {
        let rig = Rig {
            $0.requestBurst = 20
            $0.requestsPerSecond = 10
            $0.refusalsBeforeClose = 50
        }
        let c = rig.login()
        for _ in 0..<19 { #expect(rig.ask(c, "verto.ping", [:]).isResult) }
        #expect(rig.ask(c, "verto.ping", [:]).errorMessage == "Too many requests")
        rig.send(c, text: "garbage")
        #expect(rig.take(c).first?.errorMessage == "Too many requests")
        rig.wait(.seconds(1))
        for _ in 0..<10 { #expect(rig.ask(c, "verto.ping", [:]).isResult) }
        for _ in 0..<50 { _ = rig.ask(c, "verto.ping", [:]) }
        #expect(rig.closed[c]?.code == 1008)
    }

    @Test func oneAddressHasOnlySoManyConnections() {
        let rig = Rig { $0.connectionsPerAddress = 3 }
        let first = (0..<3).map { _ in rig.connect(from: "192.0.2.9") }
        let fourth = rig.connect(from: "192.0.2.9")
        let other = rig.connect(from: "192.0.2.10")
        #expect(rig.closed[fourth]?.code == 1013)
        #expect(rig.closed[first[0]] == nil && rig.closed[other] == nil)
        rig.disconnect(fourth)
        rig.disconnect(first[0])
        #expect(rig.closed[rig.connect(from: "192.0.2.9")] == nil)
    }

    @Test func silenceIsPingedEveryHalfMinute() {
        let rig = Rig()
        let c = rig.login()
        rig.wait(.seconds(20))
        _ = rig.ask(c, "verto.ping", [:])
        rig.wait(.seconds(29))
        #expect(rig.take(c).isEmpty)
        rig.wait(.seconds(1))
        #expect(rig.take(c).first?["params"]?.text == #"{"serno":1700000051}"#)
        rig.wait(.seconds(60))
        #expect(rig.take(c).filter { $0.method == "verto.ping" }.count == 2)
    }

    @Test func silenceBeyondTheLimitEndsTheConnection() {
        let rig = Rig { $0.idleLimit = .seconds(90) }
        let (silent, alive) = (rig.login("1001"), rig.login("1002"))
        rig.wait(.seconds(60))
        rig.endpoint.heard(from: alive, at: rig.now)
        rig.wait(.seconds(31))
        #expect(rig.closed[silent]?.reason == "idle")
        #expect(rig.closed[alive] == nil)
    }

    @Test func permissionsAreAskedForEveryMethod() {
        let rig = Rig()
        let (bare, any) = (rig.login("bare"), rig.login("any"))
        for method in ["verto.ping", "verto.invite", "echo", "fsapi"] {
            #expect(rig.ask(bare, method, [:]).errorCode == -32601)
        }
        #expect(rig.ask(any, "verto.ping", [:]).isResult)
        #expect(rig.ask(any, "echo", ["x": 1]).isResult)
    }
}
