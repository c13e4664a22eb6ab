import Testing
import Wire

struct ReceptionStatisticsTests {
    /// Packets of 20 ms at 48 kHz, each arriving on time but for `late` milliseconds.
    private func feed(
        _ statistics: inout ReceptionStatistics,
        _ numbers: [(sequence: UInt16, late: Int64)],
        from start: Int64 = 0
    ) {
        for (index, packet) in numbers.enumerated() {
            statistics.received(
                sequence: packet.sequence,
                timestamp: UInt32(truncatingIfNeeded: 960 * index),
                at: Instant(nanoseconds: start + (20 * Int64(index) + packet.late) * 1_000_000),
                clockRate: 48_000
            )
        }
    }

    private func block(_ numbers: [UInt16]) -> ReportBlock {
        var statistics = ReceptionStatistics()
        feed(&statistics, numbers.map { ($0, 0) })
        return statistics.report(for: SSRC(1), at: Instant(nanoseconds: 0))
    }

    typealias Row = (what: String, numbers: [UInt16], lost: Int32, fraction: UInt8, highest: UInt32)

    static let rows: [Row] = [
        ("none", [], 0, 0, 0),
        ("one", [5], 0, 0, 5),
        ("no loss", [5, 6, 7, 8], 0, 0, 8),
        ("one of four", [5, 6, 8], 1, 64, 8),
        ("late is not lost", [5, 7, 6, 8], 0, 0, 8),
        ("over the wrap", [65_534, 65_535, 1], 1, 64, 65_537),
        ("late over the wrap", [65_535, 0, 65_534], -1, 0, 65_536),
        ("twice", [5, 6, 6], -1, 0, 6),
        ("half", [0, 2, 4, 6, 7], 3, 96, 7),
        ("a lone number from far away is not counted", [5, 6, 30_000, 7], 0, 0, 7),
        ("two of them are a restart", [5, 6, 30_000, 30_001, 30_002], 0, 0, 30_002),
    ]

    @Test(arguments: rows)
    func countsLoss(row: Row) {
        let block = block(row.numbers)
        #expect(block.cumulativeLost == row.lost, "\(row.what)")
        #expect(block.fractionLost == row.fraction, "\(row.what)")
        #expect(block.highestSequence == row.highest, "\(row.what)")
    }

    @Test func theFractionIsSinceTheLastReport() {
        var statistics = ReceptionStatistics()
        let now = Instant(nanoseconds: 0)
        feed(&statistics, [(0, 0), (2, 0)])
        #expect(statistics.report(for: SSRC(1), at: now).fractionLost == 85)
        feed(&statistics, [(3, 0), (4, 0)])
        let second = statistics.report(for: SSRC(1), at: now)
        #expect(second.fractionLost == 0)
        #expect(second.cumulativeLost == 1)
        #expect(statistics.report(for: SSRC(1), at: now).fractionLost == 0)
        #expect(statistics.packets == 4)
        #expect(statistics.lost == 1)
    }

    @Test func lossStaysInTwentyFourBits() {
        var statistics = ReceptionStatistics()
        for index in 0..<4000 {
            statistics.received(
                sequence: UInt16(truncatingIfNeeded: index * 2900), timestamp: 0, at: Instant(nanoseconds: 0),
                clockRate: 48_000)
        }
        #expect(statistics.lost > 0x7F_FFFF)
        #expect(statistics.report(for: SSRC(1), at: Instant(nanoseconds: 0)).cumulativeLost == 0x7F_FFFF)
    }

    @Test func aSteadyStreamHasNoJitter() {
        var statistics = ReceptionStatistics()
        feed(&statistics, (0..<100).map { (UInt16($0), 0) })
        #expect(statistics.jitter == 0)
    }

    /// Every other packet 5 ms late: each spacing is off by 240 ticks, and A.8 converges to that.
    @Test func jitterConvergesToTheMeanDeviation() {
        var statistics = ReceptionStatistics()
        feed(&statistics, (0..<300).map { (UInt16($0), $0.isMultiple(of: 2) ? 0 : 5) })
        #expect((238...241).contains(statistics.jitter))
    }

    @Test func jitterSurvivesAnyClock() {
        var statistics = ReceptionStatistics()
        var generator = SeededGenerator(seed: 4)
        for index in 0..<20_000 {
            statistics.received(
                sequence: UInt16(truncatingIfNeeded: index),
                timestamp: UInt32.random(in: 0 ... .max, using: &generator),
                at: Instant(nanoseconds: .random(in: .min ... .max, using: &generator)),
                clockRate: Int(UInt32.max)
            )
        }
        #expect(statistics.report(for: SSRC(1), at: Instant(nanoseconds: .max)).jitter > 0)
    }

    @Test func tellsTheSenderItsRoundTrip() {
        var statistics = ReceptionStatistics()
        feed(&statistics, [(0, 0)])
        let none = statistics.report(for: SSRC(1), at: Instant(nanoseconds: 0))
        #expect(none.lastSR == 0 && none.delaySinceLastSR == 0)
        statistics.senderReport(ntp: 0x1234_5678_9ABC_DEF0, at: Instant(nanoseconds: 1_000_000_000))
        let block = statistics.report(for: SSRC(7), at: Instant(nanoseconds: 2_500_000_000))
        #expect(block.ssrc == SSRC(7))
        #expect(block.lastSR == 0x5678_9ABC)
        #expect(block.delaySinceLastSR == 0x1_8000)
    }
}
