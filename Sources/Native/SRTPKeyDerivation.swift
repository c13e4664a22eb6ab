import COpenSSL

/// The keys that protect the RTP or the RTCP of one direction (RFC 3711 §4.3).
package struct SRTPSessionKeys: Sendable, Equatable {
    /// k_e, 16 bytes.
    package let encryption: [UInt8]
    /// k_a, 20 bytes for HMAC-SHA1; empty in GCM, whose tag needs no key of its own.
    package let authentication: [UInt8]
    /// k_s, `profile.saltLength` bytes.
    package let salt: [UInt8]

    package init(encryption: [UInt8], authentication: [UInt8], salt: [UInt8]) {
        self.encryption = encryption
        self.authentication = authentication
        self.salt = salt
    }

    /// Derives the keys from master key and master salt. The rate is 0: they stay for the whole association.
    ///
    /// - Throws: ``SRTPError/malformed`` when `master` is not `profile.masterLength` bytes.
    package init(
        deriving protocolKind: SRTPCipher.ProtocolKind, of profile: SRTPProfile, from master: [UInt8]
    ) throws(SRTPError) {
        guard master.count == profile.masterLength else { throw .malformed }
        let derivation = SRTPKeyDerivation(
            masterKey: Array(master[..<profile.keyLength]), masterSalt: Array(master[profile.keyLength...]))
        let first: UInt8 =
            switch protocolKind {
            case .rtp: 0
            case .rtcp: 3
            }
        encryption = try derivation.bytes(profile.keyLength, label: first)
        salt = try derivation.bytes(profile.saltLength, label: first + 2)
        authentication =
            switch profile {
            case .aes128CMSHA1_80, .aes128CMSHA1_32:
                try derivation.bytes(SRTPAuthentication.keyLength, label: first + 1)
            case .aeadAES128GCM: []
            }
    }
}

/// The pseudo-random function of RFC 3711 §4.3.3: AES in counter mode under the master key.
package struct SRTPKeyDerivation: Sendable {
    private let masterKey: [UInt8]
    private let masterSalt: [UInt8]

    /// - Parameters:
    ///   - masterKey: 16 bytes.
    ///   - masterSalt: Up to 14 bytes; GCM's 12 get zeros behind them (RFC 7714 §11).
    package init(masterKey: [UInt8], masterSalt: [UInt8]) {
        precondition(masterKey.count == 16 && masterSalt.count <= 14, "no SRTP master key")
        self.masterKey = masterKey
        self.masterSalt = masterSalt
    }

    /// The first `count` bytes of the key with this label: x = label · 2^48 XOR salt, and the counter starts at x · 2^16.
    package func bytes(_ count: Int, label: UInt8) throws(SRTPError) -> [UInt8] {
        var counter = masterSalt + [UInt8](repeating: 0, count: 16 - masterSalt.count)
        counter[7] ^= label
        let context = unsafe EVP_CIPHER_CTX_new()
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        guard unsafe EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nil, masterKey, counter) == 1 else {
            throw .library
        }
        var stream = [UInt8](repeating: 0, count: count)
        var written: Int32 = 0
        let zeros = stream
        guard unsafe EVP_EncryptUpdate(context, &stream, &written, zeros, Int32(count)) == 1 else { throw .library }
        return stream
    }
}
