import Glibc
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The door for `parley ctl`: a Unix domain socket in the data folder.
///
/// Who may use it is a matter of the file system, and asked of the kernel once more: the user that runs the server, and
/// root. A connection asks one thing after the other; while a command is under way nothing more is read from it.
package struct ControlSocket: Service {
    /// What one server gives to all who ask.
    package struct Limits: Sendable {
        package var connections = 16
        /// How long a command may take. `dial` waits a minute for somebody to answer.
        package var deadline: Duration = .seconds(75)
        /// Silence in either direction after which a connection is closed.
        package var idle: Duration = .seconds(1_800)

        package init() {}
    }

    /// Carries out one command line for the named user of this machine, and answers in words.
    ///
    /// After the deadline its task is cancelled, and what it still answers goes nowhere.
    package typealias Handler = @Sendable (_ line: String, _ caller: String) async -> String

    private let path: String
    private let limits: Limits
    private let log: Logger
    private let handler: Handler

    /// - Parameter path: At most 107 bytes.
    package init(
        path: String, limits: Limits = Limits(),
        log: Logger = Logger(label: "control") { _ in SwiftLogNoOpLogHandler() }, handler: @escaping Handler
    ) {
        self.path = path
        self.limits = limits
        self.log = log
        self.handler = handler
    }

    /// Answers until the server ends. Without a socket it says why and the server goes on: calls need none.
    package func run() async throws {
        do {
            let file = try ControlSocketFile(binding: path)
            defer { file.remove() }
            try await serve(file)
        } catch is CancellationError {
            // The server ends.
        } catch {
            log.warning("no control socket: parley ctl has no effect", metadata: ["reason": "\(error)"])
            try? await gracefulShutdown()
        }
    }

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func serve(_ file: ControlSocketFile) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            // Who pipes commands in says at once that there are no more, and wants the answers nevertheless.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(file.descriptor) { [limits] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(allTimeout: TimeAmount(limits.idle)))
                    try pipeline.addHandler(CloseIdleConnection())
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        let open = OpenCount()
        try await server.executeThenClose { connections in
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        let count = open.add(1)
                        group.addTask {
                            await serve(connection, isOneTooMany: count > limits.connections)
                            open.add(-1)
                        }
                    }
                }
            } onCancelOrGracefulShutdown: {
                server.channel.close(promise: nil)
            }
        }
    }

    private func serve(_ connection: Connection, isOneTooMany: Bool) async {
        do {
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await connection.executeThenClose { inbound, outbound in
                    guard !isOneTooMany else {
                        return try await outbound.write(ByteBuffer(bytes: ControlMessage.answer(Self.tooMany)))
                    }
                    guard let caller = try await PeerCredentials.of(connection.channel).caller(serverUser: geteuid())
                    else {
                        log.warning("control socket: refused", metadata: ["path": "\(path)"])
                        return try await outbound.write(ByteBuffer(bytes: ControlMessage.answer(Self.notAllowed)))
                    }
                    try await converse(inbound, outbound, caller)
                }
            } onCancelOrGracefulShutdown: {
                connection.channel.close(promise: nil)
            }
        } catch {
            log.debug("control connection ended", metadata: ["reason": "\(error)"])
        }
    }

    private func converse(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ caller: String
    ) async throws {
        var lines = LineAssembler(limit: ControlMessage.longestRequest)
        for try await buffer in inbound {
            guard let complete = lines.take(buffer.readableBytesView) else {
                return try await outbound.write(ByteBuffer(bytes: ControlMessage.answer("-ERR the line is too long\n")))
            }
            for line in complete {
                let text = await answer(line, caller)
                try await outbound.write(ByteBuffer(bytes: ControlMessage.answer(text)))
            }
        }
    }

    private func answer(_ line: [UInt8], _ caller: String) async -> String {
        do throws(ControlMessage.Fault) {
            return await carryOut(try ControlMessage.command(in: line), caller)
        } catch {
            return error.text
        }
    }

    /// The handler's answer, or word that there is none in time.
    private func carryOut(_ command: String, _ caller: String) async -> String {
        let (answers, continuation) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let work = Task { [handler] in
            continuation.yield(await handler(command, caller))
            continuation.finish()
        }
        let alarm = Task { [limits] in
            try? await Task.sleep(for: limits.deadline)
            continuation.finish()
        }
        defer {
            work.cancel()
            alarm.cancel()
        }
        return await withTaskCancellationOrGracefulShutdownHandler {
            for await answer in answers { return answer }
            return "-ERR no answer within \(limits.deadline.components.seconds) s\n"
        } onCancelOrGracefulShutdown: {
            continuation.finish()
        }
    }

    private static let tooMany = "-ERR too many connections\n"
    private static let notAllowed = "-ERR only the user that runs the server, and root, may ask\n"
}

private final class OpenCount: Sendable {
    private let value = Atomic(0)

    @discardableResult func add(_ step: Int) -> Int { value.add(step, ordering: .relaxed).newValue }
}

/// Who is at the other end of a Unix domain socket: Linux's `struct ucred`.
package struct PeerCredentials: Sendable {
    package let process: Int32
    package let user: UInt32
    package let group: UInt32

    package init(process: Int32, user: UInt32, group: UInt32) {
        (self.process, self.user, self.group) = (process, user, group)
    }

    static func of(_ channel: any Channel) async throws -> PeerCredentials {
        guard let provider = channel as? any SocketOptionProvider else { throw ChannelError.operationUnsupported }
        return try await provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
    }

    /// The name of a user that may ask; `nil` for anybody else.
    package func caller(serverUser: UInt32) -> String? {
        user == serverUser || user == 0 ? Self.name(of: user) : nil
    }

    private static func name(of user: UInt32) -> String {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4_096)
        guard unsafe getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil,
            let name = unsafe entry.pw_name
        else { return "uid-\(user)" }
        return unsafe String(cString: name)
    }
}

private final class CloseIdleConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
