import Wire

/// One JSON-RPC request of a client.
struct Request {
    let id: JSON
    let method: String
    /// `nil` when missing or no object: no method takes anything else.
    let params: JSONObject?

    /// An id that is an array or object is answered as `null`; JSON-RPC 2.0 §4 has neither.
    init(id: JSON?, method: String, params: JSON?) {
        switch id {
        case .string, .integer, .number, .bool: self.id = id ?? .null
        default: self.id = .null
        }
        self.method = method
        self.params = params?.object
    }

    /// A non-empty string parameter; any other type counts as missing.
    func string(_ name: String) -> String? { params?.text(name) }
}

/// What became of a request.
enum Answer {
    case result(JSONObject)
    /// The error object. Some have no code: a few clients read other members (verto.md §2.6).
    case failure(JSONObject)
    /// To be answered when the room has answered this command, or the media this offer.
    case waiting(RequestToken)

    static func failure(_ code: Int64, _ message: String) -> Answer {
        .failure(["code": .integer(code), "message": .string(message)])
    }

    /// `CODE_SESSION_ERROR`, written in the order of the original: message, the extra members, code.
    static func sessionError(_ message: String, _ extra: JSONObject = [:]) -> Answer {
        var object: JSONObject = ["message": .string(message)]
        for (key, value) in extra.members { object.append(value, for: key) }
        object.append(-32002, for: "code")
        return .failure(object)
    }

    static let invalidRequest = failure(-32600, "Invalid Request")
    static let invalidMessage = failure(-32600, "Invalid message")
    static let authenticationRequired = failure(-32000, "Authentication Required")
    static let unknownMethod = failure(-32601, "Invalid Method, Missing Method or Permission Denied")
    static let permissionDenied = failure(-32602, "Permission Denied")
    static let tooManyRequests = sessionError("Too many requests")
}

extension JSONObject {
    /// Those whose names begin with `prefix`, sorted by name.
    init(texts: [String: String], prefix: String) {
        let named = texts.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
        self.init(named.map { ($0.key, .string($0.value)) })
    }

    /// A non-empty string member; any other type counts as missing.
    func text(_ name: String) -> String? { self[name]?.string.flatMap { $0.isEmpty ? nil : $0 } }

    /// Without the members of these names, whatever their case.
    func without(_ names: [String]) -> JSONObject {
        let unwanted = Set(names.map { $0.lowercased() })
        return JSONObject(members.filter { !unwanted.contains($0.key.lowercased()) }.map { ($0.key, $0.value) })
    }
}
