import Calls
import Testing

struct ToneScriptTests {
    @Test func readsTheUSRing() throws {
        let script = try ToneScript(parsing: "%(2000,4000,440,480)")
        let tone = try #require(script.tones.first)
        #expect(tone.on == .seconds(2))
        #expect(tone.off == .seconds(4))
        #expect(tone.frequencies == [440, 480])
        #expect(tone.volume == -7)
        #expect(script.loops == 1)
        #expect(script.duration == .seconds(6))
    }

    /// From FreeSWITCH's vars.xml, `bong-ring`, and the entering tone of its conferences.
    @Test func readsTheSettingsBetweenTones() throws {
        let bong = try ToneScript(parsing: "v=-7;%(100,0,941.0,1477.0);v=-9;>=2;+=.1;%(1400,0,350,440);L=3")
        #expect(bong.tones.map(\.volume) == [-7, -9])
        #expect(bong.loops == 3)
        let enter = try ToneScript(parsing: "%(200, 0, 500, 600, 700)")
        #expect(enter.tones[0].frequencies == [500, 600, 700])
    }

    @Test func repeatsEachToneAndTheWhole() throws {
        let script = try ToneScript(parsing: "L=-1;l=2;%(100,100,400);l=1;%(50,0,300)")
        #expect(script.loops == nil)
        #expect(script.tones.map(\.repeats) == [2, 1])
        #expect(script.duration == .milliseconds(450))
    }

    @Test func keepsTheVolumeInRange() throws {
        #expect(try ToneScript(parsing: "v=20;%(1,0,400)").tones[0].volume == 0)
        #expect(try ToneScript(parsing: "v=-1000;%(1,0,400)").tones[0].volume == -60)
    }

    @Test(arguments: [
        "", ";;", "L=2", "%(100,0)", "%(100,0,440", "%(x,0,440)", "%(100,0,nan)", "%(100,0,inf)", "q=1;%(1,0,400)",
        "%(0,0,440)", "%(100,-1,440)", "%(70000,0,440)", "%(100,0,5)", "%(100,0,30000)", "v=;%(1,0,400)",
        "v=1e300;%(1,0,400)",
    ])
    func refusesWhatItCannotPlay(text: String) {
        #expect(throws: ToneError.self) { try ToneScript(parsing: text) }
    }

    @Test func refusesAnEndlessListOfTones() {
        #expect(throws: ToneError.self) {
            try ToneScript(parsing: String(repeating: "%(1,0,400);", count: 65))
        }
    }
}

struct PlaybackTests {
    @Test func readsSilence() throws {
        #expect(try Playback(parsing: "silence_stream://2000,1400") == .silence(.seconds(2), noise: 1_400))
        #expect(try Playback(parsing: "silence_stream://-1") == .silence(nil, noise: 0))
    }

    @Test func readsLoopsInFrontOfTheAddress() throws {
        let script = try ToneScript(parsing: "%(251,0,1004)", loops: nil)
        #expect(try Playback(parsing: "{loops=-1}tone_stream://%(251,0,1004)") == .tones(script))
    }

    @Test func takesAnythingElseForAFile() throws {
        #expect(try Playback(parsing: "voicemail/vm-goodbye.wav") == .file("voicemail/vm-goodbye.wav"))
        #expect(try Playback(parsing: "local_stream://moh") == .file("local_stream://moh"))
        #expect(try Playback(parsing: "tone_stream://path=x.ttml") == .file("tone_stream://path=x.ttml"))
    }

    @Test(arguments: [
        "silence_stream://", "silence_stream://x", "silence_stream://1,2,3", "silence_stream://999999999999",
        "tone_stream://",
    ])
    func refusesABadStream(text: String) {
        #expect(throws: ToneError.self) { try Playback(parsing: text) }
    }
}
