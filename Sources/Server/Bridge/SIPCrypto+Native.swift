import Native
import SIP

extension SIPCrypto {
    /// OpenSSL's hashes and the kernel's random numbers.
    static let native = SIPCrypto(
        md5: { Digest.md5($0.span) }, sha256: { Digest.sha256($0.span) }, sha512t256: { Digest.sha512t256($0.span) },
        randomToken: { Token.make(bytes: $0) })
}
