package import Native
package import Wire

/// One way between us and a peer: which of our sockets, and the peer's address behind it.
///
/// Answers leave by the socket that the question came in on, so that a host with several addresses
/// never replies from another one (RFC 8445 §7.3).
package struct Path: Hashable, Sendable {
    /// Index of the loop's socket; from ``Path/firstOwnSocket`` on a socket that belongs to one call alone.
    package let socket: UInt32
    package let remote: TransportAddress

    package init(socket: UInt32, remote: TransportAddress) {
        self.socket = socket
        self.remote = remote
    }
}

extension Path {
    /// Sockets of single calls have numbers from here on, which the loop gives out: this plus the file descriptor will do.
    package static let firstOwnSocket: UInt32 = 0x1_0000
}

/// Where datagrams go: one batch per socket, handed to the kernel when it is full or when the loop says so.
///
/// The sockets of single calls, of which there are many with little to send, share one batch.
///
/// Owned by one media loop; nothing in it is locked.
package final class Egress {
    /// One for each socket of the loop, in the same order.
    package let batches: [PacketBatch]
    /// What leaves by sockets of single calls.
    package let own: PacketBatch
    /// The socket of each datagram in ``own``, in the same order.
    package private(set) var ownSockets: [UInt32] = []
    /// Datagrams that found no room even after a flush. Only a broken flush makes it rise.
    package private(set) var dropped = 0

    private let flushBatch: (Int, PacketBatch) -> Void
    private let flushOwn: (PacketBatch, [UInt32]) -> Void

    /// - Parameters:
    ///   - capacity: Datagrams that can wait for one of the loop's sockets.
    ///   - ownCapacity: Datagrams that can wait for the sockets of single calls together.
    ///   - flush: Sends and empties the batch of one socket.
    ///   - flushOwn: Sends and empties the batch of the calls' own sockets, the socket of each datagram beside it.
    package init(
        sockets: Int, capacity: Int, ownCapacity: Int = 64, flush: @escaping (Int, PacketBatch) -> Void,
        flushOwn: @escaping (PacketBatch, [UInt32]) -> Void = { batch, _ in batch.removeAll() }
    ) {
        batches = (0..<sockets).map { _ in PacketBatch(capacity: capacity) }
        own = PacketBatch(capacity: ownCapacity)
        ownSockets.reserveCapacity(ownCapacity)
        flushBatch = flush
        self.flushOwn = flushOwn
    }

    /// Opens a slot for one datagram to `path`; `fill` writes it and returns its length, 0 for none.
    package func send(over path: Path, _ fill: (inout MutableSpan<UInt8>) -> Int) {
        guard path.socket < Path.firstOwnSocket else { return sendOwn(over: path, fill) }
        let index = Int(path.socket)
        guard index < batches.count else { return }
        let batch = batches[index]
        if batch.isFull { flushBatch(index, batch) }
        if !append(to: batch, path.remote, fill) { dropped &+= 1 }
    }

    private func sendOwn(over path: Path, _ fill: (inout MutableSpan<UInt8>) -> Int) {
        if own.isFull { flushOwnSockets() }
        let before = own.count
        if !append(to: own, path.remote, fill) { dropped &+= 1 }
        if own.count > before { ownSockets.append(path.socket) }
    }

    private func append(
        to batch: PacketBatch, _ address: TransportAddress, _ fill: (inout MutableSpan<UInt8>) -> Int
    ) -> Bool {
        if let ipv4 = address.ipv4 {
            return batch.append(high: 0, low: UInt64(ipv4), port: address.port, isIPv6: false, fill)
        }
        guard let ipv6 = address.ipv6 else { return false }
        return batch.append(high: ipv6.high, low: ipv6.low, port: address.port, isIPv6: true, fill)
    }

    /// Copies `bytes` as one datagram; for the rare packets that are built as arrays.
    package func send(_ bytes: [UInt8], over path: Path) {
        send(over: path) { slot in
            guard bytes.count <= slot.count else { return 0 }
            for index in bytes.indices { slot[index] = bytes[index] }
            return bytes.count
        }
    }

    /// Hands everything to the kernel.
    package func flush() {
        for (index, batch) in batches.enumerated() where batch.count > 0 { flushBatch(index, batch) }
        if own.count > 0 { flushOwnSockets() }
    }

    /// The same for the calls' own sockets alone: before one of them is closed.
    package func flushOwnSockets() {
        flushOwn(own, ownSockets)
        if own.count == 0 { ownSockets.removeAll(keepingCapacity: true) }
    }
}
