import Server
import Testing

struct SoundPathTests {
    typealias Row = (name: String, found: [String]?)

    static let rows: [Row] = [
        ("a.opus", ["/s/a.opus", "/s/a.wav", "/s/a.ogg"]),
        ("conference/conf-alone.wav", ["/s/conference/conf-alone.wav", "/s/conference/conf-alone.opus"]),
        ("beep", ["/s/beep", "/s/beep.opus", "/s/beep.wav"]),
        ("UP.WAV", ["/s/UP.WAV", "/s/UP.opus"]),
        ("file:///s/a.wav", ["/s/a.wav"]),
        ("/s/en/a.wav", ["/s/en/a.wav"]),
        ("/etc/passwd", nil), ("../a.wav", nil), ("a/../b.wav", nil), ("a//b.wav", nil), (".hidden", nil),
        ("a/.b/c.wav", nil), ("", nil), ("/s/../etc/passwd", nil), ("/sounds/a.wav", nil), ("a\0.wav", nil),
    ]

    @Test(arguments: rows)
    func looksBelowTheFoldersOnly(row: Row) {
        let candidates = SoundPath.candidates(for: row.name, in: ["/s"])
        #expect((candidates == nil) == (row.found == nil), "\(row.name)")
        for file in row.found ?? [] { #expect(candidates?.contains(file) == true, "\(row.name): \(file)") }
        #expect(candidates?.first == row.found?.first)
    }

    @Test func theFirstFolderReplacesTheOthers() {
        let candidates = SoundPath.candidates(for: "a.wav", in: ["/own", "/shipped"]) ?? []
        #expect(candidates.first == "/own/a.wav")
        #expect(candidates.firstIndex(of: "/own/a.opus") ?? 99 < candidates.firstIndex(of: "/shipped/a.wav") ?? 0)
    }

    @Test func foldersOfRatesAreKnown() {
        let candidates = SoundPath.candidates(for: "ivr/hello.wav", in: ["/s"]) ?? []
        #expect(candidates.contains("/s/ivr/8000/hello.wav") && candidates.contains("/s/ivr/48000/hello.wav"))
        let best = candidates.firstIndex(of: "/s/ivr/48000/hello.wav") ?? 99
        #expect(best < candidates.firstIndex(of: "/s/ivr/8000/hello.wav") ?? 0)
    }
}
