import Logging
import NIOCore
import NIOPosix
import SIP
import Server
import Wire

/// SIP sockets on loopback addresses with ports of the kernel's choice, and a list of what they told.
final class SocketRig: Sendable {
    let sockets: SIPSockets
    private let heard = Mailbox<SIPTransportEvent>()
    private let pump: Task<Void, Never>

    /// - Parameters:
    ///   - isHeld: The events are not dealt with until ``release()``.
    init(
        _ transports: [SIPTransport] = [.udp, .tcp], ip: String = "127.0.0.1", tls: SIPTLS? = nil,
        isHeld: Bool = false, resolver: HostResolver = .system,
        _ adjust: (inout SIPSocketSettings) -> Void = { _ in }
    ) async throws {
        var settings = SIPSocketSettings()
        settings.listens = try transports.map { transport in
            SIPSocketSettings.Listen(profile: "internal", transport: transport, address: try address(ip, 0))
        }
        if let tls { settings.tls = ["internal": tls] }
        // A busy machine may take its time.
        settings.connectTimeout = .seconds(20)
        adjust(&settings)
        let sockets = try await SIPSockets.open(settings, resolver: resolver, log: Logger(label: "test"))
        self.sockets = sockets
        let gate = Mailbox<Void>()
        self.gate = gate
        if !isHeld { gate.put(()) }
        pump = Task { [heard] in
            await sockets.forEachBatch { batch in
                for event in batch { heard.put(event) }
                if isHeld { _ = await gate.next() }
            }
            heard.finish()
        }
    }

    private let gate: Mailbox<Void>

    deinit { pump.cancel() }

    func port(_ transport: SIPTransport = .udp) throws -> Int {
        guard let listen = sockets.listens.first(where: { $0.transport == transport }) else { throw Missing() }
        return Int(listen.address.port)
    }

    /// The next event.
    func next() async throws -> SIPTransportEvent {
        let heard = heard
        guard let event = try await soon("an event of the sockets", { await heard.next() }) else { throw Missing() }
        return event
    }

    /// The next event, which has to be bytes.
    func received() async throws -> (bytes: [UInt8], path: SIPPath) {
        guard case .received(let bytes, let path) = try await next() else { throw Missing() }
        return (bytes, path)
    }

    func opened() async throws -> SIPPath {
        let event = try await next()
        guard case .opened(let path) = event else { throw Missing("an open connection, not \(event)") }
        return path
    }

    /// A batch may be dealt with.
    func release() { gate.put(()) }

    func shutDown() async { await sockets.shutDown() }
}

/// Values from one side, taken one by one on the other.
final class Mailbox<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Value.self) }

    func put(_ value: Value) { continuation.yield(value) }
    func finish() { continuation.finish() }
    func next() async -> Value? { await stream.first { _ in true } }
}

/// A TCP connection of a test: bytes out, bytes in.
final class StreamLine: Sendable {
    let channel: any Channel
    private let incoming: Mailbox<[UInt8]>

    private init(_ channel: any Channel, _ incoming: Mailbox<[UInt8]>) {
        (self.channel, self.incoming) = (channel, incoming)
    }

    static func connect(
        to port: Int, ip: String = "127.0.0.1", _ prepare: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> StreamLine {
        let incoming = Mailbox<[UInt8]>()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try prepare(channel)
                    try channel.pipeline.syncOperations.addHandler(Collector(incoming))
                }
            }
            .connect(host: ip, port: port).get()
        return StreamLine(channel, incoming)
    }

    /// Waits for connections at a port, of which each becomes a line.
    static func listen(
        ip: String = "127.0.0.1", port: Int = 0,
        _ prepare: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> (port: Int, lines: Mailbox<StreamLine>, channel: any Channel) {
        let lines = Mailbox<StreamLine>()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let incoming = Mailbox<[UInt8]>()
                    try prepare(channel)
                    try channel.pipeline.syncOperations.addHandler(Collector(incoming))
                    lines.put(StreamLine(channel, incoming))
                }
            }
            .bind(host: ip, port: port).get()
        guard let port = channel.localAddress?.port else { throw Missing() }
        return (port, lines, channel)
    }

    var localPort: Int { channel.localAddress?.port ?? 0 }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    func post(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    func close() { channel.close(promise: nil) }

    func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    /// As many bytes as are asked for; fewer when the far end closes.
    func receive(_ count: Int) async throws -> [UInt8] {
        var all: [UInt8] = []
        while all.count < count {
            let incoming = incoming
            guard let bytes = try await soon("bytes", { await incoming.next() }) else { break }
            all += bytes
        }
        return all
    }

    /// Everything until the far end closes.
    func receiveAll() async throws -> [UInt8] { try await receive(.max) }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let incoming: Mailbox<[UInt8]>

        init(_ incoming: Mailbox<[UInt8]>) { self.incoming = incoming }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            incoming.put(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { incoming.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
