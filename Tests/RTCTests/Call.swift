import Native
import RTC
import TestKit
import Wire

/// A browser and a peer with a network between them, in virtual time.
final class Call {
    typealias Packet = (header: RTPHeader, packet: [UInt8])

    let browser: FakeBrowser
    let peer: Peer
    let local: LocalTransport
    let negotiation: Negotiation
    var network: VirtualNetwork
    var browserAddress = Call.address("192.0.2.7", 41_000)
    private(set) var now = Instant(nanoseconds: 0)
    private(set) var browserEvents: [FakeBrowser.Event] = []
    private(set) var peerEvents: [Peer.Event] = []
    private(set) var heardByPeer: [Packet] = []
    private(set) var heardByBrowser: [Packet] = []
    private(set) var reportsToPeer: [RTCPPacket] = []
    private(set) var reportsToBrowser: [RTCPPacket] = []
    /// What is done with datagrams before they enter the network, towards the peer.
    var tamper: (_ toPeer: Bool, [UInt8]) -> [[UInt8]] = { [$1] }

    private let egress: Egress
    private let outbox: PacketBatch

    init(
        seed: UInt64 = 1, conditions: VirtualNetwork.Conditions = .perfect, videoSSRCs: [StreamSSRCs] = [],
        browser configure: (inout FakeBrowser.Settings) -> Void = { _ in },
        answer edit: (String) -> String = { $0 }
    ) throws {
        var random = SeededGenerator(seed: seed)
        network = VirtualNetwork(seed: seed, conditions: conditions)
        var settings = FakeBrowser.Settings(address: browserAddress)
        configure(&settings)
        outbox = PacketBatch(capacity: 64)
        egress = Egress(sockets: 1, capacity: 64) { _, _ in }
        browser = FakeBrowser(
            settings: settings, context: try Self.browserContext.get(), outbox: outbox, random: &random)
        local = Self.local(
            fingerprint: try Self.serverContext.get().fingerprint, videoSSRCs: videoSSRCs)
        negotiation = try Negotiation(answering: browser.offer, from: local)
        peer = try Peer(
            local: local, remote: negotiation.remote, context: try Self.serverContext.get(), egress: egress, at: now)
        try browser.accept(edit(negotiation.answer.text), at: now)
        collect()
    }

    /// The server calls: its offer, and the browser's answer.
    init(
        seed: UInt64 = 1, videoSSRCs: [StreamSSRCs] = [],
        browser configure: (inout FakeBrowser.Settings) -> Void = { _ in },
        answer edit: (String) -> String = { $0 }, offer makeOffer: (LocalTransport) -> Offer
    ) throws {
        var random = SeededGenerator(seed: seed)
        network = VirtualNetwork(seed: seed, conditions: .perfect)
        var settings = FakeBrowser.Settings(address: browserAddress)
        configure(&settings)
        outbox = PacketBatch(capacity: 64)
        egress = Egress(sockets: 1, capacity: 64) { _, _ in }
        browser = FakeBrowser(
            settings: settings, context: try Self.browserContext.get(), outbox: outbox, random: &random)
        let context = try Self.serverContext.get()
        local = Self.local(fingerprint: context.fingerprint, videoSSRCs: videoSSRCs)
            .renewed(
                ufrag: "call\(seed)", pwd: "secretsecretsecretsecret", fingerprint: context.fingerprint,
                candidates: [.init(ip: Self.serverAddress.ip, port: Self.serverAddress.port)])
        let offer = makeOffer(local)
        negotiation = try offer.accept(edit(try browser.respond(to: offer.text, at: now)))
        peer = try Peer(local: local, remote: negotiation.remote, context: context, egress: egress, at: now)
        collect()
    }

    static func local(fingerprint: String, videoSSRCs: [StreamSSRCs] = []) -> LocalTransport {
        LocalTransport(
            ufrag: "room1", pwd: "passwordpasswordpassword", fingerprint: fingerprint,
            candidates: [.init(ip: serverAddress.ip, port: serverAddress.port)], audioSSRC: 4096,
            videoSSRCs: videoSSRCs, cname: "room", sessionID: 42)
    }

    /// A browser of its own with these settings.
    static func browser(
        seed: UInt64 = 1, _ configure: (inout FakeBrowser.Settings) -> Void
    ) throws -> FakeBrowser {
        var random = SeededGenerator(seed: seed)
        var settings = FakeBrowser.Settings(address: address("192.0.2.7", 41_000))
        configure(&settings)
        return FakeBrowser(
            settings: settings, context: try browserContext.get(), outbox: PacketBatch(capacity: 1), random: &random)
    }

