import COpenSSL

/// Why a key, a certificate or a DTLS context could not be made or read.
package enum CryptoError: Error, Equatable {
    /// A name that cannot stand in a certificate.
    case invalidName(String)
    /// The text holds no certificate, or one OpenSSL cannot read.
    case invalidCertificate
    /// The text holds no private key, or one OpenSSL cannot read.
    case invalidPrivateKey
    /// The private key does not belong to the certificate.
    case keyMismatch
    /// OpenSSL refused `operation`; `reason` is the last entry of its error queue.
    case library(operation: String, reason: String)

    /// The failure of `operation` with what this thread's OpenSSL error queue says, and an empty queue after.
    static func last(_ operation: String) -> CryptoError {
        .library(operation: operation, reason: OpenSSLErrors.take())
    }
}

/// This thread's OpenSSL error queue.
enum OpenSSLErrors {
    /// The most recent reason in words, or "unknown"; empties the queue.
    static func take() -> String {
        let code = ERR_peek_last_error()
        defer { ERR_clear_error() }
        guard code != 0, let text = unsafe ERR_reason_error_string(code) else { return "unknown" }
        return unsafe String(cString: text)
    }
}
