import Native
import Testing

struct SRTPCipherTests {
    private typealias Frame = SRTPCipher.Frame

    /// RFC 3711 appendix B.2: the key stream at its start and after 0xFEFF blocks, where the counter carries.
    @Test func makesTheKeyStreamOfAppendixB2() throws {
        let keys = SRTPSessionKeys(
            encryption: hex("2b7e151628aed2a6abf7158809cf4f3c"), authentication: [UInt8](repeating: 0, count: 20),
            salt: hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd"))
        var cipher = try SRTPCipher(profile: .aes128CMSHA1_80, keys: keys, protocolKind: .rtp, direction: .outbound)
        let length = 1_044_512
        var stream = [UInt8](repeating: 0, count: length + 10)
        var span = stream.mutableSpan
        try cipher.seal(&span, Frame(clear: 0, end: length, tag: length, ssrc: 0, index: 0, word: 0))
        let start = hex(
            "e03ead0935c95e80e166b16dd92b4eb4 d23513162b02d0f72a43a2fe4a5f97ab 41e95b3bb0a2e8dd477901e4fca894c0")
        let end = hex(
            "ec8cdf7398607cb0f2d21675ea9ea1e4 362b7c3c6773516318a077d7fc5073ae 6a2cc3787889374fbeb4c81b17ba6c44")
        #expect(Array(stream[..<48]) == start)
        #expect(Array(stream[(length - 48)..<length]) == end)
    }

    /// The keys of RFC 7714 §16 and §17; the salt says "Quid pro quo".
    private static let keys = SRTPSessionKeys(
        encryption: hex("000102030405060708090a0b0c0d0e0f"), authentication: [], salt: hex("517569642070726f2071756f"))

    typealias Row = (
        what: String, kind: SRTPCipher.ProtocolKind, plain: String, clear: Int, index: UInt64, word: UInt32,
        payload: String, tag: String
    )

    static let rows: [Row] = [
        (
            "§16.1.1, §16.1.2", .rtp,
            "8040f17b 8041f8d3 5501a0b2 47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
            12, 0xF17B, 0,
            "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833",
            "899d7f27beb16a9152cf765ee4390cce"
        ),
        (
            "§17.1, §17.2", .rtcp,
            """
            81c8000d 4d617273 4e5450314e54503252545020 0000042a 0000e930 4c756e61
            deadbeefdeadbeefdeadbeefdeadbeefdeadbeef
            """, 8, 0x5D4, 0x8000_05D4,
            "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b",
            "c84aa45896cf4d2fc5abf87245d9eade"
        ),
        (
            "§17.3, §17.4, not encrypted", .rtcp,
            """
            81c8000d 4d617273 4e5450314e54503252545020 0000042a 0000e930 4c756e61
            deadbeefdeadbeefdeadbeefdeadbeefdeadbeef
            """, 52, 0x5D4, 0x0000_05D4, "", "841dd9683dd78ec92ae58790125f62b3"
        ),
    ]

    @Test(arguments: rows)
    func sealsAndOpensThePacketsOfRFC7714(row: Row) throws {
        let plain = hex(row.plain)
        let ssrcOffset = row.kind == .rtp ? 8 : 4
        let ssrc = plain[ssrcOffset..<ssrcOffset + 4].reduce(0) { $0 << 8 | UInt32($1) }
        let frame = Frame(
            clear: row.clear, end: plain.count, tag: plain.count, ssrc: ssrc, index: row.index, word: row.word)
        var buffer = plain + [UInt8](repeating: 0, count: 16)

        var sealing = try SRTPCipher(
            profile: .aeadAES128GCM, keys: Self.keys, protocolKind: row.kind, direction: .outbound)
        var span = buffer.mutableSpan
        try sealing.seal(&span, frame)
        #expect(buffer == Array(plain[..<row.clear]) + hex(row.payload) + hex(row.tag))

        var opening = try SRTPCipher(
            profile: .aeadAES128GCM, keys: Self.keys, protocolKind: row.kind, direction: .inbound)
        span = buffer.mutableSpan
        try opening.open(&span, frame)
        #expect(Array(buffer.dropLast(16)) == plain)
    }

    @Test func refusesKeysOfAnotherLength() {
        for (key, salt) in [(15, 12), (16, 14), (0, 0), (32, 12)] {
            let keys = SRTPSessionKeys(
                encryption: [UInt8](repeating: 1, count: key), authentication: [],
                salt: [UInt8](repeating: 1, count: salt))
            #expect(throws: SRTPError.malformed) {
                _ = try SRTPCipher(profile: .aeadAES128GCM, keys: keys, protocolKind: .rtp, direction: .inbound)
            }
        }
    }
}
