import Conference
import Testing

struct PINEntryTests {
    private let prompt = PINEntry.Output.play(SoundName("conference/conf-pin.wav")!)
    private let bad = PINEntry.Output.play(SoundName("conference/conf-bad-pin.wav")!)

    private func entry(_ longest: Int = 4, tries: String = "3") -> PINEntry {
        PINEntry(longest: longest, profile: RoomProfile(name: "p", parameters: [("pin-retries", tries)]))
    }

    private func type(_ keys: String, into entry: inout PINEntry, at now: Duration = .zero) -> [PINEntry.Output] {
        keys.reduce(into: []) { $0 += entry.digit($1, at: now) }
    }

    @Test func asksAndHandsOverTheLongestPIN() {
        var entry = entry()
        #expect(entry.start(at: .zero) == [prompt])
        #expect(type("1234", into: &entry) == [.stopPlaying, .entered("1234")])
        #expect(entry.deadline == nil)
        #expect(type("5", into: &entry) == [])
    }

    @Test func aShorterOneEndsWithItsSign() {
        var entry = entry(8)
        _ = entry.start(at: .zero)
        #expect(entry.played(at: .zero) == [])
        #expect(type("*1A2#", into: &entry) == [.entered("12")])
    }

    @Test func tenSecondsAreForATry() {
        var entry = entry()
        _ = entry.start(at: .zero)
        _ = entry.played(at: .seconds(5))
        #expect(entry.deadline == .seconds(15))
        #expect(type("12", into: &entry, at: .seconds(14)) == [])
        #expect(entry.advance(to: .seconds(14)) == [])
        #expect(entry.advance(to: .seconds(15)) == [.entered("12")])
    }

    @Test func wrongOnesAreToldAndCounted() {
        var entry = entry(tries: "2")
        _ = entry.start(at: .zero)
        _ = type("1111", into: &entry)
        #expect(entry.wrong(at: .zero) == [bad])
        #expect(entry.played(at: .zero) == [prompt])
        _ = type("2222", into: &entry)
        #expect(entry.wrong(at: .zero) == [bad, .givenUp])
        #expect(type("3333", into: &entry) == [] && entry.deadline == nil)
        #expect(entry.wrong(at: .zero) == [])
    }

    @Test func sayingNothingIsAWrongOne() {
        var entry = entry(tries: "1")
        _ = entry.start(at: .zero)
        _ = entry.played(at: .zero)
        #expect(entry.advance(to: .seconds(10)) == [bad, .givenUp])
    }

    /// Who ends a PIN that was long enough with a `#` has not tried once more.
    @Test func aLoneEndIsNoTry() {
        var entry = entry(tries: "2")
        _ = entry.start(at: .zero)
        #expect(type("#", into: &entry) == [])
        _ = type("9999", into: &entry)
        #expect(type("#", into: &entry) == [])
        #expect(entry.wrong(at: .zero) == [bad])
        #expect(type("#", into: &entry) == [])
        // The next try may begin while it is scolded.
        #expect(type("1234", into: &entry) == [.stopPlaying, .entered("1234")])
    }

    @Test func aPromptWhoseEndNobodyTellsStopsNothing() {
        var entry = entry()
        _ = entry.start(at: .zero)
        #expect(entry.deadline == .seconds(60))
        #expect(entry.advance(to: .seconds(60)) == [])
        #expect(entry.deadline == .seconds(70))
    }
}
