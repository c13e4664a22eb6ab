import CAllocations
import Conference
import Engine
import Glibc
import Native
import RTC
import TestKit
import Wire

/// Telephones without a network or a clock, over plain RTP: in a room, or two by two in calls.
final class BenchPhones {
    /// What one phone agreed to.
    struct Line {
        var codec: AudioCodec
        var ptime = 20
        var hasComfortNoise = false

        init(_ codec: AudioCodec, ptime: Int = 20, comfortNoise: Bool = false) {
            (self.codec, self.ptime, hasComfortNoise) = (codec, ptime, comfortNoise)
        }
    }

    private let lines: [Line]
    private let speech: [[[UInt8]]]
    private let noise: [[[UInt8]]]
    private let talkers: Int
    private var room: RoomEngine?
    private var pairs: [CallPair] = []
    private var legs: [MediaLeg] = []
    private let egress: Egress
    private let sent: SentCounter
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var events: [Peer.Event] = []
    private var facts: [MediaLeg.Fact] = []
    private var outputs: [RoomEngine.Output] = []
    private let outbox: PacketBatch
    private var frame = 0

    private final class SentCounter { var count = 0 }

    /// - Parameters:
    ///   - talkers: How many speak; the others send noise, which is decoded.
    ///   - inPairs: The first with the second, and so on, instead of all in a room.
    init(_ lines: [Line], talkers: Int, inPairs: Bool, sounds: BenchSounds) throws {
        (self.lines, self.talkers) = (lines, talkers)
        outbox = PacketBatch(capacity: lines.count)
        let sent = SentCounter()
        self.sent = sent
        egress = Egress(
            sockets: 0, capacity: 1, ownCapacity: 64, flush: { _, _ in },
            flushOwn: { batch, _ in
                sent.count += batch.count
                batch.removeAll()
            })
        speech = try AudioCodec.allCases.map { try Self.frames($0, noise: false) }
        noise = try AudioCodec.allCases.map { try Self.frames($0, noise: true) }
        events.reserveCapacity(16)
        facts.reserveCapacity(16)
        outputs.reserveCapacity(64)
        for number in lines.indices { legs.append(try leg(number, sounds.scratch)) }
        if inPairs {
            for first in stride(from: 0, to: legs.count - 1, by: 2) {
                pairs.append(CallPair(one: legs[first], two: legs[first + 1], at: now))
            }
        } else {
            try join()
        }
    }

    private func leg(_ number: Int, _ scratch: DecodeScratch) throws -> MediaLeg {
        let line = lines[number]
        let type = line.codec.staticPayloadType ?? 107
        let audio = AudioParameters(
            mid: "0", payloadType: type, codec: line.codec, audioLevelID: nil, telephoneEvents: [],
            comfortNoise: line.hasComfortNoise ? 13 : nil, ptime: line.ptime, direction: .sendrecv)
        let local = PlainTransport(
            ip: "192.0.2.1", rtpPort: 20_000, rtcpPort: 20_001, audioSSRC: UInt32(number + 1), cname: "c",
            sessionID: 1, secret: [UInt8](repeating: 1, count: PlainTransport.secretLength))
        let remote = PlainRemote(rtp: Self.address(number), rtcp: nil, payloadTypes: [type, 13])
        let socket = Int(Path.firstOwnSocket) + 2 * number
        let peer = try Peer(
            plain: local, remote: remote, egress: egress, rtpSocket: socket, rtcpSocket: socket + 1, at: now)
        return MediaLeg(
            id: "phone\(number)", peer: peer, audio: audio, scratch: scratch,
            clock: WallClock(unixNanosecondsAtZero: 0), seed: UInt64(number), at: now)
    }

    private func join() throws {
        var profile = RoomProfile(name: "bench", parameters: [])
        profile.energyLevel = 200
        let room = try RoomEngine(
            key: RoomKey(name: "phones", domain: "local"), profile: profile, startedAt: 0, at: now)
        for (number, leg) in legs.enumerated() {
            let request = JoinRequest(
                id: MemberID(number + 1), callID: leg.id, callerName: "phone", callerNumber: "1")
            try room.join(leg, request, at: now)
        }
        self.room = room
    }

