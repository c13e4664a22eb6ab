package import RTC
package import Wire

/// What a browser takes from the answer to its offer, and what makes it refuse the answer (`media.md` §1.3).
package struct BrowserAnswer: Equatable, Sendable {
    /// Why `setRemoteDescription` would throw, or no media could ever flow.
    package enum Refusal: Error, Equatable, Sendable {
        case malformed(SDPError)
        /// Not the same m-lines, all of them refused, no `a=mid` in a bundle, or a bundle that is not the accepted ones.
        case wrongMedia
        /// `active` or `passive` it must be.
        case wrongSetup(SetupRole?)
        case noRTCPMux
        /// No ICE credentials, no fingerprint of a known hash, or no candidate of that address family.
        case noTransport(missing: String)
        case noOpus
        case noVP8
        /// A payload type that was not on offer: what it sends under that number would be thrown away.
        case unknownFormat(String)
        /// An extension under another number than offered.
        case renumberedExtension(String)
        /// Layers that were not on offer, or no header extension to name them.
        case wrongSimulcast
        /// A server's offer without `a=ice-lite`, for which Firefox would wait for ever (`media.md` §1.4).
        case notLite
    }

    package let remote: RemoteTransport
    /// Where to send: the best UDP candidate with a literal address.
    package let address: TransportAddress
    /// `nil` when there is no audio.
    package let opusPayloadType: UInt8?
    package let telephoneEventPayloadType: UInt8?
    package let audioLevelID: UInt8?
    /// Of the audio m-line.
    package let midID: UInt8?
    /// Of the audio m-line, seen from the server; `nil` when there is no audio.
    package internal(set) var direction: MediaDirection?
    /// Sources the server announced for its audio.
    package let ssrcs: [SSRC]
    /// The video m-lines that the server accepted, in their order.
    package internal(set) var videos: [Video]

    package init(parsing text: String, to offer: SessionDescription, isIPv6: Bool) throws(Refusal) {
        let answer: SessionDescription
        do { answer = try SessionDescription(parsing: text) } catch { throw .malformed(error) }
        try self.init(answer, to: offer, role: nil, isIPv6: isIPv6)
    }

    /// - Parameter role: What we say about the handshake, when this is the server's offer; `nil` for an answer.
    init(
        _ answer: SessionDescription, to offer: SessionDescription, role: SetupRole?, isIPv6: Bool
    ) throws(Refusal) {
        let accepted = try Self.accepted(in: answer, of: offer)
        for line in accepted where !line.rtcpMux { throw .noRTCPMux }
        // The first of the bundle carries all.
        let carrier = accepted.first { $0.mid == answer.bundleGroup.first } ?? accepted[0]
        remote = try Self.transport(of: carrier, role: role)
        address = try Self.address(of: carrier, isIPv6: isIPv6)

        let audio = accepted.first { $0.kind == "audio" }
        let opus = audio?.codecs.first { $0.isNamed("opus") }
        if audio != nil, opus == nil { throw .noOpus }
        opusPayloadType = opus?.payloadType
        telephoneEventPayloadType = audio?.codecs.first { $0.isNamed("telephone-event") }?.payloadType
        audioLevelID = audio?.headerExtension(HeaderExtension.audioLevel)?.id
        midID = audio?.headerExtension(HeaderExtension.mid)?.id
        direction = audio?.direction
        ssrcs = audio?.ssrcs ?? []
        var videos: [Video] = []
        for (index, line) in answer.media.enumerated() where line.kind == "video" && !line.isRejected {
            videos.append(try Video(line, to: offer.media[index], at: index))
        }
        self.videos = videos
    }

    /// The m-lines that are not refused.
    private static func accepted(
        in answer: SessionDescription, of offer: SessionDescription
    ) throws(Refusal) -> [MediaDescription] {
        guard answer.media.map(\.kind) == offer.media.map(\.kind) else { throw .wrongMedia }
        var accepted: [MediaDescription] = []
        for (line, offered) in zip(answer.media, offer.media) where !line.isRejected {
            guard !offered.isRejected, answer.bundleGroup.isEmpty || line.mid == offered.mid else { throw .wrongMedia }
            for answered in line.headerExtensions where offered.headerExtension(answered.uri)?.id != answered.id {
                throw .renumberedExtension(answered.uri)
            }
            accepted.append(line)
        }
        let mids = Set(accepted.compactMap(\.mid))
        guard !accepted.isEmpty, answer.bundleGroup.isEmpty || Set(answer.bundleGroup) == mids else {
            throw .wrongMedia
        }
        return accepted
    }

    private static func transport(of line: MediaDescription, role: SetupRole?) throws(Refusal) -> RemoteTransport {
        guard let setup = line.setup, setup != role, setup.isDecided || role?.isDecided == true else {
            throw .wrongSetup(line.setup)
        }
        guard let ufrag = line.iceUfrag, let pwd = line.icePwd else { throw .noTransport(missing: "ice-ufrag") }
        guard let fingerprints = RemoteTransport.strongest(of: line.fingerprints) else {
            throw .noTransport(missing: "fingerprint")
        }
        return RemoteTransport(
            ufrag: ufrag, pwd: pwd, fingerprints: fingerprints, isDTLSServer: setup == .passive || role == .active)
    }

    private static func address(of line: MediaDescription, isIPv6: Bool) throws(Refusal) -> TransportAddress {
        let usable = line.candidates.filter { $0.transport == "udp" && $0.component == 1 }
        let best = usable.sorted { $0.priority > $1.priority }.compactMap(\.transportAddress)
        guard let address = best.first(where: { $0.isIPv6 == isIPv6 }) else { throw .noTransport(missing: "candidate") }
        return address
    }
}

extension SetupRole {
    fileprivate var isDecided: Bool { self == .active || self == .passive }
}
