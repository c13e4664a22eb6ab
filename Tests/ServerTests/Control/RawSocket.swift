import NIOCore
import NIOPosix

/// A client that sends what it likes.
enum RawSocket {
    /// Sends `text`, says that no more will come, and returns the first line of what comes back; `nil` when nothing does.
    static func exchange(_ text: String, at path: String) async throws -> String? {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try? await outbound.write(ByteBuffer(string: text))
            outbound.finish()
            var received = ""
            do {
                for try await buffer in inbound { received += String(buffer: buffer) }
            } catch {
                // Closed on us with bytes unread.
            }
            return received.split(separator: "\n").first.map(String.init)
        }
    }
}