    private static func address(_ number: Int) -> TransportAddress {
        TransportAddress(ipv4: 0x0A01_0000 + UInt32(number), port: 16_384)
    }

    /// Some seconds of a voice, or of soft noise, in frames of 20 ms.
    private static func frames(_ codec: AudioCodec, noise: Bool) throws -> [[UInt8]] {
        var random = SeededGenerator(seed: 9)
        var generator = SyntheticSpeech(voice: 1)
        let sound =
            noise
            ? (0..<96_000).map { _ in Int16.random(in: -40...40, using: &random) } : generator.samples(seconds: 6)
        let rate = codec.sampleRate
        let pcm = rate == 48_000 ? sound : try Resampler.convert(sound.span, from: 48_000, to: rate)
        var opus = try OpusEncoder(bitrate: 32_000)
        var wide = try G722Encoder()
        return try stride(from: 0, through: pcm.count - rate / 50, by: rate / 50).map { start in
            var bytes = [UInt8](repeating: 0, count: 1_300)
            var out = bytes.mutableSpan
            let span = pcm.span.extracting(start..<start + rate / 50)
            let count =
                switch codec {
                case .opus: try opus.encode(span, into: &out)
                case .pcmu: G711.muLaw.encode(span, into: &out)
                case .pcma: G711.aLaw.encode(span, into: &out)
                case .g722: wide.encode(span, into: &out)
                }
            return Array(bytes[..<count])
        }
    }

    /// Runs `ticks` and returns what they cost: the time, or with `counting`, which is slow, the allocations.
    func run(ticks: Int, counting: Bool = false) -> BenchRoom.Cost {
        var cost = BenchRoom.Cost()
        sent.count = 0
        for _ in 0..<ticks {
            now = now.advanced(byNanoseconds: 20_000_000)
            for number in legs.indices { write(number) }
            cost.received += legs.count
            frame += 1
            let start = threadTime()
            if counting { callocations_start() }
            receive()
            if counting { cost.receiving += callocations_stop() }
            outbox.removeAll()
            if counting { callocations_start() }
            room?.advance(to: now)
            for pair in pairs { pair.advance(to: now) }
            egress.flush()
            let allocations = callocations_stop()
            cost.nanoseconds += threadTime() - start
            outputs.removeAll(keepingCapacity: true)
            room?.takeOutputs(into: &outputs)
            cost.told += outputs.count
            if counting, outputs.isEmpty { cost.ticking += allocations }
        }
        (cost.sent, cost.ticks) = (sent.count, ticks)
        return cost
    }

    private func write(_ number: Int) {
        let codec = lines[number].codec
        let frames = (number < talkers ? speech : noise)[Int(codec.rawValue)]
        let payload = frames[(frame + number * 7) % frames.count]
        _ = outbox.append(high: 0, low: 0, port: 0, isIPv6: false) { slot in
            RTPHeader.write(
                marker: false, payloadType: codec.staticPayloadType ?? 107,
                sequence: UInt16(truncatingIfNeeded: frame),
                timestamp: UInt32(truncatingIfNeeded: frame * codec.clockRate / 50),
                ssrc: SSRC(UInt32(1_000 + number)), to: &slot)
            for index in payload.indices { slot[12 + index] = payload[index] }
            return 12 + payload.count
        }
    }

    private func receive() {
        unsafe outbox.withUnsafeSlots { vectors, _, _ in
            for number in legs.indices {
                let vector = unsafe vectors[number]
                let bytes = unsafe UnsafeMutableRawBufferPointer(start: vector.iov_base, count: PacketBatch.slotSize)
                var span = unsafe bytes.bindMemory(to: UInt8.self).mutableSpan
                let path = Path(socket: Path.firstOwnSocket + UInt32(2 * number), remote: Self.address(number))
                legs[number].receive(
                    &span, count: unsafe vector.iov_len, over: path, at: now, events: &events, facts: &facts)
            }
        }
    }
}
