package import Native
package import Wire

/// What the other side's SDP says about its transport without ICE.
package struct PlainRemote: Sendable, Equatable {
    /// Where it wants RTP; `nil` when it gave no address that can be sent to, such as a name or `0.0.0.0`.
    package let rtp: TransportAddress?
    /// Where it wants RTCP: `a=rtcp` (RFC 3605), the port above, or the port of RTP when multiplexed (RFC 5761).
    package let rtcp: TransportAddress?
    package let isMuxed: Bool
    /// SDES keys (RFC 4568) when both sides agreed on them; without, RTP goes in the clear.
    package let keys: SRTPKeys?
    /// All that may come in RTP: audio, keys and comfort noise.
    package let payloadTypes: Set<UInt8>
    /// Where its SIP messages come from: media from that network is believed sooner than from elsewhere. The SDP does
    /// not know; the owner of the call says it.
    package var signalling: TransportAddress?

    package init(
        rtp: TransportAddress?, rtcp: TransportAddress?, isMuxed: Bool = false, keys: SRTPKeys? = nil,
        payloadTypes: Set<UInt8>, signalling: TransportAddress? = nil
    ) {
        self.rtp = rtp
        self.rtcp = rtcp
        self.isMuxed = isMuxed
        self.keys = keys
        self.payloadTypes = payloadTypes
        self.signalling = signalling
    }
}
