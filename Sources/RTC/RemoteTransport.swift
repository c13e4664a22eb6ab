package import Wire

/// What the other side's SDP says about its transport, as far as we need it.
package struct RemoteTransport: Sendable, Equatable {
    package struct ExpectedFingerprint: Sendable, Equatable {
        /// `sha-256`, `sha-384`, `sha-512` or `sha-1`.
        package let hash: String
        package let bytes: [UInt8]

        package init(hash: String, bytes: [UInt8]) {
            self.hash = hash
            self.bytes = bytes
        }
    }

    package let ufrag: String
    package let pwd: String
    /// All of the strongest hash the peer offers (RFC 8122 §5).
    package let fingerprints: [ExpectedFingerprint]
    /// They said `setup:passive`, so we open the handshake (RFC 8842 §5).
    package let isDTLSServer: Bool

    package init(ufrag: String, pwd: String, fingerprints: [ExpectedFingerprint], isDTLSServer: Bool) {
        self.ufrag = ufrag
        self.pwd = pwd
        self.fingerprints = fingerprints
        self.isDTLSServer = isDTLSServer
    }

    /// Keeps the strongest hash among `offered`; `nil` when none can be checked.
    package static func strongest(of offered: [Fingerprint]) -> [ExpectedFingerprint]? {
        for hash in ["sha-512", "sha-384", "sha-256", "sha-1"] {
            let matching = offered.filter { $0.hash.lowercased() == hash }.compactMap { fingerprint in
                bytes(ofHex: fingerprint.hex).map { ExpectedFingerprint(hash: hash, bytes: $0) }
            }
            if !matching.isEmpty { return matching }
        }
        return nil
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let pairs = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (16...64).contains(pairs.count) else { return nil }
        var bytes: [UInt8] = []
        for pair in pairs {
            guard pair.utf8.count == 2, let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
