import NIOCore
import NIOWebSocket
import Synchronization
import Verto

/// The sending half of one WebSocket: a bounded outbox that drains as fast as the peer reads.
///
/// Messages of any thread enter under a lock and leave on the connection's event loop, one flush for all that gathered.
/// Above ``shedAt`` bytes the endpoint is told to shed live-array deltas; above ``closeAt`` the peer is given up.
final class Outbox: Sendable {
    private struct State {
        var messages: [[UInt8]] = []
        var queuedBytes = 0
        var unsentBytes = 0
        var isScheduled = false
        var isCongested = false
        var isClosed = false
    }

    enum Pressure: Equatable { case steady, congested, overflowed }

    private let channel: any Channel
    private let state = Mutex(State())
    private let onDrained: @Sendable () -> Void
    private let shedAt: Int
    private let closeAt: Int

    init(channel: any Channel, shedAt: Int, closeAt: Int, onDrained: @escaping @Sendable () -> Void) {
        self.channel = channel
        self.shedAt = shedAt
        self.closeAt = closeAt
        self.onDrained = onDrained
    }

    /// Queues one text message. Returns `.congested` once, when the mark is passed.
    func send(_ message: [UInt8]) -> Pressure {
        let (pressure, mustSchedule) = state.withLock { state -> (Pressure, Bool) in
            guard !state.isClosed else { return (.steady, false) }
            let waiting = state.queuedBytes + state.unsentBytes + message.count
            guard waiting <= closeAt else {
                state.isClosed = true
                state.messages = []
                return (.overflowed, false)
            }
            state.messages.append(message)
            state.queuedBytes += message.count
            var pressure = Pressure.steady
            if waiting > shedAt, !state.isCongested {
                state.isCongested = true
                pressure = .congested
            }
            guard !state.isScheduled else { return (pressure, false) }
            state.isScheduled = true
            return (pressure, true)
        }
        if mustSchedule { channel.eventLoop.execute { self.drain() } }
        return pressure
    }

    /// Sends what is queued, then a Close frame, then closes.
    func close(code: UInt16, reason: String) {
        let rest = state.withLock { state -> [[UInt8]]? in
            guard !state.isClosed || state.messages.isEmpty else { return nil }
            state.isClosed = true
            defer { state.messages = [] }
            return state.messages
        }
        guard let rest else { return }
        channel.eventLoop.execute {
            for message in rest { self.channel.write(Self.frame(message), promise: nil) }
            var payload = ByteBuffer()
            payload.write(webSocketErrorCode: WebSocketErrorCode(codeNumber: Int(code)))
            payload.writeString(String(reason.prefix(100)))
            let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)
            self.channel.writeAndFlush(frame).whenComplete { _ in self.channel.close(promise: nil) }
            // A peer that does not read would keep the socket for ever.
            self.channel.eventLoop.scheduleTask(in: .seconds(5)) { self.channel.close(promise: nil) }
        }
    }

    /// Sends a Ping or a Pong; these are small and few, and do not wait in line.
    func control(_ opcode: WebSocketOpcode, _ data: ByteBuffer = ByteBuffer()) {
        channel.eventLoop.execute {
            self.channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, data: data), promise: nil)
        }
    }

    private func drain() {
        let batch = state.withLock { state -> [[UInt8]] in
            state.isScheduled = false
            defer {
                state.messages = []
                state.unsentBytes += state.queuedBytes
                state.queuedBytes = 0
            }
            return state.messages
        }
        guard !batch.isEmpty else { return }
        let bytes = batch.reduce(0) { $0 + $1.count }
        for message in batch.dropLast() { channel.write(Self.frame(message), promise: nil) }
        channel.writeAndFlush(Self.frame(batch[batch.count - 1])).whenComplete { _ in self.sent(bytes) }
    }

    private func sent(_ bytes: Int) {
        let hasDrained = state.withLock { state in
            state.unsentBytes -= bytes
            guard state.isCongested, state.unsentBytes + state.queuedBytes < shedAt / 4 else { return false }
            state.isCongested = false
            return true
        }
        if hasDrained { onDrained() }
    }

    private static func frame(_ message: [UInt8]) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: message))
    }
}
