/// G.711: eight bits a sample at 8 kHz, in its two laws (ITU-T G.711, RFC 3551 §4.5.14).
///
/// Without state, so nothing is kept between packets. A frame of 20 ms is 160 samples and takes about 0.3 µs.
package enum G711: Sendable {
    /// North America and Japan.
    case muLaw
    /// The rest of the world.
    case aLaw

    /// Encodes `pcm` into the front of `codes`, byte by sample. Returns how many.
    ///
    /// - Precondition: `codes` has room for all.
    package func encode(_ pcm: Span<Int16>, into codes: inout MutableSpan<UInt8>) -> Int {
        let count = pcm.count
        precondition(codes.count >= count, "a G.711 packet has a byte for each sample")
        switch self {
        case .muLaw: for i in 0..<count { codes[i] = Self.muLawCode(pcm[i]) }
        case .aLaw: for i in 0..<count { codes[i] = Self.aLawCode(pcm[i]) }
        }
        return count
    }

    /// Decodes the front of `codes` into `pcm`, as much as fits. Returns how many samples. Every byte is a sample.
    package func decode(_ codes: Span<UInt8>, into pcm: inout MutableSpan<Int16>) -> Int {
        let count = min(codes.count, pcm.count)
        switch self {
        case .muLaw: for i in 0..<count { pcm[i] = Self.muLawSample(codes[i]) }
        case .aLaw: for i in 0..<count { pcm[i] = Self.aLawSample(codes[i]) }
        }
        return count
    }

    /// What a sample of silence is: the far end of a packet that is not full.
    package var silence: UInt8 {
        switch self {
        case .muLaw: 0xFF
        case .aLaw: 0xD5
        }
    }
}

// MARK: - One sample

// A code is a sign, the segment (which power of two) and four bits of what lies below its leading one. Both laws turn
// bits around on the line, so that silence has many ones.

extension G711 {
    /// Magnitudes are moved up by 33 of the 14 bits the law has, so that each has its leading one in a segment.
    private static let bias: Int32 = 33 << 2
    /// The largest magnitude of which that is true.
    private static let clip: Int32 = 0x7FFF - bias

    @inline(__always)
    private static func muLawCode(_ sample: Int16) -> UInt8 {
        let value = Int32(sample)
        let magnitude = min(value < 0 ? 0 &- value : value, clip) &+ bias
        let segment = 24 &- Int32(truncatingIfNeeded: magnitude.leadingZeroBitCount)
        let mantissa = (magnitude &>> (segment &+ 3)) & 0x0F
        let sign: Int32 = value < 0 ? 0x80 : 0
        return ~UInt8(truncatingIfNeeded: sign | segment &<< 4 | mantissa)
    }

    @inline(__always)
    private static func muLawSample(_ code: UInt8) -> Int16 {
        let bits = Int32(~code)
        let magnitude = ((bits & 0x0F) &<< 3 &+ bias) &<< ((bits & 0x70) &>> 4) &- bias
        return Int16(truncatingIfNeeded: bits & 0x80 != 0 ? 0 &- magnitude : magnitude)
    }

    @inline(__always)
    private static func aLawCode(_ sample: Int16) -> UInt8 {
        let value = Int32(sample)
        // −1 is the first step below zero, as 0 is the first above.
        let magnitude = value < 0 ? ~value : value
        let sign: Int32 = value < 0 ? 0 : 0x80
        // The two lowest segments have the same step.
        let segment = 24 &- Int32(truncatingIfNeeded: (magnitude | 0xFF).leadingZeroBitCount)
        let mantissa = (magnitude &>> max(4, segment &+ 3)) & 0x0F
        return UInt8(truncatingIfNeeded: sign | segment &<< 4 | mantissa) ^ 0x55
    }

    @inline(__always)
    private static func aLawSample(_ code: UInt8) -> Int16 {
        let bits = Int32(code ^ 0x55)
        let segment = (bits & 0x70) &>> 4
        let middle = (bits & 0x0F) &<< 4 &+ 8
        let magnitude = segment == 0 ? middle : (middle &+ 0x100) &<< (segment &- 1)
        return Int16(truncatingIfNeeded: bits & 0x80 != 0 ? magnitude : 0 &- magnitude)
    }
}
