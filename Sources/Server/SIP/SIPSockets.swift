import Glibc
package import Logging
package import NIOCore
import NIOPosix
import NIOSSL
package import SIP
import Synchronization
package import Wire

/// The sockets of all SIP profiles: UDP, TCP and TLS, listening and connecting.
///
/// They carry bytes and know nothing of messages. Everything that happens goes to the bridge in one order; everything the
/// bridge sends leaves in its order. Any thread may call; nothing here waits.
package final class SIPSockets: Sendable {
    /// A socket that cannot be had; the text is for the operator.
    package struct Failure: Error, Hashable, CustomStringConvertible {
        package let listen: SIPSocketSettings.Listen
        package let reason: String
        package var description: String { "cannot listen on \(listen): \(reason)" }
    }

    private struct Family: Hashable {
        let profile: String
        let isIPv6: Bool
    }

    private struct State {
        var datagrams: [Family: any Channel] = [:]
        var listeners: [any Channel] = []
        var listens: [SIPSocketSettings.Listen] = []
        var failures: [Failure] = []
        var connections: SIPConnectionTable
        var routes: SIPLocalAddresses
        var isClosed = false
    }

    package let figures = SIPSocketFigures()

    private let settings: SIPSocketSettings
    private let group: any EventLoopGroup
    private let inbox: SIPInbox
    private let lookups: LookupPool
    private let log: Logger
    private let state: Mutex<State>

    /// Binds everything, or nothing.
    ///
    /// - Parameters:
    ///   - group: Where the sockets live; the signalling loops.
    ///   - toleratesBusyPorts: Go on without the sockets that cannot be had; ``failures`` says which.
    package static func open(
        _ settings: SIPSocketSettings, on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        resolver: HostResolver = .system, toleratesBusyPorts: Bool = false, log: Logger
    ) async throws(Failure) -> SIPSockets {
        let sockets = SIPSockets(settings, group, resolver, log)
        for listen in settings.listens {
            do throws(Failure) {
                try await sockets.bind(listen)
            } catch {
                guard toleratesBusyPorts else {
                    await sockets.shutDown()
                    throw error
                }
                sockets.state.withLock { $0.failures.append(error) }
            }
        }
        return sockets
    }

    private init(
        _ settings: SIPSocketSettings, _ group: any EventLoopGroup, _ resolver: HostResolver, _ log: Logger
    ) {
        (self.settings, self.group, self.log) = (settings, group, log)
        lookups = LookupPool(resolver: resolver)
        inbox = SIPInbox(dropped: figures.dropped)
        state = Mutex(
            State(
                connections: SIPConnectionTable(limits: settings.limits),
                routes: SIPLocalAddresses(advertised: settings.advertised)))
    }

    /// Where each socket is, with the ports the kernel chose.
    package var listens: [SIPSocketSettings.Listen] { state.withLock { $0.listens } }

    /// Sockets that were tolerated not to be.
    package var failures: [Failure] { state.withLock { $0.failures } }

    /// Hands over what happens, batch by batch, until ``shutDown()``. Connections are read on when `body` returns.
    package func forEachBatch(_ body: ([SIPTransportEvent]) async -> Void) async {
        await inbox.forEachBatch { batch in
            await body(batch)
            for case .received(_, let path) in batch {
                guard let id = path.connection else { continue }
                state.withLock { $0.connections[id] }?.wasHeard()
            }
        }
    }

    // MARK: Sending

    /// Sends one datagram, or the next bytes of a stream. A stream path without connection uses one that is open to that
    /// address, or makes one. What cannot be sent comes back as ``SIPTransportEvent/undeliverable(_:)``.
    package func send(_ bytes: [UInt8], over path: SIPPath) {
        guard path.transport != .udp else { return sendDatagram(bytes, over: path) }
        guard
            let connection = path.connection.map({ id in state.withLock { $0.connections[id] } })
                ?? connection(towards: path)
        else { return inbox.put(.undeliverable(path)) }
        switch connection.send(bytes) {
        case .steady: break
        case .overflowed: figures.overflows += 1
        // The end of one of ours is told anyway, to all that was sent there.
        case .gone: if !connection.isOurs { inbox.put(.undeliverable(path)) }
        }
    }

    private func sendDatagram(_ bytes: [UInt8], over path: SIPPath) {
        let family = Family(profile: path.profile, isIPv6: path.remote.isIPv6)
        guard let channel = state.withLock({ $0.datagrams[family] }), let address = path.remote.socketAddress else {
            return inbox.put(.undeliverable(path))
        }
        // UDP may lose it, and the message is repeated.
        guard channel.isWritable else {
            figures.overflows += 1
            return
        }
        let envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes))
        channel.writeAndFlush(envelope).whenFailure { [inbox] _ in inbox.put(.undeliverable(path)) }
    }

    /// Closes a connection once everything before is written. ``SIPTransportEvent/closed(_:)`` follows.
    package func close(_ connection: SIPConnectionID) { state.withLock { $0.connections[connection] }?.close() }

    // MARK: Names

    /// Looks a name up beside the loops (RFC 3263 §4.2); ``SIPTransportEvent/resolved(_:_:)`` follows.
    package func resolve(_ token: ResolveToken, _ lookup: SIPLookup) {
        let families = state.withLock { $0.routes.families(of: lookup.profile) }
        lookups.resolve(lookup, most: settings.limits.addressesPerTarget, families: families) { [inbox] addresses in
            inbox.put(.resolved(token, addresses))
        }
    }

    /// What Via and Contact say on this path: the socket's address, or the one outside the router.
    package func localAddress(_ path: SIPPath) -> TransportAddress {
        state.withLock { $0.routes.address(towards: path) }
    }

    // MARK: Connections

    private func connection(towards path: SIPPath) -> SIPConnection? {
        let (connection, isNew, count) = state.withLock { state -> (SIPConnection?, Bool, Int) in
            guard !state.isClosed else { return (nil, false, 0) }
            if let existing = state.connections.existing(towards: path) { return (existing, false, 0) }
            let new = state.connections.begin(path)
            return (new, true, state.connections.count)
        }
        guard let connection, isNew else { return connection }
        figures.connections.set(count)
        connect(connection)
        return connection
    }

    private func connect(_ connection: SIPConnection) {
        guard let address = connection.path.remote.socketAddress else { return lost(connection, wasOpen: false) }
        let source = state.withLock { $0.routes.source(for: connection.path) }
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(settings.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel, for: connection) }
            }
        let bound = source?.socketAddress.map { bootstrap.bind(to: $0) } ?? bootstrap
        bound.connect(to: address).whenFailure { [self] error in
            figures.failedConnects += 1
            log.debug(
                "cannot connect", metadata: ["to": "\(connection.path.remote)", "reason": "\(error)"])
            lost(connection, wasOpen: false)
        }
    }

    private func prepare(_ channel: any Channel, for connection: SIPConnection) throws {
        let pipeline = channel.pipeline.syncOperations
        if connection.path.transport.isSecure {
            guard let tls = settings.tls[connection.path.profile] else { throw ChannelError.operationUnsupported }
            try pipeline.addHandler(tls.handler(isClient: connection.isOurs, host: connection.path.host))
        }
        let limits = SIPStreamHandler.Limits(
            handshake: TimeAmount(connection.isOurs ? settings.connectTimeout : settings.handshakeTimeout),
            firstByte: TimeAmount(settings.limits.partialMessageTimeout),
            idle: TimeAmount(settings.limits.idleConnectionTimeout))
        let handler = SIPStreamHandler(connection: connection, limits: limits) { [self] event in
            switch event {
            case .opened: inbox.put(.opened(connection.path))
            case .received(let bytes): inbox.put(.received(bytes, connection.path))
            case .ended(let wasOpen): lost(connection, wasOpen: wasOpen)
            }
        }
        try pipeline.addHandler(handler)
    }

    /// A connection is over, or was never made.
    private func lost(_ connection: SIPConnection, wasOpen: Bool) {
        let (isNews, count) = state.withLock { ($0.connections.remove(connection), $0.connections.count) }
        guard isNews else { return }
        connection.abandon()
        figures.connections.set(count)
        if wasOpen { inbox.put(.closed(connection.id)) }
        if connection.isOurs { inbox.put(.undeliverable(connection.wayThere)) }
    }

    // MARK: Listening

    private func bind(_ listen: SIPSocketSettings.Listen) async throws(Failure) {
        do {
            let channel =
                listen.transport == .udp ? try await bindDatagrams(listen) : try await bindStreams(listen)
            let address = channel.localAddress.flatMap { TransportAddress($0) } ?? listen.address
            let bound = SIPSocketSettings.Listen(
                profile: listen.profile, transport: listen.transport, address: address)
            state.withLock { state in
                if listen.transport == .udp {
                    state.datagrams[Family(profile: listen.profile, isIPv6: address.isIPv6)] = channel
                } else {
                    state.listeners.append(channel)
                }
                state.listens.append(bound)
                state.routes.add(bound)
            }
        } catch let error as IOError {
            throw Failure(listen: listen, reason: Self.text(ofError: error.errnoCode))
        } catch {
            throw Failure(listen: listen, reason: "\(error)")
        }
    }

    private func bindDatagrams(_ listen: SIPSocketSettings.Listen) async throws -> any Channel {
        var bootstrap = DatagramBootstrap(group: group)
            .channelOption(.socketOption(.so_rcvbuf), value: Self.kernelBuffer)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.largestDatagram))
            .channelInitializer { [inbox] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        SIPDatagramHandler(profile: listen.profile, inbox: inbox))
                }
            }
        if listen.address.isIPv6 { bootstrap = bootstrap.channelOption(Self.onlyIPv6, value: 1) }
        return try await bootstrap.bind(host: listen.address.ip, port: Int(listen.address.port)).get()
    }

    private func bindStreams(_ listen: SIPSocketSettings.Listen) async throws -> any Channel {
        guard !listen.transport.isSecure || settings.tls[listen.profile]?.server != nil else {
            throw StartFailure("there is no certificate for it")
        }
        var bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, on: listen) }
            }
        if listen.address.isIPv6 { bootstrap = bootstrap.serverChannelOption(Self.onlyIPv6, value: 1) }
        return try await bootstrap.bind(host: listen.address.ip, port: Int(listen.address.port)).get()
    }

    private func accept(_ channel: any Channel, on listen: SIPSocketSettings.Listen) throws {
        guard let remote = channel.remoteAddress.flatMap({ TransportAddress($0) }) else {
            throw ChannelError.operationUnsupported
        }
        let path = SIPPath(profile: listen.profile, transport: listen.transport, remote: remote)
        let (connection, count) = state.withLock { state in
            (state.isClosed ? nil : state.connections.admit(path), state.connections.count)
        }
        guard let connection else {
            figures.refusedConnections += 1
            throw ChannelError.operationUnsupported
        }
        figures.connections.set(count)
        do {
            try prepare(channel, for: connection)
        } catch {
            lost(connection, wasOpen: false)
            throw error
        }
    }

    // MARK: The end

    /// Closes everything, what is written first, and ends ``forEachBatch(_:)``.
    package func shutDown() async {
        let (listeners, connections, datagrams) = state.withLock { state in
            state.isClosed = true
            defer { (state.listeners, state.datagrams) = ([], [:]) }
            return (state.listeners, state.connections.all, Array(state.datagrams.values))
        }
        for channel in listeners { try? await channel.close() }
        for connection in connections { connection.close() }
        for channel in datagrams { try? await channel.close() }
        lookups.close()
        inbox.finish()
    }

    private static func text(ofError number: CInt) -> String { unsafe String(cString: strerror(number)) }

    /// So that an IPv4 socket may have the same port.
    private static let onlyIPv6 = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
    /// Above the largest UDP payload (65 507 bytes).
    private static let largestDatagram = 65_536
    private static let kernelBuffer: ChannelOptions.Types.SocketOption.Value = 1 << 20
}

/// Counted by the sockets, read by the metrics.
package final class SIPSocketFigures: Sendable {
    /// Open now.
    package let connections = Counter()
    /// Connections not taken: too many at once, in all or of one address.
    package let refusedConnections = Counter()
    /// Connections given up because the far end does not read, and datagrams that found no room.
    package let overflows = Counter()
    package let failedConnects = Counter()
    /// Datagrams nobody heard because the bridge was behind.
    package let dropped = Counter()
}
