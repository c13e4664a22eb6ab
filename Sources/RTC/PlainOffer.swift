import Native
package import Wire

/// An offer of ours to a phone, trunk or gateway: the first of a call, or a later one.
package struct PlainOffer: Sendable {
    package let description: SessionDescription

    package var text: String { description.text }

    let local: PlainTransport
    let version: Int
    let line: Int
    let payloads: [PlainPayload]
    let crypto: [SDPCrypto]
    let mustHaveKeys: Bool
    let direction: MediaDirection
    let numbers: [PlainFormat: UInt8]

    /// - Parameters:
    ///   - codecs: Best first, at least one; of a later offer the one in use comes first whatever its place.
    ///   - secure: Of a later offer: what was agreed on stays.
    ///   - direction: `.sendonly` or `.inactive` to hold the far end.
    ///   - previous: What the call's last offer came to, whoever made it; `nil` for the first one.
    package init(
        from local: PlainTransport, codecs: [AudioCodec], secure: SDESPolicy = .none,
        direction: MediaDirection = .sendrecv, previous: PlainNegotiation? = nil
    ) {
        self.local = local
        self.direction = direction
        let current = previous?.audio.codec
        let ordered = codecs.filter { $0 == current } + codecs.filter { $0 != current }
        (payloads, numbers) = Self.payloads(ordered, known: previous?.numbers ?? [:])
        crypto = Self.crypto(from: local, secure, previous)
        line = previous?.line ?? 0
        let transport =
            previous.map { $0.description.media[$0.line].transport } ?? (secure == .required ? "RTP/SAVP" : "RTP/AVP")
        mustHaveKeys = secure == .required || PlainProfile(transport)?.isSecure == true
        let isMuxed = previous?.remote.isMuxed ?? false
        let audio = local.line(
            transport: transport, payloads: payloads, crypto: crypto, ptime: previous?.audio.ptime ?? 20,
            direction: direction, isMuxed: isMuxed)
        var lines = previous?.description.media.map(\.refused) ?? [audio]
        lines[line] = audio
        (description, version) = local.description(of: lines, after: previous)
    }

    /// Reads what the far end answered.
    ///
    /// May be asked more than once: a fork's answer may differ from the one before, and that in a 200 from the one in a
    /// 183 before it.
    package func accept(_ answer: String) throws(PlainNegotiation.Failure) -> PlainNegotiation {
        let parsed: SessionDescription
        do {
            parsed = try SessionDescription(parsing: answer)
        } catch {
            throw .malformed(error)
        }
        let media = try audioLine(of: parsed)
        let address = try PlainAddress(of: media, in: parsed, isIPv6: local.isIPv6)
        let keys = try keys(in: media)
        let agreed = direction.common(with: media.direction.mirrored).common(with: address.direction)
        let audio = try audio(in: media, direction: agreed)
        return PlainNegotiation(
            description: description, version: version, audio: audio,
            remote: PlainRemote(
                rtp: address.rtp, rtcp: address.rtcp, isMuxed: isMuxed && address.isMuxed, keys: keys,
                payloadTypes: audio.payloadTypes),
            isHold: (direction.sends && !media.direction.receives) || address.isUnspecified, line: line,
            numbers: numbers)
    }

    /// What the offer will have come to if the far end takes the first codec: for a call that has to go on before its
    /// answer is there. Nothing is sent, as nobody has said where to; keys are ours in both directions.
    package var expected: PlainNegotiation? {
        var answer = description
        answer.media[line].connection = SDPConnection(isIPv6: local.isIPv6, address: local.isIPv6 ? "::" : "0.0.0.0")
        return try? accept(answer.text)
    }

    private var isMuxed: Bool { description.media[line].rtcpMux }
}

// MARK: - What is on offer

