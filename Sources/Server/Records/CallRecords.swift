package import Calls
package import Conference
package import Logging
import NIOCore
import NIOPosix
import Synchronization

/// What became of a record.
package enum RecordOutcome: Hashable, Sendable {
    /// It outlives the server: its line is synced to the disk, or the database has committed it when the file did not
    /// take it. (The database itself syncs later: what it lacks after a power failure it is given again from the files.)
    case written
    /// Still being written after ``CallRecords/Settings/patience``: calls do not wait any longer. It may yet be written.
    case overdue
    /// Neither file nor database took it, or too many were waiting.
    case lost
}

/// The records of calls and conferences (CDR): JSON lines, a file a day, and SQLite beside them.
///
/// Whoever ends a call waits for its record, a few milliseconds, but never longer than the patience. One thread writes,
/// everything that waits at once: one write and one sync of the file, then one transaction. At most ``mostWaiting``
/// records wait. What the disk does not take is counted and logged, and stops nothing.
package final class CallRecords: Sendable {
    package struct Settings: Sendable {
        /// Where the files are; `nil` keeps no records.
        package var folder: String?
        /// Days after which records are removed; 0 keeps them.
        package var keepDays = 0
        /// `cdr-log-dir` by profile: folders for documents as FreeSWITCH writes them.
        package var documents: [String: String] = [:]
        /// How long the end of a call waits for its record.
        package var patience: Duration = .seconds(2)
        /// Unix time at the zero of the switchboard's clock, in nanoseconds.
        package var clockZero: Int64 = 0

        package init(folder: String?) { self.folder = folder }
    }

    /// For `/metrics`.
    package struct Figures: Hashable, Sendable {
        package var written = 0
        package var overdue = 0
        package var lost = 0

        package init(written: Int = 0, overdue: Int = 0, lost: Int = 0) {
            (self.written, self.overdue, self.lost) = (written, overdue, lost)
        }
    }

    /// What the writing thread is told.
    enum Order: Sendable {
        /// Make ready, so that what is wrong with the folder is known before the first call ends.
        case open
        /// Write the record, and tell whoever waits.
        case write(RecordEntry, settle: @Sendable (RecordOutcome) -> Void)
        /// Write a document of its own, in this folder.
        case document(ConferenceDocument, folder: String)
        /// Nothing more will come.
        case close
    }

    private let settings: Settings
    private let queue: FileQueue<Order>?
    private let counts = Mutex(Figures())
    private let lastID = Mutex<Int64>(0)

    package init(_ settings: Settings, log: Logger = Logger(label: "records") { _ in SwiftLogNoOpLogHandler() }) {
        self.settings = settings
        queue = settings.folder.map { folder in
            let writer = RecordWriter(files: RecordFiles(folder: folder), keepDays: settings.keepDays, log: log)
            return FileQueue("call records", limit: Self.mostWaiting) { writer.carryOut($0) }
        }
        _ = queue?.append(.open)
    }

    package var figures: Figures { counts.withLock { $0 } }

    /// Returns when the record is as safe as ``RecordOutcome/written`` says, or with the reason why nobody waits for it.
    @discardableResult package func write(_ record: CallRecord) async -> RecordOutcome {
        await withCheckedContinuation { continuation in
            submit(record) { continuation.resume(returning: $0) }
        }
    }

    @discardableResult package func write(_ record: ConferenceRecord) async -> RecordOutcome {
        await withCheckedContinuation { continuation in
            submit(record) { continuation.resume(returning: $0) }
        }
    }

    /// Like ``write(_:)`` for who cannot wait: `then` is called exactly once, on another thread or at once, and must not
    /// wait for anything.
    package func submit(_ record: CallRecord, then: @escaping @Sendable (RecordOutcome) -> Void) {
        submit(RecordEntry(record, clockZero: settings.clockZero), then)
    }

    package func submit(_ record: ConferenceRecord, then: @escaping @Sendable (RecordOutcome) -> Void) {
        if let folder = settings.documents[record.profile],
            let document = ConferenceDocument(record, hostname: RecordEntry.hostname)
        {
            _ = queue?.append(.document(document, folder: folder))
        }
        submit(RecordEntry(record), then)
    }

    /// Takes nothing more, and returns once everything is written.
    package func close() async {
        _ = queue?.append(.close)
        await queue?.close()
    }

    private func submit(_ entry: RecordEntry, _ then: @escaping @Sendable (RecordOutcome) -> Void) {
        guard let queue else { return then(.written) }
        var entry = entry
        entry.id = nextID()
        let waiter = Waiter(then)
        let isTaken = queue.append(
            .write(entry) { [self] outcome in
                count(outcome)
                waiter.tell(outcome)
            })
        guard isTaken else {
            count(.lost)
            return waiter.tell(.lost)
        }
        waiter.startAlarm(after: settings.patience) { [self] in count(.overdue) }
    }

    private func count(_ outcome: RecordOutcome) {
        counts.withLock { counts in
            switch outcome {
            case .written: counts.written += 1
            case .overdue: counts.overdue += 1
            case .lost: counts.lost += 1
            }
        }
    }

    /// Unix time in microseconds, made unique.
    private func nextID() -> Int64 {
        let now = MonotonicClock.unixNanoseconds / 1_000
        return lastID.withLock { last in
            last = max(last + 1, now)
            return last
        }
    }

    private static let mostWaiting = 8_192
}

/// Tells one who waits, once.
private final class Waiter: Sendable {
    private struct State {
        var then: (@Sendable (RecordOutcome) -> Void)?
        var alarm: Scheduled<Void>?
    }

    private let state: Mutex<State>

    init(_ then: @escaping @Sendable (RecordOutcome) -> Void) { state = Mutex(State(then: then)) }

    func tell(_ outcome: RecordOutcome) {
        let (then, alarm) = take()
        alarm?.cancel()
        then?(outcome)
    }

    /// Unless somebody is told before, says ``RecordOutcome/overdue`` and calls `rang`.
    func startAlarm(after patience: Duration, rang: @escaping @Sendable () -> Void) {
        let alarm = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(patience)) { [self] in
            guard let then = take().then else { return }
            rang()
            then(.overdue)
        }
        let isTold = state.withLock { state in
            if state.then != nil { state.alarm = alarm }
            return state.then == nil
        }
        if isTold { alarm.cancel() }
    }

    private func take() -> (then: (@Sendable (RecordOutcome) -> Void)?, alarm: Scheduled<Void>?) {
        state.withLock { state in
            defer { state = State() }
            return (state.then, state.alarm)
        }
    }
}
