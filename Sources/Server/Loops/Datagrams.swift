import CLinux
import Glibc
import Native
import Wire

/// The buffers of `recvmmsg`, armed once for their whole life; any socket of a loop may be read with them.
@safe final class DatagramReader {
    private let bytes: UnsafeMutableRawPointer
    private let vectors: UnsafeMutablePointer<iovec>
    private let sources: UnsafeMutablePointer<sockaddr_storage>
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>

    init() {
        unsafe bytes = .allocate(byteCount: Self.slots * Self.slotSize, alignment: 64)
        unsafe vectors = .allocate(capacity: Self.slots)
        unsafe sources = .allocate(capacity: Self.slots)
        unsafe headers = .allocate(capacity: Self.slots)
        for index in 0..<Self.slots {
            unsafe (vectors + index).initialize(
                to: iovec(iov_base: bytes + index * Self.slotSize, iov_len: Self.slotSize))
            unsafe (sources + index).initialize(to: sockaddr_storage())
            var header = unsafe clinux_mmsghdr()
            unsafe header.msg_hdr.msg_iov = vectors + index
            unsafe header.msg_hdr.msg_iovlen = 1
            unsafe header.msg_hdr.msg_name = UnsafeMutableRawPointer(sources + index)
            unsafe (headers + index).initialize(to: header)
        }
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe vectors.deallocate()
        unsafe sources.deallocate()
        unsafe headers.deallocate()
    }

    /// Hands every waiting datagram of a socket to `body`, at most `most` of them, so that a flood cannot hold up the
    /// tick.
    func read(
        from descriptor: CInt, most: Int, _ body: (inout MutableSpan<UInt8>, Int, TransportAddress) -> Void
    ) {
        var left = most
        while left > 0 {
            for index in 0..<Self.slots {
                unsafe headers[index].msg_hdr.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
            }
            let wanted = min(Self.slots, left)
            let count = unsafe clinux_recvmmsg(descriptor, headers, UInt32(wanted), CInt(MSG_DONTWAIT))
            guard count > 0 else { return }
            for index in 0..<Int(count) {
                guard let source = unsafe SocketName.address(in: sources[index]) else { continue }
                let length = unsafe min(Int(headers[index].msg_len), Self.slotSize)
                let start = unsafe (bytes + index * Self.slotSize).assumingMemoryBound(to: UInt8.self)
                let slot = unsafe UnsafeMutableBufferPointer(start: start, count: Self.slotSize)
                var span = unsafe slot.mutableSpan
                body(&span, length, source)
            }
            left -= Int(count)
            guard Int(count) == wanted else { return }
        }
    }

    private static let slots = 64
    private static let slotSize = 2_048
}

/// The headers of `sendmmsg` for one batch, made once: the batch's memory never moves.
@safe final class DatagramWriter {
    /// Packets the kernel refused to take; a full socket buffer is the usual reason.
    private(set) var failures = 0

    private var headers: UnsafeMutablePointer<clinux_mmsghdr>?

    deinit { unsafe headers?.deallocate() }

    /// Sends all of `batch` over one socket and empties it. What the kernel does not take is dropped and counted: media
    /// is never late.
    /// - Precondition: It is always the same batch.
    func send(_ batch: PacketBatch, over descriptor: CInt) {
        let headers = unsafe ready(for: batch)
        unsafe send(headers, batch.count, over: descriptor)
        batch.removeAll()
    }

    /// The same, each datagram over the socket beside it; ``RTPPortPair/descriptor(of:)`` says which that is. Those that
    /// follow each other over one socket go together.
    func send(_ batch: PacketBatch, over sockets: [UInt32]) {
        let headers = unsafe ready(for: batch)
        let count = min(batch.count, sockets.count)
        var start = 0
        while start < count {
            var end = start + 1
            while end < count, sockets[end] == sockets[start] { end += 1 }
            unsafe send(headers + start, end - start, over: RTPPortPair.descriptor(of: sockets[start]))
            start = end
        }
        batch.removeAll()
    }

    private func send(_ headers: UnsafeMutablePointer<clinux_mmsghdr>, _ count: Int, over descriptor: CInt) {
        var sent = 0
        while sent < count {
            let taken = unsafe clinux_sendmmsg(descriptor, headers + sent, UInt32(count - sent), 0)
            if taken > 0 {
                sent += Int(taken)
            } else {
                // One bad destination must not cost the rest their packets.
                failures &+= 1
                sent += 1
            }
        }
    }

    private func ready(for batch: PacketBatch) -> UnsafeMutablePointer<clinux_mmsghdr> {
        let headers = unsafe headers ?? makeHeaders(for: batch)
        unsafe batch.withUnsafeSlots { _, _, lengths in
            for index in 0..<batch.count { unsafe headers[index].msg_hdr.msg_namelen = lengths[index] }
        }
        return unsafe headers
    }

    private func makeHeaders(for batch: PacketBatch) -> UnsafeMutablePointer<clinux_mmsghdr> {
        let made = UnsafeMutablePointer<clinux_mmsghdr>.allocate(capacity: batch.capacity)
        unsafe batch.withUnsafeSlots { vectors, addresses, _ in
            for index in 0..<batch.capacity {
                var header = unsafe clinux_mmsghdr()
                unsafe header.msg_hdr.msg_iov = vectors + index
                unsafe header.msg_hdr.msg_iovlen = 1
                unsafe header.msg_hdr.msg_name = UnsafeMutableRawPointer(addresses + index)
                unsafe (made + index).initialize(to: header)
            }
        }
        unsafe headers = made
        return unsafe made
    }
}
