/// One `a=extmap` (RFC 8285 §8): what a header extension's id stands for, in this m-line only.
package struct HeaderExtension: Equatable, Sendable {
    /// 1 to 14 in the one-byte form, to 255 in the two-byte form.
    package var id: UInt8
    /// Who may send it. An answer mirrors it: Firefox offers `/sendonly` and expects `/recvonly`.
    package var direction: MediaDirection?
    package var uri: String

    package init(id: UInt8, direction: MediaDirection? = nil, uri: String) {
        (self.id, self.direction, self.uri) = (id, direction, uri)
    }

    package var attribute: SDPAttribute {
        SDPAttribute("extmap", "\(id)\(direction.map { "/\($0.rawValue)" } ?? "") \(uri)")
    }

    /// `nil` too for ids that are only kept free for later (RFC 8285 §8, 4096 and up).
    init?(parsing value: String) {
        let parts = value.split(separator: " ")
        guard parts.count >= 2 else { return nil }
        let key = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let id = UInt8(key[0]), id > 0 else { return nil }
        var direction: MediaDirection?
        if key.count == 2 {
            guard let said = MediaDirection(rawValue: String(key[1])) else { return nil }
            direction = said
        }
        self.init(id: id, direction: direction, uri: String(parts[1]))
    }
}

/// What header extensions are called.
extension HeaderExtension {
    /// RFC 6464.
    package static let audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    /// Levels of those who were mixed (RFC 6465).
    package static let contributorLevels = "urn:ietf:params:rtp-hdrext:csrc-audio-level"
    /// Which m-line a packet belongs to (RFC 8843 §15).
    package static let mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
    /// RID: which encoding of a simulcast a packet belongs to (RFC 8852 §3.1).
    package static let streamID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    /// Which encoding an RTX packet repairs (RFC 8852 §3.2).
    package static let repairedStreamID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
    /// How the picture is to be turned (3GPP TS 26.114 §7.4.5); without it a phone's picture lies on its side.
    package static let orientation = "urn:3gpp:video-orientation"
    /// How long after its timestamp a packet was sent (RFC 5450).
    package static let transmissionOffset = "urn:ietf:params:rtp-hdrext:toffset"
    package static let absoluteSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    /// Numbers for transport-cc; browsers write them when the extension alone is negotiated.
    package static let transportSequence =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    package static let playoutDelay = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
    /// Camera or screen.
    package static let contentType = "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type"
    package static let videoTiming = "http://www.webrtc.org/experiments/rtp-hdrext/video-timing"
    package static let colorSpace = "http://www.webrtc.org/experiments/rtp-hdrext/color-space"
    package static let layersAllocation = "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00"
    package static let dependencyDescriptor =
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
}

extension MediaDescription {
    package var headerExtensions: [HeaderExtension] {
        attributes.values(of: "extmap").compactMap(HeaderExtension.init(parsing:))
    }

    /// The extension of that URI; the first if there are more.
    package func headerExtension(_ uri: String) -> HeaderExtension? { headerExtensions.first { $0.uri == uri } }
}
