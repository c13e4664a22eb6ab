// ICE and DTLS: what stands in an m-line, in the session, or in both. The m-line counts (RFC 8839 §5.4, RFC 8842 §5.1).

extension SessionDescription {
    /// The session-level ICE user name fragment; see ``MediaDescription/iceUfrag``.
    package var iceUfrag: String? { attributes.iceUfrag }
    /// The session-level ICE password; see ``MediaDescription/icePwd``.
    package var icePwd: String? { attributes.icePwd }
    /// The session-level fingerprints, where Firefox writes them.
    package var fingerprints: [Fingerprint] { attributes.fingerprints }
    package var setup: SetupRole? { attributes.setup }
    /// The writer only answers checks (RFC 8839 §5.3).
    package var iceLite: Bool { attributes.has("ice-lite") }
    package var iceOptions: [String] { attributes.iceOptions }

    /// The mids that share one transport (RFC 8843 §7), those of the first BUNDLE group; empty without one.
    package var bundleGroup: [String] {
        for value in attributes.values(of: "group") {
            let words = value.split(separator: " ").map(String.init)
            if words.first == "BUNDLE" { return Array(words.dropFirst()) }
        }
        return []
    }
}

extension MediaDescription {
    /// 4 to 256 characters, compared with case; `nil` when missing or out of these bounds (RFC 8839 §5.4).
    package var iceUfrag: String? { attributes.iceUfrag ?? sessionAttributes.iceUfrag }
    /// 22 to 256 characters; `nil` when missing or out of these bounds (RFC 8839 §5.4).
    package var icePwd: String? { attributes.icePwd ?? sessionAttributes.icePwd }
    /// Hashes of certificates, one of which must match (RFC 8122 §5).
    package var fingerprints: [Fingerprint] {
        let own = attributes.fingerprints
        return own.isEmpty ? sessionAttributes.fingerprints : own
    }
    package var setup: SetupRole? { attributes.setup ?? sessionAttributes.setup }
    package var iceOptions: [String] {
        attributes.has("ice-options") ? attributes.iceOptions : sessionAttributes.iceOptions
    }
}

extension [SDPAttribute] {
    fileprivate var iceUfrag: String? {
        value(of: "ice-ufrag").flatMap { (4...256).contains($0.utf8.count) ? $0 : nil }
    }

    fileprivate var icePwd: String? {
        value(of: "ice-pwd").flatMap { (22...256).contains($0.utf8.count) ? $0 : nil }
    }

    fileprivate var fingerprints: [Fingerprint] { values(of: "fingerprint").compactMap(Fingerprint.init(parsing:)) }

    fileprivate var setup: SetupRole? { value(of: "setup").flatMap(SetupRole.init(rawValue:)) }

    fileprivate var iceOptions: [String] {
        value(of: "ice-options").map { $0.split(separator: " ").map(String.init) } ?? []
    }
}

/// Who starts the DTLS handshake (RFC 8842 §5.2).
package enum SetupRole: String, Sendable {
    /// The writer sends the ClientHello.
    case active
    /// The writer waits for it.
    case passive
    /// The answerer may choose; only in offers.
    case actpass
    case holdconn

    package var attribute: SDPAttribute { SDPAttribute("setup", rawValue) }
}

/// The hash of a certificate (RFC 8122 §5).
package struct Fingerprint: Hashable, Sendable {
    /// `sha-256`, in lower case.
    package let hash: String
    /// Pairs of digits with colons between, in upper case: Firefox refuses lower.
    package let hex: String

    package init(hash: String, hex: String) {
        (self.hash, self.hex) = (hash.lowercased(), hex.uppercased())
    }

    /// The hash itself; `nil` when the text is no hexadecimal.
    package var bytes: [UInt8]? {
        var bytes: [UInt8] = []
        for pair in hex.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            guard pair.count == 2, let high = pair.first?.hexDigitValue, let low = pair.last?.hexDigitValue else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    package var attribute: SDPAttribute { SDPAttribute("fingerprint", "\(hash) \(hex)") }

    init?(parsing value: String) {
        let parts = value.split(separator: " ")
        guard parts.count == 2 else { return nil }
        self.init(hash: String(parts[0]), hex: String(parts[1]))
        if bytes == nil { return nil }
    }
}
