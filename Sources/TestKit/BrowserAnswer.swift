package import RTC
package import Wire

/// What a browser takes from the answer to its offer, and what makes it refuse the answer (`media.md` §1.3).
package struct BrowserAnswer: Equatable, Sendable {
    /// Why `setRemoteDescription` would throw, or no media could ever flow.
    package enum Refusal: Error, Equatable, Sendable {
        case malformed(SDPError)
        /// Not the same m-lines, audio refused, or no `a=mid` in a bundle.
        case wrongMedia
        /// `active` or `passive` it must be.
        case wrongSetup(SetupRole?)
        case noRTCPMux
        /// No ICE credentials, no fingerprint of a known hash, or no candidate of that address family.
        case noTransport(missing: String)
        case noOpus
        /// An extension under another number than offered.
        case renumberedExtension(String)
    }

    package let remote: RemoteTransport
    /// Where to send: the best UDP candidate with a literal address.
    package let address: TransportAddress
    package let opusPayloadType: UInt8
    package let telephoneEventPayloadType: UInt8?
    package let audioLevelID: UInt8?
    package let midID: UInt8?
    /// Seen from the server.
    package let direction: MediaDirection
    /// Sources the server announced.
    package let ssrcs: [SSRC]

    package init(parsing text: String, to offer: SessionDescription, isIPv6: Bool) throws(Refusal) {
        let answer: SessionDescription
        do { answer = try SessionDescription(parsing: text) } catch { throw .malformed(error) }
        guard answer.media.map(\.kind) == offer.media.map(\.kind), let line = answer.media.first, !line.isRejected,
            let offered = offer.media.first, answer.bundleGroup.isEmpty || line.mid == offered.mid
        else { throw .wrongMedia }
        guard line.rtcpMux else { throw .noRTCPMux }
        remote = try Self.transport(of: line)
        address = try Self.address(of: line, isIPv6: isIPv6)
        guard let opus = line.codecs.first(where: { $0.isNamed("opus") }) else { throw .noOpus }
        opusPayloadType = opus.payloadType
        telephoneEventPayloadType = line.codecs.first { $0.isNamed("telephone-event") }?.payloadType
        for answered in line.headerExtensions where offered.headerExtension(answered.uri)?.id != answered.id {
            throw .renumberedExtension(answered.uri)
        }
        audioLevelID = line.headerExtension(HeaderExtension.audioLevel)?.id
        midID = line.headerExtension(HeaderExtension.mid)?.id
        direction = line.direction
        ssrcs = line.ssrcs
    }

    private static func transport(of line: MediaDescription) throws(Refusal) -> RemoteTransport {
        guard let setup = line.setup, setup == .active || setup == .passive else { throw .wrongSetup(line.setup) }
        guard let ufrag = line.iceUfrag, let pwd = line.icePwd else { throw .noTransport(missing: "ice-ufrag") }
        guard let fingerprints = RemoteTransport.strongest(of: line.fingerprints) else {
            throw .noTransport(missing: "fingerprint")
        }
        return RemoteTransport(ufrag: ufrag, pwd: pwd, fingerprints: fingerprints, isDTLSServer: setup == .passive)
    }

    private static func address(of line: MediaDescription, isIPv6: Bool) throws(Refusal) -> TransportAddress {
        let usable = line.candidates.filter { $0.transport == "udp" && $0.component == 1 }
        let best = usable.sorted { $0.priority > $1.priority }.compactMap(\.transportAddress)
        guard let address = best.first(where: { $0.isIPv6 == isIPv6 }) else { throw .noTransport(missing: "candidate") }
        return address
    }
}
