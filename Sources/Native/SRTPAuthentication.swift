import COpenSSL

/// HMAC-SHA1 with the key already hashed in (RFC 2104 §4, RFC 3711 §4.2.1).
///
/// The state after the inner and the outer key block is kept and copied for each packet, which saves half of the
/// compressions of a short packet. Plain `SHA_CTX` values, because in OpenSSL 3.0 every way through EVP allocates:
/// `EVP_MD_CTX_copy_ex` and `EVP_MAC_init` duplicate a context and `EVP_DigestInit_ex` makes a new one.
struct SRTPAuthentication: Sendable {
    typealias Digest = InlineArray<20, UInt8>

    /// Bytes of k_a (RFC 3711 §5.2).
    static let keyLength = 20

    private let inner: SHA_CTX
    private let outer: SHA_CTX

    /// - Precondition: The key is no longer than SHA-1's block of 64 bytes.
    init(key: [UInt8]) {
        precondition(key.count <= Self.block, "an SRTP authentication key has 20 bytes")
        let padded = key + [UInt8](repeating: 0, count: Self.block - key.count)
        inner = Self.start(with: padded.map { $0 ^ 0x36 }, SHA1.self)
        outer = Self.start(with: padded.map { $0 ^ 0x5C }, SHA1.self)
    }

    /// The digest of `message` followed by `word` in network order; SRTP sends its first ten bytes.
    func digest(of message: UnsafeRawBufferPointer, word: UInt32) -> Digest {
        unsafe digest(of: message, word: word, SHA1.self)
    }

    private func digest<Hash: BlockHash>(
        of message: UnsafeRawBufferPointer, word: UInt32, _: Hash.Type
    ) -> Digest {
        var digest = Digest(repeating: 0)
        var state = inner
        unsafe Hash.add(message, to: &state)
        unsafe withUnsafeBytes(of: word.bigEndian) { unsafe Hash.add($0, to: &state) }
        Hash.finish(&state, into: &digest)
        state = outer
        unsafe digest.span.withUnsafeBytes { unsafe Hash.add($0, to: &state) }
        Hash.finish(&state, into: &digest)
        return digest
    }

    private static func start<Hash: BlockHash>(with block: [UInt8], _: Hash.Type) -> SHA_CTX {
        var state = SHA_CTX()
        Hash.start(&state)
        unsafe block.withUnsafeBytes { unsafe Hash.add($0, to: &state) }
        return state
    }

    private static let block = 64
}

/// A hash whose state is a value. The requirements carry no deprecation, their witnesses below do.
private protocol BlockHash {
    static func start(_ state: inout SHA_CTX)
    static func add(_ bytes: UnsafeRawBufferPointer, to state: inout SHA_CTX)
    static func finish(_ state: inout SHA_CTX, into digest: inout SRTPAuthentication.Digest)
}

/// SHA-1 of libcrypto's low-level interface. OpenSSL 3.0 marks it deprecated in favour of EVP, without a date and
/// without a replacement that works on a value; a deprecated function may call it without a warning.
private enum SHA1: BlockHash {
    @available(*, deprecated, message: "called through BlockHash")
    static func start(_ state: inout SHA_CTX) { _ = unsafe SHA1_Init(&state) }

    @available(*, deprecated, message: "called through BlockHash")
    static func add(_ bytes: UnsafeRawBufferPointer, to state: inout SHA_CTX) {
        _ = unsafe SHA1_Update(&state, bytes.baseAddress, bytes.count)
    }

    @available(*, deprecated, message: "called through BlockHash")
    static func finish(_ state: inout SHA_CTX, into digest: inout SRTPAuthentication.Digest) {
        var span = digest.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { _ = unsafe SHA1_Final($0.baseAddress, &state) }
    }
}
