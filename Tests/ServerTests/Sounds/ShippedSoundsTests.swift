import Foundation
import Native
import Server
import Testing

/// The sounds in `conf/sounds`.
struct ShippedSoundsTests {
    @Test func allCanBePlayed() async throws {
        let names = try #require(FileManager.default.enumerator(atPath: Self.folder)).compactMap { $0 as? String }
            .filter { $0.hasSuffix(".opus") }
        #expect(names.count >= 50)
        let library = SoundLibrary(folders: [Self.folder])
        for name in names {
            let sound = try await library.sound(name)
            let isMusic = name.hasPrefix("music/")
            #expect(isMusic || sound.duration < .seconds(6), "\(name)")
            #expect(sound.duration > .milliseconds(250), "\(name)")
            // Loud enough, and not over full scale.
            let peak = sound.samples.map { abs(Int($0)) }.max() ?? 0
            #expect(peak > 6000 && peak < 32_000, "\(name)")
        }
    }

    /// What profiles ask for that were written for FreeSWITCH, and what rooms count with.
    @Test(
        arguments: [
            "pin", "bad-pin", "alone", "locked", "is-locked", "is-unlocked", "muted", "unmuted", "kicked", "there-are",
            "callers",
        ].map { "conference/conf-\($0).wav" } + (0...20).map { "digits/\($0).wav" })
    func theUsualNamesAreFound(name: String) async throws {
        _ = try await SoundLibrary(folders: [Self.folder]).sound(name)
    }

    /// The music goes round without a click: its end goes on into its beginning.
    @Test func musicHasNoSeam() async throws {
        let samples = try await SoundLibrary(folders: [Self.folder]).sound("music/quiet").samples
        let steps = zip(samples, samples.dropFirst()).map { abs(Int($0) - Int($1)) }
        let seam = abs(Int(samples[0]) - Int(samples[samples.count - 1]))
        #expect(seam <= (steps.max() ?? 0))
    }

    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("conf/sounds").path
}
