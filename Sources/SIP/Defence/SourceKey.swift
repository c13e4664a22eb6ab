package import Wire

/// One source for limits and bans: an IPv4 address, or the /64 of an IPv6 one, of which one host has as many as it likes.
package struct SourceKey: Hashable, Sendable, CustomStringConvertible {
    private let isIPv6: Bool
    private let bits: UInt64

    package init(_ address: TransportAddress) {
        isIPv6 = address.isIPv6
        bits = address.ipv6?.high ?? UInt64(address.ipv4 ?? 0)
    }

    /// `192.0.2.1`, or `2001:db8:0:1::/64`.
    package var description: String {
        isIPv6
            ? TransportAddress(ipv6High: bits, low: 0, port: 0).ip + "/64"
            : TransportAddress(ipv4: UInt32(truncatingIfNeeded: bits), port: 0).ip
    }
}
