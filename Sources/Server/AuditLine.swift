import Conference
import Verto
import Wire

/// One line of the audit log: who asked a room for what, and what came of it.
enum AuditLine {
    static func json(_ entry: AuditEntry, at unixNanoseconds: Int64) -> String {
        var object = JSONObject()
        object["time"] = .number(Double(unixNanoseconds / 1_000_000) / 1_000)
        object["who"] = .string(entry.who)
        object["address"] = .string(entry.address)
        object["member"] = entry.member.map { .integer(Int64($0.rawValue)) } ?? .null
        object["room"] = .string(entry.room)
        object["command"] = .string(entry.command)
        object["door"] = .string(entry.door.rawValue)
        switch entry.result {
        case .done(let text):
            object["result"] = .string("done")
            object["reply"] = .string(text)
        case .refused(let reason):
            object["result"] = .string("refused")
            object["reply"] = .string(reason)
        }
        return JSON.object(object).text
    }
}
