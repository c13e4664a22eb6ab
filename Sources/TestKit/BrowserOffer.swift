import Wire

/// An audio offer as Chromium writes it: unified plan, BUNDLE, all its codecs, header extensions and attributes, in its
/// order (recorded in `sdp/chromium-156-audio-offer.sdp`).
struct BrowserOffer {
    let ufrag: String
    let pwd: String
    let fingerprint: String
    let setup: SetupRole
    let address: TransportAddress
    let ssrc: SSRC
    let cname: String
    let sessionID: UInt64
    let hasAudioLevel: Bool
    let hasMID: Bool
    let direction: MediaDirection

    var description: SessionDescription {
        SessionDescription(
            origin: .init(sessionID: sessionID, sessionVersion: 2, connection: SDPConnection(address: "127.0.0.1")),
            attributes: [
                SDPAttribute("group", "BUNDLE \(Self.mid)"),
                SDPAttribute("extmap-allow-mixed"),
                SDPAttribute("msid-semantic", " WMS \(stream)"),
            ],
            media: [audio])
    }

    private var audio: MediaDescription {
        MediaDescription(
            kind: "audio", port: Int(address.port), transport: "UDP/TLS/RTP/SAVPF",
            formats: Self.codecs.map { String($0.payloadType) }, connection: SDPConnection(address),
            attributes: transport + extensions + [direction.attribute] + source)
    }

    private var transport: [SDPAttribute] {
        let host = Candidate(
            foundation: "117918520", priority: 2_122_194_687, address: address.ip, port: address.port,
            rest: "generation 0 network-id 1")
        let tcp = Candidate(
            foundation: "2043193760", transport: "tcp", priority: 1_518_214_911, address: address.ip, port: 9,
            rest: "tcptype active generation 0 network-id 1")
        return [
            SDPAttribute("rtcp", "9 IN IP4 0.0.0.0"),
            host.attribute,
            tcp.attribute,
            SDPAttribute("ice-ufrag", ufrag),
            SDPAttribute("ice-pwd", pwd),
            SDPAttribute("ice-options", "trickle"),
            SDPAttribute("fingerprint", "sha-256 \(fingerprint)"),
            setup.attribute,
            SDPAttribute("mid", Self.mid),
        ]
    }

    private var extensions: [SDPAttribute] {
        var offered = [
            HeaderExtension(id: 2, uri: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
            HeaderExtension(
                id: 3, uri: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
        ]
        if hasAudioLevel { offered.insert(HeaderExtension(id: 1, uri: HeaderExtension.audioLevel), at: 0) }
        if hasMID { offered.append(HeaderExtension(id: 4, uri: HeaderExtension.mid)) }
        return offered.map(\.attribute)
    }

    private var source: [SDPAttribute] {
        var attributes = [
            SDPAttribute("msid", "\(stream) \(track)"), SDPAttribute("rtcp-mux"), SDPAttribute("rtcp-rsize"),
        ]
        for codec in Self.codecs { attributes += codec.attributes }
        attributes.append("ssrc", "\(ssrc.rawValue) cname:\(cname)")
        attributes.append("ssrc", "\(ssrc.rawValue) msid:\(stream) \(track)")
        return attributes
    }

    private var stream: String { "stream-\(ssrc.rawValue)" }
    private var track: String { "track-\(ssrc.rawValue)" }

    /// One character, as in all recorded offers.
    static let mid = "0"
    static let midByte = UInt8(ascii: "0")

    private static let codecs: [Codec] = [
        Codec(
            payloadType: 111, name: "opus", clockRate: 48_000, channels: 2, parameters: "minptime=10;useinbandfec=1",
            feedback: ["transport-cc"]),
        Codec(payloadType: 63, name: "red", clockRate: 48_000, channels: 2, parameters: "111/111"),
        Codec(payloadType: 9, name: "G722", clockRate: 8000),
        Codec(payloadType: 0, name: "PCMU", clockRate: 8000),
        Codec(payloadType: 8, name: "PCMA", clockRate: 8000),
        Codec(payloadType: 13, name: "CN", clockRate: 8000),
        Codec(payloadType: 110, name: "telephone-event", clockRate: 48_000),
        Codec(payloadType: 126, name: "telephone-event", clockRate: 8000),
    ]
}
