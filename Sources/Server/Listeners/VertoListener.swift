import Logging
import NIOCore
import NIOWebSocket
import Synchronization
import Verto

/// Serves the Verto WebSockets of all listeners: reads messages in order, one task per socket.
///
/// Reading waits for the bridge, so a client that sends faster than it is served is slowed down by TCP.
final class VertoListener: Sendable {
    /// Connections whose outbox has drained after congestion; the bridge's task reads them.
    let drained: AsyncStream<ConnectionID>

    private let bridge: Bridge
    private let settings: VertoSettings
    private let log: Logger
    private let lastID = Atomic<UInt64>(0)
    private let drainedContinuation: AsyncStream<ConnectionID>.Continuation

    init(bridge: Bridge, settings: VertoSettings, log: Logger) {
        self.bridge = bridge
        self.settings = settings
        self.log = log
        (drained, drainedContinuation) = AsyncStream.makeStream(of: ConnectionID.self)
    }

    func serve(
        _ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, _ request: WebSocketOrHTTP.RequestHead
    ) async {
        let id = ConnectionID(lastID.wrappingAdd(1, ordering: .relaxed).newValue)
        let outbox = Outbox(
            channel: channel.channel, shedAt: settings.sheddingBytes, closeAt: settings.outboxBytes,
            onDrained: { [drainedContinuation] in _ = drainedContinuation.yield(id) })
        guard isAllowed(origin: request.origin) else {
            log.info("origin refused", metadata: ["origin": "\(request.origin ?? "")"])
            outbox.close(code: 1008, reason: "origin not allowed")
            return await read(channel, id) { _ in false }
        }
        let address = channel.channel.remoteAddress?.ipAddress ?? "unknown"
        await bridge.opened(id, from: address, outbox: outbox)
        let pings = channel.channel.eventLoop.scheduleRepeatedTask(
            initialDelay: Self.pingInterval, delay: Self.pingInterval
        ) { _ in outbox.control(.ping) }
        await read(channel, id) { await take($0, id, outbox) }
        pings.cancel()
        await bridge.closed(id)
    }

    /// Hands frames to `take` until it says that the connection is over, and then waits for the peer's Close, or for
    /// the outbox to lose its patience: a socket closed with something unread is reset, and our Close is lost.
    private func read(
        _ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, _ id: ConnectionID,
        _ take: (WebSocketFrame) async -> Bool
    ) async {
        do {
            try await channel.executeThenClose { inbound, _ in
                var isOpen = true
                for try await frame in inbound {
                    if isOpen { isOpen = await take(frame) }
                    if frame.opcode == .connectionClose { break }
                }
            }
        } catch {
            log.debug("socket ended", metadata: ["connection": "\(id.rawValue)", "error": "\(error)"])
        }
    }

    func finish() { drainedContinuation.finish() }

    /// `false` when the connection is over.
    private func take(_ frame: WebSocketFrame, _ id: ConnectionID, _ outbox: Outbox) async -> Bool {
        switch frame.opcode {
        case .text, .binary:
            let message = Array(frame.unmaskedData.readableBytesView)
            guard frame.opcode == .binary || String(validating: message, as: UTF8.self) != nil else {
                outbox.close(code: 1007, reason: "not UTF-8")
                return false
            }
            await bridge.received(message, on: id)
        case .ping: outbox.control(.pong, frame.unmaskedData)
        case .pong: await bridge.heard(from: id)
        case .connectionClose:
            outbox.close(code: 1000, reason: "")
            return false
        default: break  // the pipeline lets no others through
        }
        return true
    }

    /// Without a list every page may connect; native clients send no origin.
    private func isAllowed(origin: String?) -> Bool {
        guard !settings.allowedOrigins.isEmpty, let origin else { return true }
        return settings.allowedOrigins.contains(origin)
    }

    private static let pingInterval: TimeAmount = .seconds(30)
}
