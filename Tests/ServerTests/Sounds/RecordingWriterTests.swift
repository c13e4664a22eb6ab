import Foundation
import Native
import Server
import Synchronization
import Testing

/// The thread, with the clock on the wall; what is written is tested with ``RecordingTests``.
struct RecordingWriterTests {
    @Test func recordsAreWrittenBehindTheMixersBack() async throws {
        let folder = try SoundFolder()
        let (news, tell) = AsyncStream.makeStream(of: RecordingWriter.News.self)
        let writer = RecordingWriter(folder: folder.path) { tell.yield($0) }
        let (ticket, ring) = writer.begin("a.wav", room: "3500", startedAtUnix: 0)
        let track = writer.add(RecordedMember(number: 1, user: "1000@x", name: "Ann", call: "c"), to: ticket)
        for place in 0..<50 {
            ring.push(tone(440, count: 960).span, at: place)
            ring.advance(to: place + 1)
            track.advance(to: place + 1)
        }
        ring.close()
        let file = folder.path + "/a.wav"
        var iterator = news.makeAsyncIterator()
        #expect(await iterator.next() == .began(ticket, file: file))
        let report = RecordingReport(file: file, duration: .seconds(1), failure: nil, droppedFrames: 0)
        #expect(await iterator.next() == .ended(ticket, report))
        #expect(try SoundFileReader.decode(folder.bytes(of: "a.wav")).count == 48_000)
        await writer.close()
    }

    @Test func closingCompletesWhatRuns() async throws {
        let folder = try SoundFolder()
        let counter = Counter()
        let writer = RecordingWriter(folder: folder.path) { news in
            if case .ended = news { counter.add() }
        }
        let rings = (0..<5).map { writer.begin("\($0).opus", room: "r", startedAtUnix: 0).ring }
        for ring in rings { ring.advance(to: 10) }
        await writer.close()
        #expect(counter.count == 5 && rings.allSatisfy(\.isAbandoned))
        for number in 0..<5 { #expect(try SoundFileReader.decode(folder.bytes(of: "\(number).opus")).count == 9600) }
        // Afterwards nothing is taken, and nobody waits.
        #expect(writer.begin("late.opus", room: "r", startedAtUnix: 0).ring.isAbandoned)
        await writer.close()
    }

    @Test func manyTracksOfManyRecordings() async throws {
        let folder = try SoundFolder()
        let counter = Counter()
        let writer = RecordingWriter(folder: folder.path) { news in
            if case .ended(_, let report) = news, report.failure == nil { counter.add() }
        }
        for number in 0..<8 {
            let (ticket, ring) = writer.begin("r\(number).opus", room: "r", startedAtUnix: 0)
            for member in 0..<8 {
                let track = writer.add(
                    RecordedMember(number: member, user: "\(member)@x", name: "M", call: "c\(member)"), to: ticket)
                track.push(tone(440, count: 960).span, at: 0)
                track.advance(to: 1)
            }
            ring.advance(to: 1)
        }
        await writer.close()
        #expect(counter.count == 8)
        #expect(folder.names.count == 8 + 8 * 9)
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        var count: Int { value.withLock { $0 } }
        func add() { value.withLock { $0 += 1 } }
    }
}
