/// What SRTP needs of a packet's readable part. The media side parses the rest, once the packet proved authentic.
struct SRTPHeader {
    /// Bytes that stay readable.
    let length: Int
    let ssrc: UInt32
    /// 0 in RTCP, whose index is a word of its own.
    let sequence: UInt16

    /// The fixed header, CSRCs and extension (RFC 3550 §5.1, §5.3.1) of an RTP packet without its tag.
    ///
    /// - Throws: ``SRTPError/malformed`` for another version, or when a part ends behind the packet.
    init(ofRTP packet: Span<UInt8>) throws(SRTPError) {
        guard packet.count >= 12, packet.count <= Self.maximumLength, packet[0] >> 6 == 2 else { throw .malformed }
        var length = 12 + 4 * Int(packet[0] & 0x0F)
        if packet[0] & 0x10 != 0 {
            guard packet.count >= length + 4 else { throw .malformed }
            length += 4 + 4 * (Int(packet[length + 2]) << 8 | Int(packet[length + 3]))
        }
        guard packet.count >= length else { throw .malformed }
        self.length = length
        ssrc = Self.word(packet, at: 8)
        sequence = UInt16(packet[2]) << 8 | UInt16(packet[3])
    }

    /// The first header of a compound RTCP packet, up to its SSRC (RFC 3711 §3.4).
    ///
    /// - Throws: ``SRTPError/malformed`` for another version, or less than eight bytes.
    init(ofRTCP packet: Span<UInt8>) throws(SRTPError) {
        guard packet.count >= 8, packet.count <= Self.maximumLength, packet[0] >> 6 == 2 else { throw .malformed }
        length = 8
        ssrc = Self.word(packet, at: 4)
        sequence = 0
    }

    private static func word(_ packet: Span<UInt8>, at offset: Int) -> UInt32 {
        UInt32(packet[offset]) << 24 | UInt32(packet[offset + 1]) << 16 | UInt32(packet[offset + 2]) << 8
            | UInt32(packet[offset + 3])
    }

    /// No datagram is longer; and AES-CM has a key stream of 2^20 bytes for each packet (RFC 3711 §4.1.1).
    private static let maximumLength = 0xFFFF
}
