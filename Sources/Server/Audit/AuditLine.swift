import Conference
import Verto
import Wire

/// What a line of the audit log says of one command: who asked a room for what, and what came of it.
enum AuditLine {
    static func json(_ entry: AuditEntry, at unixNanoseconds: Int64) -> String {
        JSON.object(object(entry, at: unixNanoseconds)).text
    }

    /// Texts are cut to ``longestText`` Unicode scalars: a client chooses how long a command is, and a list of a large room
    /// is longer still.
    static func object(_ entry: AuditEntry, at unixNanoseconds: Int64) -> JSONObject {
        var object = JSONObject()
        object["time"] = time(unixNanoseconds)
        object["who"] = cut(entry.who)
        object["address"] = cut(entry.address)
        object["member"] = entry.member.map { .integer(Int64($0.rawValue)) } ?? .null
        object["room"] = cut(entry.room)
        object["command"] = cut(entry.command)
        object["door"] = .string(entry.door.rawValue)
        switch entry.result {
        case .done(let text):
            object["result"] = .string("done")
            object["reply"] = cut(text)
        case .refused(let reason):
            object["result"] = .string("refused")
            object["reply"] = cut(reason)
        }
        return object
    }

    /// Says that lines found no room or no disk.
    static func lost(_ count: Int, at unixNanoseconds: Int64) -> JSONObject {
        ["time": time(unixNanoseconds), "who": "parley", "lost": .integer(Int64(count))]
    }

    /// Unix time in seconds, to the millisecond.
    private static func time(_ unixNanoseconds: Int64) -> JSON {
        .number(Double(unixNanoseconds / 1_000_000) / 1_000)
    }

    private static func cut(_ text: String) -> JSON {
        .string(text.utf8.count > longestText ? String(text.unicodeScalars.prefix(longestText)) + "…" : text)
    }

    static let longestText = 1_000
}
