import RTC
import Wire

/// An offer as Chromium writes it: unified plan, BUNDLE, its codecs, header extensions and attributes, in its order
/// (recorded in `sdp/chromium-156-audio-offer.sdp`, `…-audio-video-offer.sdp` and `…-simulcast-offer.sdp`).
struct BrowserOffer {
    struct Audio {
        let ssrc: SSRC
        let hasLevel: Bool
        let direction: MediaDirection
    }

    struct Video {
        let settings: FakeBrowser.Settings.Video
        /// What it will send, one for each layer; announced unless it is a simulcast.
        let sources: [StreamSSRCs]
    }

    enum Line {
        case audio(Audio)
        case video(Video)
    }

    let ufrag: String
    let pwd: String
    let fingerprint: String
    let setup: SetupRole
    let address: TransportAddress
    let cname: String
    let sessionID: UInt64
    /// 2 in a browser's first offer.
    let version: Int
    let hasMID: Bool
    let lines: [Line]

    var description: SessionDescription {
        let mids = lines.indices.map { Self.mid($0) }.joined(separator: " ")
        return SessionDescription(
            origin: .init(sessionID: sessionID, sessionVersion: version, connection: .init(address: "127.0.0.1")),
            attributes: [
                SDPAttribute("group", "BUNDLE \(mids)"),
                SDPAttribute("extmap-allow-mixed"),
                SDPAttribute("msid-semantic", " WMS \(stream)"),
            ],
            media: lines.enumerated().map { index, line in
                switch line {
                case .audio(let audio): media(audio, mid: Self.mid(index))
                case .video(let video): media(video, mid: Self.mid(index))
                }
            })
    }

    private func media(_ audio: Audio, mid: String) -> MediaDescription {
        MediaDescription(
            kind: "audio", port: Int(address.port), transport: "UDP/TLS/RTP/SAVPF",
            formats: Self.codecs.map { String($0.payloadType) }, connection: SDPConnection(address),
            attributes: transport(mid) + extensions(audio) + [audio.direction.attribute] + source(audio))
    }

    func transport(_ mid: String) -> [SDPAttribute] {
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
            SDPAttribute("mid", mid),
        ]
    }

    private func extensions(_ audio: Audio) -> [SDPAttribute] {
        var offered = [
            HeaderExtension(id: 2, uri: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
            HeaderExtension(
                id: 3, uri: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
        ]
        if audio.hasLevel { offered.insert(HeaderExtension(id: 1, uri: HeaderExtension.audioLevel), at: 0) }
        if hasMID { offered.append(HeaderExtension(id: 4, uri: HeaderExtension.mid)) }
        return offered.map(\.attribute)
    }

    private func source(_ audio: Audio) -> [SDPAttribute] {
        var attributes = [
            SDPAttribute("msid", "\(stream) track-\(audio.ssrc.rawValue)"), SDPAttribute("rtcp-mux"),
            SDPAttribute("rtcp-rsize"),
        ]
        for codec in Self.codecs { attributes += codec.attributes }
        return attributes + announcement(of: audio.ssrc, track: "track-\(audio.ssrc.rawValue)")
    }

    func announcement(of ssrc: SSRC, track: String) -> [SDPAttribute] {
        [
            SDPAttribute("ssrc", "\(ssrc.rawValue) cname:\(cname)"),
            SDPAttribute("ssrc", "\(ssrc.rawValue) msid:\(stream) \(track)"),
        ]
    }

    var stream: String { "stream-\(cname)" }

    /// The m-line's number, as in all recorded offers.
    static func mid(_ index: Int) -> String { String(index) }

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
