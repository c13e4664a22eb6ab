package import Native
package import Wire

/// Datagrams between addresses in virtual time: loss, delay, jitter, reordering and duplication from one seed.
///
/// Put datagrams in with ``send(_:from:to:at:)``, move your clock to ``deadline``, and take those due with
/// ``receive(at:)``. The same seed and the same calls give the same network.
package struct VirtualNetwork {
    /// What happens to each datagram; probabilities from 0 to 1.
    package struct Conditions: Equatable, Sendable {
        package var loss: Double
        /// One way.
        package var delay: Duration
        /// Up to this much more, evenly spread; it alone never changes the order on one way.
        package var jitter: Duration
        /// Held back by another 5 to 40 ms, so that later ones overtake it.
        package var reordering: Double
        package var duplication: Double

        package init(
            loss: Double = 0,
            delay: Duration = .milliseconds(5),
            jitter: Duration = .zero,
            reordering: Double = 0,
            duplication: Double = 0
        ) {
            (self.loss, self.delay, self.jitter) = (loss, delay, jitter)
            (self.reordering, self.duplication) = (reordering, duplication)
        }

        /// 5 ms one way and nothing else.
        package static let perfect = Conditions()
        /// A poor wireless link.
        package static let poor = Conditions(
            loss: 0.03, delay: .milliseconds(30), jitter: .milliseconds(25), reordering: 0.01, duplication: 0.005)
    }

    package struct Datagram: Equatable, Sendable {
        package let bytes: [UInt8]
        package let source: TransportAddress
        package let destination: TransportAddress
        /// When it arrives.
        package let arrival: Instant
        fileprivate let number: Int
    }

    /// What to name when a test fails.
    package let seed: UInt64
    /// May change at any time; it counts for what is sent from then on.
    package var conditions: Conditions
    package private(set) var sent = 0
    package private(set) var lost = 0

    private var random: SeededGenerator
    private var underway: [Datagram] = []
    private var latest: [Way: Instant] = [:]

    private struct Way: Hashable {
        let source: TransportAddress
        let destination: TransportAddress
    }

    package init(seed: UInt64, conditions: Conditions = .perfect) {
        self.seed = seed
        self.conditions = conditions
        random = SeededGenerator(seed: seed)
    }

    /// When the next datagram arrives; `nil` when none is under way.
    package var deadline: Instant? { underway.first?.arrival }

    package mutating func send(
        _ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress, at now: Instant
    ) {
        sent += 1
        // Always four draws, so that a change of one probability leaves the others' fate as it was.
        let fate = (0..<4).map { _ in Double.random(in: 0..<1, using: &random) }
        let spread = conditions.jitter.wholeNanoseconds
        let extra = Int64(fate[1] * Double(spread))
        guard fate[0] >= conditions.loss else {
            lost += 1
            return
        }
        let way = Way(source: source, destination: destination)
        var arrival = now.advanced(by: conditions.delay).advanced(byNanoseconds: extra)
        if fate[2] < conditions.reordering {
            arrival = arrival.advanced(byNanoseconds: 5_000_000 + Int64(fate[1] * 35_000_000))
        } else {
            if let latest = latest[way], latest > arrival { arrival = latest }
            latest[way] = arrival
        }
        insert(Datagram(bytes: bytes, source: source, destination: destination, arrival: arrival, number: sent))
        guard fate[3] < conditions.duplication else { return }
        let again = arrival.advanced(byNanoseconds: 1_000_000)
        insert(Datagram(bytes: bytes, source: source, destination: destination, arrival: again, number: sent))
    }

    /// Sends all that waits in `batch` and empties it.
    package mutating func send(_ batch: PacketBatch, from source: TransportAddress, at now: Instant) {
        for index in 0..<batch.count {
            let datagram = batch.datagram(at: index)
            let destination =
                datagram.isIPv6
                ? TransportAddress(ipv6High: datagram.high, low: datagram.low, port: datagram.port)
                : TransportAddress(ipv4: UInt32(truncatingIfNeeded: datagram.low), port: datagram.port)
            send(datagram.bytes, from: source, to: destination, at: now)
        }
        batch.removeAll()
    }

    /// Takes the next datagram that has arrived by `now`; `nil` when there is none.
    package mutating func receive(at now: Instant) -> Datagram? {
        guard let first = underway.first, first.arrival <= now else { return nil }
        return underway.removeFirst()
    }

    private mutating func insert(_ datagram: Datagram) {
        let index = underway.lastIndex { ($0.arrival, $0.number) <= (datagram.arrival, datagram.number) }
        underway.insert(datagram, at: index.map { $0 + 1 } ?? 0)
    }
}
