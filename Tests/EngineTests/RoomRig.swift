import Conference
import Engine
import Native
import RTC
import TestKit
import Testing
import Wire

/// A whole room in virtual time: fake browsers with voices and ears, a network between, one engine.
final class RoomRig {
    let room: RoomEngine
    private(set) var callers: [Caller] = []
    /// Everything the room said, with the time in milliseconds.
    private(set) var outputs: [(at: Int, output: RoomEngine.Output)] = []
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// What callers' media said for the signalling side.
    private(set) var facts: [MediaLeg.Fact] = []
    /// Calls in no room.
    var solos: [SoloCall] = []
    private(set) var endedSolos = 0
    var network: VirtualNetwork

    private var random: SeededGenerator
    private let egress: Egress
    /// What left by the phones' own sockets.
    private let wires = Wires()
    private(set) var phones: [Phone] = []
    private let outbox = PacketBatch(capacity: 256)
    private let context: DTLSContext
    private let scratch = DecodeScratch()
    private(set) var milliseconds = 0
    private var reloads = 0
    /// Calls that speak with each other.
    var pairs: [CallPair] = []
    private static let server = TransportAddress(ipv4: 0xC000_0201, port: 10_000)

    /// - Parameter profile: Changes the default room, which publishes its rows.
    init(
        seed: UInt64 = 1, _ conditions: VirtualNetwork.Conditions = .perfect,
        profile: (inout RoomProfile) -> Void = { _ in }
    ) throws {
        random = SeededGenerator(seed: seed)
        network = VirtualNetwork(seed: seed, conditions: conditions)
        context = try DTLSContext(identity: Self.identity.get())
        let wires = wires
        egress = Egress(
            sockets: 1, capacity: 4096, ownCapacity: 256, flush: { _, _ in },
            flushOwn: { batch, sockets in
                for index in 0..<batch.count {
                    let datagram = batch.datagram(at: index)
                    let address = TransportAddress(ipv4: UInt32(truncatingIfNeeded: datagram.low), port: datagram.port)
                    wires.waiting.append((datagram.bytes, sockets[index], address))
                }
                batch.removeAll()
            })
        var settings = RoomProfile(name: "default", parameters: [("conference-flags", "livearray-sync")])
        settings.energyLevel = 100
        profile(&settings)
        room = try RoomEngine(
            key: RoomKey(name: "3500", domain: "example.com"), profile: settings, startedAt: 0, at: now)
    }

    private static let identity = Result {
        try Identity.generate(commonName: "test", alternativeNames: [], days: 1)
    }

    /// A browser that connects and joins; its voice starts when it is given one.
    @discardableResult
    func add(
        flags: MemberFlags? = nil, direction: MediaDirection = .sendrecv, hasLevels: Bool = true,
        hasAudio: Bool = true, videos: [FakeBrowser.Settings.Video] = [], sharedBy: Caller? = nil,
        joins: Bool = true, hasOtherNumbers: Bool = false
    ) throws -> Caller {
        let number = callers.count + 1
        var settings = FakeBrowser.Settings(address: Self.address(of: number))
        (settings.direction, settings.offersAudioLevel) = (direction, hasLevels)
        (settings.hasAudio, settings.videos) = (hasAudio, videos)
        let (browser, address, local, negotiation) = try connection(
            of: number, settings: settings, hasOtherNumbers: hasOtherNumbers)
        let peer = try Peer(local: local, remote: negotiation.remote, context: context, egress: egress, at: now)
        let leg = MediaLeg(
            id: "call\(number)", peer: peer, audio: negotiation.audio, videos: negotiation.videos, scratch: scratch,
            clock: WallClock(unixNanosecondsAtZero: 0), seed: random.next(), at: now)
        let caller = try Caller(number: number, settings: settings, browser: browser, address: address, leg: leg)
        (caller.local, caller.negotiation) = (local, negotiation)
        if negotiation.camera != nil {
            caller.camera = SyntheticCamera(number: UInt8(number), style: .init(), random: &random)
        }
        callers.append(caller)
        let answer = negotiation.answer.text
        try browser.accept(hasOtherNumbers ? Self.withOwnNumbers(answer) : answer, at: now)
        flush(caller)
        if joins { try join(caller, flags: flags, sharedBy: sharedBy) }
        return caller
    }

    private final class Wires { var waiting: [(bytes: [UInt8], socket: UInt32, to: TransportAddress)] = [] }

