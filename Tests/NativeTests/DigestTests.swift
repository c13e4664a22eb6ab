import Native
import Testing

struct DigestTests {
    /// RFC 2202 §3, cases 1 to 3, 6 and 7.
    static let hmacRows: [(key: [UInt8], message: [UInt8], digest: String)] = [
        (Array(repeating: 0x0B, count: 20), Array("Hi There".utf8), "b617318655057264e28bc0b6fb378c8ef146be00"),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        ),
        (
            Array(repeating: 0xAA, count: 20), Array(repeating: 0xDD, count: 50),
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3"
        ),
        (
            Array(repeating: 0xAA, count: 80), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        ),
        (
            Array(repeating: 0xAA, count: 80),
            Array("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data".utf8),
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"
        ),
    ]

    @Test(arguments: hmacRows)
    func signsAsRFC2202(row: (key: [UInt8], message: [UInt8], digest: String)) {
        #expect(Digest.hmacSHA1(key: row.key, message: row.message.span) == hex(row.digest))
    }

    @Test func takesAnEmptyKeyAsAKeyAndNotAsTheLastOne() {
        let message = Array("x".utf8)
        _ = Digest.hmacSHA1(key: [1, 2, 3], message: message.span)
        // HMAC pads a short key with zeros, so an empty one and one of a zero byte are the same.
        #expect(Digest.hmacSHA1(key: [], message: message.span) == Digest.hmacSHA1(key: [0], message: message.span))
    }

    /// RFC 1321 appendix A.5.
    static let md5Rows: [(text: String, digest: String)] = [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
    ]

    /// FIPS 180-4's examples, as NIST publishes them (SHA512_256.pdf), and the empty message.
    static let sha512t256Rows: [(text: String, digest: String)] = [
        ("", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"),
        ("abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"
        ),
    ]

    @Test(arguments: sha512t256Rows)
    func hashesAsFIPS180(row: (text: String, digest: String)) {
        #expect(Digest.sha512t256(Array(row.text.utf8).span) == hex(row.digest))
    }

    @Test(arguments: md5Rows)
    func hashesToTheSameBytes(row: (text: String, digest: String)) {
        #expect(Digest.md5(Array(row.text.utf8).span) == hex(row.digest))
    }

    @Test(arguments: md5Rows)
    func hashesAsRFC1321(row: (text: String, digest: String)) { #expect(Digest.md5Hex(row.text) == row.digest) }

    /// FIPS 180-4's examples, "abc".
    @Test func hashesWithSHA() {
        let abc = Array("abc".utf8)
        #expect(Digest.sha1(abc.span) == hex("a9993e364706816aba3e25717850c26c9cd0d89d"))
        #expect(
            Digest.sha256Hex(abc.span) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let nothing: [UInt8] = []
        #expect(
            Digest.sha256(nothing.span) == hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
    }

    static let comparisons: [(left: [UInt8], right: [UInt8], equal: Bool)] = [
        ([], [], true), ([1], [], false), ([1, 2], [1, 2], true), ([1, 2], [1, 3], false), ([1, 2], [2, 2], false),
    ]

    @Test(arguments: comparisons)
    func comparesWhole(row: (left: [UInt8], right: [UInt8], equal: Bool)) {
        #expect(Digest.constantTimeEquals(row.left, row.right) == row.equal)
    }

    @Test func randomBytesDiffer() {
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.bytes(16).count == 16)
        #expect(SecureRandom.bytes(16) != SecureRandom.bytes(16))
    }
}
