import CLinux
import Glibc
import Native
import Wire

/// One member's UDP socket. The server tells members apart by their address, so each has a port of its own.
final class LineSocket {
    let descriptor: CInt
    let localPort: UInt16
    private let isIPv6: Bool

    /// Unconnected; `nil` when the port is taken, or there are no descriptors or ports left.
    ///
    /// - Parameter port: 0 for one of the kernel's choice.
    init?(isIPv6: Bool, port: UInt16 = 0) {
        self.isIPv6 = isIPv6
        let kind = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { return nil }
        let any = isIPv6 ? TransportAddress(ipv6High: 0, low: 0, port: port) : TransportAddress(ipv4: 0, port: port)
        let isBound = unsafe any.withSocketAddress { unsafe bind(descriptor, $0, $1) == 0 }
        guard isBound, let port = Self.port(of: descriptor) else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        localPort = port
    }

    deinit { close(descriptor) }

    /// A port for RTP and the one above for RTCP (RFC 3550 §11).
    static func pair(isIPv6: Bool) -> (rtp: LineSocket, rtcp: LineSocket)? {
        for _ in 0..<100 {
            guard let first = LineSocket(isIPv6: isIPv6) else { return nil }
            let isEven = first.localPort.isMultiple(of: 2)
            let neighbour = isEven ? first.localPort + 1 : first.localPort - 1
            guard let second = LineSocket(isIPv6: isIPv6, port: neighbour) else { continue }
            return isEven ? (first, second) : (second, first)
        }
        return nil
    }

    /// From now on datagrams go to, and come from, `address` only.
    func connect(to address: TransportAddress) -> Bool {
        unsafe address.withSocketAddress { unsafe Glibc.connect(descriptor, $0, $1) == 0 }
    }

    private static func port(of descriptor: CInt) -> UInt16? {
        var name = sockaddr_in6()  // the port lies at the same place in both families
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let status = unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return status == 0 ? UInt16(bigEndian: name.sin6_port) : nil
    }
}

/// Hands a batch to the kernel through any connected socket; the headers are made once.
@safe final class BatchSender {
    let batch: PacketBatch
    /// Datagrams the kernel did not take.
    private(set) var failures = 0
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>

    init(capacity: Int) {
        let batch = PacketBatch(capacity: capacity)
        let headers = UnsafeMutablePointer<clinux_mmsghdr>.allocate(capacity: capacity)
        unsafe batch.withUnsafeSlots { vectors, _, _ in
            for index in 0..<capacity {
                var header = unsafe clinux_mmsghdr()
                unsafe header.msg_hdr.msg_iov = vectors + index
                unsafe header.msg_hdr.msg_iovlen = 1
                unsafe (headers + index).initialize(to: header)
            }
        }
        self.batch = batch
        unsafe self.headers = unsafe headers
    }

    deinit { unsafe headers.deallocate() }

    /// Sends and empties the batch.
    func flush(through descriptor: CInt) {
        guard batch.count > 0 else { return }
        let sent = unsafe Int(clinux_sendmmsg(descriptor, headers, UInt32(batch.count), 0))
        failures += batch.count - max(0, sent)
        batch.removeAll()
    }
}

extension TransportAddress {
    /// Lends the address in the form the kernel takes.
    func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        guard let halves = ipv6 else {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = (ipv4 ?? 0).bigEndian
            return unsafe withUnsafePointer(to: name) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        var name = sockaddr_in6()
        name.sin6_family = sa_family_t(AF_INET6)
        name.sin6_port = port.bigEndian
        unsafe withUnsafeMutableBytes(of: &name.sin6_addr) { bytes in
            unsafe bytes.storeBytes(of: halves.high.bigEndian, as: UInt64.self)
            unsafe bytes.storeBytes(of: halves.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        return unsafe withUnsafePointer(to: name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }
}
