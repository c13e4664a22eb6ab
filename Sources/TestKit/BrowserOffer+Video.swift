import RTC
import Wire

extension BrowserOffer {
    func media(_ video: Video, mid: String) -> MediaDescription {
        let codecs = Self.codecs(of: video.settings)
        return MediaDescription(
            kind: "video", port: video.settings.isRefused ? 0 : Int(address.port), transport: "UDP/TLS/RTP/SAVPF",
            formats: codecs.map { String($0.payloadType) }, connection: SDPConnection(address),
            attributes: transport(mid) + extensions(of: video) + [video.settings.direction.attribute]
                + contents(of: video, codecs))
    }

    /// Ids are those of the recorded offers; the RID ones are on offer without simulcast too.
    private func extensions(of video: Video) -> [SDPAttribute] {
        var offered = [
            HeaderExtension(id: 14, uri: "urn:ietf:params:rtp-hdrext:toffset"),
            HeaderExtension(id: 2, uri: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
            HeaderExtension(id: 13, uri: "urn:3gpp:video-orientation"),
            HeaderExtension(
                id: 3, uri: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
        ]
        if hasMID { offered.append(HeaderExtension(id: 4, uri: HeaderExtension.mid)) }
        offered.append(HeaderExtension(id: 10, uri: HeaderExtension.streamID))
        offered.append(HeaderExtension(id: 11, uri: HeaderExtension.repairedStreamID))
        return offered.map(\.attribute)
    }

    private func contents(of video: Video, _ codecs: [Codec]) -> [SDPAttribute] {
        let track = "track-\(video.sources.first?.media.rawValue ?? 0)"
        var attributes: [SDPAttribute] = []
        if video.settings.direction.sends { attributes.append("msid", "\(stream) \(track)") }
        attributes.append("rtcp-mux")
        attributes.append("rtcp-rsize")
        for codec in codecs { attributes += codec.attributes }
        guard video.settings.layers.isEmpty else { return attributes + simulcast(video.settings.layers) }
        for source in video.sources {
            if let rtx = source.rtx {
                attributes.append("ssrc-group", "FID \(source.media.rawValue) \(rtx.rawValue)")
            }
            for ssrc in [source.media, source.rtx] {
                if let ssrc { attributes += announcement(of: ssrc, track: track) }
            }
        }
        return attributes
    }

    private func simulcast(_ layers: [String]) -> [SDPAttribute] {
        layers.map { RestrictionIdentifier(id: $0, isSent: true).attribute }
            + [SDPAttribute("simulcast", "send \(layers.joined(separator: ";"))")]
    }

    private static func codecs(of settings: FakeBrowser.Settings.Video) -> [Codec] {
        let feedback = ["goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"]
        var codecs = [
            Codec(
                payloadType: 102, name: "H264", clockRate: 90_000,
                parameters: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
                feedback: feedback),
            Codec(payloadType: 103, name: "rtx", clockRate: 90_000, parameters: "apt=102"),
        ]
        guard settings.offersVP8 else { return codecs }
        codecs.insert(Codec(payloadType: 96, name: "VP8", clockRate: 90_000, feedback: feedback), at: 0)
        if settings.offersRTX {
            codecs.insert(Codec(payloadType: 97, name: "rtx", clockRate: 90_000, parameters: "apt=96"), at: 1)
        }
        return codecs
    }
}
