extension RTPHeader {
    /// Writes the twelve fixed bytes (no contributors, no extension, no padding) at the front of `packet`.
    ///
    /// - Precondition: `packet` holds ``fixedSize`` bytes.
    package static func write(
        marker: Bool,
        payloadType: UInt8,
        sequence: UInt16,
        timestamp: UInt32,
        ssrc: SSRC,
        to packet: inout MutableSpan<UInt8>
    ) {
        packet[0] = 0x80
        packet[1] = (marker ? 0x80 : 0) | payloadType & 0x7F
        packet.set(sequence, at: 2)
        packet.set(timestamp, at: 4)
        packet.set(ssrc.rawValue, at: 8)
    }

    /// Writes a header with a header extension in the one-byte form (RFC 8285 §4.2) when there is an element for it.
    ///
    /// - Parameters:
    ///   - mid: Which of our m-lines the packet belongs to.
    ///   - rid: Which layer of a simulcast it belongs to, or repairs: only our test senders have layers.
    ///   - orientation: How the picture is turned, on the last packet of a frame.
    /// - Returns: Bytes written: ``size(mid:rid:orientation:)``.
    /// - Precondition: `packet` holds them.
    @discardableResult
    package static func write(
        marker: Bool,
        payloadType: UInt8,
        sequence: UInt16,
        timestamp: UInt32,
        ssrc: SSRC,
        mid: ExtensionElement?,
        rid: ExtensionElement? = nil,
        orientation: ExtensionElement? = nil,
        to packet: inout MutableSpan<UInt8>
    ) -> Int {
        write(
            marker: marker, payloadType: payloadType, sequence: sequence, timestamp: timestamp, ssrc: ssrc,
            to: &packet)
        let end = size(mid: mid, rid: rid, orientation: orientation)
        guard end > fixedSize else { return end }
        packet[0] |= 0x10
        packet.set(oneByteProfile, at: fixedSize)
        packet.set(UInt16(truncatingIfNeeded: (end - firstElement) / 4), at: fixedSize + 2)
        var offset = firstElement
        mid?.write(to: &packet, at: &offset)
        rid?.write(to: &packet, at: &offset)
        orientation?.write(to: &packet, at: &offset)
        while offset < end {
            packet[offset] = 0
            offset += 1
        }
        return end
    }

    /// Bytes of a header with these elements: twelve without any, at most 68.
    package static func size(
        mid: ExtensionElement?,
        rid: ExtensionElement? = nil,
        orientation: ExtensionElement? = nil
    ) -> Int {
        let elements = (mid?.size ?? 0) + (rid?.size ?? 0) + (orientation?.size ?? 0)
        return elements == 0 ? fixedSize : firstElement + (elements + 3) & ~3
    }

    /// Profile and length stand in front of the elements.
    private static let firstElement = fixedSize + 4
}
