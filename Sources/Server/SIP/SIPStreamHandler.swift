import NIOCore
import NIOTLS
import SIP
import Wire

/// The end of a connection's pipeline: bytes for the bridge, and the limits of who says nothing.
///
/// Reads one piece, and the next when the bridge has dealt with it: a far end that sends faster than it is served is
/// slowed down by TCP.
final class SIPStreamHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Limits {
        /// For the TLS handshake.
        var handshake: TimeAmount
        /// For the first byte of a connection that others made.
        var firstByte: TimeAmount
        var idle: TimeAmount
    }

    private let connection: SIPConnection
    private let limits: Limits
    private let tell: @Sendable (Event) -> Void
    private var isOpen = false
    private var lastHeard: NIODeadline?
    private var timer: Scheduled<Void>?

    enum Event {
        case opened
        case received([UInt8])
        case ended(wasOpen: Bool)
    }

    init(connection: SIPConnection, limits: Limits, tell: @escaping @Sendable (Event) -> Void) {
        (self.connection, self.limits, self.tell) = (connection, limits, tell)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// Called twice when the handler was put into a channel that was active already.
    private func begin(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        connection.belongs(to: context.channel)
        if connection.path.transport.isSecure {
            closeUnless(context, in: limits.handshake) { $0.isOpen }
        } else {
            open(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            open(context)
        } else if case .inputClosed? = event as? ChannelEvent {
            // Nobody answers requests on half a connection.
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func open(_ context: ChannelHandlerContext) {
        guard !isOpen else { return }
        timer?.cancel()
        guard connection.opened() else { return context.close(promise: nil) }
        isOpen = true
        tell(.opened)
        if connection.isOurs {
            lastHeard = .now()
            watchIdleness(context)
        } else {
            closeUnless(context, in: limits.firstByte) { $0.lastHeard != nil }
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if lastHeard == nil, isOpen {
            timer?.cancel()
            watchIdleness(context)
        }
        lastHeard = .now()
        guard connection.isWanted, buffer.readableBytes > 0 else { return }
        connection.wasRead()
        tell(.received(Array(buffer.readableBytesView)))
    }

    /// With something unread the next read waits for ``SIPConnection/wasHeard()``.
    func read(context: ChannelHandlerContext) {
        if !connection.isPaused { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The far end left without a close_notify, as most do; or it does not speak TLS, or has another certificate.
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        tell(.ended(wasOpen: isOpen))
        context.fireChannelInactive()
    }

    // MARK: Patience

    private func closeUnless(
        _ context: ChannelHandlerContext, in patience: TimeAmount, _ isFine: @escaping (SIPStreamHandler) -> Bool
    ) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience) {
            if !isFine(self) { context.close(promise: nil) }
        }
    }

    private func watchIdleness(_ context: ChannelHandlerContext) {
        let heard = lastHeard ?? .now()
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: heard + limits.idle) {
            // While the bridge is behind it is not the far end that is idle.
            if self.lastHeard == heard, !self.connection.isPaused { return context.close(promise: nil) }
            if self.lastHeard == heard { self.lastHeard = .now() }
            self.watchIdleness(context)
        }
    }
}
