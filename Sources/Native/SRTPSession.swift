import CSRTP

/// Why a packet was not protected or not accepted. The caller counts and drops; none of these ends a call.
package enum SRTPError: Error, Equatable {
    /// Tampered with, or protected with other keys.
    case authenticationFailed
    /// Seen before, or older than the window of 1024 packets: a normal duplicate.
    case replayed
    /// No RTP or RTCP packet, or keys of the wrong length.
    case malformed
    /// Another status of the library's.
    case other(Int32)

    init(status: srtp_err_status_t) {
        switch status {
        case srtp_err_status_auth_fail: self = .authenticationFailed
        case srtp_err_status_replay_fail, srtp_err_status_replay_old, srtp_err_status_pkt_idx_old: self = .replayed
        case srtp_err_status_bad_param, srtp_err_status_parse_err: self = .malformed
        default: self = .other(Int32(status.rawValue))
        }
    }
}

/// One direction of SRTP and SRTCP for all streams of a transport (RFC 3711, RFC 7714).
///
/// Streams appear with their first packet and stay: cap their number and ``remove(ssrc:)`` after BYE. Start sequence
/// numbers below 0x8000, or a loss around the first wrap costs the receiver its rollover counter (RFC 3711 §3.3.1).
/// Belongs to one event loop.
@safe package struct SRTPSession: ~Copyable {
    package enum Direction: Sendable { case inbound, outbound }

    /// Bytes the library may write behind a packet it protects.
    package static let trailer = 144

    private let session: srtp_t
    private let tagLength: Int

    /// - Parameter key: Master key, then master salt: `profile.masterLength` bytes.
    /// - Throws: ``SRTPError/malformed`` for a key of another length.
    package init(profile: SRTPProfile, key: [UInt8], direction: Direction) throws(SRTPError) {
        guard key.count == profile.masterLength else { throw .malformed }
        guard libraryStatus == srtp_err_status_ok else { throw SRTPError(status: libraryStatus) }
        var policy = unsafe srtp_policy_t()
        unsafe Self.setCrypto(profile, in: &policy)
        unsafe policy.ssrc.type = direction == .inbound ? ssrc_any_inbound : ssrc_any_outbound
        unsafe policy.window_size = 1024
        unsafe policy.allow_repeat_tx = 0
        var key = key
        var created: srtp_t?
        let status = unsafe key.withUnsafeMutableBufferPointer { bytes in
            unsafe policy.key = bytes.baseAddress  // copied by srtp_create
            return unsafe srtp_create(&created, &policy)
        }
        guard status == srtp_err_status_ok, let created = unsafe created else { throw SRTPError(status: status) }
        tagLength = profile.tagLength
        unsafe session = created
    }

    deinit { _ = unsafe srtp_dealloc(session) }

    /// Encrypts and signs the RTP packet in the first `count` bytes, in place. Returns the protected length.
    ///
    /// Never call it twice for one SSRC and sequence number (RFC 7714 §8.1): keep the protected bytes to send again.
    /// - Precondition: `packet` has room for ``trailer`` bytes behind `count`.
    package mutating func protect(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPError) -> Int {
        precondition(count >= 0 && packet.count - Self.trailer >= count, "no room for the SRTP trailer")
        guard count >= Self.rtpHeader else { throw .malformed }
        return try unsafe run(srtp_protect, &packet, count)
    }

    /// The same for a compound RTCP packet (RFC 3711 §3.4).
    package mutating func protectRTCP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPError) -> Int {
        // libsrtp asks for four bytes more here, for the index word; without an MKI it writes 20 at most.
        precondition(count >= 0 && packet.count - Self.trailer >= count, "no room for the SRTCP trailer")
        guard count >= Self.rtcpHeader else { throw .malformed }
        return try unsafe run(srtp_protect_rtcp, &packet, count)
    }

    /// Checks and decrypts the SRTP packet in the first `count` bytes, in place. Returns the RTP packet's length.
    package mutating func unprotect(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPError) -> Int {
        guard count <= packet.count, count >= Self.rtpHeader + tagLength else { throw .malformed }
        return try unsafe run(srtp_unprotect, &packet, count)
    }

    /// The same for SRTCP.
    package mutating func unprotectRTCP(_ packet: inout MutableSpan<UInt8>, count: Int) throws(SRTPError) -> Int {
        guard count <= packet.count, count >= Self.rtcpHeader + tagLength + Self.rtcpIndex else { throw .malformed }
        return try unsafe run(srtp_unprotect_rtcp, &packet, count)
    }

    /// Forgets a stream, its rollover counter and its replay window; an unknown one is no error.
    package mutating func remove(ssrc: UInt32) { _ = unsafe srtp_remove_stream(session, ssrc.bigEndian) }

    private typealias Operation = (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?) -> srtp_err_status_t

    @inline(__always)
    private func run(
        _ operation: Operation,
        _ packet: inout MutableSpan<UInt8>,
        _ count: Int
    ) throws(SRTPError) -> Int {
        var length = Int32(count)
        let status = unsafe packet.withUnsafeMutableBufferPointer { bytes in
            unsafe operation(session, UnsafeMutableRawPointer(bytes.baseAddress), &length)
        }
        guard status == srtp_err_status_ok else { throw SRTPError(status: status) }
        return Int(length)
    }

    private static func setCrypto(_ profile: SRTPProfile, in policy: inout srtp_policy_t) {
        switch profile {
        case .aes128CMSHA1_80:
            unsafe srtp_crypto_policy_set_rtp_default(&policy.rtp)
            unsafe srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        case .aeadAES128GCM:
            unsafe srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            unsafe srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        }
    }

    private static let rtpHeader = 12
    private static let rtcpHeader = 8
    private static let rtcpIndex = 4
}

/// The library's global state, set up by the first session. Swift initialises a global once, whatever the threads.
private let libraryStatus: srtp_err_status_t = srtp_init()
