/// One JSON-RPC 2.0 message as Verto uses it. A batch is a JSON array of these and is taken apart by the caller.
package enum RPCMessage: Equatable, Sendable {
    /// Something to do, and to answer with the same `id`: `nil`, to be answered as `null`, when it is missing or null.
    ///
    /// `method` is empty when it is missing or no string: no method of that name exists, and that is the answer.
    case request(id: JSON?, method: String, params: JSON?)
    /// The answer to a request of ours: it has a `result`.
    case response(id: JSON?, result: JSON)
    /// The refusal of a request of ours: it has an `error` and no `method`.
    case errorResponse(id: JSON?, error: JSON)
    /// Not an object, or `jsonrpc` is not the string `2.0`.
    case invalid(id: JSON?)

    /// Sorts out what `json` is. Member names are looked up as ``JSONObject`` does.
    ///
    /// Answers are recognised before the version is looked at, since an answer is never answered.
    package init(_ json: JSON) {
        let id = json["id"].flatMap { $0.isNull ? nil : $0 }
        let method = json["method"]?.string
        if let result = json["result"] {
            self = .response(id: id, result: result)
        } else if method == nil, let error = json["error"] {
            self = .errorResponse(id: id, error: error)
        } else if json["jsonrpc"]?.string == "2.0" {
            self = .request(id: id, method: method ?? "", params: json["params"])
        } else {
            self = .invalid(id: id)
        }
    }
}
