import Glibc
import Native

/// The noise of a line on which nobody speaks (RFC 3389): so loud as the sender said, darker than white.
struct ComfortNoise {
    /// Q12 over the full scale's uniform noise.
    private var gain: Int32 = 0
    private var state: UInt32 = 0x2545_F491
    private var past: Int32 = 0

    /// - Parameter level: −dBov, the first byte of the payload; louder than −30 is not believed.
    mutating func setLevel(_ level: Int) {
        let decibels = Double(max(Self.loudest, min(level, 127)))
        // Uniform noise has 1/√3 of its peak, and the filter leaves 0.46 of it.
        gain = Int32(pow(10, -decibels / 20) * 3.0.squareRoot() / 0.46 * 4_096)
    }

    mutating func fill(_ pcm: inout MutableSpan<Int16>, from start: Int, count: Int) {
        for index in start..<(start + count) {
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            let white =
                (Int32(truncatingIfNeeded: Int16(truncatingIfNeeded: Int32(bitPattern: state) >> 16)) &* gain) >> 8
            past &+= ((white &- past) &* 90) >> 8
            pcm[index] = Int16(truncatingIfNeeded: max(-32_768, min(32_767, past >> 4)))
        }
    }

    private static let loudest = 30
}
