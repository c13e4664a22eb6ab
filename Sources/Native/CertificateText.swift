import COpenSSL

/// PEM in and out of OpenSSL's objects. Whoever receives a pointer here frees it.
enum CertificateText {
    static func certificate(_ pem: String) throws(CryptoError) -> OpaquePointer {
        ERR_clear_error()
        let found = unsafe withReader(pem) { unsafe PEM_read_bio_X509($0, nil, nil, nil) }
        ERR_clear_error()
        guard let found = unsafe found else { throw .invalidCertificate }
        return unsafe found
    }

    /// Encrypted keys are refused: the callback gives an empty password, so OpenSSL never asks the terminal.
    static func privateKey(_ pem: String) throws(CryptoError) -> OpaquePointer {
        ERR_clear_error()
        let found = unsafe withReader(pem) { reader in
            unsafe PEM_read_bio_PrivateKey(reader, nil, { _, _, _, _ in 0 }, nil)
        }
        ERR_clear_error()
        guard let found = unsafe found else { throw .invalidPrivateKey }
        return unsafe found
    }

    static func pem(certificate: OpaquePointer) throws(CryptoError) -> String {
        try unsafe written { unsafe PEM_write_bio_X509($0, certificate) }
    }

    /// PKCS #8, not encrypted.
    static func pem(privateKey: OpaquePointer) throws(CryptoError) -> String {
        try unsafe written { unsafe PEM_write_bio_PrivateKey($0, privateKey, nil, nil, 0, nil, nil) }
    }

    private static func withReader(_ pem: String, _ body: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        let bytes = Array(pem.utf8)
        return unsafe bytes.withUnsafeBytes { raw -> OpaquePointer? in
            guard raw.count > 0, raw.count <= Int(Int32.max),
                let reader = unsafe BIO_new_mem_buf(raw.baseAddress, Int32(raw.count))
            else { return nil }
            defer { unsafe BIO_free(reader) }
            return unsafe body(reader)
        }
    }

    private static func written(_ body: (OpaquePointer) -> Int32) throws(CryptoError) -> String {
        ERR_clear_error()
        guard let writer = unsafe BIO_new(BIO_s_mem()) else { throw .last("BIO_new") }
        defer { unsafe BIO_free(writer) }
        guard unsafe body(writer) == 1 else { throw .last("PEM_write") }
        let count = unsafe Int(BIO_ctrl_pending(writer))
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let read = unsafe BIO_read(writer, buffer.baseAddress, Int32(count))
            filled = max(0, Int(read))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
