package import Wire

extension PlainNegotiation {
    /// Why offer and answer do not lead to a call.
    package enum Failure: Error, Equatable, Sendable {
        /// Not SDP.
        case malformed(SDPError)
        /// No audio m-line that is not refused: pictures, T.38, `m=audio 0`.
        case noMedia
        /// No codec in common.
        case noCodec
        /// Transport protocols we do not speak on this leg, such as DTLS or TCP, or SRTP where we have none.
        case noTransport
        /// An address of the other IP version than ours.
        case otherNetwork
        /// ``SDESPolicy/required`` without a usable `a=crypto`; or an answer with one that was not offered.
        case noKeys

        /// The SIP status that an offer is refused with.
        package var status: Int { if case .malformed = self { 400 } else { 488 } }

        /// Code and text of the Warning header beside it (RFC 3261 §20.43).
        package var warning: (code: Int, text: String) {
            switch self {
            case .malformed: (399, "The session description cannot be read")
            case .noMedia: (304, "Media type not available")
            case .noCodec: (305, "Incompatible media format")
            case .noTransport: (302, "Incompatible transport protocol")
            case .otherNetwork: (301, "Incompatible network address formats")
            case .noKeys: (399, "Encryption required")
            }
        }
    }
}
