/// The audio codecs we decode and encode.
package enum AudioCodec: UInt8, Sendable, Hashable, CaseIterable {
    case opus, pcmu, pcma, g722

    /// As `a=rtpmap` and dial strings' `absolute_codec_string` write it; they compare without case.
    package var name: String {
        switch self {
        case .opus: "opus"
        case .pcmu: "PCMU"
        case .pcma: "PCMA"
        case .g722: "G722"
        }
    }

    /// Ticks of the RTP timestamp in a second: 8000 for G.722, too (RFC 3551 §4.5.2).
    package var clockRate: Int { self == .opus ? 48_000 : 8_000 }

    /// Samples of one channel in a second.
    package var sampleRate: Int {
        switch self {
        case .opus: 48_000
        case .pcmu, .pcma: 8_000
        case .g722: 16_000
        }
    }

    /// The payload type that needs no `a=rtpmap` (RFC 3551 §6); `nil` for Opus.
    package var staticPayloadType: UInt8? {
        switch self {
        case .opus: nil
        case .pcmu: 0
        case .pcma: 8
        case .g722: 9
        }
    }

    /// - Parameter name: In any case, with or without what FreeSWITCH writes behind it: `PCMU`, `PCMU@20i`,
    ///   `opus@48000h`.
    package init?(name: String) {
        let bare = name.prefix { $0 != "@" && $0 != "/" }
        guard let codec = Self.allCases.first(where: { $0.name.lowercased() == bare.lowercased() }) else { return nil }
        self = codec
    }
}
