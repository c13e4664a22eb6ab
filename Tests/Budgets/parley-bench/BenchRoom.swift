import CAllocations
import Conference
import Engine
import Glibc
import Native
import RTC
import TestKit
import Wire

/// A room of browsers without a network or a clock: every datagram is handed over by hand.
final class BenchRoom {
    /// What the members who do not talk do.
    enum Pattern: String, CaseIterable {
        /// Send noise and say in the header that it is softer than anybody would hear.
        case gated = "gated by levels"
        /// Send noise and say nothing, so that it is decoded.
        case noise = "decoded noise"
        /// Send a byte every 400 ms.
        case dtx = "DTX"
    }

    /// What a tick did, apart from the browsers' own work.
    struct Cost {
        var nanoseconds: Int64 = 0
        var ticks = 0
        var received = 0
        var sent = 0
        var receiving = callocations_count()
        var ticking = callocations_count()
        /// Rows told to dashboards, at most five times a second for each talker, and what their ticks needed.
        var told = 0
        var telling = callocations_count()
        var looking = callocations_count()
        /// Frames of recordings.
        var recorded = 0
    }

    let room: RoomEngine
    private(set) var cost = Cost()

    private var browsers: [FakeBrowser] = []
    private var legs: [MediaLeg] = []
    private var addresses: [TransportAddress] = []
    private let pattern: Pattern
    private let sounds: BenchSounds
    private let egress: Egress
    private let outbox: PacketBatch
    /// Who sent what waits in the outbox.
    private var senders: [Int] = []
    private var isCounting = false
    private let sent: SentCounter
    /// What is recorded, read after each tick.
    private var rings: [RecordingRing] = []
    private let recorded = PCMBuffer(count: RecordingRing.frame)
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var events: [Peer.Event] = []
    private var facts: [MediaLeg.Fact] = []
    private var frame = 0
    private static let server = TransportAddress(ipv4: 0xC000_0201, port: 10_000)
    private static let talkers = 3

    private final class SentCounter { var count = 0 }

    /// Plays to all and to two, lets a fifth not hear the first talker, cares for that one's voice, and records all.
    func doEverything() {
        guard let file = SoundName("bench.wav"), let name = RecordingName("bench.opus") else { return }
        let tone = (0..<48_000).map { Int16($0 % 96 * 40 - 1_920) }
        room.sounds.insert(Native.Sound(samples: tone), named: file)
        let listeners: [PlaybackOrder.Listener] = [.everybody, .member(MemberID(1)), .member(MemberID(40))]
        var effects = listeners.enumerated().map { index, listener in
            Effect.play(PlaybackOrder(id: PlaybackID(1_000 + index), sound: file, to: listener, loops: nil))
        }
        effects += [
            .music(file), .setDenoise(MemberID(1), true), .setAutoGain(MemberID(1), AutoGain(level: 1_100)),
        ]
        effects += stride(from: 5, through: legs.count, by: 5).map { .setHears(MemberID($0), MemberID(1), false) }
        let recording = RecordingID(1_000)
        room.run(effects + [.startRecording(recording, name, tracks: true)], at: now)
        rings = (0...legs.count).map { _ in RecordingRing(capacity: 16) }
        room.record(recording, into: rings[0])
        for number in 1...legs.count { room.record(recording, member: MemberID(number), into: rings[number]) }
    }

    /// What the writer's thread does, not counted.
    private func readRecordings() {
        for ring in rings { while recorded.withMutableSpan({ ring.pop(into: &$0) }) != nil { cost.recorded += 1 } }
    }

    init(members: Int, pattern: Pattern, sounds: BenchSounds, context: DTLSContext) throws {
        (self.pattern, self.sounds) = (pattern, sounds)
        let sent = SentCounter()
        self.sent = sent
        outbox = PacketBatch(capacity: members + 64)
        senders.reserveCapacity(members)
        egress = Egress(sockets: 1, capacity: 64) { _, batch in
            sent.count += batch.count
            batch.removeAll()
        }
        var profile = RoomProfile(name: "bench", parameters: [("conference-flags", "livearray-sync")])
        profile.energyLevel = 200
        room = try RoomEngine(key: RoomKey(name: "bench", domain: "local"), profile: profile, startedAt: 0, at: now)
        var random = SeededGenerator(seed: 1)
        events.reserveCapacity(16)
        facts.reserveCapacity(16)
        for number in 1...members { try add(number, context: context, random: &random) }
    }

    private func add(_ number: Int, context: DTLSContext, random: inout SeededGenerator) throws {
        let address = TransportAddress(ipv4: 0x0A00_0000 + UInt32(number), port: 40_000)
        var settings = FakeBrowser.Settings(address: address)
        settings.offersAudioLevel = pattern == .gated
        let browser = FakeBrowser(settings: settings, context: context, outbox: outbox, random: &random)
        let local = LocalTransport(
            ufrag: "ufrag\(number)", pwd: "passwordpasswordpassword", fingerprint: context.fingerprint,
            candidates: [.init(ip: Self.server.ip, port: Self.server.port)], audioSSRC: UInt32(number),
            cname: "cname", sessionID: UInt64(number))
        let negotiation = try Negotiation(answering: browser.offer, from: local)
        guard let audio = negotiation.audio else { throw Negotiation.Failure.noMedia }
        let peer = try Peer(local: local, remote: negotiation.remote, context: context, egress: egress, at: now)
        let leg = MediaLeg(
            id: "call\(number)", peer: peer, audio: audio, scratch: sounds.scratch,
            clock: WallClock(unixNanosecondsAtZero: 0), seed: random.next(), at: now)
        try browser.accept(negotiation.answer.text, at: now)
        for _ in 0..<20 where !(browser.isConnected && peer.isConnected) {
            now = now.advanced(byNanoseconds: 1_000_000)
            attend(to: browser, leg, address)
        }
        try room.join(
            leg, JoinRequest(id: MemberID(number), callID: leg.id, callerName: "m", callerNumber: "1"), at: now)
        browsers.append(browser)
        legs.append(leg)
        addresses.append(address)
    }

