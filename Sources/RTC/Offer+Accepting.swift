package import Wire

extension Offer {
    /// Reads what a browser answered.
    ///
    /// - Throws: ``Negotiation/Failure/changedMedia`` for an answer with other m-lines than the offer's,
    ///   ``Negotiation/Failure/noMedia`` when all were refused, and what else an offer of a browser may lack.
    package func accept(_ answer: String) throws(Negotiation.Failure) -> Negotiation {
        let parsed: SessionDescription
        do {
            parsed = try SessionDescription(parsing: answer)
        } catch {
            throw .malformed(error)
        }
        return try accept(parsed)
    }

    package func accept(_ answer: SessionDescription) throws(Negotiation.Failure) -> Negotiation {
        let accepted = try accepted(in: answer)
        let audio = try self.audio.flatMap { audio throws(Negotiation.Failure) in
            try lines(answer, accepted, named: audio.mid).map { line throws(Negotiation.Failure) in
                try audio.narrowed(by: line)
            }
        }
        let videos = videos.compactMap { video in
            lines(answer, accepted, named: video.mid).flatMap(video.narrowed(by:))
        }
        guard audio != nil || !videos.isEmpty else { throw .noMedia }
        return Negotiation(
            offer: refusing(audio, videos), remote: try Self.transport(of: answer.media[accepted[0]]), audio: audio,
            videos: videos, pairs: pairs, mainPicture: mainPicture)
    }

    /// The m-lines that were not refused and share one transport, the one that describes it first.
    private func accepted(in answer: SessionDescription) throws(Negotiation.Failure) -> [Int] {
        guard answer.media.map(\.kind) == description.media.map(\.kind) else { throw .changedMedia }
        for (answered, offered) in zip(answer.media, description.media) {
            // Before mids there was the order alone.
            guard answered.mid == nil || answered.mid == offered.mid else { throw .changedMedia }
        }
        let usable = answer.media.indices.filter { !answer.media[$0].isRejected }
        guard let lead = usable.first(where: { answer.media[$0].kind == "audio" }) ?? usable.first else {
            throw .noMedia
        }
        let group = answer.bundleGroup.compactMap { mid in usable.first { answer.media[$0].mid == mid } }
        return group.contains(lead) ? group : [lead]
    }

    private func lines(_ answer: SessionDescription, _ accepted: [Int], named mid: String) -> MediaDescription? {
        accepted.first { description.media[$0].mid == mid }.map { answer.media[$0] }
    }

    /// A lite server cannot choose for a browser that does not say who starts the handshake (RFC 8842 §5.3).
    private static func transport(of line: MediaDescription) throws(Negotiation.Failure) -> RemoteTransport {
        guard line.setup == .active || line.setup == .passive else { throw .noTransport(missing: "setup") }
        return try Negotiation.transport(of: line)
    }

    /// The offer with what became of it: refused m-lines have port 0.
    private func refusing(_ audio: AudioParameters?, _ videos: [VideoParameters]) -> SessionDescription {
        var description = description
        for index in description.media.indices {
            let mid = description.media[index].mid
            if mid != audio?.mid, !videos.contains(where: { $0.mid == mid }) { description.media[index].port = 0 }
        }
        return description
    }
}

// MARK: - What is left of an offer

extension AudioParameters {
    /// - Throws: When the answer is without the Opus that was offered. Another number for it would be one-way sound.
    fileprivate func narrowed(by line: MediaDescription) throws(Negotiation.Failure) -> AudioParameters {
        let codecs = line.codecs
        guard codecs.contains(where: { $0.payloadType == payloadType && $0.isNamed("opus") }) else { throw .noOpus }
        return AudioParameters(
            mid: mid, payloadType: payloadType,
            audioLevelID: line.headerExtension(HeaderExtension.audioLevel)?.id == audioLevelID ? audioLevelID : nil,
            telephoneEvents: telephoneEvents.filter { type in
                codecs.contains { $0.payloadType == type && $0.isNamed("telephone-event") }
            },
            keyClockRates: keyClockRates, direction: direction.narrowed(by: line))
    }
}

extension VideoParameters {
    /// `nil` without the VP8 that was offered.
    fileprivate func narrowed(by line: MediaDescription) -> VideoParameters? {
        let codecs = line.codecs
        guard let vp8 = codecs.first(where: { $0.payloadType == payloadType && $0.isNamed("VP8") }) else { return nil }
        let feedback = VideoFeedback(of: vp8).intersection(feedback)
        let rtx = feedback.contains(.nack) ? codecs.retransmission(of: vp8)?.payloadType : nil
        let direction = direction.narrowed(by: line)
        return VideoParameters(
            index: index, mid: mid,
            midExtensionID: line.headerExtension(HeaderExtension.mid)?.id == midExtensionID ? midExtensionID : nil,
            payloadType: payloadType, rtxPayloadType: rtx == rtxPayloadType ? rtx : nil, feedback: feedback,
            direction: direction, announced: direction.receives ? Self.announced(in: line) : [],
            maximumBitrate: line.maximumBitrate.flatMap { $0 > 0 ? $0 : nil }, local: local)
    }
}

extension MediaDirection {
    /// What is left of our offer's direction; an answer cannot add to it (RFC 3264 §6.1).
    fileprivate func narrowed(by answer: MediaDescription) -> MediaDirection {
        common(with: answer.direction.mirrored)
    }
}
