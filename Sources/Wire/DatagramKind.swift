/// What a datagram on the media port is, judged by its first bytes (RFC 7983 §7, RFC 5761 §4).
package enum DatagramKind: Equatable, Sendable {
    case stun
    case dtls
    case rtp
    case rtcp
    /// Not for us, or too short to be what its first byte claims: to be dropped.
    case unknown

    /// Looks at the length and at most the first eight bytes; the kind's own parser checks the rest.
    package init(of datagram: Span<UInt8>) {
        guard datagram.count >= 2 else {
            self = .unknown
            return
        }
        switch datagram[0] {
        case 0...3: self = Self.isSTUN(datagram) ? .stun : .unknown
        case 20...63: self = datagram.count >= Self.minimumDTLS ? .dtls : .unknown
        case 128...191:
            let isRTCP = (192...223).contains(datagram[1])
            let minimum = isRTCP ? Self.minimumRTCP : RTPHeader.fixedSize
            self = datagram.count < minimum ? .unknown : isRTCP ? .rtcp : .rtp
        default: self = .unknown
        }
    }

    private static func isSTUN(_ datagram: Span<UInt8>) -> Bool {
        datagram.count >= STUNMessage.headerSize && datagram.count.isMultiple(of: 4)
            && Int(datagram.uint16(at: 2)) == datagram.count - STUNMessage.headerSize
            && datagram.uint32(at: 4) == STUNMessage.magicCookie
    }

    /// A DTLS record header (RFC 6347 §4.1).
    private static let minimumDTLS = 13
    /// Header and sender SSRC (RFC 3550 §6.4.2).
    private static let minimumRTCP = 8
}
