import CAllocations
import Engine
import Glibc
import Native
import RTC
import TestKit
import Wire

/// Calls that speak with each other two by two, without a network or a clock.
final class BenchPairs {
    private var browsers: [FakeBrowser] = []
    private var legs: [MediaLeg] = []
    private var addresses: [TransportAddress] = []
    private var pairs: [CallPair] = []
    private let sounds: BenchSounds
    private let egress: Egress
    private let outbox: PacketBatch
    private let sent: SentCounter
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var events: [Peer.Event] = []
    private var facts: [MediaLeg.Fact] = []
    private var frame = 0
    private static let server = TransportAddress(ipv4: 0xC000_0201, port: 10_000)

    private final class SentCounter { var count = 0 }

    init(pairs count: Int, sounds: BenchSounds, context: DTLSContext) throws {
        self.sounds = sounds
        let sent = SentCounter()
        self.sent = sent
        outbox = PacketBatch(capacity: 2 * count + 64)
        egress = Egress(sockets: 1, capacity: 64) { _, batch in
            sent.count += batch.count
            batch.removeAll()
        }
        var random = SeededGenerator(seed: 2)
        events.reserveCapacity(16)
        facts.reserveCapacity(16)
        for number in 1...2 * count { try add(number, context: context, random: &random) }
        for first in stride(from: 0, to: legs.count, by: 2) {
            pairs.append(CallPair(one: legs[first], two: legs[first + 1], at: now))
        }
    }

    private func add(_ number: Int, context: DTLSContext, random: inout SeededGenerator) throws {
        let address = TransportAddress(ipv4: 0x0A00_0000 + UInt32(number), port: 40_000)
        let browser = FakeBrowser(
            settings: .init(address: address), context: context, outbox: outbox, random: &random)
        let local = LocalTransport(
            ufrag: "ufrag\(number)", pwd: "passwordpasswordpassword", fingerprint: context.fingerprint,
            candidates: [.init(ip: Self.server.ip, port: Self.server.port)], audioSSRC: UInt32(number),
            cname: "cname", sessionID: UInt64(number))
        let negotiation = try Negotiation(answering: browser.offer, from: local)
        let peer = try Peer(local: local, remote: negotiation.remote, context: context, egress: egress, at: now)
        let leg = MediaLeg(
            id: "call\(number)", peer: peer, audio: negotiation.audio, scratch: sounds.scratch,
            clock: WallClock(unixNanosecondsAtZero: 0), seed: random.next(), at: now)
        try browser.accept(negotiation.answer.text, at: now)
        for _ in 0..<20 where !(browser.isConnected && peer.isConnected) {
            now = now.advanced(byNanoseconds: 1_000_000)
            attend(to: browser, leg, address)
        }
        browsers.append(browser)
        legs.append(leg)
        addresses.append(address)
    }

    /// Checks, handshakes, reports. Not counted.
    private func attend(to browser: FakeBrowser, _ leg: MediaLeg, _ address: TransportAddress) {
        var browserEvents: [FakeBrowser.Event] = []
        browser.advance(to: now, events: &browserEvents)
        for datagram in Self.take(outbox) {
            var bytes = datagram
            var span = bytes.mutableSpan
            leg.receive(
                &span, count: datagram.count, over: Path(socket: 0, remote: address), at: now, events: &events,
                facts: &facts)
        }
        leg.advance(to: now, events: &events)
        events.removeAll(keepingCapacity: true)
        for datagram in Self.take(egress.batches[0]) {
            var bytes = datagram
            var span = bytes.mutableSpan
            _ = browser.receive(&span, count: datagram.count, from: Self.server, at: now, events: &browserEvents)
        }
    }

    private static func take(_ batch: PacketBatch) -> [[UInt8]] {
        defer { batch.removeAll() }
        return (0..<batch.count).map { batch.datagram(at: $0).bytes }
    }

    /// Runs `ticks` in which everybody talks; counts what the relaying costs.
    func run(ticks: Int, counting: Bool = false) -> BenchRoom.Cost {
        var cost = BenchRoom.Cost()
        sent.count = 0
        for _ in 0..<ticks {
            now = now.advanced(byNanoseconds: 20_000_000)
            for index in browsers.indices where (frame + index) % 100 == 0 {
                attend(to: browsers[index], legs[index], addresses[index])
            }
            frame += 1
            for (index, browser) in browsers.enumerated() {
                let voice = sounds.speech[index % sounds.speech.count]
                let packet = voice[frame % voice.count]
                browser.send(packet.span, level: 20, at: now)
            }
            cost.received += outbox.count
            let start = threadTime()
            if counting { callocations_start() }
            receive()
            egress.flush()
            if counting { cost.receiving += callocations_stop() }
            cost.nanoseconds += threadTime() - start
            outbox.removeAll()
            if counting { callocations_start() }
            for pair in pairs { pair.advance(to: now) }
            if counting { cost.ticking += callocations_stop() }
        }
        (cost.sent, cost.ticks) = (sent.count, ticks)
        return cost
    }

    private func receive() {
        unsafe outbox.withUnsafeSlots { vectors, _, _ in
            for index in 0..<outbox.count {
                let vector = unsafe vectors[index]
                let bytes = unsafe UnsafeMutableRawBufferPointer(start: vector.iov_base, count: PacketBatch.slotSize)
                var span = unsafe bytes.bindMemory(to: UInt8.self).mutableSpan
                legs[index].receive(
                    &span, count: unsafe vector.iov_len, over: Path(socket: 0, remote: addresses[index]), at: now,
                    events: &events, facts: &facts)
            }
        }
    }
}
