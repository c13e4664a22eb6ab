import Wire

/// Writes our offer, with the attributes that our answers have.
struct OfferWriter {
    struct Audio {
        let index: Int
        let parameters: AudioParameters
        /// Clock rates of the telephone events, by payload type.
        let keys: [UInt8: Int]
    }

    let audio: Audio?
    let videos: [VideoParameters]
    let mainPicture: Int?
    let local: LocalTransport

    var description: SessionDescription {
        var lines = videos.map { (index: $0.index, line: line($0)) }
        if let audio { lines.append((audio.index, line(audio))) }
        lines.sort { $0.index < $1.index }
        var offer = local.session(version: 1, bundle: lines.compactMap(\.line.mid))
        offer.media = lines.map(\.line)
        return offer
    }

    private func line(_ audio: Audio) -> MediaDescription {
        let parameters = audio.parameters
        let keys = parameters.telephoneEvents.map { Codec.telephoneEvent($0, clockRate: audio.keys[$0] ?? 8000) }
        var contents = [parameters.direction.attribute, SDPAttribute("ptime", "20")]
        if let id = parameters.audioLevelID {
            contents.append(HeaderExtension(id: id, uri: HeaderExtension.audioLevel).attribute)
        }
        contents.append(HeaderExtension(id: midID, uri: HeaderExtension.mid).attribute)
        return line(
            "audio", mid: parameters.mid, codecs: [.opus(parameters.payloadType)] + keys,
            contents: contents + local.audioSources)
    }

    private func line(_ video: VideoParameters) -> MediaDescription {
        var contents = [video.direction.attribute]
        if let id = video.midExtensionID {
            contents.append(HeaderExtension(id: id, uri: HeaderExtension.mid).attribute)
        }
        return line(
            "video", mid: video.mid, codecs: video.codecs,
            contents: contents + local.sources(of: video, isMain: video.index == mainPicture))
    }

    private func line(
        _ kind: String, mid: String, codecs: [Codec], contents: [SDPAttribute]
    ) -> MediaDescription {
        var attributes = [SDPAttribute("mid", mid)] + local.attributes(setup: .actpass)
        attributes.append("rtcp-mux")
        if kind == "video" { attributes.append("rtcp-rsize") }
        for codec in codecs { attributes += codec.attributes }
        attributes += contents
        attributes += local.candidateAttributes
        return MediaDescription(
            kind: kind, port: local.port, transport: "UDP/TLS/RTP/SAVPF",
            formats: codecs.map { String($0.payloadType) }, connection: local.connection, attributes: attributes)
    }

    /// The same in the whole bundle (RFC 8843 §9.2), and nobody else's.
    private var midID: UInt8 {
        videos.lazy.compactMap(\.midExtensionID).first ?? (audio?.parameters.audioLevelID == 4 ? 3 : 4)
    }
}
