import Foundation
import Native
import Server
import Testing
import Wire

/// What is written, frame by frame, in virtual time.
struct RecordingTests {
    @Test func aWAVFileHasWhatWasSaidWhereItWasSaid() throws {
        let desk = try Desk("a.wav")
        let said = tone(440, count: 960)
        desk.say(said, at: 3)
        desk.say(said, at: 10)
        desk.mix.advance(to: 20)
        desk.mix.close()
        desk.run(for: 1)
        var expected = [Int16](repeating: 0, count: 20 * 960)
        for place in [3, 10] { expected.replaceSubrange(place * 960..<(place + 1) * 960, with: said) }
        #expect(try desk.sound("a.wav") == expected)
        #expect(desk.report?.failure == nil && desk.report?.duration == .milliseconds(400))
    }

    /// Codec and container are late by 6.5 ms, and say so: what comes out begins where it went in.
    @Test func anOpusFileIsNotLate() throws {
        let desk = try Desk("a.opus")
        for place in 0..<250 {
            if (100..<150).contains(place) { desk.say(tone(1000, count: 960, from: place * 960), at: place) }
            desk.mix.advance(to: place + 1)
            if place % 10 == 9 { desk.run(for: 0.2) }
        }
        desk.mix.close()
        desk.run(for: 0.2)
        let samples = try desk.sound("a.opus")
        #expect(samples.count == 250 * 960)
        #expect(amplitude(of: 1000, in: samples[(105 * 960)..<(145 * 960)]) > 7000)
        #expect(samples[..<(98 * 960)].allSatisfy { abs(Int($0)) < 100 })
        #expect(samples[(155 * 960)...].allSatisfy { abs(Int($0)) < 100 })
        let begin = try #require(samples.firstIndex { abs(Int($0)) > 3000 })
        #expect(abs(begin - 100 * 960) < 240)
    }

    @Test(arguments: ["wav", "opus"])
    func everySecondIsAFile(ending: String) throws {
        let desk = try Desk("a.\(ending)")
        for second in 1...5 {
            for place in (second - 1) * 50..<second * 50 {
                desk.say(tone(500, count: 960, from: place * 960), at: place)
            }
            desk.mix.advance(to: second * 50)
            desk.run(for: 1)
            // The last packet of Opus waits for the next one.
            let samples = try desk.sound("a.\(ending)")
            #expect(samples.count >= second * 48_000 - 1300 && samples.count <= second * 48_000)
            #expect(amplitude(of: 500, in: samples[(samples.count - 9600)...]) > 7000)
        }
    }

    @Test func membersHaveTracksOfTheirOwnWithOneClock() throws {
        let desk = try Desk("m/room.wav")
        let ann = desk.add(RecordedMember(number: 1, user: "1000@x", name: "Ann", call: "c1"))
        for place in 0..<100 { desk.tick(place, [ann: place == 20 ? 600 : 0]) }
        let bob = desk.add(RecordedMember(number: 2, user: "../../etc/passwd", name: "Bob \"B\"", call: "c2"))
        for place in 100..<200 { desk.tick(place, [ann: 0, bob: place == 150 ? 900 : 0]) }
        bob.close()
        for place in 200..<250 { desk.tick(place, [ann: 0]) }
        desk.mix.close()
        desk.run(for: 1)
        #expect(
            desk.folder.names == [
                "m/room.tracks/01-1000.wav", "m/room.tracks/02-etcpasswd.wav", "m/room.tracks/index.json", "m/room.wav",
            ])
        let list = try JSON(parsing: String(decoding: desk.folder.bytes(of: "m/room.tracks/index.json"), as: UTF8.self))
        #expect(list["room"]?.string == "3500" && list["started"]?.int == 1_800_000_000 && list["length"]?.double == 5)
        #expect(list["mix"]?.string == "../room.wav")
        let tracks = try #require(list["tracks"]?.array)
        let byName = Dictionary(uniqueKeysWithValues: tracks.map { ($0["name"]?.string ?? "", $0) })
        let (first, second) = (try #require(byName["Ann"]), try #require(byName["Bob \"B\""]))
        #expect(first["user"]?.string == "1000@x" && first["call"]?.string == "c1" && second["member"]?.int == 2)
        #expect(try desk.begin(of: 600, in: first) == 20 * 960)
        #expect(try desk.begin(of: 900, in: second) == 150 * 960)
        #expect((second["length"]?.double ?? 0) <= 2 && (first["start"]?.double ?? 9) <= 0.4)
    }

