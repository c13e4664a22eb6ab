import Glibc
import Synchronization

/// Appends lines to a file from a thread of its own, so that nobody waits for the disk.
///
/// At most ``mostWaiting`` lines wait; beyond that they are dropped and counted, and the count is written when there is
/// room again. A line is written whole or not at all.
final class LineLog: Sendable {
    private let path: String
    private let lines: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation
    private let dropped = Atomic<Int>(0)

    init(path: String) {
        self.path = path
        (lines, continuation) = AsyncStream.makeStream(
            of: String.self, bufferingPolicy: .bufferingOldest(Self.mostWaiting))
    }

    func append(_ line: String) {
        if case .dropped = continuation.yield(line) { dropped.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Lines that found no room.
    var lost: Int { dropped.load(ordering: .relaxed) }

    /// Writes until ``finish()``. The file is opened for every line: it may be rotated away at any time.
    func run() async {
        for await line in lines {
            let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                dropped.wrappingAdd(1, ordering: .relaxed)
                continue
            }
            var bytes = Array(line.utf8)
            bytes.append(UInt8(ascii: "\n"))
            let written = unsafe write(descriptor, bytes, bytes.count)
            if written != bytes.count { dropped.wrappingAdd(1, ordering: .relaxed) }
            close(descriptor)
        }
    }

    func finish() { continuation.finish() }

    private static let mostWaiting = 4_096
}