    /// Everything but media: checks, handshakes, reports. Not counted.
    private func attend(to browser: FakeBrowser, _ leg: MediaLeg, _ address: TransportAddress) {
        var browserEvents: [FakeBrowser.Event] = []
        browser.advance(to: now, events: &browserEvents)
        let questions = (0..<outbox.count).map { outbox.datagram(at: $0).bytes }
        outbox.removeAll()
        for question in questions {
            var bytes = question
            var span = bytes.mutableSpan
            leg.receive(
                &span, count: question.count, over: Path(socket: 0, remote: address), at: now, events: &events,
                facts: &facts)
            events.removeAll(keepingCapacity: true)
        }
        let batch = egress.batches[0]
        let answers = (0..<batch.count).map { batch.datagram(at: $0).bytes }
        batch.removeAll()
        for answer in answers {
            var bytes = answer
            var span = bytes.mutableSpan
            _ = browser.receive(&span, count: answer.count, from: Self.server, at: now, events: &browserEvents)
        }
    }

    /// Runs `ticks` and returns what they cost: the time, or with `counting`, which is slow, the allocations.
    func run(ticks: Int, counting: Bool = false) -> Cost {
        (cost, sent.count, isCounting) = (Cost(), 0, counting)
        for _ in 0..<ticks { tick() }
        cost.sent = sent.count
        cost.ticks = ticks
        return cost
    }

    private func tick() {
        now = now.advanced(byNanoseconds: 20_000_000)
        for index in browsers.indices where (frame + index) % 100 == 0 {
            attend(to: browsers[index], legs[index], addresses[index])
        }
        senders.removeAll(keepingCapacity: true)
        for index in browsers.indices {
            let before = outbox.count
            speak(index)
            if outbox.count > before { senders.append(index) }
        }
        frame += 1
        cost.received += senders.count
        cost.receiving += measure { receive() }
        outbox.removeAll()
        let allocations = measure {
            room.advance(to: now)
            egress.flush()
        }
        var outputs: [RoomEngine.Output] = []
        room.takeOutputs(into: &outputs)
        cost.told += outputs.count
        if outputs.isEmpty {
            cost.ticking += allocations
        } else {
            cost.telling.own += allocations.own
            cost.ticking.foreign += allocations.foreign
        }
        look()
        readRecordings()
    }

    private func measure(_ body: () -> Void) -> callocations_count {
        let start = threadTime()
        if isCounting { callocations_start() }
        body()
        let allocations = callocations_stop()
        cost.nanoseconds += threadTime() - start
        return isCounting ? allocations : callocations_count()
    }

    /// Hands what waits in the outbox to the legs, in place, as the media loop does.
    private func receive() {
        unsafe outbox.withUnsafeSlots { vectors, _, _ in
            for (slot, index) in senders.enumerated() {
                let vector = unsafe vectors[slot]
                let bytes = unsafe UnsafeMutableRawBufferPointer(start: vector.iov_base, count: PacketBatch.slotSize)
                var span = unsafe bytes.bindMemory(to: UInt8.self).mutableSpan
                legs[index].receive(
                    &span, count: unsafe vector.iov_len, over: Path(socket: 0, remote: addresses[index]), at: now,
                    events: &events, facts: &facts)
            }
        }
    }

    /// What the loop does for each leg every tick; reports, one in five seconds, are not counted.
    private func look() {
        guard isCounting else {
            _ = measure { for leg in room.legs { leg.advance(to: now, events: &events) } }
            return egress.batches[0].removeAll()
        }
        for leg in room.legs {
            let before = egress.batches[0].count
            let allocations = measure { leg.advance(to: now, events: &events) }
            if egress.batches[0].count == before { cost.looking += allocations }
        }
        egress.batches[0].removeAll()
    }

    private func speak(_ index: Int) {
        let browser = browsers[index]
        if index < Self.talkers {
            let voice = sounds.speech[index]
            let packet = voice[frame % voice.count]
            browser.send(packet.span, level: 20, at: now)
        } else if pattern != .dtx {
            let packet = sounds.noise[(frame + index) % sounds.noise.count]
            browser.send(packet.span, level: 80, at: now)
        } else if (frame + index) % 20 == 0 {
            let packet = sounds.dtx
            browser.send(packet.span, at: now)
        } else {
            browser.pause(960)
        }
    }
}

extension callocations_count {
    static func += (left: inout callocations_count, right: callocations_count) {
        left.own += right.own
        left.foreign += right.foreign
    }
}
