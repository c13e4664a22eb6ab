import Wire

/// What every accepted m-line of ours says about our side, in offers and answers alike.
extension LocalTransport {
    /// ICE credentials, certificate, and who starts the handshake.
    func attributes(setup: SetupRole) -> [SDPAttribute] {
        [
            SDPAttribute("ice-ufrag", ufrag),
            SDPAttribute("ice-pwd", pwd),
            SDPAttribute("fingerprint", "sha-256 \(fingerprint)"),
            setup.attribute,
        ]
    }

    /// Priorities fall in the order given (RFC 8445 §5.1.2).
    var candidateAttributes: [SDPAttribute] {
        var attributes: [SDPAttribute] = []
        for (index, candidate) in candidates.enumerated() {
            let preference = UInt32(65_535 - min(index, 65_535))
            let priority = 126 << 24 | preference << 8 | 255
            attributes.append(
                Wire.Candidate(
                    foundation: String(index + 1), priority: priority, address: candidate.ip, port: candidate.port
                ).attribute)
        }
        attributes.append("end-of-candidates")
        return attributes
    }

    var connection: SDPConnection {
        guard let first = candidates.first else { return SDPConnection(address: "0.0.0.0") }
        return SDPConnection(isIPv6: first.ip.contains(":"), address: first.ip)
    }

    /// Of an m-line; only ICE goes by its candidates.
    var port: Int { Int(candidates.first?.port ?? 9) }

    /// What stands above the m-lines.
    func session(version: Int, bundle mids: [String]) -> SessionDescription {
        var attributes: [SDPAttribute] = []
        if !mids.isEmpty { attributes.append("group", "BUNDLE \(mids.joined(separator: " "))") }
        // Without it Firefox would wait for checks of ours for ever (`media.md` §0.1).
        attributes.append("ice-lite")
        attributes.append("msid-semantic", " WMS *")
        return SessionDescription(
            origin: .init(sessionID: sessionID, sessionVersion: version, connection: connection),
            attributes: attributes)
    }
}

// MARK: - Sources

extension LocalTransport {
    var audioSources: [SDPAttribute] { sources([SSRC(audioSSRC)], stream: cname, track: "a0") }

    /// - Parameter isMain: The main picture shares the stream of the audio, or browsers would not synchronise them;
    ///   each further picture has its own.
    func sources(of video: VideoParameters, isMain: Bool) -> [SDPAttribute] {
        let stream = isMain ? cname : "\(cname)p\(video.index)"
        let track = "v\(video.index)"
        guard video.rtxPayloadType != nil, let rtx = video.local.rtx else {
            return sources([video.local.media], stream: stream, track: track)
        }
        let group = SDPAttribute("ssrc-group", "FID \(video.local.media.rawValue) \(rtx.rawValue)")
        return [group] + sources([video.local.media, rtx], stream: stream, track: track)
    }

    /// Announced, because Chromium drops every packet of a source that is neither announced nor carries a MID; and with
    /// a stream, because clients play `event.streams[0]`.
    private func sources(_ ssrcs: [SSRC], stream: String, track: String) -> [SDPAttribute] {
        let msid = "\(stream) \(stream)\(track)"
        return [SDPAttribute("msid", msid)]
            + ssrcs.flatMap { ssrc in
                [
                    SDPAttribute("ssrc", "\(ssrc.rawValue) cname:\(cname)"),
                    SDPAttribute("ssrc", "\(ssrc.rawValue) msid:\(msid)"),
                ]
            }
    }
}
