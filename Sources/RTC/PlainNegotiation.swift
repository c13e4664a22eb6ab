package import Wire

/// What one offer and answer with a phone, trunk or gateway came to (RFC 3264): one audio m-line, no ICE, no DTLS.
///
/// Made from an offer of theirs, or by ``PlainOffer/accept(_:)`` from their answer to ours. Other m-lines are refused
/// with port 0.
package struct PlainNegotiation: Sendable {
    /// Our description as it stands: the answer, or our own offer once it was answered.
    package let description: SessionDescription
    package let audio: AudioParameters
    package var remote: PlainRemote
    /// The far end holds us: it said `sendonly` or `inactive`, or gave `0.0.0.0` as its address as phones used to.
    package let isHold: Bool
    /// The version in our `o=` line: rises with each change.
    package let version: Int

    /// Place of the audio m-line.
    let line: Int
    /// What payload types mean in this session; a number must never come to mean something else (RFC 3264 §8.3.2).
    let numbers: [PlainFormat: UInt8]

    /// What we say, as text.
    package var text: String { description.text }

    /// Whether audio is encrypted.
    package var isSecure: Bool { remote.keys != nil }

    /// Whose order counts when several codecs are common.
    package enum Preference: Sendable { case theirs, ours }

    /// Answers an offer.
    ///
    /// - Parameters:
    ///   - local: The same for the whole call.
    ///   - codecs: Those allowed, best first.
    ///   - direction: What we are willing to do: `.sendonly` while we hold the far end.
    ///   - previous: What the call's last offer came to, whoever made it.
    package init(
        answering offer: String, from local: PlainTransport, codecs: [AudioCodec], preference: Preference = .theirs,
        secure: SDESPolicy = .none, direction: MediaDirection = .sendrecv, previous: PlainNegotiation? = nil
    ) throws(Failure) {
        let parsed: SessionDescription
        do {
            parsed = try SessionDescription(parsing: offer)
        } catch {
            throw .malformed(error)
        }
        let selection = try PlainSelection(
            of: parsed, codecs: codecs, preference: preference, secure: secure, from: local)
        let address = try PlainAddress(of: selection.media, in: parsed, isIPv6: local.isIPv6)
        let theirs = selection.media.direction
        isHold = !theirs.receives || address.isUnspecified
        let audio = selection.audio(
            direction: direction.common(with: theirs.mirrored).common(with: address.direction))
        let lines = parsed.media.enumerated().map { index, media in
            index == selection.index
                ? local.line(answering: media, with: selection, audio: audio, isMuxed: address.isMuxed)
                : media.refused
        }
        (description, version) = local.description(of: lines, after: previous)
        self.audio = audio
        remote = PlainRemote(
            rtp: address.rtp, rtcp: address.rtcp, isMuxed: address.isMuxed, keys: selection.keys,
            payloadTypes: audio.payloadTypes)
        line = selection.index
        let new = selection.numbers
        let kept = (previous?.numbers ?? [:]).filter { !new.values.contains($0.value) }
        numbers = kept.merging(new) { _, new in new }
    }

    /// What an answer left of our offer.
    init(
        description: SessionDescription, version: Int, audio: AudioParameters, remote: PlainRemote, isHold: Bool,
        line: Int, numbers: [PlainFormat: UInt8]
    ) {
        self.description = description
        self.version = version
        self.audio = audio
        self.remote = remote
        self.isHold = isHold
        self.line = line
        self.numbers = numbers
    }
}

extension AudioParameters {
    /// All that may come.
    var payloadTypes: Set<UInt8> {
        Set(receives.keys).union(telephoneEvents).union(comfortNoise.map { [$0] } ?? [])
    }
}
