/// Decides from the sender's own level (RFC 6464) whether a stream is worth decoding.
///
/// It only saves work: it opens below the level at which the talk detector could hear anything, stays open for half a
/// second, and who is heard is decided from decoded sound. A sender that lies loud costs a decode, one that lies silent
/// is not heard.
struct LevelGate {
    /// Packets at this −dBov or louder open the gate.
    private(set) var threshold: Int
    private var hang = 0

    /// - Parameter energyLevel: The talk detector's threshold, as a mean absolute sample value.
    init(energyLevel: Int) { threshold = Self.threshold(below: energyLevel) }

    mutating func setEnergyLevel(_ energyLevel: Int) { threshold = Self.threshold(below: energyLevel) }

    /// - Parameter level: −dBov of the next packet; `nil` when the sender tells none, which keeps the gate open.
    mutating func isOpen(level: Int?) -> Bool {
        guard let level, level > threshold else {
            hang = Self.hangover
            return true
        }
        guard hang > 0 else { return false }
        hang -= 1
        return true
    }

    /// `energyLevel` in −dBov plus a margin of 8 dB: the detector takes the mean of absolute values, which for noise is
    /// 2 dB below the RMS that RFC 6464 speaks of, and senders measure over windows of their own.
    private static func threshold(below energyLevel: Int) -> Int {
        guard energyLevel > 0 else { return 126 }
        let value = Float(energyLevel)
        let octaves = Float(value.exponent) + (value.significand - 1)
        return min(126, Int(6.02 * (15 - octaves)) - 2 + 8)
    }

    /// In ticks of 20 ms.
    private static let hangover = 25
}
