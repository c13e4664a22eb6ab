import Foundation
import Native
import Server
import Testing
import Wire

/// One recording on a desk of its own, in virtual time.
final class Desk {
    let folder: SoundFolder
    let mix = RecordingRing()
    /// Where the mix went.
    private(set) var file: String?
    private(set) var report: RecordingReport?

    private let ticket = RecordingTicket(rawValue: 1)
    private var desk: RecordingDesk
    private var now = Instant(nanoseconds: 0)
    private let news = News()

    private final class News {
        var all: [RecordingWriter.News] = []
    }

    init(_ name: String, in folder: SoundFolder? = nil) throws {
        let folder = try folder ?? SoundFolder()
        self.folder = folder
        let news = news
        desk = RecordingDesk(folder: folder.path, bitrate: 48_000) { news.all.append($0) }
        order(.begin(ticket, name: name, room: "3500", startedAtUnix: 1_800_000_000, mix))
    }

    func order(_ order: RecordingOrder) {
        desk.carryOut(order, at: now)
        readNews()
    }

    func add(_ member: RecordedMember) -> RecordingRing {
        let ring = RecordingRing()
        order(.add(ticket, member, ring))
        return ring
    }

    func run(for seconds: Double) {
        now = now.advanced(by: .seconds(seconds))
        desk.advance(to: now)
        readNews()
    }

    func say(_ samples: [Int16], at place: Int) { mix.push(samples.span, at: place) }

    /// One tick of a room: a tone of that frequency in each track, 0 for silence, and the clock.
    func tick(_ place: Int, _ tracks: KeyValuePairs<RecordingRing, Double>) {
        for (ring, frequency) in tracks {
            if frequency > 0 { ring.push(tone(frequency, count: 960).span, at: place) }
            ring.advance(to: place + 1)
        }
        mix.advance(to: place + 1)
        if place % 10 == 9 { run(for: 0.2) }
    }

    func sound(_ name: String) throws -> [Int16] { try SoundFileReader.decode(folder.bytes(of: name)) }

    /// Where a tone begins on the clock of the mix, in samples, by the list's entry.
    func begin(of frequency: Double, in entry: JSON) throws -> Int {
        let samples = try sound("m/room.tracks/" + (entry["file"]?.string ?? ""))
        let begin = try #require(samples.firstIndex { $0 != 0 })
        #expect(amplitude(of: frequency, in: samples[begin..<begin + 900]) > 6000)
        // A sine begins with 0.
        return Int(((entry["start"]?.double ?? 0) * 48_000).rounded()) + begin - 1
    }

    private func readNews() {
        for item in news.all {
            switch item {
            case .began(_, let file): self.file = file
            case .ended(_, let report): self.report = report
            }
        }
        news.all = []
    }
}
