import Glibc
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

    private static func list() -> [TransportAddress] {
        var head: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&head) == 0 else { return [] }
        defer { unsafe freeifaddrs(head) }
        var found: [TransportAddress] = []
        var next = unsafe head
        while let entry = unsafe next {
            if let address = unsafe Self.address(of: entry.pointee), !found.contains(address) { found.append(address) }
            unsafe next = entry.pointee.ifa_next
        }
        return found
    }

    private static func address(of entry: ifaddrs) -> TransportAddress? {
        guard unsafe entry.ifa_flags & UInt32(IFF_UP) != 0, let name = unsafe entry.ifa_addr else { return nil }
        let raw = UnsafeRawPointer(name)
        switch unsafe CInt(name.pointee.sa_family) {
        case AF_INET:
            let ip = unsafe UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            return TransportAddress(ipv4: ip, port: 0)
        case AF_INET6:
            let high = unsafe UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let low = unsafe UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            return TransportAddress(ipv6High: high, low: low, port: 0)
        default: return nil
        }
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
