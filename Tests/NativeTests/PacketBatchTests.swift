import Glibc
import Native
import Testing

struct PacketBatchTests {
    @Test func keepsBytesAndAddresses() {
        let batch = PacketBatch(capacity: 2)
        #expect(batch.append(high: 0, low: 0xC000_0207, port: 5000, isIPv6: false) { fill(&$0, 3, with: 0xAA) })
        #expect(
            batch.append(high: 0x2001_0DB8_0000_0000, low: 7, port: 6000, isIPv6: true) { fill(&$0, 1536, with: 0xBB) })
        #expect(batch.isFull && batch.count == 2)
        let first = batch.datagram(at: 0)
        #expect(first.bytes == [0xAA, 0xAA, 0xAA] && first.low == 0xC000_0207 && first.port == 5000 && !first.isIPv6)
        let second = batch.datagram(at: 1)
        #expect(second.bytes.count == 1536 && second.high == 0x2001_0DB8_0000_0000 && second.low == 7)
        #expect(second.port == 6000 && second.isIPv6)
    }

    @Test func refusesWhenFullWithoutCallingTheBody() {
        let batch = PacketBatch(capacity: 1)
        #expect(batch.append(high: 0, low: 1, port: 1, isIPv6: false) { fill(&$0, 1, with: 1) })
        var calls = 0
        let taken = batch.append(high: 0, low: 1, port: 1, isIPv6: false) { _ in
            calls += 1
            return 1
        }
        #expect(!taken && calls == 0)
        batch.removeAll()
        #expect(batch.count == 0)
        #expect(batch.append(high: 0, low: 1, port: 1, isIPv6: false) { fill(&$0, 1, with: 1) })
    }

    @Test func aSlotGivenBackIsUsedAgain() {
        let batch = PacketBatch(capacity: 1)
        #expect(batch.append(high: 0, low: 1, port: 1, isIPv6: false) { _ in 0 })
        #expect(batch.count == 0)
        #expect(batch.append(high: 0, low: 2, port: 2, isIPv6: false) { fill(&$0, 5, with: 4) })
        #expect(batch.datagram(at: 0).bytes.count == 5)
    }

    /// What sendmmsg will read: network order, the family's length, aligned slots that stay where they are.
    @Test func laysOutWhatTheKernelReads() {
        let batch = PacketBatch(capacity: 3)
        #expect(batch.append(high: 0, low: 0x7F00_0001, port: 0x1234, isIPv6: false) { fill(&$0, 9, with: 1) })
        #expect(batch.append(high: 1, low: 2, port: 0x1234, isIPv6: true) { fill(&$0, 8, with: 2) })
        unsafe batch.withUnsafeSlots { vectors, names, lengths in
            #expect(unsafe vectors[0].iov_len == 9 && vectors[1].iov_len == 8)
            #expect(unsafe lengths[0] == 16 && lengths[1] == 28)
            let bytes = unsafe UnsafeRawBufferPointer(start: names, count: 16).map(\.self)
            #expect(bytes[2...7].elementsEqual([0x12, 0x34, 127, 0, 0, 1]))
            #expect(unsafe names[0].ss_family == 2 && names[1].ss_family == 10)
            for index in 0..<3 { #expect(unsafe UInt(bitPattern: vectors[index].iov_base) % 64 == 0) }
            let step = unsafe UInt(bitPattern: vectors[1].iov_base) - UInt(bitPattern: vectors[0].iov_base)
            #expect(step == 1536)
        }
        let before = unsafe batch.withUnsafeSlots { vectors, _, _ in UInt(bitPattern: vectors) }
        batch.removeAll()
        #expect(unsafe batch.withUnsafeSlots { vectors, _, _ in UInt(bitPattern: vectors) } == before)
    }

    private func fill(_ span: inout MutableSpan<UInt8>, _ count: Int, with byte: UInt8) -> Int {
        for index in 0..<count { span[index] = byte }
        return count
    }
}
