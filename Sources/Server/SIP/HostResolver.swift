import CLinux
import Glibc
package import SIP
package import Wire

/// Turns names into addresses as RFC 3263 §4.2 asks: SRV records, then addresses. Waits for the network.
package struct HostResolver: Sendable {
    /// The addresses of a name, best first, with port 0.
    package let addresses: @Sendable (String) -> [TransportAddress]
    /// The SRV records of a name such as `_sip._udp.example.com`.
    package let services: @Sendable (String) -> [SRVRecord]

    package init(
        addresses: @escaping @Sendable (String) -> [TransportAddress],
        services: @escaping @Sendable (String) -> [SRVRecord]
    ) {
        (self.addresses, self.services) = (addresses, services)
    }

    /// - Parameter families: Which addresses can be sent to.
    package func resolve(_ lookup: SIPLookup, most: Int, families: AddressFamilies) -> [TransportAddress] {
        let host = lookup.host.filter { $0 != "[" && $0 != "]" }
        let port = lookup.port ?? (lookup.transport.isSecure ? 5_061 : 5_060)
        if let literal = TransportAddress(ip: host, port: port) { return families.contains(literal) ? [literal] : [] }
        guard Self.isName(host) else { return [] }
        var found: [TransportAddress] = []
        for target in targets(host, lookup) {
            for address in addresses(target.name) where families.contains(address) {
                let address = address.withPort(target.port ?? port)
                if !found.contains(address) { found.append(address) }
            }
            if found.count >= most { break }
        }
        return Array(found.prefix(most))
    }

    /// With a port in the URI there are no SRV records to look for (RFC 3263 §4.2).
    private func targets(_ host: String, _ lookup: SIPLookup) -> [(name: String, port: UInt16?)] {
        guard lookup.port == nil else { return [(host, nil)] }
        let service =
            switch lookup.transport {
            case .udp: "_sip._udp."
            case .tcp, .webSocket: "_sip._tcp."
            case .tls, .secureWebSocket: "_sips._tcp."
            }
        var generator = SystemRandomNumberGenerator()
        let records = services(service + host)
        if records.isEmpty { return [(host, nil)] }
        // A single record for the root says that there is no such service (RFC 2782).
        return SRVRecord.ordered(records, using: &generator).filter { !$0.target.isEmpty }.prefix(Self.mostTargets)
            .map { ($0.target, $0.port) }
    }

    private static func isName(_ host: String) -> Bool {
        !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static let mostTargets = 8
}

extension HostResolver {
    /// The system's: `getaddrinfo`, with the hosts file, and DNS for SRV.
    package static let system = HostResolver(addresses: systemAddresses, services: systemServices)

    @Sendable private static func systemAddresses(_ name: String) -> [TransportAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var head: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &head) == 0 else { return [] }
        defer { unsafe freeaddrinfo(head) }
        var found: [TransportAddress] = []
        var next = unsafe head
        while let entry = unsafe next, found.count < 64 {
            let name = unsafe UnsafeRawBufferPointer(
                start: entry.pointee.ai_addr, count: Int(entry.pointee.ai_addrlen))
            if let address = unsafe SocketName.address(at: name) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    @Sendable private static func systemServices(_ name: String) -> [SRVRecord] {
        var answer = [UInt8](repeating: 0, count: 8_192)
        let length = unsafe answer.withUnsafeMutableBufferPointer { bytes in
            unsafe clinux_dns_query(name, CInt(SRVRecord.type), bytes.baseAddress, CInt(bytes.count))
        }
        guard length > 0, length <= answer.count else { return [] }
        return SRVRecord.records(in: Array(answer.prefix(Int(length))))
    }
}
