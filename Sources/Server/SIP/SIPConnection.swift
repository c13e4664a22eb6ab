import NIOCore
import SIP
import Synchronization
import Wire

/// One TCP or TLS connection, ours or another's: what is to be written, and how much of what was read still waits.
///
/// Bytes of any thread enter under a lock and leave on the connection's loop, in order. Who does not read is given up
/// above ``mostUnsent`` bytes.
final class SIPConnection: Sendable {
    private enum Phase {
        /// Ours, and not made yet.
        case connecting([[UInt8]])
        case open(any Channel)
        /// Told to close, or given up.
        case closing
    }

    private struct State {
        var phase: Phase
        /// Bytes on their way to the kernel.
        var unsent = 0
        /// Pieces that the bridge has not dealt with.
        var unread = 0
        var channel: (any Channel)?
    }

    enum Pressure: Equatable { case steady, overflowed, gone }

    let id: SIPConnectionID
    /// Where it leads; the connection's own name is in it.
    let path: SIPPath
    let isOurs: Bool
    private let mostUnsent: Int
    private let state: Mutex<State>

    /// - Parameter path: As sent to; `connection` is filled in.
    init(id: SIPConnectionID, path: SIPPath, isOurs: Bool, mostUnsent: Int) {
        self.id = id
        self.path = SIPPath(
            profile: path.profile, transport: path.transport, remote: path.remote, connection: id, host: path.host)
        self.isOurs = isOurs
        self.mostUnsent = mostUnsent
        state = Mutex(State(phase: .connecting([])))
    }

    /// The path that was sent to when there was no connection yet.
    var wayThere: SIPPath {
        SIPPath(profile: path.profile, transport: path.transport, remote: path.remote, host: path.host)
    }

    // MARK: Writing

    func send(_ bytes: [UInt8]) -> Pressure {
        let (pressure, channel) = state.withLock { state -> (Pressure, (any Channel)?) in
            if case .closing = state.phase { return (.gone, nil) }
            guard state.unsent + bytes.count <= mostUnsent else {
                state.phase = .closing
                return (.overflowed, state.channel)
            }
            state.unsent += bytes.count
            switch state.phase {
            case .connecting(let waiting):
                state.phase = .connecting(waiting + [bytes])
                return (.steady, nil)
            case .open(let channel): return (.steady, channel)
            case .closing: return (.gone, nil)
            }
        }
        guard let channel else { return pressure }
        if pressure == .overflowed { channel.close(promise: nil) } else { write(bytes, to: channel) }
        return pressure
    }

    /// Whether something may still be sent.
    var isUsable: Bool { state.withLock { if case .closing = $0.phase { false } else { true } } }

    /// A channel that is being made, so that ``abandon()`` reaches it.
    func belongs(to channel: any Channel) { state.withLock { $0.channel = channel } }

    /// The handshake is done: what waits is written. On the channel's loop.
    ///
    /// - Returns: Whether anybody still wants the connection.
    func opened() -> Bool {
        let (channel, waiting) = state.withLock { state -> ((any Channel)?, [[UInt8]]) in
            guard let channel = state.channel, case .connecting(let waiting) = state.phase else { return (nil, []) }
            state.phase = .open(channel)
            return (channel, waiting)
        }
        guard let channel else { return false }
        for bytes in waiting { write(bytes, to: channel) }
        return true
    }

    private func write(_ bytes: [UInt8], to channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in
            self.state.withLock { $0.unsent -= bytes.count }
        }
    }

    // MARK: Closing

    /// Closes once everything is written. The far end may still read that: a socket closed with something unread is reset,
    /// and the last answer would be lost.
    func close() {
        let channel = state.withLock { state -> (any Channel)? in
            guard case .open(let channel) = state.phase else {
                if case .connecting = state.phase { state.phase = .closing }
                return nil
            }
            state.phase = .closing
            state.unread = 0
            return channel
        }
        guard let channel else { return abandon() }
        channel.eventLoop.execute {
            channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(mode: .output, promise: nil) }
            channel.read()
            channel.eventLoop.scheduleTask(in: Self.closePatience) { channel.close(promise: nil) }
        }
    }

    /// Closes at once.
    func abandon() {
        let channel = state.withLock { state in
            state.phase = .closing
            return state.channel
        }
        channel?.close(promise: nil)
    }

    // MARK: Reading

    /// Whether what comes is still wanted.
    var isWanted: Bool { state.withLock { if case .open = $0.phase { true } else { false } } }

    /// Whether the bridge still has something to deal with: until then nothing more is read.
    var isPaused: Bool { state.withLock { $0.unread > 0 } }

    func wasRead() { state.withLock { $0.unread += 1 } }

    /// The bridge has dealt with a piece.
    func wasHeard() {
        let channel = state.withLock { state -> (any Channel)? in
            guard state.unread > 0 else { return nil }
            state.unread -= 1
            return state.unread == 0 ? state.channel : nil
        }
        channel?.read()
    }

    /// How long the far end has to take its leave.
    static let closePatience: TimeAmount = .seconds(1)
}