extension PlainOffer {
    /// The payload types of an offer, and what all numbers of the session mean then.
    private static func payloads(
        _ codecs: [AudioCodec], known: [PlainFormat: UInt8]
    ) -> ([PlainPayload], [PlainFormat: UInt8]) {
        var formats: [PlainFormat] = codecs.map { .audio($0) }
        // Whoever takes Opus may know keys at its clock, at the old one, or at both.
        if codecs.contains(where: { $0.clockRate == 8000 }) || codecs.contains(.opus) {
            formats.append(.keys(clockRate: 8000))
        }
        if codecs.contains(.opus) { formats.append(.keys(clockRate: 48_000)) }
        var numbers = known
        for format in formats where numbers[format] == nil { numbers[format] = free(for: format, in: numbers) }
        let payloads = formats.compactMap { format in
            numbers[format].flatMap { PlainPayload(format.codec($0)) }
        }
        return (payloads, numbers)
    }

    private static func free(for format: PlainFormat, in numbers: [PlainFormat: UInt8]) -> UInt8? {
        let usual: UInt8 =
            switch format {
            case .audio(let codec): codec.staticPayloadType ?? 111
            case .keys(let rate): rate == 8000 ? 101 : 110
            case .comfortNoise: 13
            }
        let taken = Set(numbers.values)
        if !taken.contains(usual) { return usual }
        return (UInt8(96)...127).first { !taken.contains($0) }
    }

    /// Of a later offer the suite in use alone: another one would be another key for what already runs.
    private static func crypto(
        from local: PlainTransport, _ secure: SDESPolicy, _ previous: PlainNegotiation?
    ) -> [SDPCrypto] {
        let profiles: [SRTPProfile] =
            if let previous {
                previous.remote.keys.map { [$0.profile] } ?? []
            } else {
                secure == .none ? [] : SRTPProfile.suites
            }
        return profiles.enumerated().compactMap { local.crypto(tag: $0 + 1, for: $1) }
    }
}

// MARK: - Reading the answer

extension PlainOffer {
    /// The m-line where ours is; for those who lose refused ones, the first with audio.
    private func audioLine(of answer: SessionDescription) throws(PlainNegotiation.Failure) -> MediaDescription {
        let lines = answer.media.filter { $0.kind == "audio" && !$0.isRejected }
        let own = answer.media.indices.contains(line) ? answer.media[line] : nil
        guard let media = own.flatMap({ lines.contains($0) ? $0 : nil }) ?? lines.first else { throw .noMedia }
        guard PlainProfile(media.transport) != nil else { throw .noTransport }
        return media
    }

    private func keys(in media: MediaDescription) throws(PlainNegotiation.Failure) -> SRTPKeys? {
        for theirs in media.crypto {
            guard let ours = crypto.first(where: { $0.tag == theirs.tag && $0.suite == theirs.suite }),
                let profile = theirs.profile
            else { continue }
            return SRTPKeys(profile: profile, local: ours.keyAndSalt, remote: theirs.keyAndSalt)
        }
        guard !mustHaveKeys, PlainProfile(media.transport)?.isSecure == false else { throw .noKeys }
        return nil
    }

    /// What of the offer the answer took. We send the first codec under its number there, and take them all, under
    /// our numbers and under theirs: not everybody sends what we listed.
    private func audio(
        in media: MediaDescription, direction: MediaDirection
    ) throws(PlainNegotiation.Failure) -> AudioParameters {
        let offered = Set(payloads.map(\.format))
        let theirs = media.plainPayloads.filter { offered.contains($0.format) }
        guard let first = theirs.first(where: { $0.format.audio != nil }), let codec = first.format.audio else {
            throw .noCodec
        }
        let ours = payloads.filter { own in theirs.contains { $0.format == own.format } }
        let taken = Set(payloads.map(\.payloadType))
        // A number of theirs that means something else with us is ours.
        let accepted = ours + theirs.filter { !taken.contains($0.payloadType) }
        var receives: [UInt8: AudioCodec] = [:]
        for payload in accepted { if let codec = payload.format.audio { receives[payload.payloadType] = codec } }
        let sendable = theirs.keys(for: codec)
        let keys =
            sendable
            + accepted.keys(for: codec).filter { own in
                !sendable.contains { $0.payloadType == own.payloadType }
            }
        return AudioParameters(
            mid: description.media[line].mid ?? String(line), payloadType: first.payloadType, codec: codec,
            receives: receives, audioLevelID: nil, telephoneEvents: keys.map(\.payloadType),
            keyClockRates: keys.clockRates, ptime: media.ptime(for: codec), direction: direction)
    }
}
