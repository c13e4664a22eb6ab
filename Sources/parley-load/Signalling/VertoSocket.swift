import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// One WebSocket to the server, on the signalling loop.
struct VertoSocket {
    /// What happens on it; called on the loop.
    struct Callbacks: Sendable {
        let received: @Sendable (ByteBuffer) -> Void
        let closed: @Sendable () -> Void
    }

    enum Failure: Error { case notUpgraded }

    private let channel: any Channel

    /// Our side's address, a literal.
    var localIP: String { channel.localAddress?.ipAddress ?? "127.0.0.1" }

    /// Opens the socket; the future is fulfilled when messages may be written.
    static func connect(
        to endpoint: Endpoint, tls: NIOSSLContext?, on loop: any EventLoop, _ callbacks: Callbacks
    ) -> EventLoopFuture<VertoSocket> {
        ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: endpoint.host, port: endpoint.port)
            .flatMap { channel in
                // Nothing can have arrived yet: in TLS and in HTTP the client speaks first.
                do {
                    return try upgrade(channel, endpoint, tls, callbacks)
                } catch {
                    return channel.eventLoop.makeFailedFuture(error)
                }
            }
    }

    func send(_ text: String) {
        let data = channel.allocator.buffer(string: text)
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: data), promise: nil)
    }

    func close() {
        var data = channel.allocator.buffer(capacity: 2)
        data.writeInteger(UInt16(1000))
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: data)
        channel.writeAndFlush(frame).whenComplete { [channel] _ in channel.close(promise: nil) }
    }

    private static func upgrade(
        _ channel: any Channel, _ endpoint: Endpoint, _ tls: NIOSSLContext?, _ callbacks: Callbacks
    ) throws -> EventLoopFuture<VertoSocket> {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            let isName = (try? SocketAddress(ipAddress: endpoint.host, port: 0)) == nil
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isName ? endpoint.host : nil))
        }
        let upgrader = NIOTypedWebSocketClientUpgrader<VertoSocket>(
            maxFrameSize: largestMessage,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 1024,
                            maxAccumulatedFrameSize: largestMessage))
                    try pipeline.addHandler(VertoSocketHandler(callbacks))
                    return VertoSocket(channel: channel)
                }
            })
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: endpoint.path)
        head.headers.add(name: "Host", value: "\(endpoint.host):\(endpoint.port)")
        return try pipeline.configureUpgradableHTTPClientPipeline(
            configuration: .init(
                upgradeConfiguration: .init(
                    upgradeRequestHead: head, upgraders: [upgrader],
                    notUpgradingCompletionHandler: { $0.eventLoop.makeFailedFuture(Failure.notUpgraded) })))
    }

    /// A snapshot of a room of thousands is a few hundred bytes a member.
    private static let largestMessage = 1 << 24
}

private final class VertoSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let callbacks: VertoSocket.Callbacks

    init(_ callbacks: VertoSocket.Callbacks) { self.callbacks = callbacks }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary: callbacks.received(frame.unmaskedData)
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        callbacks.closed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
