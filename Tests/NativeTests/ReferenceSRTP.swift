import CSRTP
import Native

/// One direction of SRTP done by libsrtp2: an independent peer for the tests, used by nothing that ships.
@safe struct ReferenceSRTP: ~Copyable {
    private let session: srtp_t

    init(_ profile: SRTPProfile, key: [UInt8], direction: SRTPSession.Direction) throws {
        guard libraryStatus == srtp_err_status_ok else { throw SRTPError.library }
        var policy = unsafe srtp_policy_t()
        switch profile {
        case .aes128CMSHA1_80:
            unsafe srtp_crypto_policy_set_rtp_default(&policy.rtp)
            unsafe srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aes128CMSHA1_32:
            unsafe srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp)
            unsafe srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aeadAES128GCM:
            unsafe srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            unsafe srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        }
        unsafe policy.ssrc.type = direction == .inbound ? ssrc_any_inbound : ssrc_any_outbound
        unsafe policy.window_size = 1024
        var key = key
        var created: srtp_t?
        let status = unsafe key.withUnsafeMutableBufferPointer { bytes in
            unsafe policy.key = bytes.baseAddress  // copied by srtp_create
            return unsafe srtp_create(&created, &policy)
        }
        guard status == srtp_err_status_ok, let created = unsafe created else { throw SRTPError.library }
        unsafe session = created
    }

    deinit { _ = unsafe srtp_dealloc(session) }

    mutating func protect(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] { try unsafe run(srtp_protect, packet) }
    mutating func protectRTCP(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        try unsafe run(srtp_protect_rtcp, packet)
    }
    mutating func unprotect(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] { try unsafe run(srtp_unprotect, packet) }
    mutating func unprotectRTCP(_ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        try unsafe run(srtp_unprotect_rtcp, packet)
    }

    private typealias Operation = (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?) -> srtp_err_status_t

    private func run(_ operation: Operation, _ packet: [UInt8]) throws(SRTPError) -> [UInt8] {
        var buffer = packet + [UInt8](repeating: 0, count: Int(SRTP_MAX_TRAILER_LEN) + 4)
        var length = Int32(packet.count)
        let status = unsafe buffer.withUnsafeMutableBytes { unsafe operation(session, $0.baseAddress, &length) }
        switch status {
        case srtp_err_status_ok: return Array(buffer[..<Int(length)])
        case srtp_err_status_auth_fail: throw .authenticationFailed
        case srtp_err_status_replay_fail, srtp_err_status_replay_old, srtp_err_status_pkt_idx_old: throw .replayed
        default: throw .malformed
        }
    }
}

/// The library's global state, set up by the first session.
private let libraryStatus: srtp_err_status_t = srtp_init()
