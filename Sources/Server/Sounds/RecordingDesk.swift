import Dispatch
import Native
package import Wire

/// All running recordings, on the thread that writes them.
package struct RecordingDesk {
    private let folder: String
    private let bitrate: Int
    private let tell: (RecordingWriter.News) -> Void
    private var running: [(ticket: RecordingTicket, recording: Recording)] = []

    package init(folder: String, bitrate: Int, tell: @escaping (RecordingWriter.News) -> Void) {
        self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        self.bitrate = bitrate
        self.tell = tell
    }

    /// Works until it is told to close.
    mutating func work(_ inbox: RecordingInbox) {
        while true {
            for order in inbox.take(within: running.isEmpty ? .never : Self.interval) {
                guard case .close(let waiter) = order else {
                    carryOut(order, at: MonotonicClock.now)
                    continue
                }
                endAll()
                waiter?.resume()
                return
            }
            advance(to: MonotonicClock.now)
        }
    }

    package mutating func carryOut(_ order: RecordingOrder, at now: Instant) {
        switch order {
        case .begin(let ticket, let name, let room, let started, let ring):
            begin(ticket, name, room, started, ring, at: now)
        case .add(let ticket, let member, let ring): add(member, to: ticket, ring)
        case .close: endAll()
        }
    }

    package mutating func advance(to now: Instant) {
        for (ticket, recording) in running { settle(ticket, recording, recording.advance(to: now)) }
    }

    private mutating func endAll() {
        for (ticket, recording) in running { settle(ticket, recording, recording.end()) }
    }

    private mutating func begin(
        _ ticket: RecordingTicket, _ name: String, _ room: String, _ started: Int, _ ring: RecordingRing,
        at now: Instant
    ) {
        guard running.count < Self.mostRecordings else {
            return refuse(ticket, name, ring, "more than \(Self.mostRecordings) recordings at a time")
        }
        guard let plan = RecordingPlan(name, room: room, startedAtUnix: started, below: folder) else {
            return refuse(ticket, name, ring, "not a name for a new file in the folder of recordings")
        }
        do throws(FileError) {
            running.append((ticket, try Recording(plan, ring, bitrate: bitrate, at: now)))
            tell(.began(ticket, file: plan.file))
        } catch {
            refuse(ticket, plan.file, ring, error.description)
        }
    }

    private func refuse(_ ticket: RecordingTicket, _ file: String, _ ring: RecordingRing, _ failure: String) {
        ring.abandon()
        tell(.ended(ticket, RecordingReport(file: file, duration: .zero, failure: failure, droppedFrames: 0)))
    }

    private mutating func add(_ member: RecordedMember, to ticket: RecordingTicket, _ ring: RecordingRing) {
        guard let recording = running.first(where: { $0.ticket == ticket })?.recording else { return ring.abandon() }
        do throws(FileError) {
            try recording.add(member, ring)
        } catch {
            ring.abandon()
            settle(ticket, recording, recording.fail(error))
        }
    }

    private mutating func settle(
        _ ticket: RecordingTicket, _ recording: Recording, _ progress: Recording.Progress
    ) {
        guard case .ended(let failure) = progress else { return }
        running.removeAll { $0.ticket == ticket }
        let duration: Duration = .milliseconds(recording.length * 20)
        tell(
            .ended(
                ticket,
                RecordingReport(
                    file: recording.plan.file, duration: duration, failure: failure,
                    droppedFrames: recording.dropped)))
    }

    /// How long frames wait in their rings.
    private static let interval: DispatchTimeInterval = .milliseconds(200)
    private static let mostRecordings = 200
}
