package import Wire

/// An offer of ours: the server calls a browser, or asks a client that came back to go on with its call.
///
/// One Opus m-line and VP8 m-lines over one ICE-lite transport, everything in one BUNDLE group. Which offers browsers
/// take was measured (`media.md` §1.4). The browser's answer makes a ``Negotiation`` of it, on which later offers of the
/// browser are answered like any others.
package struct Offer: Sendable {
    /// With version 1.
    package let description: SessionDescription

    /// What is on offer, as far as the answer does not narrow it.
    let audio: AudioParameters?
    let videos: [VideoParameters]
    /// See ``MediaSelection/pairs``.
    let pairs: [Int: Int]
    let mainPicture: Int?

    package var text: String { description.text }

    /// Whether there is an m-line with pictures.
    package var hasVideo: Bool { !videos.isEmpty }

    /// The first offer of a call.
    ///
    /// - Parameter hasVideo: Offers a camera's m-line, too, when `local` has sources for one.
    package init(from local: LocalTransport, hasVideo: Bool = false) {
        let audio = AudioParameters(
            mid: "0", payloadType: 111, audioLevelID: 1, telephoneEvents: [110, 126],
            keyClockRates: [110: 48_000, 126: 8_000], direction: .sendrecv)
        let pair = hasVideo ? local.videoSSRCs.first : nil
        let videos = pair.map { pair in
            [
                VideoParameters(
                    index: 1, mid: "1", midExtensionID: 4, payloadType: 96, rtxPayloadType: pair.rtx == nil ? nil : 97,
                    feedback: .all, direction: .sendrecv, local: pair)
            ]
        }
        self.init(
            audio: .init(index: 0, parameters: audio, keys: [110: 48_000, 126: 8000]), videos: videos ?? [],
            pairs: pair == nil ? [:] : [1: 0], mainPicture: pair == nil ? nil : 1, from: local)
    }

    /// Offers the m-lines of a call again, to a client that has lost everything but the call's name (`verto.attach`).
    ///
    /// Codecs, header extensions, mids and sources are those that were agreed on, so that what is sent can go on under
    /// its numbers. M-lines that were refused are left out: the stock client opens the camera when it reads `m=video`,
    /// whatever the port. The client may have a microphone and a camera now, so both are asked for.
    /// - Parameter local: A transport of its own with the sources of the old one; see
    ///   ``LocalTransport/renewed(ufrag:pwd:fingerprint:candidates:)``.
    package init(renewing negotiation: Negotiation, from local: LocalTransport) {
        let lines = negotiation.answer.media
        let kept = lines.indices.filter { index in
            let isAudio = negotiation.audio != nil && lines[index].kind == "audio"
            return !lines[index].isRejected && (isAudio || negotiation.videos.contains { $0.index == index })
        }
        let places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
        let camera = (negotiation.camera ?? negotiation.videos.first)?.index
        var pairs: [Int: Int] = [:]
        for (old, pair) in negotiation.pairs { if let new = places[old] { pairs[new] = pair } }
        let videos = negotiation.videos.compactMap { video in
            places[video.index].map { video.offered(at: $0, mayReceive: video.index == camera) }
        }
        var audio: OfferWriter.Audio?
        if let parameters = negotiation.audio, let index = kept.first(where: { lines[$0].kind == "audio" }) {
            audio = .init(index: places[index] ?? 0, parameters: parameters.offered, keys: lines[index].keyClockRates)
        }
        self.init(
            audio: audio, videos: videos, pairs: pairs,
            mainPicture: negotiation.mainPicture.flatMap { places[$0] } ?? videos.first?.index, from: local)
    }

    private init(
        audio: OfferWriter.Audio?, videos: [VideoParameters], pairs: [Int: Int], mainPicture: Int?,
        from local: LocalTransport
    ) {
        self.audio = audio?.parameters
        self.videos = videos
        self.pairs = pairs
        self.mainPicture = mainPicture
        description = OfferWriter(audio: audio, videos: videos, mainPicture: mainPicture, local: local).description
    }
}

extension LocalTransport {
    /// The same sources behind another ICE name, for a client that comes back with a new connection.
    package func renewed(
        ufrag: String, pwd: String, fingerprint: String, candidates: [Candidate]
    ) -> LocalTransport {
        LocalTransport(
            ufrag: ufrag, pwd: pwd, fingerprint: fingerprint, candidates: candidates, audioSSRC: audioSSRC,
            videoSSRCs: videoSSRCs, cname: cname, sessionID: sessionID)
    }
}

// MARK: - What was agreed on, offered again

extension AudioParameters {
    fileprivate var offered: AudioParameters {
        AudioParameters(
            mid: mid, payloadType: payloadType, audioLevelID: audioLevelID, telephoneEvents: telephoneEvents,
            keyClockRates: keyClockRates, direction: .sendrecv)
    }
}

extension VideoParameters {
    /// Never in layers: Chromium 156 answers `recvonly` to an offer that asks for them, when its page has added the camera
    /// as a plain track. (Firefox 153 sends them.)
    fileprivate func offered(at index: Int, mayReceive: Bool) -> VideoParameters {
        VideoParameters(
            index: index, mid: mid, midExtensionID: midExtensionID, payloadType: payloadType,
            rtxPayloadType: rtxPayloadType, feedback: feedback, direction: mayReceive ? .sendrecv : .sendonly,
            local: local)
    }
}

extension MediaDescription {
    /// Of telephone events, by payload type.
    var keyClockRates: [UInt8: Int] {
        var rates: [UInt8: Int] = [:]
        for codec in codecs where codec.isNamed("telephone-event") { rates[codec.payloadType] = codec.clockRate }
        return rates
    }
}

extension VideoFeedback {
    fileprivate static let all: VideoFeedback = [.nack, .pli, .fir, .remb]
}
