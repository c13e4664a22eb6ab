package import Wire

/// What is kept of calls and conferences: the columns of the two tables, which are also the members of the JSON lines.
package enum RecordTable: String, Sendable, CaseIterable {
    case calls
    case conferences

    enum Kind: String, Sendable {
        case integer = "INTEGER"
        case real = "REAL"
        case text = "TEXT"
        /// 0 or 1 in the database.
        case flag = "BOOLEAN"
        /// An array or an object, as JSON text in the database.
        case json = "JSON"
    }

    /// The word for one of them in a line's `record`.
    var word: String {
        switch self {
        case .calls: "call"
        case .conferences: "conference"
        }
    }

    /// Behind `id`, microseconds of Unix time at which the record was made, no two the same. Times are Unix seconds.
    var columns: [(name: String, kind: Kind)] {
        switch self {
        case .calls:
            [
                ("uuid", .text), ("direction", .text), ("user", .text), ("caller_id_name", .text),
                ("caller_id_number", .text), ("callee_id_name", .text), ("callee_id_number", .text),
                ("destination", .text), ("context", .text), ("network_address", .text), ("start", .real),
                ("answer", .real), ("end", .real), ("duration", .real), ("billed", .real), ("cause", .text),
                ("cause_code", .integer), ("bridged_uuid", .text), ("last_application", .text), ("conference", .text),
            ]
        case .conferences:
            [
                ("uuid", .text), ("name", .text), ("domain", .text), ("profile", .text), ("hostname", .text),
                ("rate", .integer), ("interval", .integer), ("start", .real), ("end", .real), ("duration", .real),
                ("forced_end", .flag), ("most_members", .integer), ("members", .json), ("rejected", .json),
                ("recordings", .json),
            ]
        }
    }

    /// Columns that records are looked up by.
    var indexed: [String] {
        switch self {
        case .calls: ["start", "uuid", "user", "conference"]
        case .conferences: ["start", "uuid", "name"]
        }
    }
}

/// One record, ready to be written: its values by the names of its table's columns.
package struct RecordEntry: Sendable, Equatable {
    package let table: RecordTable
    /// Microseconds of Unix time.
    package internal(set) var id: Int64
    /// Absent and `null` are the same.
    package let values: JSONObject

    package init(_ table: RecordTable, id: Int64 = 0, values: JSONObject) {
        (self.table, self.id, self.values) = (table, id, values)
    }

    /// The line of the file, without its line feed.
    package var line: String {
        var object: JSONObject = ["record": .string(table.word), "id": .integer(id)]
        for (name, _) in table.columns { object[name] = values[name] ?? .null }
        return JSON.object(object).text
    }

    /// Reads a line of the file; `nil` when it is none.
    package init?(line: [UInt8]) {
        guard let object = (try? JSON(parsing: line))?.object, let word = object["record"]?.string,
            let table = RecordTable.allCases.first(where: { $0.word == word }), let id = object["id"]?.int
        else { return nil }
        self.init(table, id: Int64(id), values: object)
    }
}
