package import Native
package import Wire

/// One way between us and a peer: which of our sockets, and the peer's address behind it.
///
/// Answers leave by the socket that the question came in on, so that a host with several addresses
/// never replies from another one (RFC 8445 §7.3).
package struct Path: Hashable, Sendable {
    /// Index of the loop's socket.
    package let socket: UInt8
    package let remote: TransportAddress

    package init(socket: UInt8, remote: TransportAddress) {
        self.socket = socket
        self.remote = remote
    }
}

/// Where datagrams go: one batch per socket, handed to the kernel when it is full or when the loop says so.
///
/// Owned by one media loop; nothing in it is locked.
package final class Egress {
    /// One for each socket of the loop, in the same order.
    package let batches: [PacketBatch]
    /// Datagrams that found no room even after a flush. Only a broken flush makes it rise.
    package private(set) var dropped = 0

    private let flushBatch: (Int, PacketBatch) -> Void

    /// - Parameter flush: Sends and empties the batch of one socket.
    package init(sockets: Int, capacity: Int, flush: @escaping (Int, PacketBatch) -> Void) {
        batches = (0..<sockets).map { _ in PacketBatch(capacity: capacity) }
        flushBatch = flush
    }

    /// Opens a slot for one datagram to `path`; `fill` writes it and returns its length, 0 for none.
    package func send(over path: Path, _ fill: (inout MutableSpan<UInt8>) -> Int) {
        let index = Int(path.socket)
        guard index < batches.count else { return }
        let batch = batches[index]
        if batch.isFull { flushBatch(index, batch) }
        let address = path.remote
        let isQueued: Bool
        if let ipv4 = address.ipv4 {
            isQueued = batch.append(high: 0, low: UInt64(ipv4), port: address.port, isIPv6: false, fill)
        } else {
            guard let ipv6 = address.ipv6 else { return }
            isQueued = batch.append(high: ipv6.high, low: ipv6.low, port: address.port, isIPv6: true, fill)
        }
        if !isQueued { dropped &+= 1 }
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
    }
}
