import COpenSSL

/// Process-wide DTLS settings: one certificate, DTLS 1.2, the two SRTP profiles (RFC 5764, RFC 7714).
///
/// Rotate by making a new one; calls that began with the old keep it until they end.
@safe package final class DTLSContext: Sendable {
    // An `SSL_CTX` counts its references with atomics and locks what `SSL_new` touches; after `init` nothing here
    // changes its settings, so any thread may make endpoints from it.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Our certificate's SHA-256 for `a=fingerprint`, upper case with colons.
    package let fingerprint: String

    /// - Throws: ``CryptoError`` when the identity cannot be used.
    package init(identity: Identity) throws(CryptoError) {
        ERR_clear_error()
        guard let context = unsafe SSL_CTX_new(DTLS_method()) else { throw .last("SSL_CTX_new") }
        do throws(CryptoError) {
            try unsafe Self.install(identity, in: context)
            try unsafe Self.configure(context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        unsafe pointer = context
        fingerprint = identity.fingerprint
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    private static func install(_ identity: Identity, in context: OpaquePointer) throws(CryptoError) {
        let certificate = try unsafe CertificateText.certificate(identity.certificatePEM)
        defer { unsafe X509_free(certificate) }
        let key = try unsafe CertificateText.privateKey(identity.privateKeyPEM)
        defer { unsafe EVP_PKEY_free(key) }
        guard unsafe SSL_CTX_use_certificate(context, certificate) == 1,
            unsafe SSL_CTX_use_PrivateKey(context, key) == 1
        else { throw .last("SSL_CTX_use_certificate") }
    }

    private static func configure(_ context: OpaquePointer) throws(CryptoError) {
        // RFC 8827 §6.5: nothing below DTLS 1.2.
        guard unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(DTLS1_2_VERSION), nil) == 1 else {
            throw .last("SET_MIN_PROTO_VERSION")
        }
        unsafe SSL_CTX_set_options(
            context, copenssl_op_no_query_mtu | copenssl_op_no_ticket | copenssl_op_no_renegotiation)
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
        // The write buffer is as large as the largest record; no flight of ours needs more than one MTU.
        unsafe SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_SEND_FRAGMENT, 2048, nil)
        // Self-signed by design: the fingerprint in the SDP decides, after the handshake (RFC 8122 §6.2).
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
        guard unsafe SSL_CTX_set_cipher_list(context, cipherSuites) == 1 else { throw .last("SSL_CTX_set_cipher_list") }
        guard unsafe copenssl_ctx_set_groups(context, "X25519:P-256") == 1 else { throw .last("SSL_CTX_set1_groups") }
        // Not a boolean: 0 is success. The server chooses, so GCM goes first (a third of the CPU a packet).
        guard unsafe SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") == 0 else {
            throw .last("SSL_CTX_set_tlsext_use_srtp")
        }
    }

    /// RFC 8827 §6.5 makes the first mandatory. The RSA suite is for a far end that is DTLS server with an RSA key.
    private static let cipherSuites =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
        + "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256"
}