    /// The offer of such a browser.
    static func offer(_ configure: (inout FakeBrowser.Settings) -> Void) throws -> SessionDescription {
        try browser(configure).offer
    }

    static func address(_ ip: String, _ port: UInt16) -> TransportAddress {
        guard let address = TransportAddress(ip: ip, port: port) else { preconditionFailure("no address: \(ip)") }
        return address
    }

    /// Lets time pass in steps of 20 ms; `tick` runs at the beginning of each.
    func run(for duration: Duration, tick: (Call) -> Void = { _ in }) {
        let end = now.advanced(by: duration)
        var nextTick = now
        while now < end {
            if now >= nextTick {
                tick(self)
                browser.advance(to: now, events: &browserEvents)
                peer.advance(to: now, events: &peerEvents)
                collect()
                nextTick = now.advanced(by: .milliseconds(20))
            }
            now = min(nextTick, network.deadline ?? nextTick, end)
            deliver()
        }
    }

    /// Runs until both sides may send; at most a second.
    func connect() {
        for _ in 0..<50 where !(browser.isConnected && peer.isConnected) { run(for: .milliseconds(20)) }
    }

    /// Hands a datagram to the peer as if it came from `source`; returns how many datagrams the peer sends.
    @discardableResult
    func inject(_ bytes: [UInt8], from source: TransportAddress) -> Int {
        receiveAtPeer(bytes, from: source)
        let count = egress.batches[0].count
        collect()
        return count
    }

    /// Puts whatever both sides have written on the wire.
    func collect() {
        for (batch, source, toPeer) in [(outbox, browserAddress, true), (egress.batches[0], Self.serverAddress, false)]
        {
            for index in 0..<batch.count {
                let datagram = batch.datagram(at: index)
                let destination = TransportAddress(ipv4: UInt32(truncatingIfNeeded: datagram.low), port: datagram.port)
                for bytes in tamper(toPeer, datagram.bytes) {
                    network.send(bytes, from: source, to: destination, at: now)
                }
            }
            batch.removeAll()
        }
    }

    /// Says something in both directions.
    func talk(_ payload: [UInt8] = [0x78, 1, 2, 3], level: UInt8? = 20, through stream: inout OutboundStream) {
        browser.send(payload.span, level: level, at: now)
        stream.send(payload.span, through: peer)
        stream.pass(960)
        collect()
    }

    /// The peer's audio source.
    var stream: OutboundStream {
        OutboundStream(
            ssrc: SSRC(peer.local.audioSSRC), payloadType: negotiation.audio?.payloadType ?? 0, clockRate: 48_000,
            firstSequence: 7, firstTimestamp: 1000)
    }

    private func deliver() {
        while let datagram = network.receive(at: now) {
            if datagram.destination == Self.serverAddress {
                receiveAtPeer(datagram.bytes, from: datagram.source)
            } else if datagram.destination == browserAddress {
                receiveAtBrowser(datagram.bytes)
            }
            collect()
        }
    }

    private func receiveAtPeer(_ bytes: [UInt8], from source: TransportAddress) {
        var buffer = bytes
        var span = buffer.mutableSpan
        let path = Path(socket: 0, remote: source)
        switch peer.receive(&span, count: bytes.count, over: path, at: now, events: &peerEvents) {
        case .nothing: break
        case .rtp(let header): heardByPeer.append((header, buffer))
        case .rtcp(let packets): reportsToPeer += packets
        }
    }

    private func receiveAtBrowser(_ bytes: [UInt8]) {
        var buffer = bytes
        var span = buffer.mutableSpan
        let source = Self.serverAddress
        switch browser.receive(&span, count: bytes.count, from: source, at: now, events: &browserEvents) {
        case .nothing: break
        case .rtp(let header): heardByBrowser.append((header, buffer))
        case .rtcp(let packets): reportsToBrowser += packets
        }
    }

    static let serverAddress = address("198.51.100.1", 5000)
    static let serverContext = Result { try DTLSContext(identity: identity("server")) }
    static let browserContext = Result { try DTLSContext(identity: identity("browser")) }

    private static func identity(_ name: String) throws -> Identity {
        try Identity.generate(commonName: name, alternativeNames: [], days: 1)
    }
}
