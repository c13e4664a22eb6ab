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

    /// The text of an SDES element: the MID (RFC 8843 §15), RID or repaired RID (RFC 8852 §3) of a packet.
    ///
    /// Makes a string: ask while the source is unknown, not for every packet.
    /// - Returns: `nil` when it is not there, empty, or not made of printable ASCII.
    package func textElement(_ id: UInt8, in packet: Span<UInt8>) -> String? {
        guard let range = extensionElement(id, in: packet), !range.isEmpty else { return nil }
        var text: [UInt8] = []
        for index in range {
            guard (0x21...0x7E).contains(packet[index]) else { return nil }
            text.append(packet[index])
        }
        return String(decoding: text, as: UTF8.self)
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

    static let oneByteProfile: UInt16 = 0xBEDE
    /// The low four bits are the application's.
    private static let twoByteProfile: UInt16 = 0x1000
}
