import NIOCore
import NIOPosix
import Wire

/// A UDP socket on the loopback interface and a clock of 20 ms, as one stream of inputs. Used by one task.
final class UDPLine {
    enum Input: Sendable {
        case datagram([UInt8])
        case tick
    }

    let address: TransportAddress
    private let channel: any Channel
    private var inputs: AsyncStream<Input>.Iterator

    private init(channel: any Channel, address: TransportAddress, inputs: AsyncStream<Input>) {
        self.channel = channel
        self.address = address
        self.inputs = inputs.makeAsyncIterator()
    }

    deinit { channel.close(promise: nil) }

    struct NoAddress: Error {}

    static func open() async throws -> UDPLine {
        let (inputs, continuation) = AsyncStream.makeStream(of: Input.self)
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Receiver(continuation))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port, let address = TransportAddress(ip: "127.0.0.1", port: UInt16(port))
        else { throw NoAddress() }
        return UDPLine(channel: channel, address: address, inputs: inputs)
    }

    func send(_ bytes: [UInt8], to destination: TransportAddress) async throws {
        let remote = try SocketAddress(ipAddress: destination.ip, port: Int(destination.port))
        try await channel.writeAndFlush(AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: bytes))).get()
    }

    /// As ``send(_:to:)``, without waiting for the kernel.
    func post(_ bytes: [UInt8], to destination: TransportAddress) {
        guard let remote = try? SocketAddress(ipAddress: destination.ip, port: Int(destination.port)) else { return }
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: remote, data: ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// The next datagram or tick; there is always one within 20 ms.
    func next() async -> Input { await inputs.next(isolation: #isolation) ?? .tick }

    /// The monotonic clock.
    static var now: Instant { Instant(nanoseconds: Int64(NIODeadline.now().uptimeNanoseconds)) }

    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let continuation: AsyncStream<Input>.Continuation
        private var ticks: RepeatedTask?

        init(_ continuation: AsyncStream<Input>.Continuation) { self.continuation = continuation }

        func channelActive(context: ChannelHandlerContext) {
            let interval = TimeAmount.milliseconds(20)
            ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) {
                [continuation] _ in
                continuation.yield(.tick)
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(.datagram(Array(unwrapInboundIn(data).data.readableBytesView)))
        }

        func channelInactive(context: ChannelHandlerContext) {
            ticks?.cancel()
            continuation.finish()
        }
    }
}
