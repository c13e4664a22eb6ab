import Glibc
import Native
import Wire

/// One bound, non-blocking UDP socket and the buffers of its `recvmmsg` and `sendmmsg`.
///
/// Owned by one media loop. Linux calls on the packet path are here, in ``DatagramReader`` and in ``DatagramWriter`` only.
final class UDPSocket {
    struct Failure: Error, CustomStringConvertible {
        let address: String
        let errno: CInt
        var description: String { unsafe "cannot bind UDP \(address): \(String(cString: strerror(errno)))" }
    }

    let descriptor: CInt
    /// Where it is bound, with the port the kernel chose when 0 was asked for.
    let address: TransportAddress

    private let reader = DatagramReader()
    private let writer = DatagramWriter()

    init(binding ip: String, port: UInt16) throws(Failure) {
        guard let wanted = TransportAddress(ip: ip, port: port) else { throw Failure(address: ip, errno: EINVAL) }
        (descriptor, address) = try Self.open(wanted, kernelBuffer: Self.kernelBuffer)
    }

    deinit { Glibc.close(descriptor) }

    /// Packets the kernel refused to take.
    var sendFailures: Int { writer.failures }

    /// Hands every waiting datagram to `body`, but not more than a tick can wait for.
    func receive(_ body: (inout MutableSpan<UInt8>, Int, TransportAddress) -> Void) {
        reader.read(from: descriptor, most: Self.mostPerWake, body)
    }

    /// Sends and empties `batch`, which is always the same one.
    func send(_ batch: PacketBatch) { writer.send(batch, over: descriptor) }

    /// A bound socket that never blocks; the caller closes it.
    ///
    /// - Parameter kernelBuffer: Bytes for each direction; `nil`: as many as the system gives.
    static func open(
        _ wanted: TransportAddress, kernelBuffer: CInt? = nil
    ) throws(Failure) -> (descriptor: CInt, address: TransportAddress) {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(wanted.isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { throw Failure(address: wanted.description, errno: errno) }
        if let kernelBuffer {
            set(SOL_SOCKET, SO_RCVBUF, to: kernelBuffer, on: descriptor)
            set(SOL_SOCKET, SO_SNDBUF, to: kernelBuffer, on: descriptor)
        }
        if wanted.isIPv6 { set(CInt(IPPROTO_IPV6), IPV6_V6ONLY, to: 1, on: descriptor) }
        guard SocketName.bind(descriptor, to: wanted), let bound = SocketName.address(of: descriptor) else {
            let reason = errno
            Glibc.close(descriptor)
            throw Failure(address: wanted.description, errno: reason)
        }
        return (descriptor, bound)
    }

    private static func set(_ level: CInt, _ option: CInt, to value: CInt, on descriptor: CInt) {
        var value = value
        _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    private static let mostPerWake = 1_024
    /// A burst of key frames from twenty senders is one to two megabytes (`media.md` §2.7).
    private static let kernelBuffer: CInt = 4 << 20
}
