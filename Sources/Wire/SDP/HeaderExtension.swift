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

    package static let audioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    package static let mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
    package static let streamID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    package static let repairedStreamID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"

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

extension MediaDescription {
    package var headerExtensions: [HeaderExtension] {
        attributes.values(of: "extmap").compactMap(HeaderExtension.init(parsing:))
    }

    /// The extension of that URI; the first if there are more.
    package func headerExtension(_ uri: String) -> HeaderExtension? { headerExtensions.first { $0.uri == uri } }
}
