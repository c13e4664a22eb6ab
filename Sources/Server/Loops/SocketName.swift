import Glibc
import Wire

/// What a socket is bound or connected to, between our form and the kernel's.
///
/// `sockaddr_in` and `sockaddr_in6` are written and read by the places of their fields (ip(7), ipv6(7)).
enum SocketName {
    static func bind(_ descriptor: CInt, to address: TransportAddress) -> Bool {
        unsafe with(address) { name, length in unsafe Glibc.bind(descriptor, name, length) == 0 }
    }

    /// On UDP it only decides where from and where to; nothing is sent.
    static func connect(_ descriptor: CInt, to address: TransportAddress) -> Bool {
        unsafe with(address) { name, length in unsafe Glibc.connect(descriptor, name, length) == 0 }
    }

    static func address(of descriptor: CInt) -> TransportAddress? {
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &length)
            }
        }
        return status == 0 ? address(in: name) : nil
    }

    static func address(in storage: sockaddr_storage) -> TransportAddress? {
        unsafe withUnsafeBytes(of: storage) { unsafe address(at: $0) }
    }

    /// - Parameter bytes: A `sockaddr` of any kind, as long as its kind is.
    static func address(at bytes: UnsafeRawBufferPointer) -> TransportAddress? {
        guard bytes.count >= MemoryLayout<sockaddr_in>.size else { return nil }
        switch unsafe CInt(bytes.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET:
            let port = unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
            let ip = unsafe UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            return TransportAddress(ipv4: ip, port: port)
        case AF_INET6:
            guard bytes.count >= MemoryLayout<sockaddr_in6>.size else { return nil }
            let port = unsafe UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
            let high = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let low = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            return TransportAddress(ipv6High: high, low: low, port: port)
        default: return nil
        }
    }

    private static func with<Result>(
        _ address: TransportAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
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
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
        }
    }
}
