import Glibc

/// SplitMix64: the same numbers in every run with the same seed.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// `count` bytes, any of them.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Up to `limit` bytes, any of them.
    package mutating func bytes(upTo limit: Int) -> [UInt8] { bytes(Int.random(in: 0...limit, using: &self)) }

    /// `original` with a few bytes changed, inserted or taken out: it gets further into a parser than noise does.
    package mutating func damaged(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &self) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0: bytes.remove(at: index)
            case 1: bytes.insert(UInt8(truncatingIfNeeded: next()), at: index)
            case 2: bytes.removeSubrange(index...)
            default: bytes[index] = UInt8(truncatingIfNeeded: next())
            }
        }
        return bytes
    }

    /// Seeds for a test to run with: 1 to `count`, or the one in the environment's `PARLEY_SEED` to repeat a failure.
    package static func seeds(_ count: Int) -> [UInt64] {
        if let text = unsafe getenv("PARLEY_SEED"), let seed = unsafe UInt64(String(cString: text)) { return [seed] }
        return (1...UInt64(max(1, count))).map { $0 }
    }
}
