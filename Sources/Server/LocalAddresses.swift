import Glibc
import SIP
import Wire

/// The addresses of this machine's interfaces.
enum LocalAddresses {
    /// Global and private ones that peers may reach, IPv4 first; loopback only when there is nothing else. Link-local
    /// ones are left out: ICE must not offer them (RFC 8445 §5.1.1.1).
    static func reachable() -> [TransportAddress] {
        let all = list()
        let useful = all.filter { !isLoopback($0) && !isLinkLocal($0) }
        let chosen = useful.isEmpty ? all.filter { isLoopback($0) && !$0.isIPv6 } : useful
        return chosen.sorted { !$0.isIPv6 && $1.isIPv6 }
    }

    /// The networks that the interfaces are in: who can be reached without a router.
    static func networks() -> [Network] {
        interfaces().map { Network($0.address, prefixLength: $0.prefixLength) }
    }

    private static func list() -> [TransportAddress] {
        var found: [TransportAddress] = []
        for (address, _) in interfaces() where !found.contains(address) { found.append(address) }
        return found
    }

    private static func interfaces() -> [(address: TransportAddress, prefixLength: Int)] {
        var head: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&head) == 0 else { return [] }
        defer { unsafe freeifaddrs(head) }
        var found: [(TransportAddress, Int)] = []
        var next = unsafe head
        while let entry = unsafe next {
            if unsafe entry.pointee.ifa_flags & UInt32(IFF_UP) != 0, let address = unsafe read(entry.pointee.ifa_addr) {
                // Point-to-point links may have no mask: they end at the other side.
                let mask = unsafe read(entry.pointee.ifa_netmask)
                found.append((address, mask.map(prefixLength) ?? 128))
            }
            unsafe next = entry.pointee.ifa_next
        }
        return found
    }

    /// With port 0; `nil` for interfaces that speak neither IPv4 nor IPv6.
    private static func read(_ name: UnsafeMutablePointer<sockaddr>?) -> TransportAddress? {
        guard let name = unsafe name else { return nil }
        let isIPv6 = unsafe CInt(name.pointee.sa_family) == AF_INET6
        let length = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        return unsafe SocketName.address(at: UnsafeRawBufferPointer(start: name, count: length))?.withPort(0)
    }

    private static func prefixLength(_ mask: TransportAddress) -> Int {
        if let ipv4 = mask.ipv4 { return (~ipv4).leadingZeroBitCount }
        guard let (high, low) = mask.ipv6 else { return 128 }
        let first = (~high).leadingZeroBitCount
        return first < 64 ? first : 64 + (~low).leadingZeroBitCount
    }

    /// The address the kernel would send from to reach `remote`; nothing is sent.
    static func source(towards remote: TransportAddress) -> TransportAddress? {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(remote.isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // Any port will do, but there has to be one.
        let target = remote.port == 0 ? remote.withPort(9) : remote
        guard SocketName.connect(descriptor, to: target) else { return nil }
        return SocketName.address(of: descriptor)?.withPort(0)
    }

    static func isLoopback(_ address: TransportAddress) -> Bool {
        if let ipv4 = address.ipv4 { return ipv4 >> 24 == 127 }
        return address.ipv6.map { $0.high == 0 && $0.low == 1 } ?? false
    }

    private static func isLinkLocal(_ address: TransportAddress) -> Bool {
        if let ipv4 = address.ipv4 { return ipv4 >> 16 == 0xA9FE }
        return address.ipv6.map { $0.high >> 54 == 0x3FA } ?? false
    }
}
