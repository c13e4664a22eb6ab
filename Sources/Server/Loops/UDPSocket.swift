import CLinux
import Glibc
import Native
import Wire

/// One bound, non-blocking UDP socket and the buffers of its `recvmmsg` and `sendmmsg`, armed once for its whole life.
///
/// Owned by one media loop; the only place with Linux calls on the packet path.
@safe final class UDPSocket {
    struct Failure: Error, CustomStringConvertible {
        let address: String
        let errno: CInt
        var description: String { unsafe "cannot bind UDP \(address): \(String(cString: strerror(errno)))" }
    }

    let descriptor: CInt
    /// Where it is bound, with the port the kernel chose when 0 was asked for.
    let address: TransportAddress
    /// Packets the kernel refused to take; a full socket buffer is the usual reason.
    private(set) var sendFailures = 0

    private let bytes: UnsafeMutableRawPointer
    private let vectors: UnsafeMutablePointer<iovec>
    private let sources: UnsafeMutablePointer<sockaddr_storage>
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private var sendHeaders: UnsafeMutablePointer<clinux_mmsghdr>?

    init(binding ip: String, port: UInt16) throws(Failure) {
        guard let wanted = TransportAddress(ip: ip, port: port) else { throw Failure(address: ip, errno: EINVAL) }
        let family = wanted.isIPv6 ? AF_INET6 : AF_INET
        let descriptor = socket(
            family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(address: wanted.description, errno: errno) }
        var size: CInt = Self.kernelBuffer
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        if wanted.isIPv6 {
            var only: CInt = 1
            unsafe setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &only, socklen_t(MemoryLayout<CInt>.size))
        }
        guard Self.bind(descriptor, to: wanted), let bound = Self.boundAddress(of: descriptor) else {
            let reason = errno
            Glibc.close(descriptor)
            throw Failure(address: wanted.description, errno: reason)
        }
        self.descriptor = descriptor
        address = bound
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
        Glibc.close(descriptor)
        unsafe bytes.deallocate()
        unsafe vectors.deallocate()
        unsafe sources.deallocate()
        unsafe headers.deallocate()
        unsafe sendHeaders?.deallocate()
    }

    /// Hands every waiting datagram to `body`, at most ``mostPerWake`` of them, so that a flood cannot hold up the tick.
    func receive(_ body: (inout MutableSpan<UInt8>, Int, TransportAddress) -> Void) {
        var left = Self.mostPerWake
        while left > 0 {
            for index in 0..<Self.slots {
                unsafe headers[index].msg_hdr.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
            }
            let count = unsafe Int(clinux_recvmmsg(descriptor, headers, UInt32(Self.slots), CInt(MSG_DONTWAIT)))
            guard count > 0 else { return }
            for index in 0..<count {
                guard let source = unsafe Self.address(of: sources[index]) else { continue }
                let length = unsafe min(Int(headers[index].msg_len), Self.slotSize)
                let start = unsafe (bytes + index * Self.slotSize).assumingMemoryBound(to: UInt8.self)
                let slot = unsafe UnsafeMutableBufferPointer(start: start, count: Self.slotSize)
                var span = unsafe slot.mutableSpan
                body(&span, length, source)
            }
            left -= count
            if count < Self.slots { return }
        }
    }

    /// Sends and empties `batch`. What the kernel does not take is dropped and counted: media is never late.
    func send(_ batch: PacketBatch) {
        let headers = unsafe sendHeaders ?? makeSendHeaders(for: batch)
        unsafe batch.withUnsafeSlots { _, _, lengths in
            for index in 0..<batch.count { unsafe headers[index].msg_hdr.msg_namelen = lengths[index] }
        }
        var sent = 0
        while sent < batch.count {
            let count = unsafe clinux_sendmmsg(descriptor, headers + sent, UInt32(batch.count - sent), 0)
            if count > 0 {
                sent += Int(count)
            } else {
                // One bad destination must not cost the rest their packets.
                sendFailures &+= 1
                sent += 1
            }
        }
        batch.removeAll()
    }

    /// The batch's memory never moves, so its headers are made once.
    private func makeSendHeaders(for batch: PacketBatch) -> UnsafeMutablePointer<clinux_mmsghdr> {
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
        unsafe sendHeaders = made
        return unsafe made
    }

    /// The kernel's `sockaddr_in` and `sockaddr_in6` are written and read by the places of their fields (ip(7), ipv6(7)).
    private static func bind(_ descriptor: CInt, to address: TransportAddress) -> Bool {
        var name = sockaddr_storage()
        let length = unsafe withUnsafeMutableBytes(of: &name) { bytes in
            unsafe bytes.storeBytes(of: address.port.bigEndian, toByteOffset: 2, as: UInt16.self)
            guard let ipv4 = address.ipv4 else {
                let halves = address.ipv6 ?? (high: 0, low: 0)
                unsafe bytes.storeBytes(of: sa_family_t(AF_INET6), as: sa_family_t.self)
                unsafe bytes.storeBytes(of: halves.high.bigEndian, toByteOffset: 8, as: UInt64.self)
                unsafe bytes.storeBytes(of: halves.low.bigEndian, toByteOffset: 16, as: UInt64.self)
                return MemoryLayout<sockaddr_in6>.size
            }
            unsafe bytes.storeBytes(of: sa_family_t(AF_INET), as: sa_family_t.self)
            unsafe bytes.storeBytes(of: ipv4.bigEndian, toByteOffset: 4, as: UInt32.self)
            return MemoryLayout<sockaddr_in>.size
        }
        return unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, socklen_t(length)) == 0
            }
        }
    }

    private static func boundAddress(of descriptor: CInt) -> TransportAddress? {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return status == 0 ? Self.address(of: name) : nil
    }

    private static func address(of storage: sockaddr_storage) -> TransportAddress? {
        unsafe withUnsafeBytes(of: storage) { bytes in
            switch CInt(storage.ss_family) {
            case AF_INET:
                let port = unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
                let ip = unsafe UInt32(bigEndian: bytes.load(fromByteOffset: 4, as: UInt32.self))
                return TransportAddress(ipv4: ip, port: port)
            case AF_INET6:
                let port = unsafe UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
                let high = unsafe UInt64(bigEndian: bytes.load(fromByteOffset: 8, as: UInt64.self))
                let low = unsafe UInt64(bigEndian: bytes.load(fromByteOffset: 16, as: UInt64.self))
                return TransportAddress(ipv6High: high, low: low, port: port)
            default: return nil
            }
        }
    }

    private static let slots = 64
    private static let slotSize = 2_048
    private static let mostPerWake = 1_024
    /// A burst of key frames from twenty senders is one to two megabytes (`media.md` §2.7).
    private static let kernelBuffer: CInt = 4 << 20
}
