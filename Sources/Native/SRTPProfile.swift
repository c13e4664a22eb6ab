import COpenSSL

/// The two protection profiles every browser has (RFC 5764 §4.1.2, RFC 7714 §14.2), and one more of phones.
package enum SRTPProfile: Sendable, Hashable {
    /// AES-CM with an 80-bit HMAC-SHA1 tag.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case aes128CMSHA1_80
    /// The same with 32 bits of the tag in SRTP and all 80 in SRTCP (RFC 4568 §6.2.2, RFC 3711 §5.2). Only from SDES.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case aes128CMSHA1_32
    /// AES-GCM with a 128-bit tag: as fast as the other on speech, and in half its time on packets of video.
    case aeadAES128GCM

    /// Bytes of master key.
    package var keyLength: Int { 16 }

    /// Bytes of master salt.
    package var saltLength: Int {
        switch self {
        case .aes128CMSHA1_80, .aes128CMSHA1_32: 14
        case .aeadAES128GCM: 12
        }
    }

    /// Bytes of key and salt together, as ``SRTPSession`` takes them.
    package var masterLength: Int { keyLength + saltLength }

    /// Bytes the authentication tag adds to each SRTP packet.
    package var tagLength: Int {
        switch self {
        case .aes128CMSHA1_80: 10
        case .aes128CMSHA1_32: 4
        case .aeadAES128GCM: 16
        }
    }

    /// Bytes it adds to each SRTCP packet.
    package var controlTagLength: Int { self == .aes128CMSHA1_32 ? 10 : tagLength }

    init?(dtlsIdentifier: UInt) {
        switch dtlsIdentifier {
        case UInt(SRTP_AEAD_AES_128_GCM): self = .aeadAES128GCM
        case UInt(SRTP_AES128_CM_SHA1_80): self = .aes128CMSHA1_80
        default: return nil
        }
    }
}

/// The keys of one association, one block for each direction.
package struct SRTPKeys: Sendable, Equatable {
    package let profile: SRTPProfile
    /// Master key, then master salt, of what we send.
    package let local: [UInt8]
    /// Master key, then master salt, of what we receive.
    package let remote: [UInt8]

    /// - Precondition: Both blocks are `profile.masterLength` bytes.
    package init(profile: SRTPProfile, local: [UInt8], remote: [UInt8]) {
        precondition(local.count == profile.masterLength && remote.count == profile.masterLength)
        self.profile = profile
        self.local = local
        self.remote = remote
    }

    /// Cuts the exporter's output: client key, server key, client salt, server salt (RFC 5764 §4.2).
    ///
    /// - Precondition: `material` is twice `profile.masterLength` bytes.
    package init(profile: SRTPProfile, material: [UInt8], role: DTLSRole) {
        precondition(material.count == 2 * profile.masterLength)
        let key = profile.keyLength
        let salt = profile.saltLength
        let client = Array(material[0..<key] + material[2 * key..<2 * key + salt])
        let server = Array(material[key..<2 * key] + material[2 * key + salt..<2 * (key + salt)])
        switch role {
        case .client: self.init(profile: profile, local: client, remote: server)
        case .server: self.init(profile: profile, local: server, remote: client)
        }
    }
}
