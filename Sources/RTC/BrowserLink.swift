import Native
import Wire

/// How a browser is found and known: ICE-lite and the DTLS handshake.
final class BrowserLink {
    let local: LocalTransport
    let remote: RemoteTransport
    var ice = ICELite()
    var dtls: DTLSEndpoint
    var hasStarted = false
    var handshakeDatagrams = 0
    var handshakeDeadline: Instant?
    var nextConsentLook: Instant
    let createdAt: Instant

    init(
        local: LocalTransport, remote: RemoteTransport, context: DTLSContext, at now: Instant
    ) throws(CryptoError) {
        self.local = local
        self.remote = remote
        createdAt = now
        nextConsentLook = now.advanced(by: Self.consentLook)
        dtls = try DTLSEndpoint(context: context, role: remote.isDTLSServer ? .client : .server)
    }

    static let consentLook: Duration = .seconds(1)
    static let mostHandshakeDatagrams = 64
}
