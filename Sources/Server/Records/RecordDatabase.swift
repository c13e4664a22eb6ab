import Foundation
import GRDB
import Wire

/// The records in SQLite: one writer, and readers that never wait for it (WAL).
final class RecordDatabase: Sendable {
    private let pool: DatabasePool

    /// Opens the file, or makes it.
    init(path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.label = "parley records"
        configuration.maximumReaderCount = 2
        configuration.busyMode = .timeout(2)
        pool = try DatabasePool(path: path, configuration: configuration)
        try Self.migrator.migrate(pool)
    }

    /// Writes all entries in one transaction; those that are there already stay as they are.
    func write(_ entries: [RecordEntry]) throws {
        try pool.write { database in
            for entry in entries {
                let statement = try database.cachedStatement(sql: Self.insertion(entry.table))
                try statement.execute(arguments: StatementArguments(Self.values(of: entry)))
            }
        }
    }

    /// The `id` of the newest record; 0 when there is none.
    func newest() throws -> Int64 {
        try pool.read { database in
            try RecordTable.allCases.compactMap {
                try Int64.fetchOne(database, sql: "SELECT max(id) FROM \($0.rawValue)")
            }.max() ?? 0
        }
    }

    /// Removes what was made before `id`.
    func remove(before id: Int64) throws {
        try pool.write { database in
            for table in RecordTable.allCases {
                try database.execute(sql: "DELETE FROM \(table.rawValue) WHERE id < ?", arguments: [id])
            }
        }
    }

    func close() throws { try pool.close() }

    // MARK: SQL

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            for table in RecordTable.allCases {
                let columns = table.columns.map { "\"\($0.name)\" \($0.kind == .json ? "TEXT" : $0.kind.rawValue)" }
                try database.execute(
                    sql: "CREATE TABLE \(table.rawValue) (id INTEGER PRIMARY KEY, \(columns.joined(separator: ", ")))")
                for column in table.indexed {
                    try database.execute(
                        sql: "CREATE INDEX \(table.rawValue)_\(column) ON \(table.rawValue) (\"\(column)\")")
                }
            }
        }
        return migrator
    }

    private static func insertion(_ table: RecordTable) -> String {
        let names = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
        let places = Array(repeating: "?", count: table.columns.count + 1).joined(separator: ", ")
        return "INSERT OR IGNORE INTO \(table.rawValue) (id, \(names)) VALUES (\(places))"
    }

    private static func values(of entry: RecordEntry) -> [(any DatabaseValueConvertible)?] {
        [entry.id] + entry.table.columns.map { value(entry.values[$0.name] ?? .null) }
    }

    private static func value(_ json: JSON) -> (any DatabaseValueConvertible)? {
        switch json {
        case .null: nil
        case .bool(let flag): flag ? 1 : 0
        case .integer(let number): number
        case .number(let number): number
        case .string(let text): text
        case .array, .object: json.text
        }
    }
}

/// Reads records beside a running server, or without one: `parley records`.
package struct RecordReader {
    private let queue: DatabaseQueue

    /// What to read, newest first.
    package struct Query: Sendable {
        package var table = RecordTable.calls
        /// Unix seconds of the start, both inclusive.
        package var since: Double?
        package var until: Double?
        package var limit = 1_000

        package init() {}
    }

    /// - Parameter folder: The folder of records.
    /// - Throws: ``StartFailure`` when there are none.
    package init(folder: String) throws {
        let path = folder + "/" + RecordFiles.databaseName
        guard FileManager.default.fileExists(atPath: path) else {
            throw StartFailure("there are no records in \(folder)")
        }
        var configuration = GRDB.Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw StartFailure("\(path): \(error)")
        }
    }

    /// The records from the oldest to the newest of those asked for.
    package func records(_ query: Query) throws -> [RecordEntry] {
        var conditions: [String] = []
        var arguments: [any DatabaseValueConvertible] = []
        if let since = query.since {
            conditions.append("start >= ?")
            arguments.append(since)
        }
        if let until = query.until {
            conditions.append("start <= ?")
            arguments.append(until)
        }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        arguments.append(query.limit)
        let sql = "SELECT * FROM \(query.table.rawValue)\(filter) ORDER BY id DESC LIMIT ?"
        let rows = try queue.read { [arguments] database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map {
                Self.entry($0, in: query.table)
            }
        }
        return rows.reversed()
    }

    private static func entry(_ row: Row, in table: RecordTable) -> RecordEntry {
        var values = JSONObject()
        for (name, kind) in table.columns { values[name] = value(row[name], kind) }
        return RecordEntry(table, id: row["id"] ?? 0, values: values)
    }

    private static func value(_ value: DatabaseValue?, _ kind: RecordTable.Kind) -> JSON {
        guard let value, !value.isNull else { return .null }
        switch kind {
        case .flag:
            guard let flag = Bool.fromDatabaseValue(value) else { return .null }
            return .bool(flag)
        case .integer:
            guard let number = Int64.fromDatabaseValue(value) else { return .null }
            return .integer(number)
        case .real:
            guard let number = Double.fromDatabaseValue(value) else { return .null }
            return .number(number)
        case .text:
            guard let text = String.fromDatabaseValue(value) else { return .null }
            return .string(text)
        case .json:
            guard let text = String.fromDatabaseValue(value), let json = try? JSON(parsing: text) else { return .null }
            return json
        }
    }
}
