import Native
import Testing

struct SRTPKeyDerivationTests {
    /// RFC 3711 appendix B.3.
    private static let masterKey = hex("e1f97a0d3e018be0d64fa32c06de4139")
    private static let masterSalt = hex("0ec675ad498afeebb6960b3aabe6")

    static let rows: [(what: String, label: UInt8, bytes: String)] = [
        ("cipher key", 0, "c61e7a93744f39ee10734afe3ff7a087"),
        ("cipher salt", 2, "30cbbc08863d8c85d49db34a9ae1"),
        (
            "authentication key of 94 bytes", 1,
            """
            cebe321f6ff7716b6fd4ab49af256a15 6d38baa48f0a0acf3c34e2359e6cdbce
            e049646c43d9327ad175578ef7227098 6371c10c9a369ac2f94a8c5fbcdddc25
            6d6e919a48b610ef17c2041e47403576 6b68642c59bbfc2f34db60dbdfb2
            """
        ),
    ]

    @Test(arguments: rows)
    func givesTheBytesOfAppendixB3(row: (what: String, label: UInt8, bytes: String)) throws {
        let derivation = SRTPKeyDerivation(masterKey: Self.masterKey, masterSalt: Self.masterSalt)
        let expected = hex(row.bytes)
        #expect(try derivation.bytes(expected.count, label: row.label) == expected)
    }

    @Test func cutsTheKeysOfAppendixB3() throws {
        let keys = try SRTPSessionKeys(
            deriving: .rtp, of: .aes128CMSHA1_80, from: Self.masterKey + Self.masterSalt)
        #expect(keys.encryption == hex(Self.rows[0].bytes))
        #expect(keys.salt == hex(Self.rows[1].bytes))
        #expect(keys.authentication == Array(hex(Self.rows[2].bytes).prefix(20)))
    }

    /// RFC 3711 §4.3.2 gives RTCP the labels 3 to 5; RFC 7714 §11 puts two zero bytes behind GCM's salt.
    @Test func usesOtherLabelsForRTCPAndALongerSaltForGCM() throws {
        let padded = SRTPKeyDerivation(masterKey: Self.masterKey, masterSalt: Self.masterSalt.dropLast(2) + [0, 0])
        let master = Self.masterKey + Self.masterSalt.dropLast(2)
        let rtp = try SRTPSessionKeys(deriving: .rtp, of: .aeadAES128GCM, from: master)
        let rtcp = try SRTPSessionKeys(deriving: .rtcp, of: .aeadAES128GCM, from: master)
        #expect(try rtp.encryption == padded.bytes(16, label: 0))
        #expect(try rtp.salt == padded.bytes(12, label: 2))
        #expect(try rtcp.encryption == padded.bytes(16, label: 3))
        #expect(try rtcp.salt == padded.bytes(12, label: 5))
        #expect(rtcp.authentication.isEmpty)
        let counterMode = try SRTPSessionKeys(
            deriving: .rtcp, of: .aes128CMSHA1_80, from: Self.masterKey + Self.masterSalt)
        let derivation = SRTPKeyDerivation(masterKey: Self.masterKey, masterSalt: Self.masterSalt)
        #expect(try counterMode.authentication == derivation.bytes(20, label: 4))
    }
}