    /// A phone that calls and joins.
    @discardableResult
    func addPhone(_ settings: Phone.Settings, joins: Bool = true) throws -> Phone {
        let number = phones.count + 1
        let address = TransportAddress(ipv4: 0x0A01_0000 + UInt32(number), port: 16_384)
        let server = TransportAddress(ipv4: 0xC000_0201, port: UInt16(20_000 + 2 * number))
        let socket = Int(Path.firstOwnSocket) + 2 * number
        let local = PlainTransport(
            ip: server.ip, rtpPort: server.port, rtcpPort: server.port + 1, audioSSRC: UInt32(5_000 + number),
            cname: "phone\(number)", sessionID: UInt64(number), secret: [UInt8](repeating: 1, count: 30))
        let remote = PlainRemote(
            rtp: address, rtcp: TransportAddress(ipv4: 0x0A01_0000 + UInt32(number), port: 16_385),
            payloadTypes: [0, 8, 9, 13, 101, 107])
        let peer = try Peer(
            plain: local, remote: remote, egress: egress, rtpSocket: socket, rtcpSocket: socket + 1, at: now)
        let leg = MediaLeg(
            id: "phone\(number)", peer: peer, audio: settings.audio, scratch: scratch,
            clock: WallClock(unixNanosecondsAtZero: 0), seed: random.next(), at: now)
        let phone = try Phone(number: number, settings: settings, address: address, server: server, leg: leg)
        phones.append(phone)
        guard joins else { return phone }
        let request = JoinRequest(
            id: MemberID(100 + number), callID: leg.id, callerName: "Phone \(number)", callerNumber: "200\(number)")
        try room.join(leg, request, at: now)
        collect()
        return phone
    }

    /// Another offer of the phone's was answered.
    func renegotiate(_ phone: Phone, _ settings: Phone.Settings) {
        phone.change(to: settings)
        room.renegotiated(phone.leg, settings.audio, [], at: now)
        collect()
    }

    /// Sends what a test made a phone say.
    func send(_ packet: [UInt8]?, of phone: Phone) {
        guard let packet else { return }
        network.send(packet, from: phone.address, to: phone.server, at: now)
    }

    private func flushPhones() {
        egress.flushOwnSockets()
        for datagram in wires.waiting {
            let port = UInt16(20_000 + datagram.socket - Path.firstOwnSocket)
            network.send(
                datagram.bytes, from: TransportAddress(ipv4: 0xC000_0201, port: port), to: datagram.to, at: now)
        }
        wires.waiting.removeAll()
    }

    private static func address(of number: Int, reload: Int = 0) -> TransportAddress {
        TransportAddress(ipv4: 0x0A00_0000 + UInt32(number), port: 40_000 + UInt16(reload))
    }

    /// A browser, our transport for it, and what its offer comes to.
    private func connection(
        of number: Int, settings: FakeBrowser.Settings, reload: Int = 0, hasOtherNumbers: Bool = false
    ) throws -> (browser: FakeBrowser, address: TransportAddress, local: LocalTransport, negotiation: Negotiation) {
        let browser = FakeBrowser(settings: settings, context: context, outbox: outbox, random: &random)
        let local = LocalTransport(
            ufrag: "ufrag\(number)r\(reload)", pwd: "passwordpasswordpassword\(number)",
            fingerprint: context.fingerprint, candidates: [.init(ip: Self.server.ip, port: Self.server.port)],
            audioSSRC: UInt32(1000 + number),
            videoSSRCs: (0..<16).map {
                StreamSSRCs(media: SSRC(UInt32(number * 100_000 + $0)), rtx: SSRC(UInt32(number * 100_000 + 50 + $0)))
            },
            cname: "cname\(number)", sessionID: UInt64(number))
        let offer = browser.offer.text
        let negotiation = try Negotiation(
            answering: hasOtherNumbers ? Self.withOtherNumbers(offer) : offer, from: local)
        return (browser, Self.address(of: number, reload: reload), local, negotiation)
    }

    /// Firefox's payload types: Opus is 109, and keys have a clock of 8 kHz. The browser here sends with its own still,
    /// so it can only listen.
    private static func withOtherNumbers(_ offer: String) -> String {
        offer.replacing("SAVPF 111 63 9 0 8 13 110 126", with: "SAVPF 109 9 0 8 101")
            .replacing(":111 ", with: ":109 ").replacing(":126 telephone", with: ":101 telephone")
    }

