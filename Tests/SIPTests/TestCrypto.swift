import SIP
import Synchronization

/// Hash functions in plain Swift, so that these tests need no library, and tokens that count.
extension SIPCrypto {
    /// MD5 and SHA-256 are real; SHA-512/256 is a stand-in that differs from both. Tokens are `tok1`, `tok2`, … padded to
    /// the length asked for.
    static func counting() -> SIPCrypto {
        let counter = Counter()
        return SIPCrypto(
            md5: TestHash.md5, sha256: TestHash.sha256, sha512t256: { TestHash.sha256([0x51] + $0) },
            randomToken: { counter.token($0) })
    }

    private final class Counter: Sendable {
        private let last = Atomic<Int>(0)

        func token(_ bytes: Int) -> String {
            let number = "\(last.add(1, ordering: .relaxed).newValue)"
            return "tok" + String(repeating: "0", count: max(0, 2 * bytes - 3 - number.count)) + number
        }
    }
}

enum TestHash {
    /// RFC 1321.
    static func md5(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
        for block in blocks(message, isBigEndian: false) {
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            for round in 0..<64 {
                let (mix, word) =
                    switch round / 16 {
                    case 0: ((b & c) | (~b & d), round)
                    case 1: ((d & b) | (~d & c), (5 * round + 1) % 16)
                    case 2: (b ^ c ^ d, (3 * round + 5) % 16)
                    default: (c ^ (b | ~d), 7 * round % 16)
                    }
                let sum = a &+ mix &+ md5Constants[round] &+ block[word]
                (a, d, c) = (d, c, b)
                b = b &+ rotateLeft(sum, md5Shifts[round / 16][round % 4])
            }
            state = zip(state, [a, b, c, d]).map { $0 &+ $1 }
        }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
    }

    /// FIPS 180-4 §6.2.
    static func sha256(_ message: [UInt8]) -> [UInt8] {
        var state = sha256Start
        for block in blocks(message, isBigEndian: true) {
            var words = block
            for index in 16..<64 {
                let (x, y) = (words[index - 15], words[index - 2])
                let small0 = rotateRight(x, 7) ^ rotateRight(x, 18) ^ x >> 3
                let small1 = rotateRight(y, 17) ^ rotateRight(y, 19) ^ y >> 10
                words.append(words[index - 16] &+ small0 &+ words[index - 7] &+ small1)
            }
            var s = state
            for index in 0..<64 {
                let big1 = rotateRight(s[4], 6) ^ rotateRight(s[4], 11) ^ rotateRight(s[4], 25)
                let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
                let first = s[7] &+ big1 &+ choice &+ sha256Constants[index] &+ words[index]
                let big0 = rotateRight(s[0], 2) ^ rotateRight(s[0], 13) ^ rotateRight(s[0], 22)
                let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
                s = [first &+ big0 &+ majority, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
            }
            state = zip(state, s).map { $0 &+ $1 }
        }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func blocks(_ message: [UInt8], isBigEndian: Bool) -> [[UInt32]] {
        let bits = UInt64(message.count) * 8
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        let length = (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
        padded += isBigEndian ? length.reversed() : length
        return stride(from: 0, to: padded.count, by: 64).map { start in
            (0..<16).map { word in
                let four = padded[(start + 4 * word)..<(start + 4 * word + 4)]
                return (isBigEndian ? Array(four) : four.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
    }

    private static func primes(_ count: Int) -> [Int] {
        var primes: [Int] = []
        var candidate = 2
        while primes.count < count {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes
    }

    /// The first 32 bits behind the point of a root, by bisection in whole numbers.
    private static func fraction(_ prime: Int, root: Int) -> UInt32 {
        var low: UInt64 = 0
        var high: UInt64 = 1 << 38
        while high - low > 1 {
            let middle = (low + high) / 2
            if isRootAtMost(middle, prime, root) { low = middle } else { high = middle }
        }
        return UInt32(truncatingIfNeeded: low)
    }

    /// Whether (middle / 2^32) to the power of `root` is at most `prime`.
    private static func isRootAtMost(_ middle: UInt64, _ prime: Int, _ root: Int) -> Bool {
        let value = UInt128(middle)
        let square = value * value
        if root == 2 { return square <= UInt128(prime) << 64 }
        // Cube of a 38-bit number has 114 bits; the prime has to be at most 2^32 · 2^96.
        return square * value <= UInt128(prime) << 96
    }

    private static func rotateLeft(_ word: UInt32, _ by: UInt32) -> UInt32 { word << by | word >> (32 - by) }
    private static func rotateRight(_ word: UInt32, _ by: UInt32) -> UInt32 { word >> by | word << (32 - by) }

    private static let sha256Start = primes(8).map { fraction($0, root: 2) }
    private static let sha256Constants = primes(64).map { fraction($0, root: 3) }
    private static let md5Shifts: [[UInt32]] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]]
    /// RFC 1321 §3.4: the table of sines.
    private static let md5Constants: [UInt32] = [
        0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
        0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
        0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
        0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
        0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
        0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
        0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
        0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
    ]
}
