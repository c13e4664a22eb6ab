import NIOCore
import NIOWebSocket

/// What a client must not send, and NIO lets through.
enum FrameViolation: Error {
    /// RFC 6455 §5.1.
    case unmasked
    /// Bits and opcodes of extensions that were not agreed on (§5.2).
    case reserved
}

/// Refuses such frames before they are put together: afterwards nobody can tell.
final class ClientFrameCheck: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard frame.maskKey != nil else { return context.fireErrorCaught(FrameViolation.unmasked) }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3, Self.opcodes.contains(frame.opcode) else {
            return context.fireErrorCaught(FrameViolation.reserved)
        }
        context.fireChannelRead(data)
    }

    private static let opcodes: Set<WebSocketOpcode> = [
        .continuation, .text, .binary, .connectionClose, .ping, .pong,
    ]
}

/// Says 1009 or 1002 once, and closes when the peer does, or soon: decoder and aggregator only report what is wrong,
/// and their peer would wait for ever.
///
/// What still comes meanwhile is read and dropped. A socket that is closed with something unread is reset, and the peer
/// never learns why.
final class CloseOnProtocolError: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private var hasFailed = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard hasFailed else { return context.fireChannelRead(data) }
        if unwrapInboundIn(data).opcode == .connectionClose { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !hasFailed else { return }
        hasFailed = true
        var payload = context.channel.allocator.buffer(capacity: 2)
        payload.write(webSocketErrorCode: Self.isTooLarge(error) ? .messageTooLarge : .protocolError)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        // A decoder that has failed would not see the peer's Close, but we see the end of what it sends.
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        channel.eventLoop.scheduleTask(in: Outbox.closePatience) { channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if hasFailed, case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private static func isTooLarge(_ error: any Error) -> Bool {
        (error as? NIOWebSocketError) == .invalidFrameLength
            || (error as? NIOWebSocketFrameAggregator.Error) == .accumulatedFrameSizeIsTooLarge
    }
}
