import Foundation
import Native
import Server
import Testing

struct SoundLibraryTests {
    @Test func decodesOnceForAll() async throws {
        let folder = try SoundFolder()
        try folder.write(wav(tone(440, count: 960)), to: "a.wav")
        let library = SoundLibrary(folders: [folder.path])
        let sounds = try await withThrowingTaskGroup(of: Sound.self) { group in
            for _ in 0..<20 { group.addTask { try await library.sound("a.wav") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sounds.count == 20 && sounds.allSatisfy { $0 === sounds[0] } && sounds[0].count == 960)
        #expect(try await library.sound("a") === sounds[0])
        #expect(await library.decoded == 1)
        #expect(await library.byteCount == 1920)
    }

    @Test func aFileThatHasChangedIsReadAgain() async throws {
        let folder = try SoundFolder()
        let library = SoundLibrary(folders: [folder.path])
        try folder.write(wav(tone(440, count: 960)), to: "a.wav")
        #expect(try await library.sound("a.wav").count == 960)
        try folder.write(wav(tone(440, count: 1920)), to: "a.wav")
        #expect(try await library.sound("a.wav").count == 1920)
        #expect(await library.byteCount == 3840)
    }

    @Test func theFirstFolderWins() async throws {
        let (own, shipped) = (try SoundFolder(), try SoundFolder())
        try shipped.write(wav(tone(440, count: 960)), to: "conference/a.wav")
        try own.write(wav(tone(440, count: 480)), to: "conference/a.wav")
        let library = SoundLibrary(folders: [own.path + "/", shipped.path])
        #expect(try await library.sound("conference/a.wav").count == 480)
        try FileManager.default.removeItem(atPath: own.path + "/conference/a.wav")
        #expect(try await library.sound("conference/a.wav").count == 960)
        #expect(try await library.sound(shipped.path + "/conference/a.wav").count == 960)
    }

    @Test func whatWasNotAskedForLongestGoes() async throws {
        let folder = try SoundFolder()
        for name in ["a", "b", "c"] { try folder.write(wav(tone(440, count: 1000)), to: "\(name).wav") }
        let library = SoundLibrary(folders: [folder.path], limit: 4000)
        for name in ["a", "b", "a", "c", "a"] { _ = try await library.sound("\(name).wav") }
        #expect(await library.byteCount == 4000)
        #expect(await library.decoded == 3)
        _ = try await library.sound("b.wav")
        #expect(await library.decoded == 4)
    }

    @Test func oneThatIsLargerThanTheCacheIsPlayedYetNotKept() async throws {
        let folder = try SoundFolder()
        try folder.write(wav(tone(440, count: 1000)), to: "a.wav")
        let library = SoundLibrary(folders: [folder.path], limit: 100)
        #expect(try await library.sound("a.wav").count == 1000)
        #expect(await library.byteCount == 0)
    }

    @Test func nothingOutsideIsRead() async throws {
        let (inside, outside) = (try SoundFolder(), try SoundFolder())
        try outside.write(wav(tone(440, count: 10)), to: "secret.wav")
        try FileManager.default.createSymbolicLink(
            atPath: inside.path + "/link.wav", withDestinationPath: outside.path + "/secret.wav")
        try FileManager.default.createSymbolicLink(
            atPath: inside.path + "/folder", withDestinationPath: outside.path)
        let library = SoundLibrary(folders: [inside.path])
        for name in ["link.wav", "folder/secret.wav", "../\(outside.path)/secret.wav", outside.path + "/secret.wav"] {
            await #expect(throws: SoundError.outside, "\(name)") { try await library.sound(name) }
        }
    }

    /// A pipe has no end, and a folder no sound.
    @Test(.timeLimit(.minutes(1))) func whatIsNoFileIsRefused() async throws {
        let folder = try SoundFolder()
        #expect(unsafe mkfifo(folder.path + "/pipe.wav", 0o600) == 0)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/folder.wav", withIntermediateDirectories: true)
        try folder.write([], to: "empty.wav")
        try folder.write(Array("no sound at all".utf8), to: "text.wav")
        let library = SoundLibrary(folders: [folder.path])
        let names = ["pipe.wav", "folder.wav", "empty.wav", "text.wav", "missing.wav"]
        let (found, failures) = await library.sounds(names)
        #expect(found.isEmpty && failures.count == 5 && failures["missing.wav"] == .notFound)
    }
}
