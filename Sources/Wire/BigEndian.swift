// Network byte order over spans and growing arrays.

extension Span where Element == UInt8 {
    /// The 16-bit number at `offset`.
    ///
    /// - Precondition: two bytes are there; the caller has checked the length.
    package func uint16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    /// The 24-bit number at `offset`.
    ///
    /// - Precondition: three bytes are there; the caller has checked the length.
    package func uint24(at offset: Int) -> UInt32 {
        UInt32(self[offset]) << 16 | UInt32(uint16(at: offset + 1))
    }

    /// The 32-bit number at `offset`.
    ///
    /// - Precondition: four bytes are there; the caller has checked the length.
    package func uint32(at offset: Int) -> UInt32 {
        UInt32(uint16(at: offset)) << 16 | UInt32(uint16(at: offset + 2))
    }

    /// The 64-bit number at `offset`.
    ///
    /// - Precondition: eight bytes are there; the caller has checked the length.
    package func uint64(at offset: Int) -> UInt64 {
        UInt64(uint32(at: offset)) << 32 | UInt64(uint32(at: offset + 4))
    }
}

extension MutableSpan where Element == UInt8 {
    /// Writes a 16-bit number at `offset`.
    ///
    /// - Precondition: two bytes are there.
    package mutating func set(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Writes a 32-bit number at `offset`.
    ///
    /// - Precondition: four bytes are there.
    package mutating func set(_ value: UInt32, at offset: Int) {
        set(UInt16(value >> 16), at: offset)
        set(UInt16(truncatingIfNeeded: value), at: offset + 2)
    }
}

extension [UInt8] {
    /// Appends `value`, most significant byte first.
    package mutating func append<Number: FixedWidthInteger>(bigEndian value: Number) {
        var shift = Number.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: value >> Number(shift)))
        }
    }

    /// Overwrites the two bytes at `offset`, most significant first.
    mutating func set(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }
}
