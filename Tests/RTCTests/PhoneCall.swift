import Native
import RTC
import TestKit
import Wire

/// A phone and a peer with a network between them, in virtual time.
final class PhoneCall {
    let phone: FakePhone
    let peer: Peer
    let negotiation: PlainNegotiation
    var network: VirtualNetwork
    private(set) var now = Instant(nanoseconds: 0)
    private(set) var events: [Peer.Event] = []
    private(set) var heard: [RTPHeader] = []
    private(set) var samples: [Int16] = []
    private(set) var reports: [RTCPPacket] = []
    /// Where the far end's packets come from for us, as a NAT in between has it.
    var translate: (TransportAddress) -> TransportAddress = { $0 }
    var stream: OutboundStream

    let egress: Egress
    private var tonePhase = 0

    static let rtpSocket = Int(Path.firstOwnSocket) + 7
    static let rtcpSocket = Int(Path.firstOwnSocket) + 8
    static let rtpAddress = Call.address("198.51.100.1", 20_000)
    static let rtcpAddress = Call.address("198.51.100.1", 20_001)

    init(
        codecs: [AudioCodec] = AudioCodec.allCases, secure: SDESPolicy = .none, weCall: Bool = false,
        signalling: TransportAddress? = nil, phone configure: (inout FakePhone.Settings) -> Void = { _ in }
    ) throws {
        var settings = FakePhone.Settings(address: Call.address("192.0.2.10", 4000))
        configure(&settings)
        phone = try FakePhone(settings: settings)
        network = VirtualNetwork(seed: 1)
        var negotiation: PlainNegotiation
        if weCall {
            let offer = PlainOffer(from: PlainSDP.local, codecs: codecs, secure: secure)
            negotiation = try offer.accept(try phone.answer(to: offer.text))
        } else {
            negotiation = try PlainNegotiation(
                answering: phone.offer(), from: PlainSDP.local, codecs: codecs, secure: secure)
            try phone.accept(negotiation.text)
        }
        negotiation.remote.signalling = signalling ?? settings.address
        self.negotiation = negotiation
        egress = Egress(sockets: 1, capacity: 4) { _, _ in }
        peer = try Peer(
            plain: PlainSDP.local, remote: negotiation.remote, egress: egress, rtpSocket: Self.rtpSocket,
            rtcpSocket: Self.rtcpSocket, at: now)
        stream = OutboundStream(
            ssrc: SSRC(peer.local.audioSSRC), payloadType: negotiation.audio.payloadType,
            clockRate: negotiation.audio.codec.clockRate, firstSequence: 7, firstTimestamp: 1000)
    }

    /// Lets time pass in steps of 20 ms; `tick` runs at the beginning of each.
    func run(for duration: Duration, tick: (PhoneCall) -> Void = { _ in }) {
        let end = now.advanced(by: duration)
        while now < end {
            tick(self)
            phone.advance(to: now)
            peer.advance(to: now, events: &events)
            exchange()
            let next = min(end, now.advanced(by: .milliseconds(20)))
            while let due = network.deadline, due <= next {
                now = max(now, due)
                deliver()
            }
            now = next
        }
    }

    /// Sends 20 ms of this payload to the phone.
    func say(_ payload: [UInt8]) {
        stream.send(payload.span, through: peer)
        stream.pass(UInt32(negotiation.audio.codec.clockRate / 50))
    }

    /// Hands a datagram to the peer as if it came from `source`.
    @discardableResult
    func inject(
        _ bytes: [UInt8], from source: TransportAddress, socket: Int = PhoneCall.rtpSocket
    ) -> Peer.Received {
        var buffer = bytes
        var span = buffer.mutableSpan
        let received = peer.receive(
            &span, count: bytes.count, over: Path(socket: UInt32(socket), remote: source), at: now, events: &events)
        switch received {
        case .nothing: break
        case .rtp(let header):
            heard.append(header)
            if negotiation.audio.receives[header.payloadType] == .pcmu {
                var pcm = [Int16](repeating: 0, count: header.payload.count)
                var output = pcm.mutableSpan
                let packet = buffer.span
                _ = G711.muLaw.decode(packet.extracting(header.payload), into: &output)
                samples += pcm
            }
        case .rtcp(let packets): reports += packets
        }
        return received
    }

    private func exchange() {
        for datagram in phone.takeOutbox() {
            network.send(datagram.bytes, from: translate(datagram.source), to: datagram.destination, at: now)
        }
        let batch = egress.own
        for index in 0..<batch.count {
            let datagram = batch.datagram(at: index)
            let source = egress.ownSockets[index] == UInt32(Self.rtpSocket) ? Self.rtpAddress : Self.rtcpAddress
            network.send(
                datagram.bytes, from: source,
                to: TransportAddress(ipv4: UInt32(truncatingIfNeeded: datagram.low), port: datagram.port), at: now)
        }
        egress.flush()
    }

    private func deliver() {
        while let datagram = network.receive(at: now) {
            switch datagram.destination {
            case Self.rtpAddress: inject(datagram.bytes, from: datagram.source)
            case Self.rtcpAddress: inject(datagram.bytes, from: datagram.source, socket: Self.rtcpSocket)
            case translate(phone.settings.address):
                phone.receive(datagram.bytes, isRTCP: false, at: now)
            case translate(phone.reportAddress): phone.receive(datagram.bytes, isRTCP: true, at: now)
            default: break
            }
        }
    }
}