    private static func withOwnNumbers(_ answer: String) -> String {
        answer.replacing("SAVPF 109 101", with: "SAVPF 111 126").replacing(":109 ", with: ":111 ")
            .replacing(":101 ", with: ":126 ")
    }

    func join(_ caller: Caller, flags: MemberFlags? = nil, sharedBy: Caller? = nil) throws {
        let request = JoinRequest(
            id: caller.id, callID: caller.leg.id, callerName: "Caller \(caller.number)",
            callerNumber: "100\(caller.number)", flags: flags, isScreenShare: sharedBy != nil, sharedBy: sharedBy?.id)
        try room.join(caller.leg, request, at: now)
        collect()
    }

    /// Another offer of the same call.
    func renegotiate(_ caller: Caller, _ change: (inout FakeBrowser.Settings) -> Void) throws {
        let local = try #require(caller.local)
        let offer = caller.browser.renegotiate(change)
        let negotiation = try Negotiation(answering: offer, from: local, previous: caller.negotiation)
        caller.negotiation = negotiation
        room.renegotiated(caller.leg, negotiation.audio, negotiation.videos, at: now)
        try caller.browser.accept(negotiation.answer.text, at: now)
        if negotiation.camera != nil, caller.camera == nil {
            caller.camera = SyntheticCamera(number: UInt8(caller.number), style: .init(), random: &random)
        }
        collect()
    }

    func leave(_ caller: Caller) {
        room.leave(caller.leg, at: now)
        collect()
    }

    @discardableResult
    func perform(_ command: Command) -> RoomEngine.Outcome {
        defer { collect() }
        return room.perform(command, by: Issuer(name: "test", role: .operator), at: now)
    }

    /// What a room would say that decided so.
    func carryOut(_ effects: Effect...) {
        room.run(effects, at: now)
        collect()
    }

    /// Has a sound ready to be played.
    func load(_ samples: [Int16], as name: SoundName) {
        room.sounds.insert(Native.Sound(samples: samples), named: name)
    }

    /// The browser of `caller` is gone and another one there, which gets the same call.
    func reload(_ caller: Caller) throws {
        reloads += 1
        let fresh = try connection(of: caller.number, settings: caller.settings, reload: reloads)
        let peer = try Peer(
            local: fresh.local, remote: fresh.negotiation.remote, context: context, egress: egress, at: now)
        caller.comeBack(with: fresh.browser, at: fresh.address)
        (caller.local, caller.negotiation) = (fresh.local, fresh.negotiation)
        _ = room.reattached(caller.leg, over: peer, fresh.negotiation.audio, fresh.negotiation.videos, at: now)
        try fresh.browser.accept(fresh.negotiation.answer.text, at: now)
        if caller.camera != nil {
            caller.camera = SyntheticCamera(number: UInt8(caller.number), style: .init(), random: &random)
        }
        flush(caller)
        collect()
    }

    // MARK: Time

    func run(milliseconds count: Int) throws {
        for _ in 0..<count {
            milliseconds += 1
            now = now.advanced(byNanoseconds: 1_000_000)
            deliver()
            for caller in callers where (milliseconds + caller.number * 7) % 20 == 0 { try live(caller) }
            for phone in phones where (milliseconds + phone.number * 3) % phone.settings.sentPtime == 0 {
                send(try phone.speak(), of: phone)
            }
            for caller in callers where (milliseconds + caller.number * 5) % 33 == 0 {
                caller.film(at: now)
                flush(caller)
            }
            if milliseconds % 20 == 0 { tick() }
        }
    }

    func run(seconds: Double) throws { try run(milliseconds: Int(seconds * 1000)) }

    /// Until all have keys.
    func connect() throws {
        for _ in 0..<400 where !callers.allSatisfy({ $0.browser.isConnected && $0.leg.peer.isConnected }) {
            try run(milliseconds: 20)
        }
        try #require(callers.allSatisfy { $0.browser.isConnected && $0.leg.peer.isConnected })
    }

    private func tick() {
        room.advance(to: now)
        for solo in solos where solo.advance(to: now) == .ended { endedSolos += 1 }
        for pair in pairs { pair.advance(to: now) }
        var events: [Peer.Event] = []
        for caller in callers { caller.leg.advance(to: now, events: &events) }
        for phone in phones { phone.leg.advance(to: now, events: &events) }
        network.send(egress.batches[0], from: Self.server, at: now)
        flushPhones()
        collect()
    }

