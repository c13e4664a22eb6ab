import Engine
import Native
import TestKit
import Wire

/// A jitter buffer between a sender with a clock of its own and ticks of exactly 20 ms, in virtual time.
struct PlayoutRig {
    /// One packet on its way.
    struct Packet {
        /// Counts the packets of a test; carried in the payload to recognise it.
        var id: Int
        var sequence: UInt16
        var timestamp: UInt32
        var duration = 960
        var level: Int?
        var isDTX = false
        /// Nanoseconds since the beginning: when a perfect network would deliver it, and when it comes.
        var sent: Int64
        var arrival: Int64
    }

    enum Step: Equatable {
        case play(Int)
        case conceal
        case recover(before: Int)
        case pause
    }

    private(set) var buffer = JitterBuffer()
    /// All that was played, with the time of the tick in milliseconds.
    private(set) var steps: [(at: Double, step: Step)] = []
    /// From perfect arrival to playing, in milliseconds, by packet.
    private(set) var delays: [(at: Double, id: Int, milliseconds: Double)] = []

    private var packets: [Int: Packet] = [:]
    private var now: Int64
    private var left = 0

    /// - Parameter phase: Nanoseconds from 0 to the first tick.
    init(phase: Int64 = 7_000_000) { now = phase }

    /// Feeds `packets` in the order of their arrival and ticks until the last has come and a second more.
    mutating func run(_ packets: [Packet], rest: Int64 = 0) {
        let ordered = packets.enumerated().sorted { ($0.1.arrival, $0.0) < ($1.1.arrival, $1.0) }.map(\.1)
        for packet in ordered {
            while now <= packet.arrival { tick() }
            insert(packet)
        }
        let end = (ordered.last?.arrival ?? now) + rest
        while now <= end { tick() }
    }

    /// The decoder finds what it hears now quiet.
    mutating func setQuiet(_ isQuiet: Bool) { buffer.isQuiet = isQuiet }

    var played: [Int] { steps.compactMap { if case .play(let id) = $0.step { id } else { nil } } }

    func count(_ step: Step) -> Int { steps.count { $0.step == step } }

    var recovered: Int { steps.count { if case .recover = $0.step { true } else { false } } }

    func worstDelay(from: Double = 0, to: Double = .infinity) -> Double {
        delays.filter { $0.at >= from && $0.at < to }.map(\.milliseconds).max() ?? 0
    }

    private mutating func insert(_ packet: Packet) {
        packets[packet.id] = packet
        var payload: [UInt8] = []
        if packet.isDTX {
            payload = [8]
        } else if packet.duration > 0 {
            payload = (0..<8).map { UInt8(truncatingIfNeeded: packet.id >> (8 * $0)) }
        }
        buffer.insert(
            payload.span, sequence: packet.sequence, timestamp: packet.timestamp, duration: packet.duration,
            level: packet.level, at: Instant(nanoseconds: packet.arrival))
    }

    private mutating func tick() {
        buffer.beginTick(at: Instant(nanoseconds: now))
        while left < 960 {
            let at = now + Int64(left) * 62_500 / 3
            switch buffer.take() {
            case .packet(let slot):
                note(slot, at: at)
                left += buffer.duration(of: slot)
            case .merge(let slot, let next):
                note(slot, at: at)
                note(next, at: at)
                left += 960
            case .recover(let slot): add(.recover(before: id(in: slot) ?? -1), at: at)
            case .conceal: add(.conceal, at: at)
            case .pause: add(.pause, at: at)
            }
        }
        left -= 960
        now += 20_000_000
    }

    private mutating func add(_ step: Step, at: Int64) {
        steps.append((Double(at) / 1e6, step))
        left += 960
    }

    private mutating func note(_ slot: Int, at: Int64) {
        guard let id = id(in: slot), let packet = packets[id] else { return }
        steps.append((Double(at) / 1e6, .play(id)))
        delays.append((Double(at) / 1e6, id, Double(at - packet.sent) / 1e6))
    }

    private func id(in slot: Int) -> Int? {
        buffer.payloads.withSlot(slot) { payload in
            guard payload.count == 8 else { return nil }
            return payload.indices.reduce(0) { $0 | Int(payload[$1]) << (8 * $1) }
        }
    }
}

/// A sender: regular packets, to be damaged by the test.
struct Sender {
    var sequence: UInt16 = 1000
    var timestamp: UInt32 = 0xFFFF_0000
    var id = 0
    /// Nanoseconds.
    var clock: Int64 = 0
    /// Parts per million by which the sender's clock is fast.
    var ppm = 0.0
    var duration = 960
    var level: Int?

    mutating func packets(_ count: Int) -> [PlayoutRig.Packet] {
        (0..<count).map { _ in next() }
    }

    mutating func next(isDTX: Bool = false) -> PlayoutRig.Packet {
        let packet = PlayoutRig.Packet(
            id: id, sequence: sequence, timestamp: timestamp, duration: duration, level: level, isDTX: isDTX,
            sent: clock, arrival: clock)
        sequence &+= 1
        id += 1
        pass(duration)
        return packet
    }

    /// Media time without packets.
    mutating func pass(_ samples: Int) {
        timestamp &+= UInt32(samples)
        clock += Int64((Double(samples) * 62_500 / 3 / (1 + ppm / 1e6)).rounded())
    }
}
