/// FINGERPRINT (RFC 8489 §14.7): CRC-32 of IEEE 802.3, made different from other protocols' by a constant.
enum STUNFingerprint {
    /// The attribute's value for a message whose length field already covers it.
    ///
    /// - Parameter message: Everything in front of the attribute.
    static func of(_ message: Span<UInt8>) -> UInt32 { crc32(message) ^ 0x5354_554E }

    static func crc32(_ bytes: Span<UInt8>) -> UInt32 {
        var crc: UInt32 = ~0
        for index in bytes.indices {
            crc = crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])]
        }
        return ~crc
    }

    /// The remainder of each byte, for the polynomial 0x04C11DB7 bit-reversed.
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { remainder, _ in
            remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1
        }
    }
}
