import Testing
import Wire

struct InstantTests {
    @Test func movesAndMeasures() {
        let start = Instant(nanoseconds: 5)
        let later = start.advanced(by: .milliseconds(20))
        #expect(later.nanoseconds == 20_000_005)
        #expect(later > start)
        #expect(later.nanoseconds(since: start) == 20_000_000)
        #expect(start.duration(since: later) == .milliseconds(-20))
        #expect(later.advanced(by: .nanoseconds(-20_000_000)) == start)
        #expect(start.advanced(by: .seconds(3) + .nanoseconds(1)).nanoseconds == 3_000_000_006)
    }

    @Test func doesNotTrapAtTheEnds() {
        #expect(Instant(nanoseconds: .max).advanced(byNanoseconds: 1) == Instant(nanoseconds: .min))
        _ = Instant(nanoseconds: 0).advanced(by: .seconds(Int64.max))
    }
}
