import COpenSSL

/// The hashes an `a=fingerprint` line may name (RFC 8122 §5), weakest last.
enum CertificateDigest: String {
    case sha512 = "sha-512"
    case sha384 = "sha-384"
    case sha256 = "sha-256"
    case sha1 = "sha-1"

    /// The hash of the certificate's DER form.
    func value(of certificate: OpaquePointer) -> [UInt8]? {
        var length: UInt32 = 0
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        guard unsafe X509_digest(certificate, algorithm, &digest, &length) == 1 else { return nil }
        return Array(digest.prefix(Int(length)))
    }

    private var algorithm: OpaquePointer {
        switch self {
        case .sha512: unsafe EVP_sha512()
        case .sha384: unsafe EVP_sha384()
        case .sha256: unsafe EVP_sha256()
        case .sha1: unsafe EVP_sha1()
        }
    }

    static func colonHex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 3)
        for (index, byte) in bytes.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ":")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
