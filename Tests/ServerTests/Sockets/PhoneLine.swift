import Glibc
import Native
import RTC
import TestKit
import Wire

/// The media of one call over a real UDP socket, which run by themselves: says a tone all the while, listens for tones.
actor PhoneLine {
    /// What phones say; far enough apart, and no harmonics of each other.
    static let tones: [Double] = [500, 800, 1100, 1400]

    private let line: UDPLine
    private let outbox = PacketBatch(capacity: 64)
    private let browser: FakeBrowser
    private let speech: [[UInt8]]
    private let listened: [Double]
    private var decoder: OpusDecoder
    private var spoken = 0
    /// When each tone was last heard, and in how many packets.
    private var heard: [Double: (last: Instant, packets: Int)] = [:]
    private var keys: [(event: UInt8, tick: Int)] = []
    private var driver: Task<Void, Never>?

    private(set) var events: [FakeBrowser.Event] = []
    private(set) var packets = 0
    private(set) var digits: [UInt8] = []

    /// - Parameter tones: What to listen for beside ``tones``.
    init(saying tone: Double, listeningFor tones: [Double] = []) async throws {
        line = try await UDPLine.open()
        speech = try Self.packets(of: tone)
        listened = Self.tones + tones
        decoder = try OpusDecoder()
        var random = SeededGenerator(seed: UInt64(line.address.port))
        let identity = try Identity.generate(commonName: "browser", alternativeNames: [], days: 1)
        browser = FakeBrowser(
            settings: .init(address: line.address), context: try DTLSContext(identity: identity), outbox: outbox,
            random: &random)
    }

    var offer: String { browser.offer.text }

    /// Takes the server's answer to ``offer``.
    func accept(_ answer: String) throws {
        try browser.accept(answer, at: UDPLine.now)
        start()
    }

    /// Answers an offer of the server.
    func respond(to offer: String) throws -> String {
        let answer = try browser.respond(to: offer, at: UDPLine.now)
        start()
        return answer
    }

    /// The page is gone: nothing is sent any more, and nobody told.
    func vanish() { driver?.cancel() }

    /// What closing a peer connection sends.
    func close() {
        browser.close()
        flush()
        driver?.cancel()
    }

    /// Presses keys, as RTP (RFC 4733).
    func press(_ text: String) { keys += text.compactMap(Self.event).map { ($0, 0) } }

    // MARK: Listening

    func connected() async throws { try await wait("the handshake") { $0.browser.isConnected } }

    /// Waits until a tone is there, and not only for a moment.
    func hears(_ tone: Double) async throws {
        let before = heard[tone]?.packets ?? 0
        try await wait("a tone of \(tone) Hz") { ($0.heard[tone]?.packets ?? 0) >= before + 10 }
    }

    /// Waits until a tone has not been there for a third of a second.
    func misses(_ tone: Double) async throws {
        try await wait("no tone of \(tone) Hz") { line in
            guard let last = line.heard[tone]?.last else { return true }
            return UDPLine.now.duration(since: last) > .milliseconds(300)
        }
    }

    func hasHeard(_ tone: Double) -> Bool { heard[tone] != nil }

    func wait(_ what: String, until isSo: @Sendable (isolated PhoneLine) -> Bool) async throws {
        let start = UDPLine.now
        while !isSo(self) {
            guard UDPLine.now.duration(since: start) < .seconds(10) else {
                throw DeadlineMissed(what: "\(what) (\(packets) packets, keys \(digits), \(heard), \(events))")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    // MARK: Media

    private func start() {
        guard driver == nil else { return flush() }
        driver = Task { [weak self] in
            while !Task.isCancelled, let self { await self.step() }
        }
        flush()
    }

    private func step() async {
        switch await line.next() {
        case .datagram(let bytes): receive(bytes)
        case .tick:
            browser.advance(to: UDPLine.now, events: &events)
            if browser.isConnected { speak() }
        }
        flush()
    }

    private func flush() {
        let waiting = (0..<outbox.count).map { outbox.datagram(at: $0) }
        outbox.removeAll()
        for datagram in waiting {
            let address = TransportAddress(ipv4: UInt32(truncatingIfNeeded: datagram.low), port: datagram.port)
            line.post(datagram.bytes, to: address)
        }
    }

    private func receive(_ bytes: [UInt8]) {
        var bytes = bytes
        var span = bytes.mutableSpan
        let count = span.count
        guard let server = browser.answer?.address,
            case .rtp(let header) = browser.receive(&span, count: count, from: server, at: UDPLine.now, events: &events)
        else { return }
        packets += 1
        let payload = Array(bytes[header.payloadOffset..<max(header.payloadOffset, header.payloadEnd)])
        if header.payloadType == browser.answer?.opusPayloadType { listen(to: payload) } else { noteKey(payload) }
    }

    private func noteKey(_ payload: [UInt8]) {
        // The end of a key comes three times (RFC 4733 §2.5.1.4).
        guard payload.count >= 4 else { return }
        if payload[1] & 0x80 == 0 {
            keyIsDown = true
        } else if keyIsDown {
            keyIsDown = false
            digits.append(payload[0])
        }
    }

    private var keyIsDown = false

    private func listen(to packet: [UInt8]) {
        var pcm = [Int16](repeating: 0, count: 5_760)
        var span = pcm.mutableSpan
        guard let count = try? decoder.decode(packet.span, into: &span), count >= 480 else { return }
        for tone in listened where Self.amplitude(of: tone, in: pcm, count: count) > 1_000 {
            heard[tone] = (UDPLine.now, (heard[tone]?.packets ?? 0) + 1)
        }
    }

    private func speak() {
        guard let key = keys.first else {
            let packet = speech[spoken % speech.count]
            spoken += 1
            browser.send(packet.span, level: 20, at: UDPLine.now)
            return
        }
        // 100 ms each, and 100 ms between them.
        let tick = key.tick + 1
        keys[0].tick = tick
        browser.pause(960)
        switch tick {
        case 1...5:
            let duration = UInt16(tick * 960)
            browser.sendKey(key.event, duration: duration, isEnd: tick == 5, marker: tick == 1, at: UDPLine.now)
            if tick == 5 {
                for _ in 0..<2 { browser.sendKey(key.event, duration: duration, isEnd: true, at: UDPLine.now) }
            }
        case 10...: keys.removeFirst()
        default: break
        }
    }

    // MARK: Tones

    /// A second of a tone.
    private static func packets(of tone: Double) throws -> [[UInt8]] {
        var encoder = try OpusEncoder(bitrate: 48_000)
        return try (0..<50).map { frame in
            let samples = (0..<960).map { Int16(8_000 * sin(2 * .pi * tone * Double(frame * 960 + $0) / 48_000)) }
            var packet = [UInt8](repeating: 0, count: 1_275)
            var span = packet.mutableSpan
            let count = try encoder.encode(samples.span, into: &span)
            return Array(packet[..<count])
        }
    }

    /// Goertzel's; the first half of a packet is enough.
    private static func amplitude(of tone: Double, in samples: [Int16], count: Int) -> Double {
        let coefficient = 2 * cos(2 * .pi * tone / 48_000)
        var (one, two) = (0.0, 0.0)
        for index in 0..<count { (one, two) = (Double(samples[index]) + coefficient * one - two, one) }
        return 2 * (one * one + two * two - coefficient * one * two).squareRoot() / Double(count)
    }

    private static func event(of key: Character) -> UInt8? {
        Array("0123456789*#ABCD").firstIndex(of: key).map(UInt8.init)
    }
}
