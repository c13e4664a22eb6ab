import COpenSSL

/// A certificate with its private key: who we are in DTLS and, when no other is configured, in HTTPS.
package struct Identity: Sendable {
    /// The certificate, in PEM; intermediates may follow it.
    package let certificatePEM: String
    /// The private key, PEM, not encrypted.
    package let privateKeyPEM: String
    /// SHA-256 of the certificate for `a=fingerprint` (RFC 8122 §5): "AB:CD:…", upper case, as Firefox insists.
    package let fingerprint: String

    /// Takes an existing pair, for example one read from disk.
    ///
    /// - Throws: ``CryptoError`` when a half cannot be read or the two do not belong together.
    package init(certificatePEM: String, privateKeyPEM: String) throws(CryptoError) {
        let certificate = try unsafe CertificateText.certificate(certificatePEM)
        defer { unsafe X509_free(certificate) }
        let key = try unsafe CertificateText.privateKey(privateKeyPEM)
        defer { unsafe EVP_PKEY_free(key) }
        guard unsafe X509_check_private_key(certificate, key) == 1 else {
            ERR_clear_error()
            throw .keyMismatch
        }
        guard let digest = unsafe CertificateDigest.sha256.value(of: certificate) else { throw .last("X509_digest") }
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
        fingerprint = CertificateDigest.colonHex(digest)
    }

    /// Makes a self-signed ECDSA P-256 pair, valid from a day ago (clocks differ) until `days` from now.
    ///
    /// - Parameter alternativeNames: DNS names or IP literals a browser may open (RFC 5280 §4.2.1.6).
    package static func generate(
        commonName: String,
        alternativeNames: [String],
        days: Int
    ) throws(CryptoError) -> Identity {
        let key = try unsafe SelfSignedCertificate.makeKey()
        defer { unsafe EVP_PKEY_free(key) }
        let certificate = try unsafe SelfSignedCertificate.make(
            key: key, commonName: commonName, alternativeNames: alternativeNames, days: days)
        defer { unsafe X509_free(certificate) }
        return try unsafe Identity(
            certificatePEM: CertificateText.pem(certificate: certificate),
            privateKeyPEM: CertificateText.pem(privateKey: key)
        )
    }
}
