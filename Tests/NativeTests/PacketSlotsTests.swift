import Native
import Testing

struct PacketSlotsTests {
    @Test func keepsEachPayloadInItsPlace() {
        let slots = PacketSlots(slots: 3, slotSize: 4)
        let (one, two): ([UInt8], [UInt8]) = ([1, 2, 3, 4], [9])
        #expect(slots.count(of: 1) == 0)
        #expect(store(one, 1, in: slots))
        #expect(store(two, 2, in: slots))
        #expect(bytes(slots, 0) == [] && bytes(slots, 1) == one && bytes(slots, 2) == two)
        #expect(store(two, 1, in: slots))
        #expect(bytes(slots, 1) == two)
        slots.clear(1)
        #expect(bytes(slots, 1) == [])
        #expect(bytes(slots, 2) == two)
    }

    @Test func refusesWhatIsTooLongAndKeepsTheOld() {
        let slots = PacketSlots(slots: 1, slotSize: 2)
        let (short, long): ([UInt8], [UInt8]) = ([7], [1, 2, 3])
        #expect(store(short, 0, in: slots))
        #expect(!store(long, 0, in: slots))
        #expect(bytes(slots, 0) == short)
        #expect(store([], 0, in: slots))
        #expect(slots.count(of: 0) == 0)
    }

    private func store(_ payload: [UInt8], _ slot: Int, in slots: PacketSlots) -> Bool {
        slots.store(payload.span, in: slot)
    }

    private func bytes(_ slots: PacketSlots, _ slot: Int) -> [UInt8] {
        slots.withSlot(slot) { span in span.indices.map { span[$0] } }
    }
}