    @Test func nothingIsOverwritten() throws {
        let folder = try SoundFolder()
        for name in ["a.wav", "a-2.wav", "a-3.wav"] {
            let desk = try Desk("a.wav", in: folder)
            desk.mix.advance(to: 1)
            desk.mix.close()
            desk.run(for: 1)
            #expect(desk.file == folder.path + "/" + name)
        }
        #expect(folder.names == ["a-2.wav", "a-3.wav", "a.wav"])
    }

    @Test(arguments: ["../a.wav", "/etc/a.wav", "a/../../b.wav", "", "a//b.wav", ".a.wav", "a/.b/c.wav", "a\0.wav"])
    func namesThatLeadOutAreRefused(name: String) throws {
        let desk = try Desk(name)
        #expect(desk.file == nil && desk.report?.failure != nil && desk.mix.isAbandoned)
        #expect(desk.folder.names.isEmpty)
    }

    @Test func aWholePathInTheFolderIsFine() throws {
        let folder = try SoundFolder()
        #expect(try Desk(folder.path + "/x/a.wav", in: folder).file == folder.path + "/x/a.wav")
    }

    @Test func framesThatCameTooFastAreSilenceAndCounted() throws {
        let desk = try Desk("a.wav")
        for place in 0..<600 { desk.say(tone(440, count: 960), at: place) }
        desk.mix.advance(to: 600)
        desk.mix.close()
        desk.run(for: 1)
        #expect(try desk.sound("a.wav").count == 600 * 960)
        #expect(desk.report?.droppedFrames == 600 - desk.mix.capacity)
    }

    @Test func timeNeverRunsBack() throws {
        let desk = try Desk("a.wav")
        for place in [2, 5, 3, 5, 6] { desk.say(tone(440, count: 960), at: place) }
        desk.mix.advance(to: 7)
        desk.mix.close()
        desk.run(for: 1)
        let samples = try desk.sound("a.wav")
        #expect(samples.count == 7 * 960)
        #expect(samples[3 * 960..<5 * 960].allSatisfy { $0 == 0 } && samples[6 * 960 + 20] != 0)
    }

    /// When the server stops, rings are not closed first.
    @Test func closingTheDeskCompletesTheFiles() throws {
        let desk = try Desk("a.opus")
        let ann = desk.add(RecordedMember(number: 1, user: "", name: "Ann", call: "c1"))
        for place in 0..<30 { desk.tick(place, [ann: 600]) }
        desk.order(.close(nil))
        #expect(desk.report?.failure == nil && desk.mix.isAbandoned && ann.isAbandoned)
        #expect(try desk.sound("a.opus").count == 30 * 960)
        #expect(try desk.sound("a.tracks/01-member-1.opus").count <= 30 * 960)
    }

    @Test(arguments: ["opus", "wav"])
    func otherProgramsReadIt(ending: String) async throws {
        let program = ending == "opus" ? "opusinfo" : "soxi"
        guard let path = ["/usr/bin/\(program)"].first(where: FileManager.default.isExecutableFile(atPath:)) else {
            return
        }
        let desk = try Desk("a.\(ending)")
        for place in 0..<250 {
            if place % 100 < 30 { desk.say(tone(1000, count: 960, from: place * 960), at: place) }
            desk.mix.advance(to: place + 1)
            if place % 50 == 49 { desk.run(for: 1) }
        }
        desk.mix.close()
        desk.run(for: 1)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [desk.folder.path + "/a.\(ending)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && said.contains("05.00"), "\(said)")
        #expect(!said.lowercased().contains("warning"), "\(said)")
    }
}
