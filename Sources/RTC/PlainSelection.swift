import Native
import Wire

/// What we take of an offer without ICE: which m-line, which of its payload types, whose keys.
struct PlainSelection {
    let index: Int
    let media: MediaDescription
    /// What we answer with: one codec, so that nothing else comes without notice, its keys and its comfort noise.
    let payloads: [PlainPayload]
    let codec: AudioCodec
    /// Our `a=crypto` line, with the offer's tag.
    let crypto: SDPCrypto?
    let keys: SRTPKeys?

    init(
        of offer: SessionDescription, codecs: [AudioCodec], preference: PlainNegotiation.Preference,
        secure: SDESPolicy, from local: PlainTransport
    ) throws(PlainNegotiation.Failure) {
        let lines = offer.media.indices.filter { offer.media[$0].kind == "audio" && !offer.media[$0].isRejected }
        guard !lines.isEmpty else { throw .noMedia }
        let spoken = lines.filter { PlainProfile(offer.media[$0].transport) != nil }
        guard !spoken.isEmpty else { throw .noTransport }
        let understood = spoken.compactMap { index in
            Self.codec(of: offer.media[index].plainPayloads, codecs, preference).map { (index: index, codec: $0) }
        }
        guard !understood.isEmpty else { throw .noCodec }
        let usable = understood.compactMap { line in
            Self.protection(of: offer.media[line.index], secure).map { (line: line, crypto: $0) }
        }
        // Some offer the same call with SRTP and without.
        guard let chosen = usable.first(where: { $0.crypto.theirs != nil }) ?? usable.first else {
            throw secure == .none ? .noTransport : .noKeys
        }
        index = chosen.line.index
        media = offer.media[index]
        codec = chosen.line.codec
        payloads = Self.payloads(of: media, for: codec)
        (crypto, keys) = try Self.keys(for: chosen.crypto.theirs, from: local)
    }

    var numbers: [PlainFormat: UInt8] {
        var numbers: [PlainFormat: UInt8] = [:]
        for payload in media.plainPayloads where numbers[payload.format] == nil {
            numbers[payload.format] = payload.payloadType
        }
        return numbers
    }

    func audio(direction: MediaDirection) -> AudioParameters {
        let keys = payloads.filter { $0.format.keyClockRate != nil }
        return AudioParameters(
            mid: media.mid ?? String(index),
            payloadType: payloads.first { $0.format == .audio(codec) }?.payloadType ?? 0,
            codec: codec, audioLevelID: nil, telephoneEvents: keys.map(\.payloadType),
            keyClockRates: keys.clockRates,
            comfortNoise: payloads.first { $0.format == .comfortNoise }?.payloadType,
            ptime: media.ptime(for: codec), direction: direction)
    }
}

// MARK: - Choosing

extension PlainSelection {
    private struct Protection {
        let theirs: SDPCrypto?
    }

    private static func codec(
        of payloads: [PlainPayload], _ codecs: [AudioCodec], _ preference: PlainNegotiation.Preference
    ) -> AudioCodec? {
        let offered = payloads.compactMap(\.format.audio)
        return switch preference {
        case .theirs: offered.first(where: codecs.contains)
        case .ours: codecs.first(where: offered.contains)
        }
    }

    /// `nil` when the m-line cannot be taken under this policy.
    private static func protection(of media: MediaDescription, _ secure: SDESPolicy) -> Protection? {
        let crypto = secure == .none ? nil : media.crypto.first { $0.profile != nil }
        let mustHaveKeys = secure == .required || PlainProfile(media.transport)?.isSecure == true
        return crypto == nil && mustHaveKeys ? nil : Protection(theirs: crypto)
    }

    private static func payloads(of media: MediaDescription, for codec: AudioCodec) -> [PlainPayload] {
        let all = media.plainPayloads
        let audio = all.first { $0.format == .audio(codec) }
        let noise = codec.sampleRate == 8000 ? all.first { $0.format == .comfortNoise } : nil
        return [audio].compactMap(\.self) + all.keys(for: codec) + [noise].compactMap(\.self)
    }

    private static func keys(
        for theirs: SDPCrypto?, from local: PlainTransport
    ) throws(PlainNegotiation.Failure) -> (SDPCrypto?, SRTPKeys?) {
        guard let theirs, let profile = theirs.profile else { return (nil, nil) }
        guard let ours = local.crypto(tag: theirs.tag, for: profile) else { throw .noKeys }
        return (ours, SRTPKeys(profile: profile, local: ours.keyAndSalt, remote: theirs.keyAndSalt))
    }
}

extension [PlainPayload] {
    /// Keys, those that count in the codec's clock first (RFC 4733 §2.1). Others are taken beside them, and alone with
    /// Opus, to which many say 8 kHz; 48 kHz alone beside a codec of 8 kHz would break its timestamps.
    func keys(for codec: AudioCodec) -> [PlainPayload] {
        let keys = filter { $0.format.keyClockRate != nil }
        let matching = keys.filter { $0.format.keyClockRate == codec.clockRate }
        guard !matching.isEmpty || codec == .opus else { return [] }
        return matching + keys.filter { $0.format.keyClockRate != codec.clockRate }
    }

    /// Of keys, in Hz, by payload type.
    var clockRates: [UInt8: Int] {
        var rates: [UInt8: Int] = [:]
        for payload in self { if let rate = payload.format.keyClockRate { rates[payload.payloadType] = rate } }
        return rates
    }
}

/// The RTP profiles of m-lines without DTLS (RFC 3551, RFC 3711, RFC 4585, RFC 5124).
struct PlainProfile {
    let isSecure: Bool

    init?(_ transport: String) {
        switch transport {
        case "RTP/AVP", "RTP/AVPF": isSecure = false
        case "RTP/SAVP", "RTP/SAVPF": isSecure = true
        default: return nil
        }
    }
}
