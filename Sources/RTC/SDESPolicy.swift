/// Whether the audio of a plain call is encrypted with keys from the SDP (RFC 4568).
///
/// Such keys are as secret as the signalling: ask for them over TLS only.
package enum SDESPolicy: Sendable, Hashable, CaseIterable {
    /// Never.
    case none
    /// When the far end can; offered as `RTP/AVP` with keys, which phones without SRTP take for a plain offer.
    case optional
    /// Or there is no call.
    case required
}
