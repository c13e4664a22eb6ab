import COpenSSL

/// The parts of a self-signed certificate that browsers accept for DTLS and, once trusted, for HTTPS.
enum SelfSignedCertificate {
    /// A fresh P-256 key; the caller frees it.
    static func makeKey() throws(CryptoError) -> OpaquePointer {
        ERR_clear_error()
        guard let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw .last("EVP_PKEY_CTX_new_id") }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
            unsafe EVP_PKEY_generate(context, &key) == 1,
            let key = unsafe key
        else { throw .last("EVP_PKEY_generate") }
        return unsafe key
    }

    /// A signed certificate over `key`; the caller frees it.
    static func make(
        key: OpaquePointer,
        commonName: String,
        alternativeNames: [String],
        days: Int
    ) throws(CryptoError) -> OpaquePointer {
        let names = try alternativeNameValue(alternativeNames)
        ERR_clear_error()
        guard let certificate = unsafe X509_new() else { throw .last("X509_new") }
        do throws(CryptoError) {
            try unsafe setValidity(of: certificate, days: days)
            try unsafe setName(of: certificate, commonName)
            guard unsafe X509_set_pubkey(certificate, key) == 1 else { throw .last("X509_set_pubkey") }
            try unsafe addExtensions(to: certificate, alternativeNames: names)
            guard unsafe X509_sign(certificate, key, EVP_sha256()) > 0 else { throw .last("X509_sign") }
        } catch {
            unsafe X509_free(certificate)
            throw error
        }
        return unsafe certificate
    }

    private static func setValidity(of certificate: OpaquePointer, days: Int) throws(CryptoError) {
        let day = 86_400
        // Version 3 is written as 2; a serial number is positive and unguessable (RFC 5280 §4.1.2.2).
        let serial = UInt64.random(in: 1...UInt64(Int64.max))
        guard unsafe X509_set_version(certificate, 2) == 1,
            unsafe ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1,
            unsafe X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != nil,
            unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), max(1, min(days, 36_500)) * day) != nil
        else { throw .last("X509_gmtime_adj") }
    }

    private static func setName(of certificate: OpaquePointer, _ commonName: String) throws(CryptoError) {
        let bytes = Array(commonName.utf8)
        let subject = unsafe X509_get_subject_name(certificate)
        // RFC 5280 appendix A: ub-common-name is 64.
        guard (1...64).contains(bytes.count) else { throw .invalidName(commonName) }
        guard
            unsafe X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, Int32(bytes.count), -1, 0) == 1
        else {
            ERR_clear_error()
            throw .invalidName(commonName)
        }
        guard unsafe X509_set_issuer_name(certificate, subject) == 1 else { throw .last("X509_set_issuer_name") }
    }

    private static func addExtensions(to certificate: OpaquePointer, alternativeNames: String) throws(CryptoError) {
        // An end entity, not a CA: Firefox refuses a CA certificate as a server's.
        var extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth,clientAuth"),
            (NID_subject_key_identifier, "hash"),
        ]
        if !alternativeNames.isEmpty { extensions.append((NID_subject_alt_name, alternativeNames)) }

        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
        for (identifier, value) in extensions {
            guard let one = unsafe X509V3_EXT_conf_nid(nil, &context, identifier, value) else {
                throw .last("X509V3_EXT_conf_nid")
            }
            defer { unsafe X509_EXTENSION_free(one) }
            guard unsafe X509_add_ext(certificate, one, -1) == 1 else { throw .last("X509_add_ext") }
        }
    }

    /// "DNS:name,IP:192.0.2.1", from names whose letters cannot end a field.
    private static func alternativeNameValue(_ names: [String]) throws(CryptoError) -> String {
        var fields: [String] = []
        for name in names {
            if isAddress(name) {
                fields.append("IP:" + name)
            } else if isHostName(name) {
                fields.append("DNS:" + name)
            } else {
                throw .invalidName(name)
            }
        }
        return fields.joined(separator: ",")
    }

    private static func isAddress(_ name: String) -> Bool {
        ERR_clear_error()
        guard let address = unsafe a2i_IPADDRESS(name) else { return false }
        unsafe ASN1_OCTET_STRING_free(address)
        return true
    }

    private static func isHostName(_ name: String) -> Bool {
        (1...253).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "_"), UInt8(ascii: "*"):
                    true
                default: false
                }
            }
    }
}
