import Wire

/// The text of messages we send. Built by hand where bytes are shared, with ``Wire/JSON`` everywhere else.
enum Message {
    /// The answer to a request; `sessid` goes into a result as its last member, in place of one that is there.
    static func reply(to id: JSON, _ answer: JSONObject, isError: Bool, session: SessionID?) -> JSON {
        guard !isError else { return ["jsonrpc": "2.0", "id": id, "error": .object(answer)] }
        var result = answer
        if let session { result["sessid"] = .string(session.rawValue) }
        return ["jsonrpc": "2.0", "id": id, "result": .object(result)]
    }

    static func request(_ id: Int, _ method: String, _ params: JSONObject) -> [UInt8] {
        let message: JSON = [
            "jsonrpc": "2.0", "id": .integer(Int64(id)), "method": .string(method), "params": .object(params),
        ]
        return message.bytes
    }

    /// A `verto.event` whose `data` is encoded already. `tail` holds further members, each with a comma before it.
    static func event(_ id: Int, data: [UInt8], channel: String, tail: String) -> [UInt8] {
        var bytes = Array("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"verto.event\",\"params\":{\"data\":".utf8)
        bytes.reserveCapacity(bytes.count + data.count + channel.utf8.count + tail.utf8.count + 32)
        bytes += data
        bytes += ",\"eventChannel\":".utf8
        JSON.string(channel).write(into: &bytes)
        bytes += tail.utf8
        bytes += "}}".utf8
        return bytes
    }

    /// `,"subscribedChannel":"…"`, with a serial before it when there is one.
    static func tail(_ subscription: String, serial: Int? = nil) -> String {
        let number = serial.map { ",\"eventSerno\":\($0)" } ?? ""
        return "\(number),\"subscribedChannel\":\(JSON.string(subscription).text)"
    }
}
