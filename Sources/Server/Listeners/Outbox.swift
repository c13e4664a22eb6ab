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
        var phase = Phase.open
        /// Pings and Pongs on their way to the peer.
        var controls = 0
    }

    private enum Phase {
        case open
        /// Given up for not reading; what it did not read is dropped.
        case overflowed
        /// Told to close.
        case closing
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
            guard state.phase == .open else { return (.steady, false) }
            let waiting = state.queuedBytes + state.unsentBytes + message.count
            guard waiting <= closeAt else {
                state.phase = .overflowed
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

    /// Sends what is queued, then a Close frame. The socket is closed when the peer has answered that, or soon: one
    /// that does not read would keep it for ever.
    func close(code: UInt16, reason: String) {
        let rest = state.withLock { state -> [[UInt8]]? in
            guard state.phase != .closing else { return nil }
            state.phase = .closing
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
            self.channel.writeAndFlush(frame, promise: nil)
            self.channel.eventLoop.scheduleTask(in: Self.closePatience) { self.channel.close(promise: nil) }
        }
    }

    /// Sends a Ping or a Pong; these are small and do not wait in line. Beyond a few that the peer has not read they are
    /// left out, as RFC 6455 §5.5.3 allows, or who sends Pings and reads nothing would fill our memory.
    func control(_ opcode: WebSocketOpcode, _ data: ByteBuffer = ByteBuffer()) {
        let mayGo = state.withLock { state in
            guard state.phase == .open, state.controls < Self.mostControls else { return false }
            state.controls += 1
            return true
        }
        guard mayGo else { return }
        channel.eventLoop.execute {
            self.channel.writeAndFlush(WebSocketFrame(fin: true, opcode: opcode, data: data))
                .whenComplete { _ in self.state.withLock { $0.controls -= 1 } }
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

    /// How long a peer has to answer our Close.
    static let closePatience: TimeAmount = .seconds(2)
    private static let mostControls = 16

    private static func frame(_ message: [UInt8]) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: message))
    }
}
