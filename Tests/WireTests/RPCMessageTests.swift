import Testing
import Wire

struct RPCMessageTests {
    typealias Row = (text: String, message: RPCMessage)

    static let rows: [Row] = [
        (
            #"{"jsonrpc":"2.0","method":"login","params":{"a":1},"id":3}"#,
            .request(id: 3, method: "login", params: ["a": 1])
        ),
        (#"{"JSONRPC":"2.0","Method":"login","ID":"x"}"#, .request(id: "x", method: "login", params: nil)),
        (#"{"jsonrpc":"2.0","method":"login"}"#, .request(id: nil, method: "login", params: nil)),
        (#"{"jsonrpc":"2.0","method":"login","id":null}"#, .request(id: nil, method: "login", params: nil)),
        (#"{"jsonrpc":"2.0","id":1}"#, .request(id: 1, method: "", params: nil)),
        (#"{"jsonrpc":"2.0","method":5,"id":1}"#, .request(id: 1, method: "", params: nil)),
        (#"{"jsonrpc":"2.0","method":"m","error":{},"id":1}"#, .request(id: 1, method: "m", params: nil)),
        (
            #"{"jsonrpc":"2.0","id":4,"result":{"method":"verto.bye"}}"#,
            .response(id: 4, result: ["method": "verto.bye"])
        ),
        (#"{"id":4,"result":null}"#, .response(id: 4, result: .null)),
        (#"{"jsonrpc":"2.0","method":"m","id":4,"result":1}"#, .response(id: 4, result: 1)),
        (#"{"jsonrpc":"2.0","id":4,"error":{"code":-32000}}"#, .errorResponse(id: 4, error: ["code": -32000])),
        (#"{"method":"login","id":3}"#, .invalid(id: 3)),
        (#"{"jsonrpc":2.0,"method":"login","id":3}"#, .invalid(id: 3)),
        (#"{"jsonrpc":"1.0","method":"login","id":"a"}"#, .invalid(id: "a")),
        ("[]", .invalid(id: nil)),
        ("7", .invalid(id: nil)),
    ]

    @Test(arguments: rows)
    func sortsMessages(row: Row) throws {
        #expect(RPCMessage(try JSON(parsing: row.text)) == row.message, "\(row.text)")
    }
}
