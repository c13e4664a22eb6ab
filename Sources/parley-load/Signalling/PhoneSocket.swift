import NIOCore
import NIOPosix
import Wire

/// The UDP socket of all phones' SIP, on the signalling loop.
struct PhoneSocket {
    let local: TransportAddress
    private let channel: any Channel
    private let server: SocketAddress

    enum Failure: Error { case noAddress }

    /// - Parameters:
    ///   - ip: Ours, a literal.
    ///   - port: 0 for one of the kernel's choice.
    ///   - received: Called on the loop.
    static func open(
        ip: String, port: Int, to server: TransportAddress, on loop: any EventLoop,
        received: @escaping @Sendable (ByteBuffer) -> Void
    ) -> EventLoopFuture<PhoneSocket> {
        DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8192))
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PhoneSocketHandler(received))
                }
            }
            .bind(host: ip, port: port)
            .flatMapThrowing { channel in
                guard let port = channel.localAddress?.port.flatMap({ UInt16(exactly: $0) }),
                    let local = TransportAddress(ip: ip, port: port)
                else { throw Failure.noAddress }
                let address = try SocketAddress(ipAddress: server.ip, port: Int(server.port))
                return PhoneSocket(local: local, channel: channel, server: address)
            }
    }

    func send(_ bytes: [UInt8]) {
        let data = channel.allocator.buffer(bytes: bytes)
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: server, data: data), promise: nil)
    }

    func close() { channel.close(promise: nil) }
}

private final class PhoneSocketHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let received: (ByteBuffer) -> Void

    init(_ received: @escaping (ByteBuffer) -> Void) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received(unwrapInboundIn(data).data) }

    /// A refused port is the server's: what waits for an answer gets none.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
