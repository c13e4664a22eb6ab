import Wire

/// Where an m-line without ICE says that it wants its packets.
struct PlainAddress {
    let rtp: TransportAddress?
    let rtcp: TransportAddress?
    let isMuxed: Bool
    /// `0.0.0.0` or `::`: nobody is there, which used to mean hold (RFC 3264 §8.4).
    let isUnspecified: Bool

    /// - Parameter isIPv6: What we send with.
    init(
        of media: MediaDescription, in session: SessionDescription, isIPv6: Bool
    ) throws(PlainNegotiation.Failure) {
        let connection = media.connection ?? session.connection
        let port = UInt16(clamping: media.port)
        let literal = connection.flatMap { TransportAddress(ip: $0.address, port: port) }
        isUnspecified = literal?.isUnspecified == true
        let target = literal.flatMap { $0.isUnicast ? $0 : nil }
        if let target, target.isIPv6 != isIPv6 { throw .otherNetwork }
        rtp = target
        isMuxed = media.rtcpMux
        rtcp = isMuxed ? target : Self.rtcp(of: media, beside: target)
    }

    /// What is left for us to do when nobody is there.
    var direction: MediaDirection { isUnspecified ? .recvonly : .sendrecv }

    private static func rtcp(of media: MediaDescription, beside rtp: TransportAddress?) -> TransportAddress? {
        guard let rtp else { return nil }
        guard let attribute = media.rtcp, attribute.port > 0 else {
            return rtp.port < .max ? TransportAddress(ip: rtp.ip, port: rtp.port + 1) : nil
        }
        let elsewhere = attribute.connection.flatMap { TransportAddress(ip: $0.address, port: attribute.port) }
        if let elsewhere, elsewhere.isUnicast, elsewhere.isIPv6 == rtp.isIPv6 { return elsewhere }
        return TransportAddress(ip: rtp.ip, port: attribute.port)
    }
}

extension TransportAddress {
    fileprivate var isUnspecified: Bool {
        if let ipv4 { return ipv4 == 0 }
        return ipv6.map { $0.high == 0 && $0.low == 0 } ?? false
    }

    /// Somebody alone: no group, no broadcast, and not nobody.
    fileprivate var isUnicast: Bool {
        guard port > 0, !isUnspecified else { return false }
        if let ipv4 { return ipv4 >> 28 < 0xE && ipv4 >> 24 != 0 }
        return ipv6.map { $0.high >> 56 != 0xFF } ?? false
    }
}
