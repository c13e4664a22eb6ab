import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// What one accepted socket turned out to be.
struct WebSocketOrHTTP: ServerChildChannelValue {
    enum Kind {
        case webSocket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, RequestHead)
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    }

    struct RequestHead: Sendable {
        let path: String
        let origin: String?
    }

    let upgrade: EventLoopFuture<Kind>
    let channel: any Channel
}

/// HTTP routes and the Verto WebSocket on one port: an upgrade request becomes a WebSocket whatever its path, because
/// deployments put Verto behind proxies under paths of their own; everything else goes to the router.
struct WebSocketChannel: ServerChildChannel, HTTPChannelHandler {
    typealias Value = WebSocketOrHTTP

    let responder: HTTPChannelHandler.Responder
    let maximumMessage: Int
    let serve: @Sendable (NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, WebSocketOrHTTP.RequestHead) async -> Void

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<WebSocketOrHTTP> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(IdleStateHandler(readTimeout: Self.requestPatience), name: Self.idleName)
            try pipeline.addHandler(CloseWhenIdle(), name: Self.idleCloserName)
            let upgrade = try pipeline.configureUpgradableHTTPServerPipeline(
                configuration: .init(upgradeConfiguration: upgradeConfiguration))
            return WebSocketOrHTTP(upgrade: upgrade, channel: channel)
        }
    }

    func handle(value: WebSocketOrHTTP, logger: Logger) async {
        do {
            let kind = try await withTaskCancellationHandler {
                try await value.upgrade.get()
            } onCancel: {
                value.channel.close(promise: nil)  // who asks for nothing must not hold up the end
            }
            switch kind {
            case .webSocket(let channel, let head): await serve(channel, head)
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            }
        } catch {
            logger.debug("connection ended before its first request", metadata: ["error": "\(error)"])
        }
    }

    private var upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration<WebSocketOrHTTP.Kind> {
        NIOTypedHTTPServerUpgradeConfiguration(
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
                    return .http(
                        try NIOAsyncChannel(
                            wrappingChannelSynchronously: channel,
                            configuration: .init(isOutboundHalfClosureEnabled: true)))
                }
            })
    }

    private var upgrader: NIOTypedWebSocketServerUpgrader<WebSocketOrHTTP.Kind> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: maximumMessage,
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                // One token of the offered list may be chosen, never the list (RFC 6455 §4.2.2).
                let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
                let headers: HTTPHeaders =
                    offered.contains("verto") ? ["Sec-WebSocket-Protocol": "verto"] : [:]
                return channel.eventLoop.makeSucceededFuture(headers)
            },
            upgradePipelineHandler: { [maximumMessage] channel, head in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    _ = pipeline.removeHandler(name: Self.idleCloserName)
                    _ = pipeline.removeHandler(name: Self.idleName)
                    try pipeline.addHandler(ClientFrameCheck())
                    try pipeline.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64,
                            maxAccumulatedFrameSize: maximumMessage))
                    try pipeline.addHandler(CloseOnProtocolError())
                    let request = WebSocketOrHTTP.RequestHead(
                        path: head.uri, origin: head.headers.first(name: "Origin"))
                    return .webSocket(try NIOAsyncChannel(wrappingChannelSynchronously: channel), request)
                }
            })
    }

    private static let requestPatience: TimeAmount = .seconds(30)
    private static let idleName = "parley.idle"
    private static let idleCloserName = "parley.idle.closer"
}

/// Ends a socket that asks for nothing.
private final class CloseWhenIdle: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
