import NIOCore
import Wire

extension TransportAddress {
    /// `nil` for a Unix socket.
    init?(_ address: SocketAddress) {
        let found = unsafe address.withSockAddr { name, length in
            unsafe SocketName.address(at: UnsafeRawBufferPointer(start: name, count: length))
        }
        guard let found else { return nil }
        self = found
    }

    var socketAddress: SocketAddress? { try? SocketAddress(ipAddress: ip, port: Int(port)) }
}
