import NIOCore
import NIOPosix
import NIOSSL
import SIP
import Server
import Testing
import Wire

struct SIPTLSSocketsTests {
    static func tls(_ pair: TestCertificates.Pair, _ verification: TLSVerification = .servers) throws -> SIPTLS {
        try SIPTLS(
            certificatePEM: pair.certificate, privateKeyPEM: pair.key, authoritiesPEM: TestCertificates.authority,
            verification: verification)
    }

    /// What a phone speaks TLS with.
    static func phone(named name: String) throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.authority.utf8)))
        return try NIOSSLClientHandler(context: NIOSSLContext(configuration: configuration), serverHostname: name)
    }

    static func path(to rig: SocketRig, host: String?) throws -> SIPPath {
        SIPPath(
            profile: "internal", transport: .tls, remote: try address("127.0.0.1", rig.port(.tls)), host: host)
    }

    @Test func aPhoneConnectsAndIsAnswered() async throws {
        let rig = try await SocketRig([.tls], tls: Self.tls(TestCertificates.us))
        let line = try await StreamLine.connect(to: rig.port(.tls)) { channel in
            try channel.pipeline.syncOperations.addHandler(Self.phone(named: "us.example"))
        }
        try await line.send(SIPSocketsTests.options)
        let path = try await rig.opened()
        #expect(path.transport == .tls)
        #expect(try await rig.received().bytes == SIPSocketsTests.options)
        rig.sockets.send([UInt8](repeating: 7, count: 100_000), over: path)
        rig.sockets.close(try #require(path.connection))
        #expect(try await line.receiveAll() == [UInt8](repeating: 7, count: 100_000))
        #expect(try await rig.next() == .closed(try #require(path.connection)))
    }

    @Test func whoDoesNotFinishTheHandshakeIsShownOut() async throws {
        let rig = try await SocketRig([.tls], tls: Self.tls(TestCertificates.us)) {
            $0.handshakeTimeout = .milliseconds(50)
        }
        let line = try await StreamLine.connect(to: rig.port(.tls))
        // A first byte of a handshake that never goes on.
        line.post([0x16])
        #expect(try await line.receiveAll().isEmpty)
        let plain = try await StreamLine.connect(to: rig.port(.tls))
        plain.post(SIPSocketsTests.options)
        _ = try await plain.receiveAll()
        #expect(rig.sockets.figures.connections.value == 0)
    }

    @Test(arguments: ["them.example", "us.example", nil])
    func twoServersTrustEachOther(host: String?) async throws {
        let theirs = host == "them.example" ? TestCertificates.them : TestCertificates.us
        let them = try await SocketRig([.udp, .tls], tls: Self.tls(theirs, .all))
        let us = try await SocketRig([.udp], tls: Self.tls(TestCertificates.us, .all))
        let path = try Self.path(to: them, host: host)
        us.sockets.send([1, 2], over: path)
        let open = try await us.opened()
        #expect(open.host == host)
        _ = try await them.opened()
        let heard = try await them.received()
        #expect(heard.bytes == [1, 2])
        them.sockets.send([3], over: heard.path)
        #expect(try await us.received().bytes == [3])
        // Whoever names nobody is not asked whom the certificate was for.
        us.sockets.send([4], over: try Self.path(to: them, host: nil))
        #expect(try await them.received().bytes == [4])
        #expect(us.sockets.figures.connections.value == 1)
    }

    @Test(arguments: ["other.example", "us.example", "127.0.0.1", nil])
    func anotherNameIsNotTrusted(host: String?) async throws {
        let them = try await SocketRig([.udp, .tls], tls: Self.tls(TestCertificates.them))
        let us = try await SocketRig([.udp], tls: Self.tls(TestCertificates.us))
        let path = try Self.path(to: them, host: host)
        us.sockets.send([1], over: path)
        #expect(try await us.next() == .undeliverable(path))
        guard host != nil else { return }
        // The right name does not help whoever asks for another one.
        let good = try Self.path(to: them, host: "them.example")
        us.sockets.send([1], over: good)
        _ = try await us.opened()
        us.sockets.send([1], over: path)
        #expect(try await us.next() == .undeliverable(path))
    }

    @Test func aStrangersCertificateIsNotTrusted() async throws {
        let them = try await SocketRig([.udp, .tls], tls: Self.tls(TestCertificates.them))
        // The system's authorities know nothing of ours.
        let us = try await SocketRig([.udp], tls: SIPTLS(certificatePEM: nil, privateKeyPEM: nil))
        let path = try Self.path(to: them, host: "them.example")
        us.sockets.send([1], over: path)
        #expect(try await us.next() == .undeliverable(path))
        // Unless the operator does not ask.
        let careless = try await SocketRig(
            [.udp], tls: SIPTLS(certificatePEM: nil, privateKeyPEM: nil, verification: TLSVerification.none))
        careless.sockets.send([1], over: path)
        _ = try await careless.opened()
    }

    @Test func aClientWithoutACertificateIsShownOutWhereOneIsWanted() async throws {
        let them = try await SocketRig([.udp, .tls], tls: Self.tls(TestCertificates.them, .clients))
        let line = try await StreamLine.connect(to: them.port(.tls)) { channel in
            try channel.pipeline.syncOperations.addHandler(Self.phone(named: "them.example"))
        }
        line.post(SIPSocketsTests.options)
        #expect(try await line.receiveAll().isEmpty)
        let us = try await SocketRig([.udp], tls: Self.tls(TestCertificates.us))
        us.sockets.send([1], over: try Self.path(to: them, host: "them.example"))
        // The first they hear of is the one with a certificate.
        #expect(try await them.opened().remote.port != UInt16(line.localPort))
    }

    @Test func aServerThatNeverShakesHandsIsGivenUp() async throws {
        let us = try await SocketRig([.udp], tls: Self.tls(TestCertificates.us)) {
            $0.connectTimeout = .milliseconds(100)
        }
        let silent = try await StreamLine.listen()
        let path = SIPPath(profile: "internal", transport: .tls, remote: try address("127.0.0.1", silent.port))
        us.sockets.send([1], over: path)
        #expect(try await us.next() == .undeliverable(path))
        try await silent.channel.close()
    }
}
