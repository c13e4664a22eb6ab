/// Attribute types (RFC 8489 §18.3, RFC 8445 §16.1).
enum STUNAttribute {
    static let mappedAddress: UInt16 = 0x0001
    static let username: UInt16 = 0x0006
    static let messageIntegrity: UInt16 = 0x0008
    static let errorCode: UInt16 = 0x0009
    static let unknownAttributes: UInt16 = 0x000A
    static let realm: UInt16 = 0x0014
    static let nonce: UInt16 = 0x0015
    static let xorMappedAddress: UInt16 = 0x0020
    static let priority: UInt16 = 0x0024
    static let useCandidate: UInt16 = 0x0025
    static let software: UInt16 = 0x8022
    static let fingerprint: UInt16 = 0x8028
    static let iceControlled: UInt16 = 0x8029
    static let iceControlling: UInt16 = 0x802A

    /// Known, below 0x8000, and of no use to ICE.
    static let ignored: Set<UInt16> = [mappedAddress, unknownAttributes, realm, nonce]
}

extension TransportAddress {
    /// Reads the value of XOR-MAPPED-ADDRESS (RFC 8489 §14.2).
    ///
    ///     |0 0 0 0 0 0 0 0|    family     |  port ^ upper half of cookie  |
    ///     |  address ^ cookie, or for IPv6 ^ (cookie ‖ transaction id) …
    init?(xorMapped value: Span<UInt8>, transactionID: STUNTransactionID) {
        guard value.count >= 8 else { return nil }
        let port = value.uint16(at: 2) ^ Self.cookiePort
        switch (value[1], value.count) {
        case (Self.familyIPv4, 8):
            self.init(ipv4: value.uint32(at: 4) ^ STUNMessage.magicCookie, port: port)
        case (Self.familyIPv6, 20):
            let mask = Self.mask(transactionID)
            self.init(ipv6High: value.uint64(at: 4) ^ mask, low: value.uint64(at: 12) ^ transactionID.low, port: port)
        default: return nil
        }
    }

    /// The value of XOR-MAPPED-ADDRESS for this address.
    func xorMapped(_ transactionID: STUNTransactionID) -> [UInt8] {
        var value: [UInt8] = [0, isIPv6 ? Self.familyIPv6 : Self.familyIPv4]
        value.append(bigEndian: port ^ Self.cookiePort)
        if let ipv4 {
            value.append(bigEndian: ipv4 ^ STUNMessage.magicCookie)
        } else if let ipv6 {
            value.append(bigEndian: ipv6.high ^ Self.mask(transactionID))
            value.append(bigEndian: ipv6.low ^ transactionID.low)
        }
        return value
    }

    private static func mask(_ transactionID: STUNTransactionID) -> UInt64 {
        UInt64(STUNMessage.magicCookie) << 32 | UInt64(transactionID.high)
    }

    private static let cookiePort = UInt16(STUNMessage.magicCookie >> 16)
    private static let familyIPv4: UInt8 = 1
    private static let familyIPv6: UInt8 = 2
}
