import Native
import Testing

struct SRTPStreamTests {
    typealias Row = (what: String, highest: UInt64, sequence: UInt16, index: UInt64?)

    static let rows: [Row] = [
        ("the next", 0x0_0007, 8, 0x0_0008),
        ("over the wrap", 0x0_FFFF, 0, 0x1_0000),
        ("over the wrap with loss", 0x0_FFF0, 0x10, 0x1_0010),
        ("late, before the wrap", 0x1_0003, 0xFFFE, 0x0_FFFE),
        ("ahead by 0x8000 in the lower half", 0x3_0000, 0x8000, 0x3_8000),
        ("ahead by more is behind", 0x3_0000, 0x8001, 0x2_8001),
        ("behind by 0x8000 in the upper half", 0x3_8000, 0, 0x3_0000),
        ("behind by more is ahead", 0x3_8001, 0, 0x4_0000),
        ("before the first ROC is ahead", 0x0_0003, 0xFFFE, 0x0_FFFE),
        ("the last ROC", 0xFFFF_FFFF_FFFE, 0xFFFF, 0xFFFF_FFFF_FFFF),
        ("past the last ROC", 0xFFFF_FFFF_FFFF, 0, nil),
    ]

    @Test(arguments: rows)
    func guessesTheNearestIndex(row: Row) {
        var stream = SRTPStream()
        stream.rtp.record(row.highest)
        #expect(stream.packetIndex(of: row.sequence) == row.index)
    }

    @Test func takesAnyNumberFirst() {
        for sequence: UInt16 in [0, 1, 0x7FFF, 0x8000, 0xFFFF] {
            #expect(SRTPStream().packetIndex(of: sequence) == UInt64(sequence))
        }
    }

    @Test func countsControlPacketsUpToTheEndOfTheKey() {
        var stream = SRTPStream()
        #expect(stream.nextControlIndex == 0)
        stream.rtcp.record(0)
        #expect(stream.nextControlIndex == 1)
        stream.rtcp.record(0x7FFF_FFFE)
        #expect(stream.nextControlIndex == 0x7FFF_FFFF)
        stream.rtcp.record(0x7FFF_FFFF)
        #expect(stream.nextControlIndex == nil)
    }

    /// Against a set that forgets nothing.
    @Test func windowAgreesWithASet() {
        var generator = SeededGenerator(seed: 41)
        var window = SRTPReplayWindow<2>()
        var used: Set<UInt64> = []
        var highest: UInt64 = 0
        for _ in 0..<50_000 {
            let isJump = Int.random(in: 0..<50, using: &generator) == 0
            let ahead = UInt64.random(in: 0...(isJump ? 400 : 3), using: &generator)
            let behind = UInt64.random(in: 0...140, using: &generator)
            let index = highest + ahead > behind ? highest + ahead - behind : 0
            let isOld = index + 128 <= highest
            #expect(window.isFresh(index) == (!isOld && !used.contains(index)))
            guard window.isFresh(index) else { continue }
            window.record(index)
            used.insert(index)
            highest = max(highest, index)
            #expect(window.highest == highest)
        }
    }
}
