// The byte order of Ogg and WAV files, over spans and growing arrays.

extension Span where Element == UInt8 {
    /// The 16-bit number at `offset`.
    ///
    /// - Precondition: two bytes are there; the caller has checked the length.
    package func littleEndian16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
    }

    /// The 32-bit number at `offset`.
    ///
    /// - Precondition: four bytes are there; the caller has checked the length.
    package func littleEndian32(at offset: Int) -> UInt32 {
        UInt32(littleEndian16(at: offset)) | UInt32(littleEndian16(at: offset + 2)) << 16
    }

    /// The 64-bit number at `offset`.
    ///
    /// - Precondition: eight bytes are there; the caller has checked the length.
    package func littleEndian64(at offset: Int) -> UInt64 {
        UInt64(littleEndian32(at: offset)) | UInt64(littleEndian32(at: offset + 4)) << 32
    }
}

extension [UInt8] {
    /// Appends `value`, least significant byte first.
    package mutating func append<Number: FixedWidthInteger>(littleEndian value: Number) {
        for shift in Swift.stride(from: 0, to: Number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: value >> Number(shift)))
        }
    }
}
