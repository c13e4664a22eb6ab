import Foundation
import Glibc
import Native
import Server
import Testing
import Wire

/// What is left of recordings when the process dies, or may write no more. Such things are done by a process of their
/// own: this program, with one test to run and an order for it in the environment.
struct RecordingCrashTests {
    @Test(arguments: ["wav", "opus"])
    func aProcessThatDiesLeavesAllButTheLastSecond(ending: String) throws {
        let folder = try SoundFolder()
        #expect(try run("die", ending, in: folder) == .signal(SIGKILL))
        for name in ["a.\(ending)", "a.tracks/01-1000.\(ending)"] {
            let samples = try SoundFileReader.decode(folder.bytes(of: name))
            // It died 5.9 seconds in.
            #expect(samples.count >= 5 * 48_000 - 1300 && samples.count < 6 * 48_000, "\(name)")
            #expect(amplitude(of: 500, in: samples[(samples.count - 9600)...]) > 7000, "\(name)")
        }
        let list = try folder.bytes(of: "a.tracks/index.json")
        #expect(String(decoding: list, as: UTF8.self).contains("01-1000.\(ending)"))
    }

    @Test(arguments: ["wav", "opus"])
    func aFullDiskEndsThatRecordingAndNoOther(ending: String) throws {
        let folder = try SoundFolder()
        #expect(try run("fill", ending, in: folder) == .exit(0))
        let samples = try SoundFileReader.decode(folder.bytes(of: "full/a.\(ending)"))
        #expect(samples.count >= 48_000 - 1300 && samples.count % 960 == 0 || ending == "opus")
        #expect(amplitude(of: 500, in: samples[..<9600]) > 7000)
        // A reader finds nothing but whole samples, although the disk was full in the middle of a write.
        #expect(try SoundFileReader.decode(folder.bytes(of: "fine/b.opus")).count == 10 * 48_000)
    }

    /// Does nothing unless it is told to by a test above.
    @Test func worker() throws {
        guard let order = Self.variable("PARLEY_RECORDING_ORDER"), let path = Self.variable("PARLEY_RECORDING_FOLDER"),
            let ending = Self.variable("PARLEY_RECORDING_ENDING")
        else { return }
        if order == "die" { try Self.die(in: path, ending) } else { try Self.fill(in: path, ending) }
    }

    // MARK: In the other process

    private static func die(in path: String, _ ending: String) throws {
        var desk = RecordingDesk(folder: path, bitrate: 48_000) { _ in }
        let recording = Loop(RecordingTicket(rawValue: 1), "a.\(ending)", &desk)
        let track = RecordingRing()
        let member = RecordedMember(number: 1, user: "1000@x", name: "Ann", call: "c")
        desk.carryOut(.add(recording.ticket, member, track), at: Loop.instant(0))
        for place in 0..<295 {
            let frame = tone(500, count: 960, from: place * 960)
            track.push(frame.span, at: place)
            track.advance(to: place + 1)
            recording.say(frame, at: place)
            if place % 10 == 9 { desk.advance(to: Loop.instant(place + 1)) }
        }
        kill(getpid(), SIGKILL)
    }

    /// The limit on the size of files is a disk that is full behind the second second of a WAV file.
    private static func fill(in path: String, _ ending: String) throws {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(2) }
        limit.rlim_cur = ending == "wav" ? 200_001 : 20_001
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(2) }
        var news: [RecordingWriter.News] = []
        var desk = RecordingDesk(folder: path, bitrate: 48_000) { news.append($0) }
        let full = Loop(RecordingTicket(rawValue: 1), "full/a.\(ending)", &desk)
        let fine = Loop(RecordingTicket(rawValue: 2), "fine/b.opus", &desk)
        for place in 0..<500 {
            full.say(tone(500, count: 960, from: place * 960), at: place)
            fine.ring.advance(to: place + 1)
            if place % 10 == 9 { desk.advance(to: Loop.instant(place + 1)) }
        }
        let failures = news.compactMap { item in
            if case .ended(let ticket, let report) = item { (ticket, report.failure) } else { nil }
        }
        guard failures.count == 1, failures[0].0 == full.ticket, failures[0].1 == "write: File too large",
            full.ring.isAbandoned, !fine.ring.isAbandoned
        else { exit(3) }
        fine.ring.close()
        desk.advance(to: Loop.instant(500))
        exit(0)
    }

    private struct Loop {
        let ticket: RecordingTicket
        let ring = RecordingRing()

        init(_ ticket: RecordingTicket, _ name: String, _ desk: inout RecordingDesk) {
            self.ticket = ticket
            desk.carryOut(.begin(ticket, name: name, room: "3500", startedAtUnix: 0, ring), at: Self.instant(0))
        }

        func say(_ frame: [Int16], at place: Int) {
            ring.push(frame.span, at: place)
            ring.advance(to: place + 1)
        }

        static func instant(_ frames: Int) -> Instant { Instant(nanoseconds: Int64(frames) * 20_000_000) }
    }

    // MARK: The other process

    private enum End: Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    private func run(_ order: String, _ ending: String, in folder: SoundFolder) throws -> End {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--filter", "RecordingCrashTests.worker"]
        process.environment = ProcessInfo.processInfo.environment.merging([
            "PARLEY_RECORDING_ORDER": order, "PARLEY_RECORDING_FOLDER": folder.path,
            "PARLEY_RECORDING_ENDING": ending,
        ]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let isExit = process.terminationReason == .exit
        return isExit ? .exit(process.terminationStatus) : .signal(process.terminationStatus)
    }

    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
}
