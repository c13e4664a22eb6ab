/// One end of a UDP or TCP conversation: an IP address and a port.
///
/// An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`, what a dual-stack socket reports) is stored as IPv4, so that one
/// peer is one dictionary key.
package struct TransportAddress: Hashable, Sendable, CustomStringConvertible {
    package let isIPv6: Bool
    package let port: UInt16
    private let high: UInt64
    private let low: UInt64

    /// - Parameter ipv4: The address in host order: `0xC000_0201` is 192.0.2.1.
    package init(ipv4: UInt32, port: UInt16) {
        (isIPv6, high, low, self.port) = (false, 0, UInt64(ipv4), port)
    }

    /// - Parameters:
    ///   - high: The first eight bytes of the address, in host order.
    ///   - low: The last eight.
    package init(ipv6High high: UInt64, low: UInt64, port: UInt16) {
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        self.isIPv6 = !isMapped
        self.high = high
        self.low = isMapped ? low & 0xFFFF_FFFF : low
        self.port = port
    }

    /// Reads an IP literal: no names, no brackets, no zone. `nil` for anything else.
    package init?(ip: String, port: UInt16) {
        if let address = IPLiteral.ipv4(ip.utf8) {
            self.init(ipv4: address, port: port)
        } else if let address = IPLiteral.ipv6(ip.utf8) {
            self.init(ipv6High: address.high, low: address.low, port: port)
        } else {
            return nil
        }
    }

    /// The address in host order, `nil` when it is IPv6.
    package var ipv4: UInt32? { isIPv6 ? nil : UInt32(truncatingIfNeeded: low) }

    /// The address as two halves in host order, `nil` when it is IPv4.
    package var ipv6: (high: UInt64, low: UInt64)? { isIPv6 ? (high, low) : nil }

    /// The address without the port; IPv6 as RFC 5952 §4 writes it.
    package var ip: String {
        isIPv6 ? IPLiteral.text(high: high, low: low) : IPLiteral.text(UInt32(truncatingIfNeeded: low))
    }

    /// `192.0.2.1:5000` or `[2001:db8::1]:5000`.
    package var description: String { isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }
}
