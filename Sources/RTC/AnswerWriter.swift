import Wire

/// Writes the answer: what was accepted in our words, the rest with port 0.
struct AnswerWriter {
    let offer: SessionDescription
    let selection: MediaSelection
    let audio: AudioParameters?
    let videos: [VideoParameters]
    let mainPicture: Int?
    let remote: RemoteTransport
    let local: LocalTransport
    let version: Int

    var description: SessionDescription {
        let mids = selection.isBundled ? selection.accepted.compactMap { offer.media[$0].mid } : []
        var answer = local.session(version: version, bundle: mids)
        answer.media = offer.media.enumerated().map { index, line in media(line, at: index) }
        return answer
    }

    private func media(_ line: MediaDescription, at index: Int) -> MediaDescription {
        if let audio, index == selection.audio { return accepted(line, codecs(line, audio), contents(line, audio)) }
        if let video = videos.first(where: { $0.index == index }) {
            return accepted(line, video.codecs, contents(line, video))
        }
        return rejected(line, index)
    }

    private func accepted(
        _ line: MediaDescription, _ codecs: [Codec], _ contents: [SDPAttribute]
    ) -> MediaDescription {
        var attributes = line.mid.map { [SDPAttribute("mid", $0)] } ?? []
        attributes += local.attributes(setup: remote.isDTLSServer ? .active : .passive)
        attributes.append("rtcp-mux")
        // Feedback alone, without a report in front, is half the bytes.
        if line.rtcpReducedSize { attributes.append("rtcp-rsize") }
        for codec in codecs { attributes += codec.attributes }
        attributes += contents
        attributes += local.candidateAttributes
        return MediaDescription(
            kind: line.kind, port: local.port, transport: line.transport,
            formats: codecs.map { String($0.payloadType) }, connection: local.connection, attributes: attributes)
    }

    private func rejected(_ line: MediaDescription, _ index: Int) -> MediaDescription {
        MediaDescription(
            kind: line.kind, port: 0, transport: line.transport, formats: line.formats,
            attributes: [SDPAttribute("mid", line.mid ?? String(index)), SDPAttribute("inactive")])
    }
}

// MARK: - Audio

extension AnswerWriter {
    private func codecs(_ line: MediaDescription, _ audio: AudioParameters) -> [Codec] {
        line.codecs.compactMap { codec in
            if codec.payloadType == audio.payloadType { return .opus(codec.payloadType) }
            guard audio.telephoneEvents.contains(codec.payloadType) else { return nil }
            return .telephoneEvent(codec.payloadType, clockRate: codec.clockRate)
        }
    }

    private func contents(_ line: MediaDescription, _ audio: AudioParameters) -> [SDPAttribute] {
        var attributes = [audio.direction.attribute, SDPAttribute("ptime", "20")]
        for uri in [HeaderExtension.audioLevel, HeaderExtension.mid] {
            if let known = line.headerExtension(uri) { attributes.append(known.mirrored.attribute) }
        }
        return audio.direction.sends ? attributes + local.audioSources : attributes
    }
}

// MARK: - Video

extension AnswerWriter {
    private func contents(_ line: MediaDescription, _ video: VideoParameters) -> [SDPAttribute] {
        var attributes = [video.direction.attribute]
        for uri in [HeaderExtension.mid, HeaderExtension.streamID, HeaderExtension.repairedStreamID] {
            guard let known = line.headerExtension(uri), video.uses(known) else { continue }
            attributes.append(known.mirrored.attribute)
        }
        if !video.layers.isEmpty {
            attributes += video.layers.map { RestrictionIdentifier(id: $0, isSent: false).attribute }
            attributes.append("simulcast", "recv \(video.layers.joined(separator: ";"))")
        }
        guard video.direction.sends else { return attributes }
        return attributes + local.sources(of: video, isMain: video.index == mainPicture)
    }
}

extension VideoParameters {
    fileprivate func uses(_ offered: HeaderExtension) -> Bool {
        switch offered.uri {
        case HeaderExtension.mid: midExtensionID == offered.id
        case HeaderExtension.streamID: ridExtensionID == offered.id
        case HeaderExtension.repairedStreamID: repairedRIDExtensionID == offered.id
        default: false
        }
    }
}
