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
        var attributes: [SDPAttribute] = []
        if selection.isBundled {
            let mids = selection.accepted.compactMap { offer.media[$0].mid }
            attributes.append("group", "BUNDLE \(mids.joined(separator: " "))")
        }
        attributes.append("ice-lite")
        attributes.append("msid-semantic", " WMS *")
        var answer = SessionDescription(
            origin: .init(sessionID: local.sessionID, sessionVersion: version, connection: connection),
            attributes: attributes)
        answer.media = offer.media.enumerated().map { index, line in media(line, at: index) }
        return answer
    }

    private func media(_ line: MediaDescription, at index: Int) -> MediaDescription {
        if let audio, index == selection.audio { return accepted(line, codecs(line, audio), contents(line, audio)) }
        if let video = videos.first(where: { $0.index == index }) {
            return accepted(line, codecs(video), contents(line, video))
        }
        return rejected(line, index)
    }

    private func accepted(
        _ line: MediaDescription, _ codecs: [Codec], _ contents: [SDPAttribute]
    ) -> MediaDescription {
        var attributes = line.mid.map { [SDPAttribute("mid", $0)] } ?? []
        attributes += transport
        attributes.append("rtcp-mux")
        // Feedback alone, without a report in front, is half the bytes.
        if line.rtcpReducedSize { attributes.append("rtcp-rsize") }
        for codec in codecs { attributes += codec.attributes }
        attributes += contents
        attributes += candidates
        return MediaDescription(
            kind: line.kind, port: Int(local.candidates.first?.port ?? 9), transport: line.transport,
            formats: codecs.map { String($0.payloadType) }, connection: connection, attributes: attributes)
    }

    private func rejected(_ line: MediaDescription, _ index: Int) -> MediaDescription {
        MediaDescription(
            kind: line.kind, port: 0, transport: line.transport, formats: line.formats,
            attributes: [SDPAttribute("mid", line.mid ?? String(index)), SDPAttribute("inactive")])
    }
}

// MARK: - Transport

extension AnswerWriter {
    private var transport: [SDPAttribute] {
        [
            SDPAttribute("ice-ufrag", local.ufrag),
            SDPAttribute("ice-pwd", local.pwd),
            SDPAttribute("fingerprint", "sha-256 \(local.fingerprint)"),
            (remote.isDTLSServer ? SetupRole.active : .passive).attribute,
        ]
    }

    /// Priorities fall in the order given (RFC 8445 §5.1.2).
    private var candidates: [SDPAttribute] {
        var attributes: [SDPAttribute] = []
        for (index, candidate) in local.candidates.enumerated() {
            let preference = UInt32(65_535 - min(index, 65_535))
            let priority = 126 << 24 | preference << 8 | 255
            attributes.append(
                Candidate(
                    foundation: String(index + 1), priority: priority, address: candidate.ip, port: candidate.port
                ).attribute)
        }
        attributes.append("end-of-candidates")
        return attributes
    }

    private var connection: SDPConnection {
        guard let first = local.candidates.first else { return SDPConnection(address: "0.0.0.0") }
        return SDPConnection(isIPv6: first.ip.contains(":"), address: first.ip)
    }
}

// MARK: - Audio

extension AnswerWriter {
    private func codecs(_ line: MediaDescription, _ audio: AudioParameters) -> [Codec] {
        line.codecs.compactMap { codec in
            if codec.payloadType == audio.payloadType {
                return Codec(
                    payloadType: codec.payloadType, name: "opus", clockRate: 48_000, channels: 2,
                    parameters: "minptime=10;useinbandfec=1")
            }
            guard audio.telephoneEvents.contains(codec.payloadType) else { return nil }
            return Codec(
                payloadType: codec.payloadType, name: "telephone-event", clockRate: codec.clockRate, parameters: "0-15")
        }
    }

    private func contents(_ line: MediaDescription, _ audio: AudioParameters) -> [SDPAttribute] {
        var attributes = [audio.direction.attribute, SDPAttribute("ptime", "20")]
        for uri in [HeaderExtension.audioLevel, HeaderExtension.mid] {
            if let known = line.headerExtension(uri) { attributes.append(known.mirrored.attribute) }
        }
        guard audio.direction.sends else { return attributes }
        return attributes + sources([SSRC(local.audioSSRC)], stream: local.cname, track: "a0")
    }
}

// MARK: - Video

extension AnswerWriter {
    private func codecs(_ video: VideoParameters) -> [Codec] {
        let vp8 = Codec(
            payloadType: video.payloadType, name: "VP8", clockRate: 90_000, feedback: video.feedback.texts)
        var codecs = [vp8]
        if let rtx = video.rtxPayloadType {
            codecs.append(vp8.retransmission(payloadType: rtx))
        }
        return codecs
    }

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
        return video.direction.sends ? attributes + sources(video) : attributes
    }

    private func sources(_ video: VideoParameters) -> [SDPAttribute] {
        let isMain = video.index == mainPicture
        let stream = isMain ? local.cname : "\(local.cname)p\(video.index)"
        let track = "v\(video.index)"
        guard video.rtxPayloadType != nil, let rtx = video.local.rtx else {
            return sources([video.local.media], stream: stream, track: track)
        }
        let group = SDPAttribute("ssrc-group", "FID \(video.local.media.rawValue) \(rtx.rawValue)")
        return [group] + sources([video.local.media, rtx], stream: stream, track: track)
    }

    /// Announced, because Chromium drops every packet of a source that is neither announced nor carries a MID; and with
    /// a stream, because clients play `event.streams[0]`. The main picture shares the stream of the audio, or browsers
    /// would not synchronise them; each further picture has its own.
    private func sources(_ ssrcs: [SSRC], stream: String, track: String) -> [SDPAttribute] {
        let msid = "\(stream) \(stream)\(track)"
        return [SDPAttribute("msid", msid)]
            + ssrcs.flatMap { ssrc in
                [
                    SDPAttribute("ssrc", "\(ssrc.rawValue) cname:\(local.cname)"),
                    SDPAttribute("ssrc", "\(ssrc.rawValue) msid:\(msid)"),
                ]
            }
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