    private func deliver() {
        while let datagram = network.receive(at: now) {
            var bytes = datagram.bytes
            if datagram.destination == Self.server {
                guard let caller = callers.first(where: { $0.address == datagram.source }) else { continue }
                var events: [Peer.Event] = []
                var span = bytes.mutableSpan
                caller.leg.receive(
                    &span, count: datagram.bytes.count, over: Path(socket: 0, remote: datagram.source), at: now,
                    events: &events, facts: &facts)
                network.send(egress.batches[0], from: Self.server, at: now)
                flushPhones()
            } else if let phone = phones.first(where: { $0.server == datagram.destination }) {
                var events: [Peer.Event] = []
                var span = bytes.mutableSpan
                let socket = Path.firstOwnSocket + UInt32(2 * phone.number)
                phone.leg.receive(
                    &span, count: datagram.bytes.count, over: Path(socket: socket, remote: datagram.source), at: now,
                    events: &events, facts: &facts)
                network.send(egress.batches[0], from: Self.server, at: now)
                flushPhones()
            } else if let phone = phones.first(where: { $0.address == datagram.destination }) {
                phone.receive(datagram.bytes, milliseconds: milliseconds)
            } else if let caller = callers.first(where: { $0.address == datagram.destination }) {
                var span = bytes.mutableSpan
                caller.receive(
                    &span, count: datagram.bytes.count, from: datagram.source, at: now, milliseconds: milliseconds)
                flush(caller)
            }
        }
    }

    private func live(_ caller: Caller) throws {
        var events: [FakeBrowser.Event] = []
        caller.browser.advance(to: now, events: &events)
        try caller.speak(at: now)
        caller.listen(at: now)
        flush(caller)
    }

    /// Sends what a test made the browser say.
    func flush(_ caller: Caller) { network.send(outbox, from: caller.address, at: now) }

    private func collect() {
        var list: [RoomEngine.Output] = []
        room.takeOutputs(into: &list)
        outputs += list.map { (milliseconds, $0) }
    }

    // MARK: What was said

    /// The rows' changes since `start`.
    func deltas(since start: Int = 0) -> [Delta] {
        outputs.dropFirst(start).compactMap { if case .publish(let delta) = $0.output { delta } else { nil } }
    }
}

/// One browser of a ``RoomRig``, with a voice and ears.
final class Caller {
    /// What it says in frame `number`; `nil` sends nothing, as with a stopped track.
    typealias Words = (_ frame: Int) -> [Int16]?

    struct Packet {
        let payload: [UInt8]
        let payloadType: UInt8
        let sequence: UInt16
        let timestamp: UInt32
        let marker: Bool
    }

    /// One packet of a picture.
    struct Sight {
        let milliseconds: Int
        /// 0 is the switched one.
        let slot: Int
        let piece: SyntheticCamera.Piece
        let header: RTPHeader
    }

    let number: Int
    /// Of its browser.
    let settings: FakeBrowser.Settings
    private(set) var browser: FakeBrowser
    private(set) var address: TransportAddress
    let leg: MediaLeg
    var local: LocalTransport?
    var negotiation: Negotiation?
    /// `nil` has no camera, or keeps it covered.
    var camera: SyntheticCamera?
    /// Pieces of pictures that came, by m-line.
    private(set) var sights: [Sight] = []
    private var keyFramesSent = 0
    /// `nil` stops sending.
    var words: Words? = { _ in [Int16](repeating: 0, count: 960) }
    /// Tells this level whatever it says.
    var claimedLevel: UInt8?
    /// What came, played as a browser would.
    private(set) var heard: [Int16] = []
    private(set) var packets: [Packet] = []
    /// Telephone events that came.
    private(set) var keys: [Packet] = []

    private var voice: Voice
    private let ear = AudioInput(energyLevel: 0, scratch: DecodeScratch())
    private var frame = 0

    init(
        number: Int, settings: FakeBrowser.Settings, browser: FakeBrowser, address: TransportAddress, leg: MediaLeg
    ) throws {
        (self.number, self.settings, self.browser, self.address, self.leg) = (number, settings, browser, address, leg)
        voice = try Voice()
    }

    var id: MemberID { MemberID(number) }

    /// The tone it is recognised by.
    var frequency: Double { Self.frequency(of: number) }

    /// A fifth of an octave apart, and no harmonics of each other.
    static func frequency(of number: Int) -> Double { 300 + 173 * Double(number) }

