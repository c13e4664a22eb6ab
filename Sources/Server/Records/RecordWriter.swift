import Logging
import Synchronization

/// Writes records to the files of the days and to the database, each of which may fail alone.
final class RecordWriter: Sendable {
    private struct State {
        var isOpen = false
        var database: RecordDatabase?
        /// Unix seconds before which a database that failed is not tried again.
        var nextAttempt: Int64 = 0
        /// The day for which old records were removed.
        var cleanDay = ""
        var failing: Set<Part> = []
    }

    private enum Part: String { case file, database, document }

    private let files: RecordFiles
    private let keepDays: Int
    private let log: Logger
    /// Only ever used by one batch at a time.
    private let state = Mutex(State())

    init(files: RecordFiles, keepDays: Int, log: Logger) {
        self.files = files
        self.keepDays = keepDays
        self.log = log
    }

    func carryOut(_ orders: [CallRecords.Order]) {
        let now = MonotonicClock.unixNanoseconds / 1_000_000_000
        let day = RecordFiles.day(ofUnixSeconds: now)
        let records = orders.compactMap { order in
            if case .write(let entry, let settle) = order { (entry: entry, settle: settle) } else { nil }
        }
        let outcome = state.withLock { state in
            open(&state, now: now)
            return write(records.map(\.entry), day: day, &state, now: now)
        }
        for record in records { record.settle(outcome) }
        // Nobody waits for this.
        state.withLock { state in
            for order in orders { finish(order, &state) }
            removeOld(day: day, now: now, &state)
        }
    }

    private func finish(_ order: CallRecords.Order, _ state: inout State) {
        switch order {
        case .open, .write: break
        case .document(let document, let folder):
            _ = attempt(.document, &state) { try files.write(document, to: folder) }
        case .close:
            try? state.database?.close()
            state.database = nil
        }
    }

    private func write(_ entries: [RecordEntry], day: String, _ state: inout State, now: Int64) -> RecordOutcome {
        guard !entries.isEmpty else { return .written }
        let isInFile = attempt(.file, &state) { try files.append(entries, day: day) } != nil
        guard let database = state.database else { return isInFile ? .written : .lost }
        let isInDatabase = attempt(.database, &state) { try database.write(entries) } != nil
        if !isInDatabase {
            // Whatever it is, a new connection may mend it: what the file has is then given to it again.
            state.database = nil
            state.nextAttempt = now + Self.pause
        }
        return isInFile || isInDatabase ? .written : .lost
    }

    /// Makes folder and database, and gives the database what a crash kept from it.
    private func open(_ state: inout State, now: Int64) {
        if !state.isOpen { state.isOpen = attempt(.file, &state) { try files.make() } != nil }
        guard state.isOpen, state.database == nil, now >= state.nextAttempt else { return }
        state.nextAttempt = now + Self.pause
        state.database = attempt(.database, &state) {
            // SQLite gives its other files the mode of this one.
            _ = try AppendFile(files.databasePath)
            let database = try RecordDatabase(path: files.databasePath)
            try mend(database)
            return database
        }
    }

    /// The files of the last two days are looked through: a database is not kept waiting for longer.
    private func mend(_ database: RecordDatabase) throws {
        let newest = try database.newest()
        for day in files.days.suffix(2) {
            let missing = files.entries(of: day).filter { $0.id > newest }
            if !missing.isEmpty { try database.write(missing) }
        }
    }

    private func removeOld(day: String, now: Int64, _ state: inout State) {
        guard keepDays > 0, state.cleanDay != day else { return }
        state.cleanDay = day
        let limit = now - Int64(keepDays) * 86_400
        for old in files.days where old < RecordFiles.day(ofUnixSeconds: limit) { files.remove(day: old) }
        guard let database = state.database else { return }
        _ = attempt(.database, &state) { try database.remove(before: limit * 1_000_000) }
    }

    /// Logs the first failure after a success, and the first success after a failure.
    private func attempt<Result>(_ part: Part, _ state: inout State, _ body: () throws -> Result) -> Result? {
        do {
            let result = try body()
            if state.failing.remove(part) != nil {
                log.notice("records are written again", metadata: ["to": "\(part.rawValue)"])
            }
            return result
        } catch {
            if state.failing.insert(part).inserted {
                log.error(
                    "records cannot be written",
                    metadata: ["to": "\(part.rawValue)", "folder": "\(files.folder)", "reason": "\(error)"])
            }
            return nil
        }
    }

    /// Seconds before a database that failed is opened again.
    private static let pause: Int64 = 30
}
