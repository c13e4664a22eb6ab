package import Wire

/// A block of addresses in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3).
package struct Network: Hashable, Sendable {
    private let isIPv6: Bool
    private let high: UInt64
    private let low: UInt64
    /// Bits that count: 0 to 32, or 0 to 128.
    package let prefixLength: Int

    /// `192.0.2.0/24`, `2001:db8::/32`, or an address alone. Bits behind the prefix are cut off. `nil` for anything
    /// else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let address = TransportAddress(ip: String(first), port: 0)
        else { return nil }
        let width = address.isIPv6 ? 128 : 32
        guard parts.count == 2 else {
            self.init(address, prefixLength: width)
            return
        }
        guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let length = Int(parts[1]), length <= width
        else { return nil }
        self.init(address, prefixLength: length)
    }

    /// The first `prefixLength` bits of `address`; a longer prefix than it has bits is all of it.
    package init(_ address: TransportAddress, prefixLength: Int) {
        isIPv6 = address.isIPv6
        self.prefixLength = min(max(0, prefixLength), address.isIPv6 ? 128 : 32)
        let (high, low) = Self.halves(address)
        self.high = high & Self.mask(self.prefixLength)
        self.low = low & Self.mask(self.prefixLength - 64)
    }

    package func contains(_ address: TransportAddress) -> Bool {
        guard address.isIPv6 == isIPv6 else { return false }
        let (high, low) = Self.halves(address)
        return high & Self.mask(prefixLength) == self.high && low & Self.mask(prefixLength - 64) == self.low
    }

    /// RFC 1918, RFC 6598 (shared by carriers), RFC 3927 and RFC 4193, RFC 4291 §2.5.6.
    package static let privateUse = networks([
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10",
    ])
    package static let loopback = networks(["127.0.0.0/8", "::1/128"])

    private static func networks(_ texts: [String]) -> [Network] { texts.compactMap { Network($0) } }

    /// An IPv4 address in the top bits, so that both kinds are masked alike.
    private static func halves(_ address: TransportAddress) -> (high: UInt64, low: UInt64) {
        if let six = address.ipv6 { return six }
        return (UInt64(address.ipv4 ?? 0) << 32, 0)
    }

    private static func mask(_ bits: Int) -> UInt64 {
        if bits <= 0 { return 0 }
        return bits >= 64 ? .max : ~(.max >> UInt64(bits))
    }
}
