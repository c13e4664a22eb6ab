/// Why bytes are no STUN message. The caller counts it and drops the datagram.
package enum STUNError: Error, Equatable {
    case truncated(needed: Int, had: Int)
    /// The first two bits are set, or the magic cookie is missing.
    case notSTUN
    /// The length field is no multiple of four, or not what arrived behind the header.
    case badLength(Int)
    /// An attribute whose value cannot be what its type says.
    case badAttribute(type: UInt16)
    /// FINGERPRINT is not the last attribute, or is wrong.
    case badFingerprint
}

/// The 96 bits that tie a response to its request (RFC 8489 §5).
package struct STUNTransactionID: Hashable, Sendable {
    package let high: UInt32
    package let low: UInt64

    package init(high: UInt32, low: UInt64) { (self.high, self.low) = (high, low) }
}

/// One STUN message (RFC 8489 §5) with the attributes ICE uses (RFC 8445 §16.1). An attribute's first occurrence
/// counts, and behind MESSAGE-INTEGRITY only FINGERPRINT does.
///
///     |0 0|     message type          |        message length         |
///     |                         magic cookie                          |
///     |                  transaction id (96 bits)                     |
package struct STUNMessage: Equatable, Sendable {
    package enum Kind: Hashable, Sendable {
        case bindingRequest
        case bindingIndication
        case bindingSuccess
        case bindingError
        case other(UInt16)
    }

    package let kind: Kind
    package let transactionID: STUNTransactionID
    /// `ours:theirs` in a request we receive: the receiver's fragment comes first (RFC 8445 §7.2.2).
    package private(set) var username: String?
    package private(set) var priority: UInt32?
    package private(set) var useCandidate = false
    package private(set) var iceControlling: UInt64?
    package private(set) var iceControlled: UInt64?
    /// XOR-MAPPED-ADDRESS: what the answerer saw as our source.
    package private(set) var mappedAddress: TransportAddress?
    /// 300 to 699.
    package private(set) var errorCode: Int?
    /// Attributes below 0x8000 that we do not know: a request with any is answered 420 (RFC 8489 §6.3.1).
    package private(set) var unknownRequired: [UInt16] = []
    /// Bytes from the start of the message to the MESSAGE-INTEGRITY attribute; `nil` without one.
    package private(set) var integrityOffset: Int?

    /// Checks the header, the length and, when there is one, the FINGERPRINT. The integrity is for the caller to
    /// check, who knows the password: ``integrityCheck(in:)``.
    package init(parsing packet: Span<UInt8>) throws(STUNError) {
        guard packet.count >= Self.headerSize else { throw .truncated(needed: Self.headerSize, had: packet.count) }
        guard packet[0] & 0xC0 == 0, packet.uint32(at: 4) == Self.magicCookie else { throw .notSTUN }
        let length = Int(packet.uint16(at: 2))
        guard packet.count >= Self.headerSize + length else {
            throw .truncated(needed: Self.headerSize + length, had: packet.count)
        }
        guard length.isMultiple(of: 4), packet.count == Self.headerSize + length else { throw .badLength(length) }

        kind = Kind(type: packet.uint16(at: 0))
        transactionID = STUNTransactionID(high: packet.uint32(at: 8), low: packet.uint64(at: 12))
        try readAttributes(of: packet)
    }

    package static let headerSize = 20
    package static let magicCookie: UInt32 = 0x2112_A442
}

extension STUNMessage.Kind {
    init(type: UInt16) {
        self =
            switch type {
            case 0x0001: .bindingRequest
            case 0x0011: .bindingIndication
            case 0x0101: .bindingSuccess
            case 0x0111: .bindingError
            default: .other(type)
            }
    }

    /// The message type as on the wire: method and class mixed (RFC 8489 §5).
    package var type: UInt16 {
        switch self {
        case .bindingRequest: 0x0001
        case .bindingIndication: 0x0011
        case .bindingSuccess: 0x0101
        case .bindingError: 0x0111
        case .other(let type): type & 0x3FFF
        }
    }
}

