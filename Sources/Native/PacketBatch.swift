package import Glibc

/// Datagrams waiting for one `sendmmsg`: bytes and addresses that never move and are allocated once.
///
/// The media loop points its `mmsghdr`s at the slots when it starts, sends the first ``count`` of them, and calls
/// ``removeAll()``. Confined to that loop.
@safe package final class PacketBatch {
    /// Bytes in a slot: an MTU of 1500, and a start of the next slot that is a cache line's.
    package static let slotSize = 1536

    /// Most datagrams that can wait.
    package let capacity: Int

    /// Datagrams waiting.
    package private(set) var count = 0

    private let bytes: UnsafeMutableRawPointer
    private let vectors: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_storage>
    private let nameLengths: UnsafeMutablePointer<socklen_t>

    /// - Precondition: `capacity` is positive.
    package init(capacity: Int) {
        precondition(capacity > 0, "a batch holds something")
        self.capacity = capacity
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: capacity * Self.slotSize, alignment: 64)
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * Self.slotSize)
        unsafe self.bytes = unsafe bytes
        unsafe vectors = .allocate(capacity: capacity)
        unsafe names = .allocate(capacity: capacity)
        unsafe names.initialize(repeating: sockaddr_storage(), count: capacity)
        unsafe nameLengths = .allocate(capacity: capacity)
        unsafe nameLengths.initialize(repeating: 0, count: capacity)
        for index in 0..<capacity {
            let base = unsafe bytes + index * Self.slotSize
            unsafe (vectors + index).initialize(to: iovec(iov_base: base, iov_len: 0))
        }
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
        unsafe nameLengths.deallocate()
    }

    package var isFull: Bool { count == capacity }

    /// Forgets all datagrams; the slots stay.
    package func removeAll() { count = 0 }

    /// Opens the next slot, addressed to `high`, `low` and `port`.
    ///
    /// - Parameters:
    ///   - high: Upper half of an IPv6 address, in host order; not used for IPv4.
    ///   - low: Lower half of an IPv6 address, or the IPv4 address in its low 32 bits, in host order.
    ///   - body: Fills the slot of ``slotSize`` bytes from its start, which is 64-byte aligned, and returns how many
    ///     bytes it wrote. 0 gives the slot back.
    /// - Returns: `false`, without calling `body`, when the batch is full; the caller sends or counts a drop.
    package func append(
        high: UInt64,
        low: UInt64,
        port: UInt16,
        isIPv6: Bool,
        _ body: (inout MutableSpan<UInt8>) -> Int
    ) -> Bool {
        guard count < capacity else { return false }
        let slot = unsafe UnsafeMutableBufferPointer(
            start: (bytes + count * Self.slotSize).assumingMemoryBound(to: UInt8.self), count: Self.slotSize)
        var span = unsafe slot.mutableSpan
        let length = body(&span)
        guard length > 0 else { return true }
        precondition(length <= Self.slotSize, "more bytes than the slot has")
        unsafe vectors[count].iov_len = length
        if isIPv6 { setIPv6(high, low, port) } else { setIPv4(UInt32(truncatingIfNeeded: low), port) }
        count += 1
        return true
    }

    /// Hands out the arrays of ``capacity`` elements; their addresses hold for the life of the batch.
    @unsafe package func withUnsafeSlots<R>(
        _ body: (
            UnsafeMutablePointer<iovec>, UnsafeMutablePointer<sockaddr_storage>, UnsafeMutablePointer<socklen_t>
        ) throws -> R
    ) rethrows -> R { try unsafe body(vectors, names, nameLengths) }

    private func setIPv4(_ address: UInt32, _ port: UInt16) {
        unsafe (names + count).withMemoryRebound(to: sockaddr_in.self, capacity: 1) { name in
            unsafe name.pointee.sin_family = sa_family_t(AF_INET)
            unsafe name.pointee.sin_port = port.bigEndian
            unsafe name.pointee.sin_addr.s_addr = address.bigEndian
        }
        unsafe nameLengths[count] = socklen_t(MemoryLayout<sockaddr_in>.size)
    }

    private func setIPv6(_ high: UInt64, _ low: UInt64, _ port: UInt16) {
        unsafe (names + count).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { name in
            unsafe name.pointee.sin6_family = sa_family_t(AF_INET6)
            unsafe name.pointee.sin6_port = port.bigEndian
            unsafe name.pointee.sin6_flowinfo = 0
            unsafe name.pointee.sin6_scope_id = 0
            unsafe withUnsafeMutableBytes(of: &name.pointee.sin6_addr) { address in
                unsafe address.storeBytes(of: high.bigEndian, as: UInt64.self)
                unsafe address.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
        }
        unsafe nameLengths[count] = socklen_t(MemoryLayout<sockaddr_in6>.size)
    }
}

extension PacketBatch {
    /// A copy of one waiting datagram and its address, for tests and traces; it allocates.
    ///
    /// - Precondition: `index` is below ``count``.
    package func datagram(
        at index: Int
    ) -> (bytes: [UInt8], high: UInt64, low: UInt64, port: UInt16, isIPv6: Bool) {
        precondition((0..<count).contains(index), "no such datagram")
        let length = unsafe vectors[index].iov_len
        let start = unsafe bytes + index * Self.slotSize
        let copy = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: length))
        let name = unsafe UnsafeRawPointer(names + index)
        if unsafe names[index].ss_family == sa_family_t(AF_INET6) {
            let address = unsafe name.loadUnaligned(as: sockaddr_in6.self)
            let halves = unsafe withUnsafeBytes(of: address.sin6_addr) { raw in
                unsafe (raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            return (
                copy, UInt64(bigEndian: halves.0), UInt64(bigEndian: halves.1), UInt16(bigEndian: address.sin6_port),
                true
            )
        }
        let address = unsafe name.loadUnaligned(as: sockaddr_in.self)
        return (copy, 0, UInt64(UInt32(bigEndian: address.sin_addr.s_addr)), UInt16(bigEndian: address.sin_port), false)
    }
}
