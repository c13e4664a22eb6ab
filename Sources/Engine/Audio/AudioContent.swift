package import RTC

/// What one packet on an audio source holds, as its payload type says.
package enum AudioContent: Equatable, Sendable {
    case sound(AudioCodec)
    /// The level of the silence that begins (RFC 3389).
    case comfortNoise
    /// A number without anything to hear: a key, padding, what was not agreed to.
    case other
}

/// Which payload types one side may send, and what they hold.
struct PayloadFormats {
    private var formats: [(payloadType: UInt8, content: AudioContent)] = []

    init() {}

    init(_ audio: AudioParameters?) {
        guard let audio else { return }
        formats = audio.receives.sorted { $0.key < $1.key }.map { ($0.key, .sound($0.value)) }
        // A browser's one, or the one most likely, is found first.
        if let usual = formats.firstIndex(where: { $0.payloadType == audio.payloadType }) { formats.swapAt(0, usual) }
        if let type = audio.comfortNoise { formats.append((type, .comfortNoise)) }
    }

    func content(of payloadType: UInt8) -> AudioContent {
        for format in formats where format.payloadType == payloadType { return format.content }
        return .other
    }

    /// What may come, in no order.
    var codecs: [AudioCodec] {
        formats.compactMap { if case .sound(let codec) = $0.content { codec } else { nil } }
    }
}
