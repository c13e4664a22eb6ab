import SIP
import Testing
import Wire

struct DeadlineQueueTests {
    private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test func `the earliest comes first, equal ones in their order`() {
        var queue = DeadlineQueue<String>()
        for (id, time) in [("c", 30), ("a", 10), ("b", 10), ("d", 20)] as [(String, Int64)] { queue.set(id, at(time)) }
        #expect(queue.first == at(10))
        #expect(queue.next(by: at(9)) == nil)
        var order: [String] = []
        while let id = queue.next(by: at(100)) { order.append(id) }
        #expect(order == ["a", "b", "d", "c"])
        #expect(queue.first == nil)
        #expect(queue.count == 0)
    }

    @Test func `a later instant replaces the earlier one, and none takes it away`() {
        var queue = DeadlineQueue<Int>()
        queue.set(1, at(10))
        queue.set(2, at(15))
        queue.set(1, at(20))
        #expect(queue.first == at(15))
        queue.set(2, nil)
        #expect(queue.first == at(20))
        #expect(queue[1] == at(20))
        #expect(queue[2] == nil)
    }

    @Test func `what was taken away does not pile up`() {
        var queue = DeadlineQueue<Int>()
        queue.set(-1, at(1))
        for round in 0..<20_000 {
            queue.set(round % 10, at(Int64(1_000_000 - round)))
        }
        #expect(queue.count == 11)
        #expect(queue.storedCount <= 2 * 11 + 64 + 1)
        #expect(queue.first == at(1))
    }

    @Test func `agrees with a sorted list`() {
        var queue = DeadlineQueue<Int>()
        var plain: [Int: Int64] = [:]
        var seed: UInt64 = 42
        func random(_ bound: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % bound
        }
        for _ in 0..<5000 {
            let id = Int(random(200))
            if random(4) == 0 {
                queue.set(id, nil)
                plain[id] = nil
            } else {
                let time = Int64(random(1000))
                queue.set(id, at(time))
                plain[id] = time
            }
            #expect(queue.first == plain.values.min().map(at))
            if random(10) == 0, let id = queue.next(by: at(500)) {
                #expect(plain[id] == plain.values.min())
                plain[id] = nil
            }
        }
    }
}
