import Server
import Testing

struct SRVRecordTests {
    /// A query for `_sip._udp.example.com` and two answers, the second one with a compressed target.
    static let answer: [UInt8] = {
        func name(_ labels: [String]) -> [UInt8] { labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0] }
        func record(_ priority: UInt8, _ weight: UInt8, _ port: UInt8, _ target: [UInt8]) -> [UInt8] {
            [0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, UInt8(6 + target.count)]
                + [0, priority, 0, weight, 0x13, port] + target
        }
        var bytes: [UInt8] = [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0]
        bytes += name(["_sip", "_udp", "example", "com"]) + [0, 33, 0, 1]
        bytes += record(10, 60, 0xC4, name(["big", "example", "com"]))
        // An alias between them is of no interest.
        bytes += [0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xC0, 22]
        bytes += record(20, 0, 0xC5, [3] + Array("alt".utf8) + [0xC0, 22])
        return bytes
    }()

    static let records = [
        SRVRecord(priority: 10, weight: 60, port: 5_060, target: "big.example.com"),
        SRVRecord(priority: 20, weight: 0, port: 5_061, target: "alt.example.com"),
    ]

    @Test func readsAnAnswer() { #expect(SRVRecord.records(in: Self.answer) == Self.records) }

    @Test func readsNoMoreThanThereIs() {
        for length in 0..<Self.answer.count {
            let found = SRVRecord.records(in: Array(Self.answer[..<length]))
            #expect(Self.records.starts(with: found) && found.count < 2)
        }
    }

    @Test func aNameThatPointsToItselfEnds() {
        var loop = Self.answer
        loop[12] = 0xC0
        loop[13] = 12
        #expect(SRVRecord.records(in: loop).isEmpty)
    }

    @Test func garbageIsNothing() {
        var seed: UInt64 = 7
        for _ in 0..<2_000 {
            let bytes = Self.answer.map { byte in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return seed >> 60 == 0 ? UInt8(truncatingIfNeeded: seed >> 32) : byte
            }
            _ = SRVRecord.records(in: bytes)
        }
    }

    @Test func theLowestPriorityIsFirstAndWeightsShareTheRest() {
        var generator = SystemRandomNumberGenerator()
        let heavy = SRVRecord(priority: 1, weight: 90, port: 1, target: "heavy")
        let light = SRVRecord(priority: 1, weight: 10, port: 1, target: "light")
        let last = SRVRecord(priority: 2, weight: 900, port: 1, target: "last")
        var first = 0
        for _ in 0..<1_000 {
            let order = SRVRecord.ordered([last, light, heavy], using: &generator)
            #expect(order.count == 3)
            #expect(order.last == last)
            if order.first == heavy { first += 1 }
        }
        #expect((800...970).contains(first))
    }
}
