import COpenSSL
import Glibc

/// Which end of the handshake we are (RFC 5763 §5, RFC 8842 §5).
package enum DTLSRole: Sendable { case client, server }

/// One DTLS association without a socket: datagrams in, datagrams out, keys for SRTP at the end (RFC 5764).
///
/// After each mutating call, drain ``nextDatagram()``. Once ``state-swift.property`` is `.connected`, compare
/// ``peerFingerprint(hash:)`` with the SDP before using ``exportKeys()``; nothing here does that for you. The
/// retransmission timer reads the machine's clock: ask ``timeout`` after each call and be back by then. Bytes that
/// are no DTLS are dropped without a trace, as RFC 6347 §4.1.2.7 wants; no input traps.
///
/// Connected, one takes 41 kB: half of it the handshake's message buffer, which OpenSSL keeps under DTLS in case the
/// far end repeats its last flight; 7.6 kB the connection; the rest keys and the far end's certificate. 8 kB before
/// the first datagram. A handshake takes 0.3 ms of CPU on each side.
@safe package struct DTLSEndpoint: ~Copyable {
    package enum State: Equatable, Sendable {
        case handshaking
        case connected
        /// The far end said close_notify, or we did.
        case closed
        /// The handshake failed, or a fatal alert came; with OpenSSL's words.
        case failed(String)
    }

    package private(set) var state: State = .handshaking

    private let ssl: OpaquePointer
    private let queue: DatagramQueue
    private let role: DTLSRole

    /// The endpoint may outlive `context`: OpenSSL counts its own reference.
    ///
    /// - Parameter mtu: Largest datagram to send, in bytes without IP and UDP headers; at least 256.
    package init(context: DTLSContext, role: DTLSRole, mtu: Int = 1200) throws(CryptoError) {
        ERR_clear_error()
        let queue = DatagramQueue()
        guard let ssl = unsafe SSL_new(context.pointer) else { throw .last("SSL_new") }
        guard let bio = unsafe DatagramBIO.make(queue) else {
            unsafe SSL_free(ssl)
            throw .last("BIO_new")
        }
        unsafe SSL_set_bio(ssl, bio, bio)  // the same one twice takes one reference
        unsafe SSL_ctrl(ssl, SSL_CTRL_SET_MTU, max(256, min(mtu, 1472)), nil)
        unsafe DTLS_set_timer_cb(ssl) { _, previous in DTLSEndpoint.interval(after: previous) }
        switch role {
        case .client: unsafe SSL_set_connect_state(ssl)
        case .server: unsafe SSL_set_accept_state(ssl)
        }
        self.queue = queue
        self.role = role
        unsafe self.ssl = ssl
    }

    deinit { unsafe SSL_free(ssl) }

    /// Sends the client's first flight. A server waits for it; for a server this does nothing.
    package mutating func start() {
        guard role == .client, state == .handshaking else { return }
        handshake()
    }

    /// Takes one datagram whose first byte is 20 to 63 (RFC 7983 §7): a handshake flight, an alert, a close_notify.
    package mutating func receive(_ datagram: Span<UInt8>) {
        guard datagram.count > 0 else { return }
        switch state {
        case .handshaking: feed(datagram) { $0.handshake() }
        case .connected: feed(datagram) { $0.readRecords() }
        case .closed, .failed: return
        }
    }

    /// The next datagram to send, oldest first; `nil` when there is none.
    package mutating func nextDatagram() -> [UInt8]? { queue.dequeue() }

    /// How long from now until ``handleTimeout()`` is due; `nil` when no flight of ours awaits an answer.
    package var timeout: Duration? {
        guard state == .handshaking else { return nil }
        var left = timeval()
        guard unsafe SSL_ctrl(ssl, DTLS_CTRL_GET_TIMEOUT, 0, &left) == 1 else { return nil }
        return .seconds(left.tv_sec) + .microseconds(left.tv_usec)
    }

    /// Sends the last flight again if its timer has run out; twelve times without an answer fail the handshake.
    package mutating func handleTimeout() {
        guard state == .handshaking else { return }
        ERR_clear_error()
        if unsafe SSL_ctrl(ssl, DTLS_CTRL_HANDLE_TIMEOUT, 0, nil) < 0 { state = .failed(OpenSSLErrors.take()) }
    }

    /// Says close_notify (RFC 5246 §7.2.1) if there is an association to close.
    package mutating func close() {
        if state == .connected { sayGoodbye() }
        if state == .connected || state == .handshaking { state = .closed }
    }

    /// The hash of the far end's certificate, for the comparison with its `a=fingerprint`.
    ///
    /// - Parameter hash: "sha-256", "sha-384", "sha-512" or "sha-1", in any case; `nil` comes back for others, and
    ///   while no certificate has arrived.
    package func peerFingerprint(hash: String) -> [UInt8]? {
        guard let digest = CertificateDigest(rawValue: hash.lowercased()),
            let certificate = unsafe SSL_get1_peer_certificate(ssl)
        else { return nil }
        defer { unsafe X509_free(certificate) }
        return unsafe digest.value(of: certificate)
    }

    /// The SRTP keys (RFC 5764 §4.2); `nil` before `.connected`, or when the far end agreed to no profile of ours.
    package func exportKeys() -> SRTPKeys? {
        guard state == .connected, let selected = unsafe SSL_get_selected_srtp_profile(ssl),
            let profile = unsafe SRTPProfile(dtlsIdentifier: selected.pointee.id)
        else { return nil }
        var material = [UInt8](repeating: 0, count: 2 * profile.masterLength)
        let label = "EXTRACTOR-dtls_srtp"
        guard
            unsafe SSL_export_keying_material(
                ssl, &material, material.count, label, label.utf8.count, nil, 0, 0) == 1
        else {
            ERR_clear_error()
            return nil
        }
        return SRTPKeys(profile: profile, material: material, role: role)
    }

    private mutating func feed(_ datagram: Span<UInt8>, _ step: (inout DTLSEndpoint) -> Void) {
        let queue = queue
        queue.feeding(datagram) { step(&self) }
    }

    private mutating func handshake() {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(ssl)
        if result == 1 {
            state = .connected
            readRecords()
            return
        }
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        default: state = .failed(OpenSSLErrors.take())
        }
    }

    /// Handles alerts and repeated flights; application data (there is none in WebRTC audio) is read and dropped.
    private mutating func readRecords() {
        ERR_clear_error()
        unsafe SSL_alloc_buffers(ssl)
        for _ in 0..<Self.recordsPerDatagram {
            let result = unsafe withUnsafeTemporaryAllocation(byteCount: 2048, alignment: 16) { buffer in
                unsafe SSL_read(ssl, buffer.baseAddress, 2048)
            }
            if result > 0 { continue }
            switch unsafe SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
            case SSL_ERROR_ZERO_RETURN:
                sayGoodbye()
                state = .closed
            default: state = .failed(OpenSSLErrors.take())
            }
            break
        }
        releaseBuffers()
    }

    private mutating func sayGoodbye() {
        ERR_clear_error()
        unsafe SSL_alloc_buffers(ssl)
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
        releaseBuffers()
    }

    /// Gives back 19 kB of heap, the record buffers. `SSL_MODE_RELEASE_BUFFERS` does not reach DTLS; this does.
    private func releaseBuffers() { _ = unsafe SSL_free_buffers(ssl) }

    /// Microseconds to wait after having waited `previous`: 100 ms, doubled up to 2 s (OpenSSL's own start is 1 s).
    private static func interval(after previous: UInt32) -> UInt32 {
        previous == 0 ? 100_000 : min(previous &* 2, 2_000_000)
    }

    /// No datagram holds more records than this: each takes 13 bytes of header and a tag.
    private static let recordsPerDatagram = 64
}