// Attributes (RFC 8489 §14).
extension STUNMessage {
    ///     |         type          |    length, without padding    |  value, padded to four bytes …
    private mutating func readAttributes(of packet: Span<UInt8>) throws(STUNError) {
        var seen: Set<UInt16> = []
        var offset = Self.headerSize
        while offset < packet.count {
            let type = packet.uint16(at: offset)
            let start = offset + 4
            let end = start + Int(packet.uint16(at: offset + 2))
            guard end <= packet.count else { throw .badAttribute(type: type) }
            if type == STUNAttribute.fingerprint {
                try checkFingerprint(start..<end, in: packet)
            } else if integrityOffset == nil, seen.insert(type).inserted {
                try read(type, start..<end, in: packet)
            }
            offset = (end + 3) & ~3
        }
    }

    private mutating func read(_ type: UInt16, _ range: Range<Int>, in packet: Span<UInt8>) throws(STUNError) {
        let value = packet.extracting(range)
        switch type {
        case STUNAttribute.username:
            guard value.count <= Self.longestUsername, let utf8 = try? UTF8Span(validating: value) else {
                throw .badAttribute(type: type)
            }
            username = String(copying: utf8)
        case STUNAttribute.messageIntegrity:
            guard value.count == Self.integritySize else { throw .badAttribute(type: type) }
            integrityOffset = range.lowerBound - 4
        case STUNAttribute.priority:
            guard value.count == 4 else { throw .badAttribute(type: type) }
            priority = value.uint32(at: 0)
        case STUNAttribute.useCandidate: useCandidate = true
        case STUNAttribute.iceControlling: iceControlling = try tieBreaker(value, type)
        case STUNAttribute.iceControlled: iceControlled = try tieBreaker(value, type)
        case STUNAttribute.xorMappedAddress:
            guard let address = TransportAddress(xorMapped: value, transactionID: transactionID) else {
                throw .badAttribute(type: type)
            }
            mappedAddress = address
        case STUNAttribute.errorCode:
            guard value.count >= 4 else { throw .badAttribute(type: type) }
            errorCode = Int(value[2] & 0x07) * 100 + Int(value[3])
        default:
            if type < 0x8000, !STUNAttribute.ignored.contains(type) { unknownRequired.append(type) }
        }
    }

    private func tieBreaker(_ value: Span<UInt8>, _ type: UInt16) throws(STUNError) -> UInt64 {
        guard value.count == 8 else { throw .badAttribute(type: type) }
        return value.uint64(at: 0)
    }

    private func checkFingerprint(_ value: Range<Int>, in packet: Span<UInt8>) throws(STUNError) {
        guard value.count == 4, value.upperBound == packet.count,
            packet.uint32(at: value.lowerBound) == STUNFingerprint.of(packet.extracting(..<(value.lowerBound - 4)))
        else { throw .badFingerprint }
    }

    /// RFC 8489 §14.3: fewer than 509 bytes; two ICE fragments of 256 and a colon are 513.
    private static let longestUsername = 513
    private static let integritySize = 20
}

// Integrity (RFC 8489 §14.5).
extension STUNMessage {
    /// What MESSAGE-INTEGRITY is the HMAC-SHA1 of, and the 20 bytes that came.
    ///
    /// `covered` is the message up to the attribute, with a length field as if the message ended behind it. Compare in
    /// constant time.
    ///
    /// - Parameter packet: The bytes this message was parsed from.
    /// - Returns: `nil` when the message has no MESSAGE-INTEGRITY.
    package func integrityCheck(in packet: Span<UInt8>) -> (covered: [UInt8], received: [UInt8])? {
        guard let offset = integrityOffset, packet.count >= offset + 4 + Self.integritySize else { return nil }
        var covered: [UInt8] = []
        covered.reserveCapacity(offset)
        for index in 0..<offset { covered.append(packet[index]) }
        covered.set(UInt16(truncatingIfNeeded: offset + 4 + Self.integritySize - Self.headerSize), at: 2)
        let received = (offset + 4..<offset + 4 + Self.integritySize).map { packet[$0] }
        return (covered, received)
    }
}
