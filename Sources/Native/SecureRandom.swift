/// Unguessable numbers from the kernel (getrandom(2)): passwords, tags, first sequence numbers, SSRCs.
package enum SecureRandom {
    /// `count` random bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// 32 random bits.
    package static func uint32() -> UInt32 { UInt32.random(in: .min ... .max) }
}
