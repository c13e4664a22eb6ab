/// The checksum of an Ogg page (RFC 3533 §6): CRC-32 of the polynomial 0x04C11DB7, most significant bit first, begun
/// with 0, over the page with zeros in the checksum's place.
package struct OggChecksum {
    package private(set) var value: UInt32 = 0

    package init() {}

    package mutating func add(_ byte: UInt8) {
        value = value << 8 ^ Self.table[Int(UInt8(truncatingIfNeeded: value >> 24) ^ byte)]
    }

    package mutating func add(_ bytes: Span<UInt8>) {
        for index in bytes.indices { add(bytes[index]) }
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte) << 24) { value, _ in value << 1 ^ (value >> 31) &* 0x04C1_1DB7 }
    }
}
