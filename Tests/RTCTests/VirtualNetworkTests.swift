import TestKit
import Testing
import Wire

struct VirtualNetworkTests {
    @Test func aPerfectNetworkDelaysAndKeepsTheOrder() {
        var network = VirtualNetwork(seed: 1)
        for number in 0..<100 { send(number, on: &network) }
        let arrived = drain(&network)
        #expect(arrived.map(\.0) == Array(0..<100))
        #expect(arrived.map(\.1) == (0..<100).map { Int64($0) + 5 })
    }

    @Test func theSameSeedIsTheSameNetwork() {
        var (first, second) = (VirtualNetwork(seed: 9), VirtualNetwork(seed: 9))
        var third = VirtualNetwork(seed: 10)
        for number in 0..<500 {
            first.conditions = .poor
            second.conditions = .poor
            third.conditions = .poor
            for index in [number] {
                send(index, on: &first)
                send(index, on: &second)
                send(index, on: &third)
            }
        }
        let arrived = drain(&first)
        #expect(arrived.elementsEqual(drain(&second), by: ==))
        #expect(!arrived.elementsEqual(drain(&third), by: ==))
    }

    @Test func losesAboutAsManyAsAsked() {
        var network = VirtualNetwork(seed: 3, conditions: .init(loss: 0.1))
        for number in 0..<2000 { send(number, on: &network) }
        #expect((150...250).contains(network.lost))
        #expect(drain(&network).count == 2000 - network.lost)
    }

    @Test func jitterAloneKeepsTheOrder() {
        var network = VirtualNetwork(seed: 4, conditions: .init(jitter: .milliseconds(80)))
        for number in 0..<500 { send(number, on: &network) }
        let arrived = drain(&network)
        #expect(arrived.map(\.0) == Array(0..<500))
        #expect(arrived.contains { $0.1 - Int64($0.0) > 40 })
    }

    @Test func reorderingAndDuplicationHappen() {
        var network = VirtualNetwork(seed: 5, conditions: .init(reordering: 0.1, duplication: 0.1))
        for number in 0..<500 { send(number, on: &network) }
        let numbers = drain(&network).map(\.0)
        #expect(numbers != numbers.sorted())
        #expect((520...580).contains(numbers.count))
        #expect(Set(numbers) == Set(0..<500))
    }

    private let source = Call.address("192.0.2.1", 1)
    private let destination = Call.address("192.0.2.2", 2)

    /// One datagram a millisecond.
    private func send(_ number: Int, on network: inout VirtualNetwork) {
        let now = Instant(nanoseconds: Int64(number) * 1_000_000)
        network.send([UInt8(number >> 8), UInt8(number & 0xFF)], from: source, to: destination, at: now)
    }

    /// Numbers in the order of arrival, and when, in whole milliseconds.
    private func drain(_ network: inout VirtualNetwork) -> [(Int, Int64)] {
        var arrived: [(Int, Int64)] = []
        while let deadline = network.deadline, let datagram = network.receive(at: deadline) {
            arrived.append((Int(datagram.bytes[0]) << 8 | Int(datagram.bytes[1]), deadline.nanoseconds / 1_000_000))
        }
        return arrived
    }
}
