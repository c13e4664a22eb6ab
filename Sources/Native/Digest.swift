import COpenSSL

/// One-shot hashes for STUN, SIP digest and configuration.
package enum Digest {
    /// HMAC-SHA1 (RFC 2104): 20 bytes, as STUN's MESSAGE-INTEGRITY wants (RFC 8489 §14.5).
    package static func hmacSHA1(key: [UInt8], message: Span<UInt8>) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 20)
        let isComplete = unsafe message.withUnsafeBufferPointer { bytes in
            // OpenSSL reads a nil pointer as "the key of last time"; an empty array may have none.
            unsafe (key.isEmpty ? [0] : key).withUnsafeBufferPointer { secret in
                unsafe result.withUnsafeMutableBufferPointer { target in
                    unsafe HMAC(
                        EVP_sha1(), secret.baseAddress, Int32(key.count), bytes.baseAddress, bytes.count,
                        target.baseAddress, nil) != nil
                }
            }
        }
        precondition(isComplete, "libcrypto has no HMAC-SHA1")
        return result
    }

    /// MD5 of the text's UTF-8, in lower-case hex (RFC 1321), for HTTP digest's HA1.
    package static func md5Hex(_ text: String) -> String {
        unsafe hex(hash(Array(text.utf8).span, EVP_md5(), length: 16))
    }

    /// MD5, 16 bytes: only for digest authentication, which old phones know no better way of.
    package static func md5(_ message: Span<UInt8>) -> [UInt8] { unsafe hash(message, EVP_md5(), length: 16) }

    /// SHA-512/256, 32 bytes (RFC 7616 §3.2): no cut of SHA-512, it starts from values of its own.
    package static func sha512t256(_ message: Span<UInt8>) -> [UInt8] {
        unsafe hash(message, EVP_sha512_256(), length: 32)
    }

    /// SHA-1, 20 bytes.
    package static func sha1(_ message: Span<UInt8>) -> [UInt8] { unsafe hash(message, EVP_sha1(), length: 20) }

    /// SHA-256, 32 bytes.
    package static func sha256(_ message: Span<UInt8>) -> [UInt8] { unsafe hash(message, EVP_sha256(), length: 32) }

    /// SHA-256 in lower-case hex.
    package static func sha256Hex(_ message: Span<UInt8>) -> String { hex(sha256(message)) }

    /// Compares secrets in a time that depends on their lengths only.
    package static func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withUnsafeBytes { a in
            unsafe right.withUnsafeBytes { b in
                unsafe a.isEmpty || CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0
            }
        }
    }

    private static func hash(_ message: Span<UInt8>, _ algorithm: OpaquePointer?, length: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: length)
        let status = unsafe message.withUnsafeBufferPointer { bytes in
            unsafe result.withUnsafeMutableBufferPointer { target in
                unsafe EVP_Digest(bytes.baseAddress, bytes.count, target.baseAddress, nil, algorithm, nil)
            }
        }
        precondition(status == 1, "libcrypto lacks a digest")
        return result
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
