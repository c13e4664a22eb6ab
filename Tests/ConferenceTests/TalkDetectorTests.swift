import Conference
import Testing

struct TalkDetectorTests {
    /// Frames in ticks: a score, or `nil` for a tick without audio.
    typealias Run = (score: Int?, ticks: Int)
    typealias Row = (what: String, level: Int, runs: [Run], started: Int?, stopped: Int?)

    /// conference.md §6.4. Ticks count from 1.
    static let rows: [Row] = [
        ("loud speech starts at once", 100, [(500, 1)], 1, nil),
        ("one below the immediate difference waits", 100, [(499, 4)], nil, nil),
        ("and starts with the fifth tick", 100, [(499, 5)], 5, nil),
        ("a closed tick takes one open tick back", 100, [(200, 4), (0, 1), (200, 2)], 7, nil),
        ("the level itself does not open the gate", 100, [(100, 50)], nil, nil),
        ("level 0 opens on any sound", 0, [(1, 5)], 5, nil),
        ("level 0 and silence", 0, [(0, 50)], nil, nil),
        ("forty closed ticks stop", 100, [(900, 1), (0, 40)], 1, 41),
        ("thirty-nine do not", 100, [(900, 1), (0, 39)], 1, nil),
        ("forty ticks without audio stop too", 100, [(900, 1), (nil, 40)], 1, 41),
        ("mixed silence adds up", 100, [(900, 1), (0, 20), (nil, 20)], 1, 41),
        ("an open tick takes one closed tick back", 100, [(900, 1), (0, 39), (200, 1), (0, 1), (0, 1)], 1, 43),
        ("loud speech takes all of them back", 100, [(900, 1), (0, 39), (900, 1), (0, 39)], 1, nil),
        ("absent ticks keep what was open", 100, [(200, 4), (nil, 30), (200, 1)], 35, nil),
        ("negative scores are silence", 100, [(-5, 50)], nil, nil),
    ]

    @Test(arguments: rows)
    func startsAndStops(row: Row) {
        var detector = TalkDetector(energyLevel: row.level, auto: nil)
        var (tick, started, stopped): (Int, Int?, Int?) = (0, nil, nil)
        for run in row.runs {
            for _ in 0..<run.ticks {
                tick += 1
                switch run.score.map({ detector.frame(score: $0) }) ?? detector.silentFrame() {
                case .started: started = tick
                case .stopped: stopped = tick
                case nil: break
                }
            }
        }
        #expect(started == row.started, "\(row.what)")
        #expect(stopped == row.stopped, "\(row.what)")
        #expect(detector.isTalking == (started != nil && stopped == nil))
    }

    @Test func smoothsOverFiveTicksUpToALimit() {
        var detector = TalkDetector(energyLevel: 100, auto: nil)
        _ = detector.frame(score: 1000)
        #expect(detector.smoothedScore == 200)
        _ = detector.frame(score: 1000)
        #expect(detector.smoothedScore == 360)
        for _ in 0..<200 { _ = detector.frame(score: Int.max) }
        #expect(detector.smoothedScore == 25_000)
        #expect(detector.score == 32_768)
        for _ in 0..<30 { _ = detector.silentFrame() }
        #expect(detector.smoothedScore < 100)
    }

    @Test func muteEndsTheTalkWithoutAWord() {
        var detector = TalkDetector(energyLevel: 100, auto: nil)
        _ = detector.frame(score: 900)
        detector.reset()
        #expect(!detector.isTalking)
        #expect(!detector.isGateOpen)
        #expect(detector.smoothedScore == 0)
        #expect(detector.frame(score: 900) == .started)
    }

    @Test func aLongSpurtSetsTheLevelAndSilenceLowersIt() {
        var detector = TalkDetector(energyLevel: 100, auto: AutoEnergy(ceiling: 600, seconds: 5))
        for _ in 0..<150 { _ = detector.frame(score: 700) }
        for _ in 0..<40 { _ = detector.frame(score: 0) }
        #expect(detector.energyLevel == 525)
        for _ in 0..<249 { _ = detector.silentFrame() }
        #expect(detector.energyLevel == 525)
        _ = detector.frame(score: 0)
        #expect(detector.energyLevel == 425)
        for _ in 0..<5000 { _ = detector.silentFrame() }
        #expect(detector.energyLevel == 100)
    }

    @Test func theLevelStaysBelowItsCeilingAndAfterShortSpurts() {
        var detector = TalkDetector(energyLevel: 100, auto: AutoEnergy(ceiling: 300, seconds: 5))
        for _ in 0..<50 { _ = detector.frame(score: 9000) }
        for _ in 0..<40 { _ = detector.frame(score: 0) }
        #expect(detector.energyLevel == 100)
        for _ in 0..<150 { _ = detector.frame(score: 9000) }
        for _ in 0..<40 { _ = detector.frame(score: 0) }
        #expect(detector.energyLevel == 300)
    }

    @Test func aLevelSetAboveTheCeilingEndsTheAutomatic() {
        var detector = TalkDetector(energyLevel: 100, auto: AutoEnergy(ceiling: 300, seconds: 1))
        detector.energyLevel = 400
        for _ in 0..<1000 { _ = detector.silentFrame() }
        #expect(detector.energyLevel == 400)
    }
}
