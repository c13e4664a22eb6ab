import Conference
import Testing

struct FileNameTests {
    static let sounds: [(name: String, isAccepted: Bool)] = [
        ("a.wav", true), ("conference/conf-alone.wav", true), ("mañana été.opus", true), ("a b.wav", true),
        ("~/x.wav", true), ("-rf.wav", true), ("a..b.wav", true),
        ("tone_stream://%(200,0,500)", true), ("silence_stream://1000", true),
        ("tone_stream://v=-7;%(100,0,640);loops=3", true),
        ("", false), ("/etc/passwd", false), ("../a.wav", false), ("a/../../b.wav", false), ("a/..", false),
        ("..", false), (".", false), (".hidden", false), ("a/.git/config", false), ("a//b", false), ("a/", false),
        ("C:\\x.wav", false), ("a\\..\\b", false), ("file:///etc/passwd", false), ("http://x/a.wav", false),
        ("local_stream://moh", false), ("shout://x", false), ("TONE_STREAM://x", false), ("a\nb", false),
        ("a\u{0}", false),
        ("tone_stream://\n", false), ("a\u{2028}b", false),
        (String(repeating: "a", count: 256), false), (String(repeating: "a/", count: 16) + "b", false),
        ("tone_stream://" + String(repeating: "a", count: 512), false),
    ]

    @Test(arguments: sounds.indices)
    func aModeratorNamesNoFileOutside(index: Int) {
        let row = Self.sounds[index]
        #expect((SoundName(row.name) != nil) == row.isAccepted)
    }

    static let recordings: [(name: String, file: String?)] = [
        ("a.wav", "a.wav"), ("a.OGG", "a.OGG"), ("a", "a.opus"), ("day/a.opus", "day/a.opus"), ("a.mp4", "a.mp4.opus"),
        ("wav", "wav.opus"), (".wav", nil), ("../a.wav", nil), ("/tmp/a.wav", nil), ("tone_stream://a", nil),
        ("http://x/a", nil), ("", nil), (String(repeating: "a", count: 252), nil),
    ]

    @Test(arguments: recordings.indices)
    func aRecordingIsAFileBelowItsFolder(index: Int) {
        let row = Self.recordings[index]
        #expect(RecordingName(row.name)?.text == row.file)
    }

    @Test func theConfigurationMayNameAnyFileOrNone() {
        #expect(SoundName(configured: "/usr/share/a.wav")?.text == "/usr/share/a.wav")
        for word in ["", "silence", "Indicate_Hold", "none"] { #expect(SoundName(configured: word) == nil) }
        #expect(RecordingName(configured: "/rec/a")?.text == "/rec/a.opus")
        #expect(RecordingName("a.WAV")?.isWAV == true && RecordingName("a")?.isWAV == false)
    }

    @Test func aRefusedFileIsNotFoundAndNotAUsageError() {
        for words in [
            ["play", "../x"], ["record", "/x"], ["moh", "/x"], ["kick", "7", "http://x"], ["hold", "7", ".."],
        ] {
            #expect(throws: Refusal.soundNotFound(words.last ?? "")) {
                try Command(name: words[0], words: Array(words.dropFirst()))
            }
        }
    }

    @Test func aProfileKnowsItsSounds() {
        let profile = RoomProfile(name: "p", parameters: [("moh-sound", "silence"), ("locked-sound", "l.wav")])
        #expect(profile.sound(.music) == nil)
        #expect(profile.sound(.pin)?.text == "conference/conf-pin.wav")
        #expect(profile.sound(for: .locked)?.text == "l.wav")
        #expect(profile.sound(for: .wrongPIN) == nil)
        #expect(profile.allSounds.contains { $0.text == "l.wav" })
    }
}
