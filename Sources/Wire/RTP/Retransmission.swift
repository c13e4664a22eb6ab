/// Packets sent again on a source of their own, RTX (RFC 4588 §4).
///
///     |  RTP header: own SSRC, sequence and payload type; timestamp and marker of the original  |
///     |  OSN, 16 bits: the original's sequence  |  the original's payload …
package enum Retransmission {
    /// Bytes in front of the original payload.
    package static let headerSize = 2

    /// The sequence of the packet that is sent again; `nil` for an empty payload, which browsers send as padding to
    /// find out what the network takes.
    ///
    /// - Parameter payload: The payload of a packet of an RTX payload type, padding taken off.
    package static func originalSequence(of payload: Span<UInt8>) -> UInt16? {
        payload.count >= headerSize ? payload.uint16(at: 0) : nil
    }

    /// Writes the two bytes in front of the original payload.
    ///
    /// - Precondition: `payload` holds ``headerSize`` bytes.
    package static func write(originalSequence: UInt16, to payload: inout MutableSpan<UInt8>) {
        payload.set(originalSequence, at: 0)
    }
}

extension RTPHeader {
    /// The header of the packet that this one sends again: its sequence, and a payload that starts behind the OSN.
    ///
    /// Header extensions are this packet's: RTX repeats them, but MID and RID are about this source (RFC 8852 §3.2).
    /// - Parameters:
    ///   - packet: The RTX packet this header was parsed from.
    ///   - payloadType: The payload type in its `apt`.
    ///   - ssrc: The source it repairs.
    /// - Returns: `nil` for padding.
    package func original(in packet: Span<UInt8>, payloadType: UInt8, ssrc: SSRC) -> RTPHeader? {
        guard payloadEnd <= packet.count, payloadOffset <= payloadEnd,
            let sequence = Retransmission.originalSequence(of: packet.extracting(payload))
        else { return nil }
        var original = self
        (original.payloadType, original.ssrc, original.sequence) = (payloadType, ssrc, sequence)
        original.payloadOffset += Retransmission.headerSize
        return original
    }
}
