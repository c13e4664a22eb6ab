import Wire

extension TransportAddress {
    /// `0.0.0.0` or `::`.
    var isWildcard: Bool { ipv4 == 0 || ipv6.map { $0.high == 0 && $0.low == 0 } ?? false }

    func withPort(_ port: UInt16) -> TransportAddress {
        if let ipv6 { return TransportAddress(ipv6High: ipv6.high, low: ipv6.low, port: port) }
        return TransportAddress(ipv4: ipv4 ?? 0, port: port)
    }
}
