extension RTPHeader {
    /// Finds the value bytes of header extension `id`, in the one-byte and in the two-byte form (RFC 8285 §4.2, §4.3).
    ///
    /// Ids are per m-line: take them from the negotiated `a=extmap`. A two-byte element may be empty.
    ///
    /// - Parameter packet: The packet this header was parsed from.
    /// - Returns: The value's place in `packet`; `nil` when it is not there.
    package func extensionElement(_ id: UInt8, in packet: Span<UInt8>) -> Range<Int>? {
        guard id > 0, let profile = extensionProfile, extensionRange.upperBound <= packet.count else { return nil }
        if profile == Self.oneByteProfile { return oneByteElement(id, in: packet) }
        return profile & 0xFFF0 == Self.twoByteProfile ? twoByteElement(id, in: packet) : nil
    }

    ///     |  ID   |  L-1  |  L bytes …
    private func oneByteElement(_ id: UInt8, in packet: Span<UInt8>) -> Range<Int>? {
        var index = extensionRange.lowerBound
        while index < extensionRange.upperBound {
            let head = packet[index]
            index += 1
            if head == 0 { continue }  // padding between elements
            if head >> 4 == 15 { return nil }  // reserved: stop here (RFC 8285 §4.2)
            let end = index + Int(head & 0x0F) + 1
            guard end <= extensionRange.upperBound else { return nil }
            if head >> 4 == id { return index..<end }
            index = end
        }
        return nil
    }

    ///     |      ID       |       L       |  L bytes …
    private func twoByteElement(_ id: UInt8, in packet: Span<UInt8>) -> Range<Int>? {
        var index = extensionRange.lowerBound
        while index < extensionRange.upperBound {
            let head = packet[index]
            index += 1
            if head == 0 { continue }  // padding has no length byte
            guard index < extensionRange.upperBound else { return nil }
            let end = index + 1 + Int(packet[index])
            guard end <= extensionRange.upperBound else { return nil }
            if head == id { return (index + 1)..<end }
            index = end
        }
        return nil
    }

    private static let oneByteProfile: UInt16 = 0xBEDE
    /// The low four bits are the application's.
    private static let twoByteProfile: UInt16 = 0x1000
}
