package import Logging
import Synchronization
package import Verto
package import Wire

/// The audit log: append-only JSON lines, each with a number and the hash of the one before (``AuditChain``).
///
/// Nobody waits for it: lines are written and synced by a thread of its own, all that wait at once. At most
/// ``mostWaiting`` wait; beyond that, and while the disk takes nothing, lines are lost and counted, and the first line
/// after that says how many.
package final class AuditLog: Sendable {
    private let queue: FileQueue<JSONObject>?
    private let loss: Loss

    /// - Parameter path: `nil` keeps no log.
    package init(path: String?, log: Logger = Logger(label: "audit") { _ in SwiftLogNoOpLogHandler() }) {
        let loss = Loss()
        self.loss = loss
        queue = path.map { path in
            FileQueue("audit log", limit: Self.mostWaiting) { Self.write($0, to: AuditFile(path: path), loss, log) }
        }
    }

    package func append(_ entry: AuditEntry) { append(AuditLine.object(entry, at: MonotonicClock.unixNanoseconds)) }

    /// Appends what is no command of a client: the names `seq`, `prev` and `hash` are taken.
    package func append(_ content: JSONObject) {
        if queue?.append(content) == false { loss.add(1) }
    }

    /// Lines that found no room or no disk.
    package var lost: Int { loss.total }

    /// Takes nothing more, and returns once everything is written.
    package func close() async { await queue?.close() }

    private static func write(_ contents: [JSONObject], to file: AuditFile, _ loss: Loss, _ log: Logger) {
        let unsaid = loss.takeUnsaid()
        let notice = unsaid > 0 ? [AuditLine.lost(unsaid, at: MonotonicClock.unixNanoseconds)] : []
        do throws(FileError) {
            for finding in try file.write(notice + contents) { report(finding, log) }
            if loss.ends() { log.notice("the audit log is written again", metadata: ["lost": "\(loss.total)"]) }
        } catch {
            loss.add(contents.count, unsaid: contents.count + unsaid)
            guard loss.begins() else { return }
            log.error("the audit log cannot be written", metadata: ["file": "\(file.path)", "reason": "\(error)"])
        }
    }

    private static func report(_ finding: AuditFile.Finding, _ log: Logger) {
        switch finding {
        case .tornLine(let bytes):
            log.warning("the audit log ended in half a line", metadata: ["bytes": "\(bytes)"])
        case .missingLines(let count):
            log.error("lines are missing at the end of the audit log", metadata: ["lines": "\(count)"])
        }
    }

    private static let mostWaiting = 4_096
}

/// Counts what is lost, and knows what has not been said in the log itself yet.
private final class Loss: Sendable {
    private struct State {
        var total = 0
        var unsaid = 0
        var isFailing = false
    }

    private let state = Mutex(State())

    var total: Int { state.withLock(\.total) }

    func add(_ count: Int) { add(count, unsaid: count) }

    func add(_ count: Int, unsaid: Int) {
        state.withLock {
            $0.total += count
            $0.unsaid += unsaid
        }
    }

    func takeUnsaid() -> Int {
        state.withLock { state in
            defer { state.unsaid = 0 }
            return state.unsaid
        }
    }

    /// True for the first failure after a success.
    func begins() -> Bool { change(to: true) }
    /// True for the first success after a failure.
    func ends() -> Bool { change(to: false) }

    private func change(to isFailing: Bool) -> Bool {
        state.withLock { state in
            defer { state.isFailing = isFailing }
            return state.isFailing != isFailing
        }
    }
}
