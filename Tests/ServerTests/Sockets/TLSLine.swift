import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A TLS connection to a server under test: bytes out, bytes in, and no protocol.
final class TLSLine: Sendable {
    private let channel: any Channel
    private let incoming: Incoming

    private init(channel: any Channel, incoming: Incoming) {
        self.channel = channel
        self.incoming = incoming
    }

    deinit { channel.close(promise: nil) }

    static func connect(to port: Int) async throws -> TLSLine {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let incoming = Incoming()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: nil)
                    try channel.pipeline.syncOperations.addHandlers([tls, Collector(incoming)])
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TLSLine(channel: channel, incoming: incoming)
    }

    func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

    /// Sends and waits until the kernel has taken it; what a closed connection does not take is nobody's loss.
    func sendAll(_ bytes: [UInt8]) async { try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get() }

    /// From now on nothing is read, until the kernel's buffers are full and the server's with them.
    func stopReading() async throws {
        try await channel.setOption(ChannelOptions.autoRead, value: false).get()
    }

    func resumeReading() async throws {
        try await channel.setOption(ChannelOptions.autoRead, value: true).get()
    }

    func close() { channel.close(promise: nil) }

    /// What came since; empty at the end.
    func receive() async throws -> [UInt8] {
        let incoming = incoming
        return try await soon("bytes from the server") { await incoming.next() }
    }

    /// Everything until the server closes.
    func receiveAll() async throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try await receive()
            if bytes.isEmpty { return all }
            all += bytes
        }
    }
}

/// Bytes between the event loop and a test.
private final class Incoming: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var hasEnded = false
        var reader: CheckedContinuation<[UInt8], Never>?
    }

    private let state = Mutex(State())

    func append(_ bytes: [UInt8]) {
        state.withLock { state in
            state.bytes += bytes
            Self.serve(&state)
        }
    }

    func end() {
        state.withLock { state in
            state.hasEnded = true
            Self.serve(&state)
        }
    }

    /// What has gathered; waits while there is nothing, and is empty at the end or when the task is cancelled.
    func next() async -> [UInt8] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                state.withLock { state in
                    state.reader = reader
                    if Task.isCancelled { return Self.serve(&state, isForced: true) }
                    Self.serve(&state)
                }
            }
        } onCancel: {
            state.withLock { Self.serve(&$0, isForced: true) }
        }
    }

    private static func serve(_ state: inout State, isForced: Bool = false) {
        guard !state.bytes.isEmpty || state.hasEnded || isForced, let reader = state.reader else { return }
        state.reader = nil
        reader.resume(returning: state.bytes)
        state.bytes = []
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let incoming: Incoming

    init(_ incoming: Incoming) { self.incoming = incoming }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        incoming.append(Array(unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { incoming.end() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
