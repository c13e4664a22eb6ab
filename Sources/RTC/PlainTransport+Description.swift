import Native
import Wire

extension PlainTransport {
    var isIPv6: Bool { ip.utf8.contains(UInt8(ascii: ":")) }

    var connection: SDPConnection { SDPConnection(isIPv6: isIPv6, address: ip) }

    /// A description of these m-lines, with the version of the last one, or the next when something changed
    /// (RFC 3264 §8).
    func description(
        of media: [MediaDescription], after previous: PlainNegotiation?
    ) -> (SessionDescription, version: Int) {
        let same = description(of: media, version: previous?.version ?? 1)
        guard let previous, same.text != previous.text else { return (same, previous?.version ?? 1) }
        return (description(of: media, version: previous.version + 1), previous.version + 1)
    }

    private func description(of media: [MediaDescription], version: Int) -> SessionDescription {
        SessionDescription(
            origin: .init(sessionID: sessionID, sessionVersion: version, connection: connection),
            connection: connection, media: media)
    }

    func line(
        answering media: MediaDescription, with selection: PlainSelection, audio: AudioParameters, isMuxed: Bool
    ) -> MediaDescription {
        line(
            transport: media.transport, payloads: selection.payloads, crypto: selection.crypto.map { [$0] } ?? [],
            ptime: audio.ptime, direction: audio.direction, isMuxed: isMuxed)
    }

    /// Nothing in it that a trunk does not know: some PBXs refuse large descriptions.
    func line(
        transport: String, payloads: [PlainPayload], crypto: [SDPCrypto], ptime: Int, direction: MediaDirection,
        isMuxed: Bool
    ) -> MediaDescription {
        var attributes: [SDPAttribute] = []
        for payload in payloads { attributes += payload.codec.attributes }
        attributes.append("ptime", String(ptime))
        attributes.append(direction.attribute)
        if isMuxed {
            attributes.append("rtcp-mux")
        } else if rtcpPort != rtpPort &+ 1 {
            attributes.append(RTCPAttribute(port: rtcpPort).attribute)
        }
        attributes += crypto.map(\.attribute)
        return MediaDescription(
            kind: "audio", port: Int(rtpPort), transport: transport, formats: payloads.map { String($0.payloadType) },
            attributes: attributes)
    }
}

extension MediaDescription {
    /// The m-line with port 0, as RFC 3264 §6 refuses it: kind, protocol and formats as they were.
    var refused: MediaDescription { MediaDescription(kind: kind, port: 0, transport: transport, formats: formats) }
}
