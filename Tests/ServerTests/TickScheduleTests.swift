import Server
import Testing
import Wire

struct TickScheduleTests {
    private static func at(_ milliseconds: Double) -> Instant { Instant(nanoseconds: Int64(milliseconds * 1_000_000)) }

    /// The deadlines of one owner while the clock runs in steps.
    private static func ticks(
        of owner: String, in schedule: inout TickSchedule<String>, until end: Double, step: Double = 1
    ) -> [Double] {
        var found: [Double] = []
        for time in stride(from: 0.0, through: end, by: step) {
            while let (owners, deadline) = schedule.due(at: at(time)) {
                if owners.contains(owner) { found.append(Double(deadline.nanoseconds) / 1_000_000) }
            }
        }
        return found
    }

    @Test
    func ticksEachOwnerEvery20MillisecondsOnTheGrid() {
        var schedule = TickSchedule<String>(startingAt: Self.at(0))
        #expect(schedule.nextDeadline == nil)
        schedule.add("a", at: Self.at(0))
        #expect(Self.ticks(of: "a", in: &schedule, until: 100) == [0, 20, 40, 60, 80, 100])
        schedule.remove("a")
        #expect(schedule.nextDeadline == nil)
    }

    @Test
    func spreadsOwnersOverTenPhases() {
        var schedule = TickSchedule<Int>(startingAt: Self.at(0))
        for owner in 0..<10 { schedule.add(owner, at: Self.at(0)) }
        var deadlines: [Int64] = []
        while let (owners, deadline) = schedule.due(at: Self.at(19)) {
            #expect(owners.count == 1)
            deadlines.append(deadline.nanoseconds / 1_000_000)
        }
        #expect(deadlines == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    }

    @Test
    func keepsTheTickThatIsDueWhenSomebodyJoinsThePhase() {
        var schedule = TickSchedule<Int>(startingAt: Self.at(0))
        for owner in 0..<10 { schedule.add(owner, at: Self.at(0)) }
        while schedule.due(at: Self.at(19)) != nil {}
        // The first phase is due at 20 ms, and is looked at half a millisecond late.
        schedule.add(10, at: Self.at(20.5))
        let due = schedule.due(at: Self.at(20.5))
        #expect(due?.deadline == Self.at(20))
        #expect(due?.owners.contains(0) == true)
    }

    @Test
    func makesUpForThreeMissedTicksAndSkipsMore() {
        var schedule = TickSchedule<String>(startingAt: Self.at(0))
        schedule.add("a", at: Self.at(0))
        #expect(Self.ticks(of: "a", in: &schedule, until: 60, step: 60) == [0, 20, 40, 60])
        var late = TickSchedule<String>(startingAt: Self.at(0))
        late.add("a", at: Self.at(0))
        #expect(late.due(at: Self.at(205))?.deadline == Self.at(0))
        #expect(late.due(at: Self.at(205)) == nil)
        #expect(late.nextDeadline == Self.at(220))
    }
}