    /// Says its tone from now on.
    func hum(amplitude: Double = 6000) {
        let frequency = frequency
        words = { frame in
            let all = Sound.tone(frequency, amplitude: amplitude, samples: (frame % 50 + 1) * 960)
            return Array(all.suffix(960))
        }
    }

    func hush() { words = { _ in [Int16](repeating: 0, count: 960) } }

    /// Goes on in another browser, which hears and sees nothing of before.
    func comeBack(with browser: FakeBrowser, at address: TransportAddress) {
        (self.browser, self.address, keyFramesSent) = (browser, address, 0)
        ear.restart()
        forget()
        sights = []
    }

    func forget() { (heard, packets, keys) = ([], [], []) }

    /// The amplitude of another's tone in the last second.
    func hears(_ other: Caller) -> Double { hears(other.frequency) }

    /// The amplitude of a tone in the last second.
    func hears(_ frequency: Double) -> Double { Sound.amplitude(of: frequency, in: heard.suffix(48_000)) }

    /// The same where packets are lost: the median of tenths, because where the delay changes the phase jumps.
    func hearsPieces(of other: Caller) -> Double {
        let last = Array(heard.suffix(48_000))
        let tenths = stride(from: 0, through: last.count - 4800, by: 4800).map {
            Sound.amplitude(of: other.frequency, in: last[$0..<$0 + 4800])
        }
        return tenths.isEmpty ? 0 : tenths.sorted()[tenths.count / 2]
    }

    func speak(at now: Instant) throws {
        guard browser.isConnected, let words else { return }
        guard let pcm = words(frame) else {
            frame += 1
            return browser.pause(960)
        }
        frame += 1
        let packet = try voice.encode(pcm)
        browser.send(packet.span, level: claimedLevel ?? Self.level(of: pcm), at: now)
    }

    /// Sends the next frame of the camera; a key frame when asked for one.
    func film(at now: Instant) {
        guard browser.isConnected, var camera else { return }
        let isKeyFrame = camera.frames == 0 || browser.keyFrameRequests > keyFramesSent
        if isKeyFrame { keyFramesSent = browser.keyFrameRequests }
        for packet in camera.nextFrame(isKeyFrame: isKeyFrame) {
            browser.sendVideo(packet.payload.span, marker: packet.marker, timestamp: packet.timestamp, at: now)
        }
        self.camera = camera
    }

    /// The cameras it saw in a slot since then, in order, without repetitions.
    func cameras(in slot: Int = 0, since milliseconds: Int = 0) -> [Int] {
        sights.filter { $0.slot == slot && $0.milliseconds >= milliseconds }.map { Int($0.piece.camera) }
            .reduce(into: []) { seen, camera in if seen.last != camera { seen.append(camera) } }
    }

    func listen(at now: Instant) {
        guard browser.isConnected else { return }
        let isHeard = ear.take(at: now, isWanted: true)
        heard += isHeard ? ear.pcm.samples : [Int16](repeating: 0, count: 960)
    }

    func receive(
        _ datagram: inout MutableSpan<UInt8>, count: Int, from source: TransportAddress, at now: Instant,
        milliseconds: Int
    ) {
        var events: [FakeBrowser.Event] = []
        guard case .rtp(let header) = browser.receive(&datagram, count: count, from: source, at: now, events: &events)
        else { return }
        let payload = datagram.span.extracting(header.payloadOffset..<header.payloadEnd)
        if let slot = browser.pictures.firstIndex(where: { $0.ssrcs.media == header.ssrc }) {
            guard let piece = SyntheticCamera.Piece.read(payload.indices.map { payload[$0] })?.piece else { return }
            sights.append(Sight(milliseconds: milliseconds, slot: slot, piece: piece, header: header))
            return
        }
        let packet = Packet(
            payload: payload.indices.map { payload[$0] }, payloadType: header.payloadType, sequence: header.sequence,
            timestamp: header.timestamp, marker: header.marker)
        guard header.payloadType == leg.output.payloadType else { return keys.append(packet) }
        packets.append(packet)
        ear.insert(payload, sequence: header.sequence, timestamp: header.timestamp, level: nil, at: now)
    }

    private static func level(of pcm: [Int16]) -> UInt8 {
        let loudness = -Sound.decibels(Sound.rms(pcm), over: 32_768)
        return UInt8(min(127, max(0, loudness)))
    }
}
