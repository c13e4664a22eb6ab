import Native
import Testing

struct PacketRingTests {
    private let ring = PacketRing(places: 4, placeSize: 8)

    private func read(_ number: Int64, room: Int = 8, at offset: Int = 0) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: room)
        var span = bytes.mutableSpan
        let count = ring.copy(number, into: &span, at: offset)
        return count == 0 ? [] : Array(bytes[offset..<offset + count])
    }

    private func store(_ bytes: [UInt8], at number: Int64) -> Bool { ring.store(bytes.span, at: number) }

    @Test func givesBackWhatWasStored() {
        #expect(store([1, 2, 3], at: 5))
        #expect(ring.count(at: 5) == 3)
        #expect(read(5) == [1, 2, 3])
        #expect(read(5, room: 5, at: 2) == [1, 2, 3])
    }

    @Test func storesOverWhatIsOneTurnOlder() {
        #expect(store([1], at: 1))
        #expect(store([2, 2], at: 5))
        #expect(read(5) == [2, 2])
    }

    @Test func takesNumbersBelowZeroAndFarAway() {
        for number in [-1, Int64.min, Int64.max] {
            #expect(store([UInt8(truncatingIfNeeded: number)], at: number))
            #expect(read(number) == [UInt8(truncatingIfNeeded: number)])
        }
    }

    @Test func refusesWhatDoesNotFit() {
        #expect(store([1], at: 0))
        #expect(!store([UInt8](repeating: 2, count: 9), at: 0))
        #expect(read(0) == [1])
        #expect(read(0, room: 1, at: 1).isEmpty)
        #expect(read(0, room: 4, at: 9).isEmpty)
    }

    @Test func hasNothingBeforeTheFirst() {
        #expect(ring.count(at: 3) == 0)
        #expect(read(3).isEmpty)
    }
}
