import NIOCore
import NIOSSL
import Wire

/// How a SIP profile speaks TLS: 1.2 and later, no ALPN.
package struct SIPTLS: Sendable {
    /// `nil`: nobody can connect to it by TLS.
    let server: NIOSSLContext?
    private let client: NIOSSLContext

    /// - Parameters:
    ///   - certificatePEM: The chain, our own first; shown to servers as well. `nil`: the profile only connects.
    ///   - authoritiesPEM: Who may sign; `nil`: the system's.
    package init(
        certificatePEM: String?, privateKeyPEM: String?, authoritiesPEM: String? = nil,
        verification: TLSVerification = .servers
    ) throws {
        let trust: NIOSSLTrustRoots =
            try authoritiesPEM.map { .certificates(try NIOSSLCertificate.fromPEMBytes(Array($0.utf8))) } ?? .default
        var client = TLSConfiguration.makeClientConfiguration()
        client.minimumTLSVersion = .tlsv12
        client.trustRoots = trust
        client.certificateVerification = verification.looksAtServers ? .fullVerification : .none
        if let certificatePEM, let privateKeyPEM {
            let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8))
                .map { NIOSSLCertificateSource.certificate($0) }
            let key = NIOSSLPrivateKeySource.privateKey(
                try NIOSSLPrivateKey(bytes: Array(privateKeyPEM.utf8), format: .pem))
            (client.certificateChain, client.privateKey) = (chain, key)
            var server = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
            server.minimumTLSVersion = .tlsv12
            server.trustRoots = trust
            server.certificateVerification = verification.looksAtClients ? .noHostnameVerification : .none
            server.shutdownTimeout = .milliseconds(300)
            self.server = try NIOSSLContext(configuration: server)
        } else {
            server = nil
        }
        client.shutdownTimeout = .milliseconds(300)
        self.client = try NIOSSLContext(configuration: client)
    }

    /// - Parameter host: Whom we mean to reach; `nil`, or an address: the certificate has to carry the address.
    func handler(isClient: Bool, host: String?) throws -> NIOSSLHandler {
        if isClient {
            let name = host.flatMap { TransportAddress(ip: $0, port: 0) == nil ? $0 : nil }
            return try NIOSSLClientHandler(context: client, serverHostname: name)
        }
        guard let server else { throw NIOSSLError.failedToLoadCertificate }
        return NIOSSLServerHandler(context: server)
    }
}
