package import Wire

/// Works out the answer to an offer (RFC 3264, RFC 8829): one Opus m-line and VP8 m-lines over one ICE-lite transport.
///
/// What browsers insist on, and what their offers look like, was measured: `media.md` §1.3 and §1.5. The answer writes
/// its own Opus parameters: Firefox's `stereo=1` sent back would make it send stereo.
///
/// M-lines that we cannot use, or that want a transport of their own, are refused with port 0 and do not harm the rest.
/// When the first offer was ours, an ``Offer`` makes it from the browser's answer.
package struct Negotiation: Sendable {
    package enum Failure: Error, Equatable, Sendable {
        case malformed(SDPError)
        /// No m-line that we could accept.
        case noMedia
        /// Audio without Opus.
        case noOpus
        /// No ICE credentials, no fingerprint, no rtcp-mux: not a WebRTC offer.
        case noTransport(missing: String)
        /// A re-offer that restarts ICE, shows another certificate or turns the DTLS roles around: for us a new call.
        case changedTransport
        /// A re-offer without the m-lines of the one before, or with other kinds (RFC 3264 §8); an answer with other
        /// m-lines than our offer's.
        case changedMedia
    }

    /// What we say: the answer, or our own offer with port 0 for what the browser refused.
    package let answer: SessionDescription
    package let remote: RemoteTransport
    /// `nil` in a call of pictures alone, such as a screen share.
    package let audio: AudioParameters?
    /// The accepted video m-lines in their order.
    package let videos: [VideoParameters]
    /// Of the answer: 1, and one more with each re-offer.
    package let version: Int

    /// Our pairs of sources by m-line; see ``MediaSelection/pairs``.
    let pairs: [Int: Int]
    /// The m-line whose pictures belong to the stream of our audio.
    let mainPicture: Int?

    /// - Parameters:
    ///   - offer: Complete, as Verto has no trickle.
    ///   - local: The same for every offer of a call.
    ///   - previous: What the call's last offer came to, when this is a re-offer. Transport and sources stay; m-lines
    ///     may be added, change direction, or end.
    package init(
        answering offer: String, from local: LocalTransport, previous: Negotiation? = nil
    ) throws(Failure) {
        let description: SessionDescription
        do {
            description = try SessionDescription(parsing: offer)
        } catch {
            throw .malformed(error)
        }
        try self.init(answering: description, from: local, previous: previous)
    }

    package init(
        answering offer: SessionDescription, from local: LocalTransport, previous: Negotiation? = nil
    ) throws(Failure) {
        if let previous { try Self.check(offer, follows: previous.answer) }
        let selection = try MediaSelection(
            of: offer, pairs: previous?.pairs ?? [:], available: local.videoSSRCs.count)
        let carrier = offer.media[selection.accepted[0]]
        let offered = try Self.transport(of: carrier)
        if let previous, !previous.remote.isSame(as: offered, setup: carrier.setup) { throw .changedTransport }
        remote = previous?.remote ?? offered
        audio = selection.audio.flatMap { Self.audio(of: offer.media[$0], at: $0) }
        videos = Self.videos(of: offer, selection, local)
        version = (previous?.version ?? 0) + 1
        pairs = selection.pairs
        mainPicture = Self.mainPicture(of: videos, previous: previous?.mainPicture)
        answer =
            AnswerWriter(
                offer: offer, selection: selection, audio: audio, videos: videos, mainPicture: mainPicture,
                remote: remote, local: local, version: version
            ).description
    }

    /// What the browser's answer left of our offer.
    init(
        offer: SessionDescription, remote: RemoteTransport, audio: AudioParameters?, videos: [VideoParameters],
        pairs: [Int: Int], mainPicture: Int?
    ) {
        (answer, version) = (offer, 1)
        self.remote = remote
        self.audio = audio
        self.videos = videos
        self.pairs = pairs
        self.mainPicture = mainPicture
    }

    /// The m-line the browser's camera comes on.
    package var camera: VideoParameters? { videos.first { $0.direction.receives } }

    /// The m-lines we show pictures on, in their order.
    ///
    /// The first one shows who speaks, which is all that a stock client has; the others are further pictures.
    package var pictures: [VideoParameters] { videos.filter { $0.direction.sends } }
}

// MARK: - Reading the offer

extension Negotiation {
    static func transport(of line: MediaDescription) throws(Failure) -> RemoteTransport {
        guard let ufrag = line.iceUfrag, let pwd = line.icePwd else { throw .noTransport(missing: "ice-ufrag") }
        guard let fingerprints = RemoteTransport.strongest(of: line.fingerprints) else {
            throw .noTransport(missing: "fingerprint")
        }
        guard line.rtcpMux else { throw .noTransport(missing: "rtcp-mux") }
        return RemoteTransport(
            ufrag: ufrag, pwd: pwd, fingerprints: fingerprints, isDTLSServer: line.setup == .passive)
    }

    /// M-lines stay where they are; only the place of a refused one may be used for another kind (RFC 3264 §8.2).
    private static func check(_ offer: SessionDescription, follows answer: SessionDescription) throws(Failure) {
        guard offer.media.count >= answer.media.count else { throw .changedMedia }
        for (new, old) in zip(offer.media, answer.media) where new.kind != old.kind && !old.isRejected {
            throw .changedMedia
        }
    }

    private static func audio(of line: MediaDescription, at index: Int) -> AudioParameters? {
        guard let opus = MediaSelection.opus(of: line) else { return nil }
        return AudioParameters(
            mid: line.mid ?? String(index),
            payloadType: opus.payloadType,
            audioLevelID: line.headerExtension(HeaderExtension.audioLevel)?.id,
            telephoneEvents: line.codecs.filter { $0.isNamed("telephone-event") }.map(\.payloadType),
            keyClockRates: line.keyClockRates, direction: line.direction.mirrored)
    }

    /// One camera a call: whatever further m-lines would send is not asked for.
    private static func videos(
        of offer: SessionDescription, _ selection: MediaSelection, _ local: LocalTransport
    ) -> [VideoParameters] {
        var hasCamera = false
        return selection.videos.compactMap { place in
            let line = offer.media[place.index]
            let parameters = VideoParameters(
                answering: line, at: place.index, mayReceive: !hasCamera, from: local.videoSSRCs[place.pair])
            if parameters?.direction.receives == true { hasCamera = true }
            return parameters
        }
    }

    /// The first picture, but not another one than before while that is shown: its stream would change its name.
    private static func mainPicture(of videos: [VideoParameters], previous: Int?) -> Int? {
        let pictures = videos.filter { $0.direction.sends }.map(\.index)
        if let previous, pictures.contains(previous) { return previous }
        return pictures.first
    }
}

extension RemoteTransport {
    /// Whether a re-offer goes on with this transport. `actpass` leaves the roles as they are (RFC 8842 §5.5).
    fileprivate func isSame(as offered: RemoteTransport, setup: SetupRole?) -> Bool {
        ufrag == offered.ufrag && pwd == offered.pwd && fingerprints == offered.fingerprints
            && setup != (isDTLSServer ? .active : .passive)
    }
}
