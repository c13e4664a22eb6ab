/// Why bytes are no RTP packet. The caller counts it and drops the packet.
package enum RTPError: Error, Equatable {
    case truncated(needed: Int, had: Int)
    case badVersion(UInt8)
    /// The last byte's padding count is zero or more than there is behind the header.
    case badPadding(Int)
}

/// The header of one RTP packet (RFC 3550 §5.1), and where its payload lies.
///
///     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
///     |                           timestamp                           |
///     |                             SSRC                              |
///
/// Parse after SRTP is taken off: the padding count at the end is encrypted (RFC 3711 §3.1).
package struct RTPHeader: Hashable, Sendable {
    package var marker: Bool
    /// 0 to 127.
    package var payloadType: UInt8
    package var sequence: UInt16
    /// Media clock ticks: 48 kHz for Opus whatever its bandwidth (RFC 7587 §4.1), 90 kHz for VP8.
    package var timestamp: UInt32
    package var ssrc: SSRC
    /// Bytes from the start of the packet to the first payload byte.
    package internal(set) var payloadOffset: Int
    /// Where the payload ends, padding taken off; equal to ``payloadOffset`` in a padding-only packet.
    package let payloadEnd: Int
    /// The 16 bits "defined by profile" in front of the extension, `nil` without one.
    package let extensionProfile: UInt16?
    /// The extension's elements, without profile and length; empty without one.
    package let extensionRange: Range<Int>

    package init(parsing packet: Span<UInt8>) throws(RTPError) {
        guard packet.count >= Self.fixedSize else { throw .truncated(needed: Self.fixedSize, had: packet.count) }
        guard packet[0] >> 6 == 2 else { throw .badVersion(packet[0] >> 6) }

        marker = packet[1] & 0x80 != 0
        payloadType = packet[1] & 0x7F
        sequence = packet.uint16(at: 2)
        timestamp = packet.uint32(at: 4)
        ssrc = SSRC(packet.uint32(at: 8))

        let contributorsEnd = Self.fixedSize + 4 * Int(packet[0] & 0x0F)
        let hasExtension = packet[0] & 0x10 != 0
        extensionRange = try Self.extensionRange(of: packet, from: contributorsEnd, present: hasExtension)
        extensionProfile = hasExtension ? packet.uint16(at: contributorsEnd) : nil
        payloadOffset = extensionRange.upperBound
        payloadEnd = try Self.payloadEnd(of: packet, from: payloadOffset)
    }

    /// The payload's place in the packet.
    package var payload: Range<Int> { payloadOffset..<payloadEnd }

    /// Where the extension's elements lie; an empty range at `start` when there are none.
    private static func extensionRange(
        of packet: Span<UInt8>,
        from start: Int,
        present: Bool
    ) throws(RTPError) -> Range<Int> {
        let elements = present ? start + 4 : start
        guard packet.count >= elements else { throw .truncated(needed: elements, had: packet.count) }
        guard present else { return start..<start }
        let end = elements + 4 * Int(packet.uint16(at: start + 2))
        guard packet.count >= end else { throw .truncated(needed: end, had: packet.count) }
        return elements..<end
    }

    private static func payloadEnd(of packet: Span<UInt8>, from payloadOffset: Int) throws(RTPError) -> Int {
        guard packet[0] & 0x20 != 0 else { return packet.count }
        let padding = Int(packet[packet.count - 1])
        guard padding > 0, padding <= packet.count - payloadOffset else { throw .badPadding(padding) }
        return packet.count - padding
    }

    /// Bytes of a header without contributors and extension.
    package static let fixedSize = 12
}

extension RTPHeader {
    /// The source a packet claims, readable before SRTP is taken off; `nil` when it is too short.
    package static func ssrc(of packet: Span<UInt8>) -> SSRC? {
        packet.count >= fixedSize ? SSRC(packet.uint32(at: 8)) : nil
    }
}
