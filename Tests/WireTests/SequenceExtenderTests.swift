import Testing
import Wire

struct SequenceExtenderTests {
    static let rows: [(what: String, sequences: [UInt16], extended: [Int64])] = [
        ("the first is itself", [7], [7]),
        ("wraps", [65_534, 65_535, 0, 1], [65_534, 65_535, 65_536, 65_537]),
        ("late over the wrap", [65_535, 1, 0, 65_534], [65_535, 65_537, 65_536, 65_534]),
        ("from before the first", [1, 65_535], [1, -1]),
        ("the largest step forward", [0, 32_767], [0, 32_767]),
        ("one more is behind", [40_000, 7_232], [40_000, 7_232]),
        ("twice", [5, 5], [5, 5]),
        ("a late one does not move the middle", [100, 65_000, 33_500], [100, -536, 33_500 - 65_536]),
    ]

    @Test(arguments: rows)
    func extendsToTheNearest(what: String, sequences: [UInt16], extended: [Int64]) {
        var extender = SequenceExtender()
        #expect(sequences.map { extender.extend($0) } == extended, "\(what)")
    }

    @Test func countsThroughManyWraps() {
        var extender = SequenceExtender()
        for expected in Int64(0)..<300_000 {
            #expect(extender.extend(UInt16(truncatingIfNeeded: expected)) == expected)
        }
        #expect(extender.highest == 299_999)
    }
}
