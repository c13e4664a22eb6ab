import Dispatch
import Foundation
package import Native
import Synchronization

/// One recording of one room, unique in the server.
package struct RecordingTicket: Hashable, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }
}

/// What became of a recording.
package struct RecordingReport: Hashable, Sendable {
    /// Where it is, or was to be.
    package var file: String
    package var duration: Duration
    /// Why it ended before it was closed, as "write: No space left on device".
    package var failure: String?
    /// Frames of 20 ms, of all tracks, for which the disk was too slow: they are silence.
    package var droppedFrames: Int

    package init(file: String, duration: Duration, failure: String?, droppedFrames: Int) {
        (self.file, self.duration) = (file, duration)
        (self.failure, self.droppedFrames) = (failure, droppedFrames)
    }
}

/// Writes what rooms record, on a thread of its own: a full or slow disk never holds a mixer up.
///
/// The mixer puts frames into rings; five times a second the thread takes them, encodes them and writes them, and once a
/// second it waits until the disk has them. A ring holds ten seconds, so that is how long a disk may take.
///
/// A recording is a file of the mix, Ogg Opus or WAV by its ending, and with tracks a folder beside it: `a.opus` has
/// `a.tracks` with a file for each member and `index.json`, which says whose they are and where on the clock of the mix
/// each begins. Nothing is ever overwritten: when there is an `a.opus`, the next is `a-2.opus`.
package final class RecordingWriter: Sendable {
    package enum News: Hashable, Sendable {
        /// The file is there.
        case began(RecordingTicket, file: String)
        /// Nothing more is written.
        case ended(RecordingTicket, RecordingReport)
    }

    private let inbox = RecordingInbox()
    private let lastTicket = Atomic<Int>(0)

    /// - Parameters:
    ///   - folder: Everything is written below it.
    ///   - bitrate: Of Opus, in bits per second.
    ///   - tell: Called on the writing thread.
    package init(folder: String, bitrate: Int = 48_000, tell: @escaping @Sendable (News) -> Void) {
        let inbox = inbox
        let thread = Thread {
            var desk = RecordingDesk(folder: folder, bitrate: bitrate, tell: tell)
            desk.work(inbox)
        }
        thread.name = "recordings"
        thread.start()
    }

    deinit { inbox.append(.close(nil)) }

    /// Begins a recording. The file is made by the thread; ``News`` says where, or why not.
    ///
    /// - Parameters:
    ///   - name: As `meetings/monday.opus`, below the folder.
    ///   - room: For the file's title.
    ///   - startedAtUnix: Seconds since 1970.
    /// - Returns: The ring for the mix. Closing it ends the recording.
    package func begin(
        _ name: String, room: String, startedAtUnix: Int
    ) -> (ticket: RecordingTicket, ring: RecordingRing) {
        let ticket = RecordingTicket(rawValue: lastTicket.wrappingAdd(1, ordering: .relaxed).newValue)
        let ring = RecordingRing()
        inbox.append(.begin(ticket, name: name, room: room, startedAtUnix: startedAtUnix, ring))
        return (ticket, ring)
    }

    /// Adds a member's own track. Closing its ring ends the track alone.
    package func add(_ member: RecordedMember, to ticket: RecordingTicket) -> RecordingRing {
        let ring = RecordingRing()
        inbox.append(.add(ticket, member, ring))
        return ring
    }

    /// Ends all recordings, and returns once their files are complete.
    package func close() async {
        await withCheckedContinuation { inbox.append(.close($0)) }
    }
}

/// What the thread is told.
package enum RecordingOrder: Sendable {
    case begin(RecordingTicket, name: String, room: String, startedAtUnix: Int, RecordingRing)
    case add(RecordingTicket, RecordedMember, RecordingRing)
    case close(CheckedContinuation<Void, Never>?)
}

/// Orders on their way to the thread, which sleeps in between.
final class RecordingInbox: Sendable {
    private struct State {
        var waiting: [RecordingOrder] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    func append(_ order: RecordingOrder) {
        let isTaken = state.withLock { state in
            guard !state.isClosed else { return false }
            state.waiting.append(order)
            if case .close = order { state.isClosed = true }
            return true
        }
        guard isTaken else { return order.refuse() }
        wake.signal()
    }

    /// What has come, once something has or the time is over.
    func take(within time: DispatchTimeInterval) -> [RecordingOrder] {
        _ = wake.wait(timeout: time == .never ? .distantFuture : .now() + time)
        return state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}

extension RecordingOrder {
    /// The thread has ended.
    fileprivate func refuse() {
        switch self {
        case .begin(_, _, _, _, let ring), .add(_, _, let ring): ring.abandon()
        case .close(let waiter): waiter?.resume()
        }
    }
}
