package import Wire

/// Works out the answer to an offer (RFC 3264, RFC 8829): one Opus m-line over one ICE-lite transport.
///
/// What browsers insist on, and what their offers look like, was measured: `media.md` §1.3 and §1.5. The answer writes
/// its own Opus parameters: Firefox's `stereo=1` sent back would make it send stereo.
package struct Negotiation: Sendable {
    package enum Failure: Error, Equatable, Sendable {
        case malformed(SDPError)
        /// No audio m-line that we could accept.
        case noAudio
        case noOpus
        /// No ICE credentials, no fingerprint, no rtcp-mux: not a WebRTC offer.
        case noTransport(missing: String)
    }

    package let answer: SessionDescription
    package let remote: RemoteTransport
    package let audio: AudioParameters

    /// - Parameter offer: Complete, as Verto has no trickle.
    package init(answering offer: String, from local: LocalTransport) throws(Failure) {
        let description: SessionDescription
        do {
            description = try SessionDescription(parsing: offer)
        } catch {
            throw .malformed(error)
        }
        try self.init(answering: description, from: local)
    }

    package init(answering offer: SessionDescription, from local: LocalTransport) throws(Failure) {
        guard let index = offer.media.firstIndex(where: { $0.kind == "audio" && !$0.isRejected }) else {
            throw .noAudio
        }
        let line = offer.media[index]
        remote = try Self.transport(of: line)
        audio = try Self.audio(of: line, at: index)
        answer = Self.answer(to: offer, accepting: index, audio: audio, remote: remote, local: local)
    }

    // MARK: Reading the offer

    private static func transport(of line: MediaDescription) throws(Failure) -> RemoteTransport {
        guard let ufrag = line.iceUfrag, let pwd = line.icePwd else { throw .noTransport(missing: "ice-ufrag") }
        guard let fingerprints = RemoteTransport.strongest(of: line.fingerprints) else {
            throw .noTransport(missing: "fingerprint")
        }
        guard line.rtcpMux else { throw .noTransport(missing: "rtcp-mux") }
        return RemoteTransport(
            ufrag: ufrag, pwd: pwd, fingerprints: fingerprints, isDTLSServer: line.setup == .passive)
    }

    private static func audio(of line: MediaDescription, at index: Int) throws(Failure) -> AudioParameters {
        let codecs = line.codecs
        guard let opus = codecs.first(where: { $0.isNamed("opus") && $0.clockRate == 48_000 }) else { throw .noOpus }
        return AudioParameters(
            mid: line.mid ?? String(index),
            payloadType: opus.payloadType,
            audioLevelID: line.headerExtension(HeaderExtension.audioLevel)?.id,
            telephoneEvents: codecs.filter { $0.isNamed("telephone-event") }.map(\.payloadType),
            direction: line.direction.mirrored)
    }

    // MARK: Writing the answer

    private static func answer(
        to offer: SessionDescription, accepting index: Int, audio: AudioParameters, remote: RemoteTransport,
        local: LocalTransport
    ) -> SessionDescription {
        let connection = connection(of: local)
        var answer = SessionDescription(
            origin: .init(sessionID: local.sessionID, sessionVersion: 1, connection: connection),
            attributes: [
                SDPAttribute("group", "BUNDLE \(audio.mid)"),
                SDPAttribute("ice-lite"),
                SDPAttribute("msid-semantic", " WMS *"),
            ])
        answer.media = offer.media.enumerated().map { number, line in
            number == index
                ? accepted(line, audio, remote, local, connection) : rejected(line, number)
        }
        return answer
    }

    private static func accepted(
        _ line: MediaDescription, _ audio: AudioParameters, _ remote: RemoteTransport, _ local: LocalTransport,
        _ connection: SDPConnection
    ) -> MediaDescription {
        let codecs = answeredCodecs(line, audio)
        var attributes = [SDPAttribute("mid", audio.mid)]
        attributes += transportAttributes(remote, local)
        attributes.append(audio.direction.attribute)
        attributes.append("rtcp-mux")
        for codec in codecs { attributes += codec.attributes }
        attributes.append("ptime", "20")
        for uri in [HeaderExtension.audioLevel, HeaderExtension.mid] {
            guard var known = line.headerExtension(uri) else { continue }
            known.direction = known.direction?.mirrored
            attributes.append(known.attribute)
        }
        if audio.direction.sends { attributes += sourceAttributes(local) }
        attributes += candidateAttributes(local)
        return MediaDescription(
            kind: "audio", port: Int(local.candidates.first?.port ?? 9), transport: line.transport,
            formats: codecs.map { String($0.payloadType) }, connection: connection, attributes: attributes)
    }

    private static func answeredCodecs(_ line: MediaDescription, _ audio: AudioParameters) -> [Codec] {
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

    private static func transportAttributes(_ remote: RemoteTransport, _ local: LocalTransport) -> [SDPAttribute] {
        [
            SDPAttribute("ice-ufrag", local.ufrag),
            SDPAttribute("ice-pwd", local.pwd),
            SDPAttribute("fingerprint", "sha-256 \(local.fingerprint)"),
            (remote.isDTLSServer ? SetupRole.active : .passive).attribute,
        ]
    }

    /// Announced, because Chromium drops every packet of a source that is neither announced nor carries a MID; and with
    /// a stream, because clients play `event.streams[0]`.
    private static func sourceAttributes(_ local: LocalTransport) -> [SDPAttribute] {
        let stream = local.cname
        let track = "\(stream)a0"
        return [
            SDPAttribute("msid", "\(stream) \(track)"),
            SDPAttribute("ssrc", "\(local.audioSSRC) cname:\(local.cname)"),
            SDPAttribute("ssrc", "\(local.audioSSRC) msid:\(stream) \(track)"),
        ]
    }

    /// Priorities fall in the order given (RFC 8445 §5.1.2).
    private static func candidateAttributes(_ local: LocalTransport) -> [SDPAttribute] {
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

    private static func rejected(_ line: MediaDescription, _ number: Int) -> MediaDescription {
        MediaDescription(
            kind: line.kind, port: 0, transport: line.transport, formats: line.formats,
            attributes: [SDPAttribute("mid", line.mid ?? String(number)), SDPAttribute("inactive")])
    }

    private static func connection(of local: LocalTransport) -> SDPConnection {
        guard let first = local.candidates.first else { return SDPConnection(address: "0.0.0.0") }
        return SDPConnection(isIPv6: first.ip.contains(":"), address: first.ip)
    }
}
