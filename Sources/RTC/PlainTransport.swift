package import Native

/// Our side of one call over plain RTP: a port of its own for RTP and one for RTCP, and what our SDP says about them.
///
/// The same for every offer and answer of a call.
package struct PlainTransport: Sendable {
    /// The literal address that the far end shall send to.
    package let ip: String
    package let rtpPort: UInt16
    package let rtcpPort: UInt16
    /// Our source; it stays for the whole call, through hold and change of codec.
    package let audioSSRC: UInt32
    package let cname: String
    /// Of the `o=` line.
    package let sessionID: UInt64

    private let secret: [UInt8]

    /// - Parameter secret: ``secretLength`` unguessable bytes of this call alone, from which its SRTP keys come.
    /// - Precondition: `secret` has that length.
    package init(
        ip: String, rtpPort: UInt16, rtcpPort: UInt16, audioSSRC: UInt32, cname: String, sessionID: UInt64,
        secret: [UInt8]
    ) {
        precondition(secret.count == Self.secretLength, "a secret of another length")
        self.ip = ip
        self.rtpPort = rtpPort
        self.rtcpPort = rtcpPort
        self.audioSSRC = audioSSRC
        self.cname = cname
        self.sessionID = sessionID
        self.secret = secret
    }

    /// Master key and master salt of what we send under `profile`; each profile has its own (RFC 4568 §6.1).
    ///
    /// They come from the secret by SRTP's own pseudo-random function, so they stay the same for the whole call, as
    /// re-offers need (RFC 4568 §7.1.4).
    package func masterKey(for profile: SRTPProfile) throws(SRTPError) -> [UInt8] {
        let derivation = SRTPKeyDerivation(masterKey: Array(secret[..<16]), masterSalt: Array(secret[16...]))
        let label: UInt8 =
            switch profile {
            case .aes128CMSHA1_80: 1
            case .aes128CMSHA1_32: 2
            case .aeadAES128GCM: 3
            }
        return try derivation.bytes(profile.masterLength, label: label)
    }

    /// Bytes.
    package static let secretLength = 30
}
