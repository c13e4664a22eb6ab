import Native
import Wire

/// The suites of RFC 4568 and RFC 7714 that we have.
extension SRTPProfile {
    /// As `a=crypto` calls it; case matters.
    init?(suite: String) {
        guard let profile = Self.suites.first(where: { $0.suite == suite }) else { return nil }
        self = profile
    }

    var suite: String {
        switch self {
        case .aes128CMSHA1_80: "AES_CM_128_HMAC_SHA1_80"
        case .aes128CMSHA1_32: "AES_CM_128_HMAC_SHA1_32"
        case .aeadAES128GCM: "AEAD_AES_128_GCM"
        }
    }

    /// Best first: what everybody has, what is better, what saves six bytes.
    static let suites: [SRTPProfile] = [.aes128CMSHA1_80, .aeadAES128GCM, .aes128CMSHA1_32]
}

extension SDPCrypto {
    /// Whether packets under this line look as ours do: a suite of ours, a key of its length, and nothing that changes
    /// packets (RFC 4568 §6.1, §6.3). `WSH` is only advice.
    var profile: SRTPProfile? {
        guard let profile = SRTPProfile(suite: suite), keyAndSalt.count == profile.masterLength,
            masterKeyIdentifier == nil, sessionParameters.allSatisfy({ $0.hasPrefix("WSH=") })
        else { return nil }
        return profile
    }
}

extension PlainTransport {
    /// Our line for a profile; `nil` when libcrypto fails.
    func crypto(tag: Int, for profile: SRTPProfile) -> SDPCrypto? {
        guard let key = try? masterKey(for: profile) else { return nil }
        return SDPCrypto(tag: tag, suite: profile.suite, keyAndSalt: key)
    }
}
